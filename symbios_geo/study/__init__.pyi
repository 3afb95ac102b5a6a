"""The answers: the whole chain, balances, draws and the claims of the pre-study."""

from . import balance as balance
from . import claim_answers as claim_answers
from . import claims as claims
from . import customer as customer
from . import draws as draws
from . import followup as followup
from . import intervals as intervals
from . import outlook as outlook
from . import plan as plan
from . import sensitivity as sensitivity
from . import validation as validation
from .chain import (
    Study as Study,
)
from .chain import (
    check_study as check_study,
)
from .chain import (
    in_language as in_language,
)
from .chain import (
    run as run,
)
from .claims import judge as judge
from .sentences import replaced_fuels as replaced_fuels
