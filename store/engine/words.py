"""Text that every engine can keep: PostgreSQL has no NUL, UTF-8 no lone surrogates."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass, replace
from functools import lru_cache
from typing import Any

_UNKEEPABLE = re.compile("[\\x00\ud800-\udfff]")


def kept(text: str) -> str:
    """`text` without the characters that no store can keep."""
    return text if text.isascii() and "\0" not in text else _UNKEEPABLE.sub("", text)


@lru_cache(maxsize=256)
def _names(kind: type) -> tuple[str, ...]:
    """Fields of a record of the rules; profiles and calendars come from checked files and are left alone."""
    if kind.__module__.startswith("store.rules.") and is_dataclass(kind):
        return tuple(item.name for item in fields(kind))
    return ()


def cleaned(value: Any) -> Any:
    """`value` with all text in it kept: strings, lists, tuples, dictionaries and records of the rules.

    What needs no change comes back as it is.
    """
    kind: Any = type(value)
    if kind is str:
        return kept(value)
    if kind is list or kind is tuple:
        new = [cleaned(item) for item in value]
        return value if all(a is b for a, b in zip(new, value, strict=True)) else kind(new)
    if kind is dict:
        return {cleaned(key): cleaned(item) for key, item in value.items()}
    changes = {}
    for name in _names(kind):
        held = getattr(value, name)
        new_item = cleaned(held)
        if new_item is not held:
            changes[name] = new_item
    return replace(value, **changes) if changes else value


def clean_parameters(
    _connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, executemany: bool
) -> tuple[str, Any]:
    """SQLAlchemy's hook before a statement that only reads: words typed into a search are cleaned too."""
    if executemany or not parameters:
        return statement, parameters
    if isinstance(parameters, dict):
        return statement, {name: cleaned(item) for name, item in parameters.items()}
    return statement, tuple(cleaned(item) for item in parameters)
