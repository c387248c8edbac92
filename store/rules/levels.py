"""Marks of a case: up to four dimensions that are never merged, and the response level beside them (K04)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from store.profiles.governance import Dimension, Scheme, SchemeLevel
from store.profiles.model import Profile
from store.rules.labels import Label

LEVEL = "level"
"""Name of the profile's response level where a mark scheme is asked for."""
CLOSED, IN_PROCESS, NEAR, OVERDUE = "closed", "in_process", "near_due", "overdue"

STATUS = Scheme(
    "status", Label("状态", "status"), "status",
    (
        SchemeLevel(OVERDUE, Label("超时", "overdue"), "O", "red"),
        SchemeLevel(NEAR, Label("将到期", "near due"), "N", "yellow"),
        SchemeLevel(IN_PROCESS, Label("办理中", "in process"), "P", "blue"),
        SchemeLevel(CLOSED, Label("办结", "closed"), "C", "green"),
    ),
)  # fmt: skip
"""Status colours of S05 with near-due yellow (K04-R2), for profiles that name no others."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One mark as a list shows it: its word and letter stand beside the colour, always (K04-R9)."""

    scheme: str
    dimension: Dimension | str
    """A dimension of K04, or `response` for the level itself."""
    level: str
    label: Label
    short: str
    colour: str
    rank: int
    """Place in the scheme's order, 0 the gravest; sorting uses this and never a number (K04-R11)."""


def status(closed: bool, due_at: datetime | None, near_at: datetime | None, now: datetime) -> str:
    """The derived status of a case; nobody sets it."""
    if closed:
        return CLOSED
    if due_at is not None and due_at <= now:
        return OVERDUE
    return NEAR if near_at is not None and near_at <= now else IN_PROCESS


def status_scheme(profile: Profile) -> Scheme:
    """The profile's own status scheme, or `STATUS`."""
    return next((scheme for scheme in profile.schemes if scheme.dimension == "status"), STATUS)


def marks(profile: Profile, held: Sequence[tuple[str, str]], level: int, status_id: str) -> tuple[Shown, ...]:
    """Every mark of a case: status, response level, then one for each scheme that is set or has a default."""
    found = [_shown(status_scheme(profile), status_id), response(profile, level)]
    set_by = dict(held)
    for scheme in profile.schemes:
        level_id = set_by.get(scheme.id, scheme.default)
        if scheme.dimension != "status" and level_id is not None:
            found.append(_shown(scheme, level_id))
    return tuple(mark for mark in found if mark is not None)


def response(profile: Profile, number: int) -> Shown | None:
    """The response level as a mark; its rank is the profile's order, never its number (K04-R11)."""
    for rank, level in enumerate(profile.levels):
        if level.number == number:
            return Shown(LEVEL, "response", str(number), level.label, level.short, "none", rank)
    return None


def _shown(scheme: Scheme, level_id: str) -> Shown | None:
    level = scheme.level(level_id)
    if level is None:
        return None
    return Shown(
        scheme.id, scheme.dimension, level.id, level.label, level.short, level.colour, scheme.rank(level_id)
    )
