"""Office files that are the same, byte for byte, whenever they are made from the same study."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO
from typing import Any

from ..disclosure import INTERNAL, MARK
from ..labels import label, language, version_line
from ..study.chain import Study
from ..tables import data_date

ZIP_DATE = (1980, 1, 1, 0, 0, 0)  # the first day that a zip file knows
FIRST = "[Content_Types].xml"
MADE = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*")


def packed(document: Any) -> bytes:
    """Return what an object with `save` writes, with the same date on every file inside."""
    buffer = BytesIO()
    document.save(buffer)
    return repack(buffer.getvalue())


def set_facts(facts: Any, study: Study, lang: str) -> None:
    """Set title, language, version and mark in the properties of an Office document."""
    facts.title = label("output:title", lang, **study.region.words(lang))
    facts.author = facts.last_modified_by = "symbios-geo"
    facts.subject = version_line(lang)
    facts.language, facts.comments = language(lang).tag, ""
    facts.created = facts.modified = data_date()
    facts.keywords = facts.content_status = MARK if study.readers == INTERNAL else ""


def repack(content: bytes) -> bytes:
    """Return an Office file with the same dates inside, also in the workbooks behind charts."""
    buffer = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
        for entry in sorted(old.infolist(), key=lambda e: (e.filename != FIRST, e.filename)):
            fresh = zipfile.ZipInfo(entry.filename, date_time=ZIP_DATE)
            fresh.compress_type = zipfile.ZIP_DEFLATED
            part = old.read(entry)
            if entry.filename.endswith(".xlsx"):
                part = repack(part)
            elif entry.filename == "docProps/core.xml":
                part = MADE.sub(rb"\g<1>" + f"{data_date():%Y-%m-%dT00:00:00Z}".encode(), part)
            new.writestr(fresh, part)
    return buffer.getvalue()


def without_marks(text: str) -> str:
    """Return a text without the control characters that XML does not allow."""
    return "".join(c for c in text if c in "\t\n" or (c >= " " and c not in "\ufffe\uffff"))
