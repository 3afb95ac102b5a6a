"""What an amount does: emissions, jobs, indicators, and the money of a business case."""

from . import emissions as emissions
from . import indicators as indicators
from . import jobs as jobs
