"""Fresh facts: fetch them from their sources and propose what differs; nothing is replaced."""

from ..extras import offer

__getattr__, __dir__, __all__ = offer(__name__, __file__)
