"""The order of the tiers, where a case starts on it, and the share closed at each (K07-R1, R4, R9, R10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from store.profiles.governance import Rung
    from store.profiles.model import Profile


def order(profile: Profile) -> tuple[str, ...]:
    """Ids of the tiers, the first to handle first: by capacity where the profile says so (K07-R9)."""
    return profile.climbing.capacity or tuple(rung.id for rung in profile.ladder)


def rung(profile: Profile, tier: str) -> Rung | None:
    return next((found for found in profile.ladder if found.id == tier), None)


def rank(profile: Profile, tier: str) -> int:
    """Place of the tier, 0 the lowest; a tier that is not on the ladder counts as the lowest."""
    tiers = order(profile)
    return tiers.index(tier) if tier in tiers else 0


def above(profile: Profile, tier: str) -> str | None:
    """The next tier up; None at the top."""
    tiers = order(profile)
    place = rank(profile, tier) + 1
    return tiers[place] if place < len(tiers) else None


def below(profile: Profile, tier: str) -> str | None:
    """The next tier down; None at the bottom."""
    place = rank(profile, tier) - 1
    return order(profile)[place] if place >= 0 else None


def passed(profile: Profile, tier: str, target: str) -> tuple[str, ...]:
    """The tiers from `tier` up to right below `target`: those that stay informed (K07-R2)."""
    return order(profile)[rank(profile, tier) : rank(profile, target)]


def gravest(profile: Profile, level: int) -> bool:
    """Whether this is level one: the first in the profile's order of gravity."""
    return bool(profile.levels) and profile.levels[0].number == level


def start(profile: Profile, level: int, marks: Sequence[tuple[str, str]] = ()) -> str:
    """The lowest tier that may hold a case of this level with these marks (K07-R1)."""
    if profile.climbing.capacity:
        return profile.climbing.capacity[0]
    wanted = [found.tier for found in profile.levels if found.number == level]
    for scheme_id, level_id in marks:
        scheme = profile.scheme(scheme_id)
        marked = scheme.level(level_id) if scheme else None
        if marked is not None and marked.tier:
            wanted.append(marked.tier)
    return max(wanted, key=lambda tier: rank(profile, tier), default=order(profile)[0])


@dataclass(frozen=True, slots=True)
class Share:
    """Closed cases of one tier; shares and the deviation in per cent of all, to one decimal."""

    tier: str
    closed: int
    share: float
    target: float | None
    deviation: float | None
    """Share minus target in percentage points; None without a target."""


def targets(profile: Profile) -> dict[str, float]:
    """Target share by tier, 0 to 1: of the rung, else of the scheme's levels that name the tier."""
    found = {item.id: item.share for item in profile.ladder if item.share is not None}
    for scheme in profile.schemes:
        for level in scheme.levels:
            if level.tier and level.share is not None:
                found.setdefault(level.tier, level.share)
    return found


def shares(profile: Profile, closed: Mapping[str, int]) -> tuple[Share, ...]:
    """One row a tier in the order of the ladder; tiers that the ladder no longer has come last."""
    goal = targets(profile)
    total = sum(closed.values())
    tiers = [*order(profile), *sorted(set(closed) - set(order(profile)))]
    rows = []
    for tier in tiers:
        count = closed.get(tier, 0)
        share = round(count * 100 / total, 1) if total else 0.0
        target = round(goal[tier] * 100, 1) if tier in goal else None
        deviation = None if target is None or not total else round(count * 100 / total - goal[tier] * 100, 1) + 0.0
        rows.append(Share(tier, count, share, target, deviation))
    return tuple(rows)
