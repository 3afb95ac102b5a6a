"""Heat, CO2 and other flows that one site in Halland leaves and another could use."""

from . import findings as findings
from . import matching as matching
from .boundaries import assign_municipality as assign_municipality
from .boundaries import load_municipalities as load_municipalities
from .ladder import match as match
from .model import Match as Match
from .model import Register as Register
from .register import load_parameters as load_parameters
from .register import load_register as load_register
from .study import Study as Study
from .study import run as run
