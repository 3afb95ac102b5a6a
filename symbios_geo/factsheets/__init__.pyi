"""Two pages on each municipality."""

from .write import (
    find_municipality as find_municipality,
)
from .write import (
    make_html as make_html,
)
from .write import (
    make_pdf as make_pdf,
)
from .write import (
    write_factsheet as write_factsheet,
)
from .write import (
    write_factsheets as write_factsheets,
)
