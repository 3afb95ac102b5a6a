"""What the two pages on a municipality are made of."""
