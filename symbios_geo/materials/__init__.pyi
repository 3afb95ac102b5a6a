"""Materials, organic streams and water: who may take what, by which precedent, at what price."""

from .loops import find_loops as find_loops
from .rules import check_rules as check_rules
from .rules import read_rules as read_rules
