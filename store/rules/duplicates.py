"""Which cases may be the same matter, and what forbids to merge them (K02-R15)."""

from __future__ import annotations

from store.errors import Refused
from store.profiles.model import Profile
from store.rules.state import CaseState


def unlike(state: CaseState, other: CaseState, profile: Profile, apart_hours: float | None) -> tuple[str, ...]:
    """What keeps two cases from being one matter: `grid`, `category`, `time`; empty where nothing does.

    `apart_hours` lie between their reports; None means that nobody looked.
    """
    found: list[str] = [
        name for name in profile.merge_same
        if getattr(state, name) is None or getattr(state, name) != getattr(other, name)
    ]  # fmt: skip
    if apart_hours is not None and apart_hours > profile.merge_hours:
        found.append("time")
    return tuple(found)


def check_merge(
    case_id: int, state: CaseState, into: int, other: CaseState | None, profile: Profile, apart_hours: float | None
) -> None:
    """Raise `Refused` where `case_id` may not go into the case `into`.

    Codes: `merge_itself`, `unknown_case`, `merge_circle`, `merged_case`, `merge_closed`, `merge_drill`,
    `merge_unlike`.
    """
    if into == case_id:
        raise Refused("merge_itself", into=into)
    if other is None:
        raise Refused("unknown_case", case=into)
    if into in state.absorbed:
        raise Refused("merge_circle", into=into)
    if other.merged_into is not None:
        raise Refused("merged_case", into=other.merged_into)
    if other.closed or state.closed:
        raise Refused("merge_closed", into=into)
    if other.drill != state.drill:
        raise Refused("merge_drill", into=into)
    found = unlike(state, other, profile, apart_hours)
    if found:
        raise Refused("merge_unlike", into=into, differs=list(found), hours=profile.merge_hours)
