"""Interactive maps, each one self-contained HTML file."""

from . import explore as explore
