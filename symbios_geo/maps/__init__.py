"""Maps for reports."""

from ..extras import offer

__getattr__, __dir__, __all__ = offer(__name__, __file__)
