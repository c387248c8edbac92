"""bench/results.md: a section a table; a run replaces its own sections and leaves the others."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from bench.table import Table

RESULTS = Path(__file__).parent / "results.md"
_SECTION = re.compile(r"^## (.+)$", re.MULTILINE)


def enter(tables: Sequence[Table], place: str, *, whole: bool, path: Path = RESULTS) -> Path:
    """Write `tables`; a whole run also replaces the head, a partial one says under its sections where it ran."""
    before = path.read_text(encoding="utf-8") if path.exists() else "# Bench\n\n"
    parts = _SECTION.split(before)
    head = f"# Bench\n\n{place}\n\n" if whole else parts[0]
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    for table in tables:
        body = table.markdown().split("\n", 1)[1]
        sections[table.title] = body if whole else f"{body.rstrip()}\n\n{place}"
    text = head + "".join(f"## {title}\n\n{body.strip()}\n\n" for title, body in sections.items())
    path.write_text(text.rstrip() + "\n", encoding="utf-8")
    return path
