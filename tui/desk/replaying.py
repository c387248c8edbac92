"""A refused message through its parser again, by the connectors' own command in a process of its own."""

from __future__ import annotations

from typing import Any

from tui.commands import child


def replay(location: str, config: str, item_id: int) -> dict[str, Any]:
    """What came of it, as `connectors replay` prints it; raises `GriddeskError`."""
    line = child.command("replay", "--store", location, "--refused", str(item_id), "--deliver")
    if config:
        line += ["--config", config]
    found: dict[str, Any] = {}
    for message in child.messages(line):
        found |= message
    return found
