"""Run the tests of what was changed: since main, or since the last commit where one is on main."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
MOST = 12  # files of tests; more is what `make test` is for


def changed() -> set[str]:
    """Return the files that differ from main, and those that git does not know yet."""
    named = [["git", "diff", "--name-only", base] for base in ("main", "HEAD")]
    named.append(["git", "ls-files", "--others", "--exclude-standard"])
    found: set[str] = set()
    for command in named:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        found |= set(done.stdout.split())
    return found


def chosen(files: set[str]) -> list[str]:
    """Return the tests that were changed, and those that read a changed module most often."""
    tests = {path: path.read_text(encoding="utf-8") for path in (ROOT / "tests").glob("test_*.py")}
    own = {path for path in tests if f"tests/{path.name}" in files}
    modules = {Path(name).stem for name in files if re.match(r"symbios_geo/.*\.py$", name)}
    words = {name: re.compile(rf"\b{re.escape(name)}\b") for name in modules - {"__init__"}}
    score = {path: sum(len(word.findall(text)) for word in words.values())
             for path, text in tests.items()}  # fmt: skip
    others = sorted((path for path in tests if score[path] and path not in own),
                    key=lambda path: (-score[path], path.name))  # fmt: skip
    if any(name.startswith("data/") for name in files):
        own |= {ROOT / "tests" / name for name in ("test_data.py", "test_labels.py")}
    picked = [*sorted(own), *others][: max(MOST, len(own))]
    return [str(path.relative_to(ROOT)) for path in picked]


if __name__ == "__main__":
    picked = chosen(changed())
    if not picked:
        sys.exit(0)
    command = [sys.executable, "-m", "pytest", "-q", "-m", "not slow", "-n", "auto", *picked]
    sys.exit(subprocess.call(command, cwd=ROOT))
