"""Plants that could be built: electrolysers, digesters, greenhouses, and the rows they add."""

from . import biogas as biogas
from . import catchment as catchment
from . import fuels as fuels
from . import greenhouse as greenhouse
from . import hydrogen as hydrogen
from . import location as location
