"""What the study takes for granted: values, ranges, formulas of derived values, finance."""

from ..extras import offer

__getattr__, __dir__, __all__ = offer(__name__, __file__)
