"""What a reporter may hear of a matter: states, requests, updates; no words of a reporter, no officer, no unit.

States and words are those of `store.rules.pushback`, so that what is pushed to a FixMyStreet and what it polls say the
same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from store.rules.labels import Label
from store.rules.pushback import Step

CLOSED_STATES: frozenset[str] = frozenset(
    {"FIXED", "DUPLICATE", "NOT_COUNCILS_RESPONSIBILITY", "NO_FURTHER_ACTION", "INTERNAL_REFERRAL", "CLOSED"}
)
SPEAKING = (
    "filed", "dispatched", "accepted", "unit_answered", "returned", "booked", "merged", "closed", "reopened",
)  # fmt: skip
"""Kinds of case events of which `pushback.after` may say something."""
RECEIVED = Step("OPEN", Label("已受理", "The report was received."))
_ITEMS: Mapping[str, Step] = {
    "answered": Step("CLOSED", Label("已答复", "It was answered.")),
    "transferred": Step("INTERNAL_REFERRAL", Label("已转交有关单位", "It was passed on to the office in charge.")),
    "handed_over": Step("INTERNAL_REFERRAL", Label("已移交有关单位", "It was handed over to the service in charge.")),
    "rejected": Step("NOT_COUNCILS_RESPONSIBILITY", Label("非本中心职责，已指引", "Not ours; advice was given.")),
    "mirror": Step("DUPLICATE", Label("与已有案件重复", "It is known already.")),
    "duplicate": Step("DUPLICATE", Label("与已有案件重复", "It is known already.")),
}


def of_item(state: str) -> Step:
    """How an intake item that is no case stands (K03)."""
    return _ITEMS.get(state, RECEIVED)


@dataclass(frozen=True, slots=True)
class Service:
    """A kind of matter that can be reported: a category of the profile."""

    code: str
    label: Label
    group: str
    kind: Literal["component", "event"]


@dataclass(frozen=True, slots=True)
class RequestQuery:
    """Which requests are asked for; `ids` leaves everything else out of account."""

    ids: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    status: Literal["open", "closed"] | None = None
    start: datetime | None = None
    end: datetime | None = None
    """Of the time they were received, both included."""
    limit: int = 1_000
    skip: int = 0


@dataclass(frozen=True, slots=True)
class PublicRequest:
    """A report of one source and how it stands.

    `title`, `text`, `address` and `result` are a person's words: shown only where a setting says so.
    """

    request_id: str
    """`source_id` of the report."""
    state: str
    """A state of `pushback.Step`, or of an item."""
    service_code: str | None
    service: Label | None
    requested_at: datetime
    updated_at: datetime
    grid: str = ""
    lat: float | None = None
    lon: float | None = None
    title: str = ""
    text: str = ""
    address: str = ""
    result: str = ""

    @property
    def closed(self) -> bool:
        return self.state in CLOSED_STATES


@dataclass(frozen=True, slots=True)
class PublicUpdate:
    """One change of a request that its reporter is told."""

    update_id: str
    request_id: str
    state: str
    words: Label
    at: datetime
    result: str = ""


def second(at: datetime) -> datetime:
    """The time as it is written to others: whole seconds, so that a filter and what it lets through agree."""
    return at.replace(microsecond=0)
