"""Places and flows: loaded, completed, checked, and filled in by others."""

from ..extras import offer

__getattr__, __dir__, __all__ = offer(__name__, __file__)
