"""What an interactive page is made of."""
