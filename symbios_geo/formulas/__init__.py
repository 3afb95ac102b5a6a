"""Formulas on plain numbers and arrays, each with its source."""
