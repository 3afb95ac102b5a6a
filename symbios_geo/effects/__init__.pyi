"""What exchanges change: climate, jobs, and the follow-up of two registers."""

from . import emissions as emissions
from . import followup as followup
from . import indicators as indicators
from . import jobs as jobs
