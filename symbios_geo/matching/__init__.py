"""The engine: candidate links, exact answers with proof, months, trunk lines, the ladder."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
