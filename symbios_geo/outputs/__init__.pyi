"""Everything that a run writes."""

from . import listings as listings
from . import play as play
from . import scenarios as scenarios
from .write import (
    Written as Written,
)
from .write import (
    check_replaceable as check_replaceable,
)
from .write import (
    draft_of as draft_of,
)
from .write import (
    old_of as old_of,
)
from .write import (
    part_names as part_names,
)
from .write import (
    recover as recover,
)
from .write import (
    replace_folder as replace_folder,
)
from .write import (
    write_all as write_all,
)
from .write import (
    write_manifest as write_manifest,
)
