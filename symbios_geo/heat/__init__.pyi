"""Heat: who has it, who needs it, and what bringing it over costs."""

from . import distribution as distribution
from . import heat_pumps as heat_pumps
from . import pipes as pipes
from . import season as season
from . import temperature as temperature
from .links import (
    demand_points as demand_points,
)
from .links import (
    price_links as price_links,
)
from .links import (
    supply_points as supply_points,
)
