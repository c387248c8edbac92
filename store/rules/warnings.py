"""Early-warning rules over numbers handed in (K17-R1, R2, R6 to R8): places and categories, never persons. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from store.profiles.reporting import WarningRule
from store.profiles.timing import Limit

LENGTHS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
"""Units that windows and quiet times are counted in."""
FOLD_FROM = 50
"""So many scopes of one rule at one moment become one warning for the whole tree: a flood helps nobody."""
NAMED = 5
"""Scopes that a folded warning names, the largest first."""
SENSORS = "reading:"


@dataclass(frozen=True, slots=True)
class Scope:
    """What one warning is about; parts that the rule does not look at are empty."""

    grid: int | None = None
    category: str | None = None
    place: str = ""
    device: int | None = None
    whole: bool = False
    """True for a folded warning."""

    @property
    def key(self) -> str:
        """The scope as text, by which its quiet time is counted."""
        if self.whole:
            return "*"
        device = "" if self.device is None else f"device {self.device}"
        return "|".join((str(self.grid or ""), self.category or "", self.place, device))


@dataclass(frozen=True, slots=True)
class Sample:
    """The number of one scope, and when the newest of what it counts came."""

    value: float
    newest: datetime | None = None
    grid: int | None = None
    """Where the place or device lies, when the scope itself is no node."""
    of: int = 1
    """Rows behind the number."""


Series = Mapping[Scope, Sample]
Point = tuple[datetime, float]


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule holds for a scope."""

    rule: WarningRule
    scope: Scope
    size: float
    newest: datetime | None = None
    grid: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


def length(limit: Limit) -> timedelta:
    """Raises `KeyError` for a unit that is no plain length of time; profiles are checked for it."""
    return LENGTHS[limit.unit] * limit.amount


def count(rule: WarningRule, now: Series) -> list[Finding]:
    """Scopes whose number has reached the threshold."""
    return [
        _found(rule, scope, sample, sample.value, {"value": sample.value})
        for scope, sample in now.items()
        if sample.value >= rule.threshold and sample.value >= rule.least
    ]


def change(rule: WarningRule, now: Series, before: Series) -> list[Finding]:
    """Scopes that have grown by the factor against the same window before; nothing before counts as one."""
    found = []
    for scope, sample in now.items():
        held = before.get(scope)
        past = held.value if held else 0.0
        factor = sample.value / max(past, 1.0)
        if sample.value > 0 and factor >= rule.threshold and sample.value >= rule.least:
            facts = {"value": sample.value, "before": past, "factor": round(factor, 2)}
            found.append(_found(rule, scope, sample, sample.value, facts))
    return found


def ratio(rule: WarningRule, part: Series, whole: Series) -> list[Finding]:
    """Scopes whose number is at least the share of the other one; without any of the other there is no share (R6)."""
    found = []
    for scope, sample in part.items():
        of = whole.get(scope)
        if of is None or of.value <= 0 or sample.value < rule.least or sample.value / of.value < rule.threshold:
            continue
        share = sample.value / of.value
        facts = {"value": sample.value, "of": of.value, "share": round(share, 4)}
        newest = _newest((sample.newest, of.newest))
        found.append(_found(rule, scope, replace(sample, newest=newest), round(share, 4), facts))
    return found


def mix(rule: WarningRule, parts: Sequence[Series]) -> list[Finding]:
    """Scopes where the weighted sum of several sources has reached the threshold (S55)."""
    found = []
    for scope in dict.fromkeys(scope for part in parts for scope in part):
        total, sources, told = 0.0, 0, {}
        held = [part.get(scope) for part in parts]
        for shape, sample in zip(rule.parts, held, strict=True):
            if sample is None:
                continue
            value = sample.value if shape.at_least is None else float(sample.value >= shape.at_least)
            total += value * shape.weight
            sources += value != 0
            told[" ".join(filter(None, (shape.stream, shape.category)))] = sample.value
        if total >= rule.threshold and sources >= rule.least:
            some = [sample for sample in held if sample is not None]
            grid = next((sample.grid for sample in some if sample.grid is not None), None)
            newest = _newest(sample.newest for sample in some)
            facts = {"value": round(total, 4), "sources": sources, "parts": told}
            found.append(_found(rule, scope, Sample(total, newest, grid), round(total, 4), facts))
    return found


