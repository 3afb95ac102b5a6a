"""What the study takes for granted: values, ranges, formulas of derived values, finance."""

from . import finance as finance
from .values import Assumptions as Assumptions
from .values import load_assumptions as load_assumptions
from .values import load_parameters as load_parameters
