"""Two pages on each municipality."""

from .pages import (
    make_html as make_html,
)
from .pages import (
    make_pdf as make_pdf,
)
from .write import (
    find_municipality as find_municipality,
)
from .write import (
    write_factsheet as write_factsheet,
)
from .write import (
    write_factsheets as write_factsheets,
)
