"""The answers: the whole chain, balances, draws and the claims of the pre-study."""

from . import answers as answers
from . import balance as balance
from . import cases as cases
from . import claims as claims
from . import conditions as conditions
from . import customer as customer
from . import draws as draws
from . import evidence as evidence
from . import intervals as intervals
from . import levels as levels
from . import symbiosis as symbiosis
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
from .levels import outlook as outlook
