"""Heat: who has it, who needs it, and what bringing it over costs."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
