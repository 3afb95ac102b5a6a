"""Everything that a run writes."""

from . import listings as listings
from . import play as play
from . import scenarios as scenarios
from .write import (
    Written as Written,
)
from .write import (
    part_names as part_names,
)
from .write import (
    write_all as write_all,
)
