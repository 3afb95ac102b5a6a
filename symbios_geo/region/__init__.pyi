"""The study area, Sweden's municipalities and counties, and where coordinates can lie."""

from .area import (
    Region as Region,
)
from .area import (
    assign_municipality as assign_municipality,
)
from .area import (
    load_municipalities as load_municipalities,
)
from .sweden import (
    load_swedish_municipalities as load_swedish_municipalities,
)
