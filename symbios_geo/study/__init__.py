"""The answers: the whole chain, balances, draws and the claims of the pre-study."""

from ..extras import offer

__getattr__, __dir__, __all__ = offer(__name__, __file__)
