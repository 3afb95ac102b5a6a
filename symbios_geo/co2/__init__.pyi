"""CO2: what each stack gives off, and what a tonne costs at a user."""

from . import equipment as equipment
from . import pipelines as pipelines
from .capture_heat import (
    capture_streams as capture_streams,
)
from .capture_heat import (
    capture_variants as capture_variants,
)
from .costs import (
    storage_chain as storage_chain,
)
from .fuels import (
    fuel_benefit as fuel_benefit,
)
from .links import (
    co2_headline as co2_headline,
)
from .links import (
    demand_points as demand_points,
)
from .links import (
    price_links as price_links,
)
from .links import (
    stacks as stacks,
)
from .links import (
    supply_points as supply_points,
)
