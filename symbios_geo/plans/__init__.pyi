"""Plants that could be built: what they take and give, and the rows they add."""

from . import biogas as biogas
from . import data_centre as data_centre
from . import greenhouse as greenhouse
from . import hydrogen as hydrogen
from .planned import planned_flows as planned_flows
from .planned import with_plants as with_plants
