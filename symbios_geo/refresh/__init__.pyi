"""Fresh facts: fetch them from their sources and propose what differs; nothing is replaced."""

from .run import refresh as refresh
