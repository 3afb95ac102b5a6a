"""Heat: who has it, who needs it, and what bringing it over costs."""

from ..extras import offer

__getattr__, __dir__, __all__ = offer(__name__, __file__)
