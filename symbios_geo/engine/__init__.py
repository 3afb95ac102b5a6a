"""How links are found, solved exactly and taken through the months."""
