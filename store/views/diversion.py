"""What came in by channel and day, what became of it, and how right the automatic division was (K03-R3, R4, R5)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlmodel import Session, col

from store.profiles import shelf
from store.profiles.model import Profile
from store.records.intake import Correction, IntakeItem
from store.rules.labels import Label


@dataclass(frozen=True, slots=True)
class ChannelCount:
    """One channel on one day, or in the whole span where `day` is None; S41 counts its 12350 line like this."""

    day: date | None
    channel: str
    label: Label | None
    received: int = 0
    """Everything but copies of our own reports."""
    accepted: int = 0
    """Ours, or taken to whose it is: filed, joined, handed over, settled at once."""
    filed: int = 0
    handed_over: int = 0
    emergencies: int = 0
    """Of those handed over."""
    settled: int = 0
    """Simple matters answered and closed at once (R4)."""
    answered: int = 0
    """Consultations answered directly."""
    connected: int = 0
    """Consultations put through to a line."""
    advised: int = 0
    """Not ours: told where to go."""
    duplicates: int = 0
    mirrors: int = 0
    waiting: int = 0
    diverted: int = 0
    """Non-police calls split off at 110 that were filed (R3, T2)."""

    def __add__(self, other: ChannelCount) -> ChannelCount:
        names = self.__slots__[3:]
        return ChannelCount(
            self.day, self.channel, self.label, *(getattr(self, n) + getattr(other, n) for n in names)
        )


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How often persons left alone what the division had done, for one category or unit (S54)."""

    by: str
    """`category` or `unit`."""
    key: str
    label: Label | None
    divided: int
    corrected: int

    @property
    def share(self) -> float:
        return 1 - self.corrected / self.divided if self.divided else 1.0


@dataclass(frozen=True, slots=True)
class Statistics:
    """Days from `first` to `last`, both included, in local time."""

    first: date
    last: date
    days: tuple[ChannelCount, ...]
    channels: tuple[ChannelCount, ...]
    total: ChannelCount
    accuracy: tuple[Accuracy, ...]


_i: Any = IntakeItem.__table__.c  # type: ignore[attr-defined]


def statistics(
    session: Session, profile: Profile, first: date, last: date, zone: str = "Asia/Shanghai"
) -> Statistics:
    """Counts of every channel that anything came in by; no count is ever by person (R11)."""
    here = ZoneInfo(zone)
    days: list[ChannelCount] = []
    day = first
    while day <= last:
        days += _day(session, profile, day, here)
        day += timedelta(days=1)
    channels: dict[str, ChannelCount] = {}
    total = ChannelCount(None, "", None)
    for count in days:
        whole = channels.get(count.channel, ChannelCount(None, count.channel, count.label))
        channels[count.channel] = whole + count
        total = total + count
    start, end = _instant(first, here), _instant(last + timedelta(days=1), here)
    return Statistics(
        first, last, tuple(days), tuple(channels[key] for key in sorted(channels)), total,
        (*_accuracy(session, profile, start, end, "category"), *_accuracy(session, profile, start, end, "unit")),
    )  # fmt: skip


def _instant(day: date, here: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), here)


def _day(session: Session, profile: Profile, day: date, here: ZoneInfo) -> list[ChannelCount]:
    rows = session.execute(
        select(_i.channel, _i.state, _i.sort, func.count())
        .where(_i.at >= _instant(day, here), _i.at < _instant(day + timedelta(days=1), here))
        .group_by(_i.channel, _i.state, _i.sort)
    )
    found: dict[str, ChannelCount] = {}
    for channel, state, sort, count in rows:
        known = profile.channel(channel)
        label = known.label if known else None
        made = _count(ChannelCount(day, channel, label), state, sort, int(count))
        found[channel] = found[channel] + made if channel in found else made
    return [found[key] for key in sorted(found)]


def _count(empty: ChannelCount, state: str, sort: str, count: int) -> ChannelCount:
    if state == "mirror":
        return replace(empty, mirrors=count)
    settled = state == "answered" and sort == "matter"
    names = {"received"}
    names |= {
        "new": {"waiting"}, "filed": {"filed", "accepted"}, "handed_over": {"handed_over", "accepted"},
        "duplicate": {"duplicates", "accepted"}, "rejected": {"advised"}, "transferred": {"connected"},
        "answered": {"settled", "accepted"} if settled else {"answered"},
    }.get(state, set())  # fmt: skip
    if state == "handed_over" and sort == "emergency":
        names.add("emergencies")
    if state == "filed" and sort == "diverted":
        names.add("diverted")
    counts: dict[str, Any] = dict.fromkeys(names, count)
    return replace(empty, **counts)


def _accuracy(session: Session, profile: Profile, start: datetime, end: datetime, by: str) -> list[Accuracy]:
    """What was divided, by what the division chose; a correction counts for what it corrected."""
    key, mended = _i[by], Correction.__table__.c  # type: ignore[attr-defined]
    divided = session.execute(
        select(key, func.count())
        .where(_i.at >= start, _i.at < end, _i.state == "filed", _i.source != "desk", key.is_not(None))
        .group_by(key)
    )
    corrected = {
        name: int(count)
        for name, count in session.execute(
            select(mended[by], func.count())
            .where(col(Correction.at) >= start, col(Correction.at) < end, mended[f"to_{by}"].is_not(None))
            .group_by(mended[by])
        )
    }
    labels: dict[str, Label] = {}
    for own in reversed(shelf.profiles(session, profile)):
        labels |= {c.id: c.label for c in own.categories} if by == "category" else {u.code: u.label for u in own.units}
    made = [Accuracy(by, name, labels.get(name), int(count), corrected.get(name, 0)) for name, count in divided]
    return sorted(made, key=lambda one: (one.share, one.key))