@dataclass(frozen=True, slots=True)
class Rise:
    """The newest value of a sensor, and the lowest one inside the window before it."""

    low: float
    last: float
    at: datetime


def rise(points: Iterable[Point], window: timedelta) -> Rise | None:
    """None where nothing came inside the window before the newest value."""
    ordered = sorted(points)
    if not ordered:
        return None
    at, last = ordered[-1]
    before = [value for then, value in ordered[:-1] if at - window <= then < at]
    return Rise(min(before), last, at) if before else None


def growth(
    rule: WarningRule, rises: Mapping[Scope, Sequence[Rise]], grids: Mapping[Scope, int | None]
) -> list[Finding]:
    """Scopes whose sensors together have grown by the factor inside the window, and stand at `least` (R7)."""
    found = []
    for scope, several in rises.items():
        low, last = sum(rise.low for rise in several), sum(rise.last for rise in several)
        factor = last / max(low, 1.0)
        if factor >= rule.threshold and last >= rule.least:
            sample = Sample(last, _newest(rise.at for rise in several), grids.get(scope))
            facts = {"value": last, "before": low, "factor": round(factor, 2)}
            found.append(_found(rule, scope, sample, last, facts))
    return found


def absence(rule: WarningRule, expected: Collection[Scope], counted: Series, since: datetime) -> list[Finding]:
    """Scopes from which fewer reports came than were expected; `since` is when they were to be there."""
    found = []
    for scope in expected:
        sample = counted.get(scope) or Sample(0.0)
        if sample.value < rule.threshold:
            facts = {"value": sample.value, "expected": rule.threshold}
            found.append(_found(rule, scope, replace(sample, newest=since), sample.value, facts))
    return found


def _found(rule: WarningRule, scope: Scope, sample: Sample, size: float, facts: Mapping[str, Any]) -> Finding:
    grid = scope.grid if scope.grid is not None else sample.grid
    window = f"{rule.window.amount} {rule.window.unit}"
    return Finding(rule, scope, size, sample.newest, grid, {**facts, "threshold": rule.threshold, "window": window})


def _newest(times: Iterable[datetime | None]) -> datetime | None:
    return max((at for at in times if at is not None), default=None)


def folded(findings: Sequence[Finding], root: int, most: int = FOLD_FROM) -> list[Finding]:
    """The findings of one rule; more than `most` become one for the whole tree that names the largest."""
    if len(findings) <= most:
        return list(findings)
    rule = findings[0].rule
    largest = sorted(findings, key=lambda found: -found.size)[:NAMED]
    facts = {
        "scopes": len(findings), "threshold": rule.threshold, "window": f"{rule.window.amount} {rule.window.unit}",
        "largest": [{"scope": found.scope.key, "grid": found.grid, "size": found.size} for found in largest],
    }  # fmt: skip
    newest = _newest(found.newest for found in findings)
    return [Finding(rule, Scope(whole=True), float(len(findings)), newest, root, facts)]


def series(rule: WarningRule) -> tuple[object, ...]:
    """Rules of one series have one cause: sensors of a place are watched for size and growth alike (T3)."""
    if rule.stream.startswith(SENSORS):
        return (rule.stream, rule.by, rule.tier)
    return (rule.id,)


def gravest(findings: Sequence[Finding], order: Sequence[int]) -> list[Finding]:
    """Of one series and scope the one at the highest level, then the larger; `order` lists levels, gravest first."""
    best: dict[tuple[object, ...], Finding] = {}
    for found in findings:
        key = (series(found.rule), found.scope)
        held = best.get(key)
        if held is None or _weight(found, order) < _weight(held, order):
            best[key] = found
    return list(best.values())


def _weight(found: Finding, order: Sequence[int]) -> tuple[int, float, str]:
    return rank(order, found.rule.level), -found.size, found.rule.id


def rank(order: Sequence[int], level: int) -> int:
    """Place of a level in the order of gravity, 0 the gravest."""
    return order.index(level) if level in order else len(order)


def validity(confirmed: int, hidden_risk: int, none: int) -> float | None:
    """(confirmed + hidden risk) / verified (R4); None while nothing was verified."""
    verified = confirmed + hidden_risk + none
    return (confirmed + hidden_risk) / verified if verified else None
