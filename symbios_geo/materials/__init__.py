"""Materials, organic streams and water: who may take what, by which precedent, at what price."""

from ..extras import offer

__getattr__, __dir__, __all__ = offer(__name__, __file__)
