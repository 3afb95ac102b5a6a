"""Fresh facts: fetch them from their sources and propose what differs; nothing is replaced."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
