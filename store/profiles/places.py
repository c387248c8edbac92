"""Where a key of a merged profile stands: tables of a list are known by their key, not by their number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from store.profiles.source import Path

KEYS = ("id", "code", "number", "kind", "verb", "unit", "clock")
"""What tells the tables of a list apart, the first that a table has."""


def key_of(item: Any) -> Any:
    """What tells a table of a list apart from the others; an item that is no table is its own key."""
    if not isinstance(item, dict):
        return item
    return next((item[key] for key in KEYS if key in item and not isinstance(item[key], dict | list)), None)


def named(data: Any, path: Path) -> Path:
    """The path with `[key]` in place of the number of a table that has one."""
    parts: list[str | int] = []
    for part in path:
        item = None
        if isinstance(data, list) and isinstance(part, int) and part < len(data):
            item = data[part]
        elif isinstance(data, dict):
            item = data.get(part)
        key = key_of(item) if isinstance(part, int) and isinstance(item, dict) else None
        parts.append(part if key is None else f"[{key}]")
        data = item
    return tuple(parts)


def keyed(data: Any, path: Path) -> Iterator[Any]:
    """The path with (key, how many of that key stand before) in place of numbers in lists of tables."""
    for part in path:
        if isinstance(data, list) and isinstance(part, int) and part < len(data):
            key = key_of(data[part]) if isinstance(data[part], dict) else None
            if key is None:
                yield part
            else:
                yield key, sum(1 for item in data[:part] if key_of(item) == key)
            data = data[part]
        else:
            yield part
            data = data.get(part) if isinstance(data, dict) else None


def there(data: Any, path: Path) -> bool:
    for part in path:
        if isinstance(data, list):
            inside = isinstance(part, int) and part < len(data)
        else:
            inside = isinstance(data, dict) and part in data
        if not inside:
            return False
        data = data[part]
    return True


def unkeyed(data: Any, keyed: list[Any]) -> Path | None:
    """The same place in one source; None where it is not there."""
    path: list[str | int] = []
    for part in keyed:
        if isinstance(part, tuple):
            if not isinstance(data, list):
                return None
            places = [n for n, item in enumerate(data) if isinstance(item, dict) and key_of(item) == part[0]]
            # The second of two tables with one key may lie in another file than the first.
            if not places:
                return None
            part = places[min(part[1], len(places) - 1)]
        if not there(data, (part,)):
            return None
        data = data[part]
        path.append(part)
    return tuple(path)


def dotted(path: Path) -> str:
    """`clocks[close.level2].amount`: tables of a list by their key, other items by their number from 0."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else part if part.startswith("[") else f".{part}"
    return text.removeprefix(".")
