"""Plants that could be built: what they take and give, and the rows they add."""

from . import biogas as biogas
from . import catchment as catchment
from . import data_centre as data_centre
from . import fuels as fuels
from . import greenhouse as greenhouse
from . import hydrogen as hydrogen
from . import location as location
from . import planned as planned
from .planned import planned_flows as planned_flows
from .planned import with_plants as with_plants
