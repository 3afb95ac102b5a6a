"""Rows that the library computes from the parameters."""
