"""Places and flows: loaded, completed, checked, and filled in by others."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
