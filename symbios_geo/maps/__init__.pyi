"""Maps for reports."""

from .pilots import plot_pilots as plot_pilots
from .placenames import input_name as input_name
from .plot import (
    plot_cover as plot_cover,
)
from .plot import (
    plot_match as plot_match,
)
from .plot import (
    plot_overview as plot_overview,
)
from .plot import (
    plot_register as plot_register,
)
from .plot import (
    plot_seasons as plot_seasons,
)
from .saving import save_figure as save_figure
