"""Who may do what: roles held at an instant, the need to read texts, and pairs of duties kept apart (K23)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from store.errors import Refused
from store.rules.state import Actor

if TYPE_CHECKING:
    from store.profiles.model import Profile

CLAIMANT_APPROVER, AUTHOR_REVIEWER = "claimant_approver", "author_reviewer"
"""Pairs of K23-R3 that are not about one case; those of a case are in `rules.separation`."""

PAIRS = {
    CLAIMANT_APPROVER: "claimant_is_approver",
    AUTHOR_REVIEWER: "author_is_reviewer",
}
"""The code under which each pair is refused; every one is logged as an attempt."""


@dataclass(frozen=True, slots=True)
class Held:
    """A role that somebody holds from one instant (inclusive) to another (exclusive), and by what."""

    role: str
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    by: str = "own"
    """`own`, `grant`, `post` or `deputy`."""
    post: str = ""
    unit: str | None = None

    def holds(self, at: datetime) -> bool:
        return (self.valid_from is None or self.valid_from <= at) and (self.valid_to is None or at < self.valid_to)


def roles_at(held: Iterable[Held], at: datetime) -> frozenset[str]:
    """Roles of an officer at an instant: his own, granted, of posts he fills and of posts he deputises (K23-R6)."""
    return frozenset(item.role for item in held if item.holds(at))


def powers_of(profile: Profile, roles: Iterable[str]) -> frozenset[str]:
    """Powers of these roles together; a role that the profile no longer has gives none."""
    return frozenset(power for role in roles if (found := profile.role(role)) for power in found.powers)


def check_span(starts: datetime, ends: datetime | None) -> None:
    """Raise `Refused` `bad_span` where the end is not after the start."""
    if ends is not None and ends <= starts:
        raise Refused("bad_span", starts=starts.isoformat(), ends=ends.isoformat())


def check_pair(profile: Profile, pair: str, first: Collection[str], second: Actor) -> None:
    """Refuse `second` where he, or his unit, is among those who did the first duty of the pair (K23-R3).

    `first` are codes of officers and units. Nothing is refused where the profile has the pair off. Raises
    `Refused` with the code of the pair in `PAIRS`; `Store.write` logs it as an attempt.
    """
    if pair not in profile.separation or second.kind == "machine":
        return
    own = {second.code} | ({second.unit} if second.unit else set())
    if own.intersection(first):
        raise Refused(PAIRS[pair], officer=second.code, unit=second.unit or "")


def may_read_texts(profile: Profile, actor: Actor, units: Iterable[str | None]) -> bool:
    """Whether the actor has a need for the texts of a case that these units deal with (K23-R5).

    Those who command, divert, supervise or verify have it for every case, a unit for its own; an auditor, an assessor
    and a leader who only looks have not.
    """
    if actor.kind == "machine" or actor.powers.intersection(profile.text_powers):
        return True
    own = actor.code if actor.kind == "unit" else actor.unit
    return "record" in actor.powers and own is not None and own in set(units)
