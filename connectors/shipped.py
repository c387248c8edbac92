"""Maps that ship with an interface, and those of a user: which file a name means."""

from __future__ import annotations

import re
from pathlib import Path

from store.errors import BadInput


def names(shipped: Path) -> tuple[str, ...]:
    """Names of the maps in the folder `shipped`."""
    return tuple(sorted(path.stem for path in shipped.glob("*.toml")))


def find(name_or_path: str, shipped: Path, folder: Path | None = None) -> Path:
    """The file of a shipped map by name, or of a user's by path (relative to `folder`); BadInput `unknown_map`."""
    if not re.fullmatch(r"[a-z0-9_-]+", name_or_path):
        return (folder or Path()) / Path(name_or_path).expanduser()
    path = shipped / f"{name_or_path}.toml"
    if not path.is_file():
        expected = f"one of {', '.join(names(shipped))}, or a path that ends in .toml"
        raise BadInput("unknown_map", file=name_or_path, expected=expected)
    return path
