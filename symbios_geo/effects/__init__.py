"""What exchanges change: climate, jobs, and the follow-up of two registers."""

from ..extras import offer

__getattr__, __dir__, __all__ = offer(__name__, __file__)
