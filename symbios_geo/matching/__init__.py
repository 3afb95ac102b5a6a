"""The engine: candidate links, exact answers with proof, months, trunk lines, the ladder."""

from ..extras import offer

__getattr__, __dir__, __all__ = offer(__name__, __file__)
