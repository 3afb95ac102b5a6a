"""Heat, CO2 and other flows that one site leaves and another could use."""

from . import assumptions as assumptions
from . import co2 as co2
from . import disclosure as disclosure
from . import effects as effects
from . import errors as errors
from . import factsheets as factsheets
from . import figures as figures
from . import heat as heat
from . import labels as labels
from . import maps as maps
from . import matching as matching
from . import outputs as outputs
from . import plans as plans
from . import refresh as refresh
from . import register as register
from . import study as study
from . import tables as tables
from . import web as web
from .assumptions import Assumptions as Assumptions
from .assumptions import load_assumptions as load_assumptions
from .assumptions import load_parameters as load_parameters
from .effects import emissions as emissions
from .effects import followup as followup
from .effects import jobs as jobs
from .labels import show as show
from .matching import match as match
from .model import Match as Match
from .model import Resource as Resource
from .outputs.scenarios import Scenarios as Scenarios
from .outputs.scenarios import scenarios as scenarios
from .plans import biogas as biogas
from .plans import greenhouse as greenhouse
from .plans import hydrogen as hydrogen
from .region import Region as Region
from .region import assign_municipality as assign_municipality
from .region import load_municipalities as load_municipalities
from .register import Register as Register
from .register import load_register as load_register
from .study import Study as Study
from .study import balance as balance
from .study import claims as claims
from .study import draws as draws
from .study import run as run
from .web import explore as explore

__version__: str
