"""The engine: candidate links, exact answers with proof, months, trunk lines, the ladder."""

from . import ladder as ladder
from . import scale as scale
from . import trunks as trunks
from . import unchosen as unchosen
from .added import compare_added as compare_added
from .allocation import (
    Client as Client,
)
from .allocation import (
    greedy as greedy,
)
from .allocation import (
    solve as solve,
)
from .allocation import (
    value_of as value_of,
)
from .ladder import compare_rungs as compare_rungs
from .ladder import match as match
from .reach import candidate_links as candidate_links
from .roads import load_roads as load_roads
