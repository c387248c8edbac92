"""Early-warning rules at work: what they find is looked for in a read, then raised in one short write (K17-R1, R2).

A rule is looked at when something happened since, and now and then because windows move on; one that counts much is
looked at less often, so that a large city costs no more than a small one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, delete, insert, select
from sqlmodel import Session, col

from store import journal
from store.actions.loop import folding
from store.actions.warnings import raising
from store.profiles import shelf
from store.profiles.model import Profile
from store.profiles.reporting import WarningRule
from store.records.device import Device
from store.records.event import Event
from store.records.warning import AlarmHeard, DataBatch, Datum
from store.rules import warnings as rules
from store.rules.inbound import Alarm, Reading
from store.rules.warnings import Finding, Sample
from store.views import streams
from store.views.streams import Sight, Window

MUCH = 5_000
"""Rows that a rule counted; from here on it is not looked at after every event."""
SLOWEST, QUICKEST = timedelta(minutes=10), timedelta(seconds=30)
FORGET = 2_000
"""Rows deleted in one transaction."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the rules of one profile say at a moment."""

    profile: Profile
    findings: tuple[Finding, ...]


@dataclass(slots=True)
class _Look:
    """When a rule was looked at last, at which event, and how much it counted."""

    at: datetime
    head: int
    rows: int


@dataclass(slots=True)
class _Memory:
    looks: dict[tuple[str, str, str], _Look] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)


_SEEN: WeakKeyDictionary[Engine, _Memory] = WeakKeyDictionary()
"""By engine; lost at a restart, after which every rule is looked at once more."""


def look(session: Session, profile: Profile, now: datetime, *, every: bool = False) -> tuple[Found, ...]:
    """What would be raised now; nothing is written. `every` looks at all rules, however lately they were."""
    governing = shelf.profiles(session, profile)
    memory = _SEEN.setdefault(session.get_bind().engine, _Memory())
    zone = folding.zone(session)
    head = journal.head(session)
    made = []
    for one in governing:
        sight = Sight(one, zone, shared=len(governing) > 1)
        found: list[Finding] = []
        for rule in one.warnings:
            key = (one.id, one.version, rule.id)
            with memory.lock:
                last = memory.looks.get(key)
            if not every and last is not None and not _is_due(rule, last, now, head):
                continue
            findings, rows = judged(session, sight, rule, now)
            with memory.lock:
                memory.looks[key] = _Look(now, head, rows)
            found += findings
        new = raising.news(session, one, rules.gravest(found, order(one)), now)
        if new:
            made.append(Found(one, tuple(new)))
    return tuple(made)


def _is_due(rule: WarningRule, last: _Look, now: datetime, head: int) -> bool:
    if now < last.at:
        return True
    pace = min(SLOWEST, max(QUICKEST, rules.length(rule.window) / 1000))
    return now - last.at >= pace or (head != last.head and last.rows < MUCH)


def order(profile: Profile) -> tuple[int, ...]:
    """Levels, the gravest first."""
    return tuple(level.number for level in profile.levels)


def judged(session: Session, sight: Sight, rule: WarningRule, now: datetime) -> tuple[list[Finding], int]:
    """The scopes for which a rule holds, and how many rows it counted."""
    length = rules.length(rule.window)
    window = Window.back(now, length)
    if rule.kind == "growth":
        rises, where = streams.rises(session, rule, rule.stream.partition(":")[2], now, length)
        return rules.growth(rule, rises, where), 0
    if rule.kind == "absence":
        since = _owed_since(sight, rule, now)
        if since is None or _began(session) > since - length:
            return [], 0
        came = streams.reports(session, sight, rule, Window(since - length, now))
        return rules.absence(rule, streams.expected(session, rule), came, since), 0
    if rule.kind == "mix":
        parts = [streams.numbers(session, sight, rule, p.stream, p.category, window) for p in rule.parts]
        return rules.mix(rule, parts), _rows(parts)
    def looked(stream: str, category: str | None, back: Window, least: float = 0.0) -> rules.Series:
        return streams.numbers(session, sight, rule, stream, category, back, least)

    if rule.kind == "change":
        earlier = Window.back(window.start, length)
        counted = looked(rule.stream, rule.category, window, rule.least)
        before = looked(rule.stream, rule.category, earlier)
        return rules.change(rule, counted, before), _cost(session, rule, (counted, before), Window(earlier.start, now))
    if rule.kind == "ratio":
        part, whole = looked(rule.stream, rule.category, window), looked(rule.over, rule.over_category, window)
        return rules.ratio(rule, part, whole), _cost(session, rule, (part, whole), window)
    counted = looked(rule.stream, rule.category, window, rule.threshold)
    return rules.count(rule, counted), _cost(session, rule, (counted,), window)


def _cost(session: Session, rule: WarningRule, several: Iterable[rules.Series], window: Window) -> int:
    """How much was looked through; of cases only the large numbers came back."""
    return streams.volume(session, window) if rule.stream == streams.CASES else _rows(several)


def _rows(several: Iterable[rules.Series]) -> int:
    return sum(sample.of for series in several for sample in series.values())


def _owed_since(sight: Sight, rule: WarningRule, now: datetime) -> datetime | None:
    """When today's report was to be there; None before that time of day."""
    local = now.astimezone(sight.zone)
    if rule.absent_after is None or local.time() < rule.absent_after:
        return None
    return datetime.combine(local.date(), rule.absent_after, sight.zone)


