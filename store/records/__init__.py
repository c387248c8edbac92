"""The tables, a file a subject; no behaviour."""

from store.records import (
    alert,
    case,
    device,
    duty,
    event,
    governing,
    grid,
    intake,
    notice,
    patrol,
    people,
    source,
    warning,
)

__all__ = [
    "alert",
    "case",
    "device",
    "duty",
    "event",
    "governing",
    "grid",
    "intake",
    "notice",
    "patrol",
    "people",
    "source",
    "warning",
]
