"""Plants that could be built: what they take and give, and the rows they add."""

from ..extras import offer

__getattr__, __dir__, __all__ = offer(__name__, __file__)
