"""Materials, organic streams and water: who may take what, by which precedent, at what price."""

from . import links as links
from . import rules as rules
from .loops import find_loops as find_loops
from .rules import check_rules as check_rules
from .rules import check_uses as check_uses
from .rules import find_precedents as find_precedents
from .rules import read_rules as read_rules
