"""What an amount does: emissions, jobs, indicators, and the money of a business case."""

from ..extras import offer

__getattr__, __dir__, __all__ = offer(__name__, __file__)
