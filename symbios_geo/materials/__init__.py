"""Materials, organic streams and water: who may take what, by which precedent, at what price."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
