"""Places and flows: loaded, completed, checked, and filled in by others."""

from . import check as check
from . import template as template
from .demand import from_grid as from_grid
from .demand import from_raster as from_raster
from .gate import Register as Register
from .load import load_register as load_register
from .load import with_names as with_names
