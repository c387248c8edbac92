"""A profile as one TOML text that is the same for the same rules, whatever files and order they came from."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import date, time
from typing import Any

_FIRST = {name: place for place, name in enumerate(("id", "code", "number", "verb", "kind", "zh", "en"))}
_BARE = re.compile(r"^[A-Za-z0-9_-]+$")


def text(data: dict[str, Any]) -> str:
    """Canonical TOML: keys in a fixed order, lists in their own, no comments."""
    return "\n".join(_document(data)) + "\n"


def version(canonical: str) -> str:
    """Twelve digits of the hash of a canonical text."""
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]


def _document(data: dict[str, Any]) -> Iterator[str]:
    for name in _ordered(data):
        if not _is_section(data[name]):
            yield f"{_key(name)} = {_value(data[name])}"
    for name in _ordered(data):
        value = data[name]
        if isinstance(value, dict):
            yield f"\n[{_key(name)}]"
            yield from _lines(value)
        elif _is_section(value):
            for item in value:
                yield f"\n[[{_key(name)}]]"
                yield from _lines(item)


def _is_section(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and _all_tables(value))


def _all_tables(value: list[Any]) -> bool:
    return all(isinstance(item, dict) for item in value)


def _lines(table: dict[str, Any]) -> Iterator[str]:
    for name in _ordered(table):
        value = table[name]
        if isinstance(value, list) and value and _all_tables(value):
            yield f"{_key(name)} = ["
            for item in value:
                yield f"    {_value(item)},"
            yield "]"
        else:
            yield f"{_key(name)} = {_value(value)}"


def _ordered(table: dict[str, Any]) -> list[str]:
    return sorted(table, key=lambda name: (_FIRST.get(name, len(_FIRST)), name))


def _key(name: str) -> str:
    return name if _BARE.match(name) else _string(name)


def _value(value: Any) -> str:
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, list):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if isinstance(value, dict):
        inside = ", ".join(f"{_key(name)} = {_value(value[name])}" for name in _ordered(value))
        return f"{{ {inside} }}" if inside else "{}"
    raise TypeError(f"no TOML form for {type(value).__name__}")


def _string(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
