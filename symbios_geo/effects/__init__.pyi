"""What exchanges change: climate, jobs, and the follow-up of two registers."""

from . import business as business
from . import climate as climate
from . import emissions as emissions
from . import exchange as exchange
from . import followup as followup
from . import indicators as indicators
from . import jobs as jobs
from . import shortlist as shortlist
