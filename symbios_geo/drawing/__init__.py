"""What the maps and figures are drawn with."""
