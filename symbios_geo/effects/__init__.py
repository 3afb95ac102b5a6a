"""What exchanges change: climate, jobs, and the follow-up of two registers."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
