"""CO2: what each stack gives off, and what a tonne costs at a user."""

from ..extras import offer

__getattr__, __dir__, __all__ = offer(__name__, __file__)
