"""What the study takes for granted: values, ranges, formulas of derived values, finance."""

from . import checks as checks
from . import derivations as derivations
from . import finance as finance
from . import ranges as ranges
