"""JSON of the commands: one document, snake_case keys, instants in UTC, labels in both languages."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

HARMFUL = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
"""What `json` leaves as it is though a terminal would obey it or hide it."""


def plain(value: Any) -> Any:
    """`value` out of the types JSON has: records become objects, sets sorted lists, spans seconds."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(plain(item) for item in value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    raise TypeError(f"no JSON form for {type(value).__name__}")


def instant(at: datetime) -> str:
    """ISO 8601 in UTC with `Z`; fractions only where there are any."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def dump(value: Any) -> str:
    """One line of JSON; characters that a terminal would obey stand as `\\u` escapes."""
    text = json.dumps(plain(value), ensure_ascii=False, allow_nan=False)
    return HARMFUL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
