"""Charts beside the maps."""

from .charts import (
    plot_cost_curve as plot_cost_curve,
)
from .charts import (
    plot_exchanges as plot_exchanges,
)
from .charts import (
    plot_ladder as plot_ladder,
)
from .charts import (
    plot_monthly as plot_monthly,
)
from .charts import (
    plot_municipal_bars as plot_municipal_bars,
)
from .charts import (
    plot_rungs as plot_rungs,
)
from .charts import (
    plot_tornado as plot_tornado,
)
from .ranges import (
    plot_ranges as plot_ranges,
)
from .ranges import (
    plot_ratios as plot_ratios,
)
from .taken import (
    plot_taken as plot_taken,
)
