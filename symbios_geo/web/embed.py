"""Scripts and data inside one page: modules as_script, JSON that no reader takes for markup."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable
from typing import Any

IMPORT = re.compile(
    r"^import \{.*?\} from .*?;\n|^export (?=const|function)", re.DOTALL | re.MULTILINE
)


def as_script(modules: Iterable[str]) -> str:
    """Return modules as one script; each may read those before it, and in functions all."""
    return "".join(IMPORT.sub("", text) for text in modules)


def policy(programs: Iterable[str], *, pictures: str = "data:") -> str:
    """Return the Content-Security-Policy: these scripts, pictures inside, nothing else."""
    hashes = " ".join(
        "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"
        for text in programs
    )
    rules = (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src {pictures}; "
        "base-uri 'none'; form-action 'none'"
    )
    return f'<meta http-equiv="Content-Security-Policy" content="{rules}">'


def json_block(payload: dict[str, Any]) -> str:
    """Return data as JSON that neither HTML nor a template engine can mistake for its own."""
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"), allow_nan=False)

    def escaped(found: re.Match[str]) -> str:
        return re.sub(r"[<>&{}\u2028\u2029]", lambda c: f"\\u{ord(c[0]):04x}", found[0])

    return re.sub(r'"(?:[^"\\]|\\.)*"', escaped, text)