def _began(session: Session) -> datetime:
    """When the store was made: nothing was owed before."""
    first = session.execute(select(col(Event.at)).order_by(col(Event.seq)).limit(1)).scalar_one_or_none()
    return first or datetime.max.replace(tzinfo=UTC)


def enter(session: Session, found: Sequence[Found], now: datetime) -> int:
    """Raise what was found, unless another process did meanwhile; returns how many warnings are new."""
    return sum(raising.enter(session, one.profile, one.findings, now) for one in found)


def heard(
    session: Session, profile: Profile, alarms: Sequence[Alarm], readings: Sequence[Reading], now: datetime
) -> int:
    """Keep alarms that a rule counts, and judge sensors at once where minutes matter (T3); how many were raised."""
    if not alarms and not readings:
        return 0
    raised = 0
    governing = shelf.profiles(session, profile)
    kinds = {name for one in governing for name in _names(one, streams.ALARMS)}
    if kinds and alarms:
        _keep(session, [alarm for alarm in alarms if "*" in kinds or alarm.kind in kinds], now)
    for one in governing:
        metrics = _names(one, streams.READING)
        fresh = {(r.source, r.device) for r in readings if r.live and r.metric in metrics}
        if fresh:
            raised += _sensed(session, Sight(one, folding.zone(session)), fresh, metrics, now)
    return raised


def _names(profile: Profile, kind: str) -> frozenset[str]:
    """What the rules of a profile listen to of one kind of stream."""
    heard_of = [s for rule in profile.warnings for s in (rule.stream, rule.over, *(p.stream for p in rule.parts))]
    return frozenset(name for start, _, name in (s.partition(":") for s in heard_of) if start == kind)


def _keep(session: Session, alarms: Sequence[Alarm], now: datetime) -> None:
    """Once an alarm, by its identity; what ended already, is old or was replayed is not counted."""
    counted = {
        (alarm.source, alarm.source_id): alarm
        for alarm in alarms
        if alarm.live and alarm.state in ("start", "update") and alarm.time_quality != "stale"
    }
    for source in {alarm.source for alarm in counted.values()}:
        ids = [source_id for own, source_id in counted if own == source]
        known = set(
            session.execute(
                select(col(AlarmHeard.source_id)).where(
                    col(AlarmHeard.source) == source, col(AlarmHeard.source_id).in_(ids)
                )
            ).scalars()
        )
        rows = [
            {"source": source, "source_id": i, "kind": alarm.kind, "device": alarm.device, "at": now}
            for i, alarm in ((i, counted[source, i]) for i in ids if i not in known)
        ]
        if rows:
            session.execute(insert(AlarmHeard), rows)


def _sensed(
    session: Session, sight: Sight, fresh: Collection[tuple[str, str]], metrics: Collection[str], now: datetime
) -> int:
    """Rules on sensors alone, for the devices that spoke just now and those that count together with them."""
    profile = sight.profile
    names = {name for _, name in fresh}
    known = session.execute(
        select(col(Device.id), col(Device.source), col(Device.key)).where(col(Device.key).in_(names))
    )
    ids = {row.id for row in known if (row.source, row.key) in fresh}
    if not ids:
        return 0
    findings: list[Finding] = []
    for rule in profile.warnings:
        kind, _, metric = rule.stream.partition(":")
        if kind != streams.READING or metric not in metrics or rule.kind not in ("growth", "count"):
            continue
        if rule.kind == "growth":
            found = streams.rises(session, rule, metric, now, rules.length(rule.window), ids)
            findings += rules.growth(rule, *found)
        else:
            findings += rules.count(rule, _newest(session, sight, rule, now))
    new = raising.news(session, profile, rules.gravest(findings, order(profile)), now)
    return raising.enter(session, profile, new, now)


def _newest(session: Session, sight: Sight, rule: WarningRule, now: datetime) -> dict[rules.Scope, Sample]:
    window = Window.back(now, rules.length(rule.window))
    return dict(streams.numbers(session, sight, rule, rule.stream, None, window))


def forget(session: Session, profile: Profile, now: datetime) -> int:
    """Delete a chunk of what no rule looks back at any more: alarms heard, files past their feed's days."""
    governing = shelf.profiles(session, profile)
    longest = max((rules.length(r.window) for one in governing for r in one.warnings), default=timedelta(days=1))
    old = select(col(AlarmHeard.id)).where(col(AlarmHeard.at) < now - 2 * longest).limit(FORGET)
    ids = session.execute(old).scalars().all()
    if ids:
        session.execute(delete(AlarmHeard).where(col(AlarmHeard.id).in_(ids)))
        return len(ids)
    today = now.astimezone(folding.zone(session)).date()
    for feed in {feed.id: feed for one in governing for feed in one.feeds}.values():
        gone = session.execute(
            select(col(DataBatch.id))
            .where(col(DataBatch.feed) == feed.id, col(DataBatch.day) < today - timedelta(days=feed.keep_days))
            .limit(1)
        ).scalar_one_or_none()
        if gone is None:
            continue
        rows = session.execute(select(col(Datum.id)).where(col(Datum.batch_id) == gone).limit(FORGET)).scalars().all()
        session.execute(delete(Datum).where(col(Datum.id).in_(rows)))
        if len(rows) < FORGET:
            session.execute(delete(DataBatch).where(col(DataBatch.id) == gone))
        return max(1, len(rows))
    return 0
