"""Heat, CO2 and other flows that one site leaves and another could use."""

from .extras import offer

__version__ = "0.2.0"

# every public module and function is offered by name and imported when it is first used (SPEC 1)
__getattr__, __dir__, __all__ = offer(__name__, __file__)
