"""Codes that companies go by: industry (SNI), waste (EWC) and organisation numbers."""

from __future__ import annotations

import re

from stdnum.eu import nace
from stdnum.se import orgnr

from ..tables import once_per_folder, read_table


def sni_code(text: str) -> str:
    """Return an SNI 2007 code as 10, 10.5, 10.51 or 10.511; what is no code stays as it is."""
    left, dot, right = re.sub(r"\s", "", text).replace(",", ".").partition(".")
    if not dot:
        left, right = left[:2], left[2:]
    if not (left.isascii() and left.isdigit() and (not right or _digits(right, 3))):
        return text
    return left.zfill(2) + (f".{right}" if right else "")


def is_sni_code(code: str) -> bool:
    """Say whether a code as `sni_code` writes it stands in SNI 2007."""
    division, _, rest = code.partition(".")
    if division not in _listed("sni_codes"):
        return False
    if not rest or code[:5] in _listed("sni_codes"):
        return True
    # SNI is NACE Rev. 2 down to four digits; the fifth is Swedish
    return bool(nace.is_valid(division + rest[:2], revision="2.0"))


def ewc_code(text: str) -> str:
    """Return a waste code as three pairs of digits; what is no such code stays as it is."""
    digits = re.sub(r"[\s.*]", "", text)
    if not _digits(digits, 6) or len(digits) != 6:
        return text
    return f"{digits[:2]} {digits[2:4]} {digits[4:]}"


def is_ewc_code(code: str) -> bool:
    """Say whether a code as `ewc_code` writes it lies in a group of the European list of waste."""
    return len(code) == 8 and code[:5] in _listed("ewc_codes")


def organisation_number(text: str) -> str:
    """Return an organisation number as 556036-0793; what is no such number stays as it is."""
    digits = re.sub(r"[\s-]", "", text)
    # registers often write the century 16 before the number of a company
    digits = digits[2:] if len(digits) == 12 and digits.startswith("16") else digits
    return f"{digits[:6]}-{digits[6:]}" if _digits(digits, 10) and len(digits) == 10 else text


def organisation_fault(text: str) -> str:
    """Return what is wrong with an organisation number: a rule of `faults`, or nothing."""
    digits = re.sub(r"[\s-]", "", text)
    # the third digit tells a company (2 or more) from the month of birth of a person
    month = digits[4:6] if len(digits) == 12 else digits[2:4]
    if _digits(digits, 12) and len(digits) in (10, 12) and digits[:2] != "16" and month < "20":
        return "personal_number"
    return "" if orgnr.is_valid(text) else "bad_organisation_number"


def _digits(text: str, most: int) -> bool:
    """Say whether a text is only digits 0-9, and not too many."""
    return text.isascii() and text.isdigit() and len(text) <= most


@once_per_folder
def _listed(name: str) -> frozenset[str]:
    """Return the shipped codes, read once per process and folder."""
    return frozenset(read_table(name).iloc[:, 0])
