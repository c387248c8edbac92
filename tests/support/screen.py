"""The screen of a running app as plain text, one line a row (research/textual.md B8)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from textual.app import App


def screen_text(app: App[Any]) -> str:
    """What a person sees, without colours; trailing blanks are cut."""
    rows = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in row).rstrip() for row in rows) + "\n"


def check_golden(text: str, path: Path) -> None:
    """Compare with a stored screen; GRIDDESK_UPDATE_GOLDEN=1 writes it anew."""
    if os.environ.get("GRIDDESK_UPDATE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"no golden screen {path.name}: run with GRIDDESK_UPDATE_GOLDEN=1 and read the result"
    assert text == path.read_text(encoding="utf-8")
