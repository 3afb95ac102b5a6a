"""The study area, Sweden's municipalities and counties, and where coordinates can lie."""

from ..extras import offer

__getattr__, __dir__, __all__ = offer(__name__, __file__)
