"""What goes out: one notice to one recipient by one way, as a target gets it (K08)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

NoticeKind = Literal["order", "urging", "supervision", "report", "update", "fault", "warning", "test"]
SlipStage = Literal["typed", "stored", "sent", "seen", "refused"]
"""How far an order has come (design: an order that leaves the desk reaches its unit or says that it did not)."""

ACKNOWLEDGED = frozenset({"order", "supervision", "report", "warning"})
"""Kinds whose recipient is to acknowledge: without it the next way is tried as well."""


@dataclass(frozen=True, slots=True)
class OwedNotice:
    """A notice leased for sending. Delivery is at least once: `dedupe_key` goes along, and the text names the order."""

    id: int
    dedupe_key: str
    kind: NoticeKind
    recipient: str
    target: str
    address: str
    priority: int
    title: str
    text: str
    made_at: datetime
    attempts: int
    line: str = ""
    drill: bool = False
    case_number: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)
    """kind `order`: number, grid, place, level, category, due_at, role; `update`: what a push-back needs."""
    folded: tuple[int, ...] = ()
    """Ids of the notices that this message carries beside its own."""


@dataclass(frozen=True, slots=True)
class TargetFacts:
    """What the store knows of a configured [notices.NAME]."""

    kind: str
    """Kind of target, e.g. `ntfy`; `fixmystreet` takes push-backs."""
    carries_text: bool = False
    """The report's own text may go there, where the profile allows it at all (`[notices] citizen_words`)."""
