"""What the header shows: centre, shift, duty officer, sources, and how true the screen is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import case, func, select
from sqlmodel import Session, col

from store import journal
from store.profiles import almanac, shelf
from store.profiles.model import Profile
from store.records.alert import Alert
from store.records.case import Case
from store.records.event import JournalCheck
from store.records.people import Officer, Shift
from store.records.source import Source
from store.rules.labels import Label
from store.rules.patrols import shift_window
from store.views import modes


@dataclass(frozen=True, slots=True)
class ShiftLine:
    """The shift now running; `officer` is None while nobody has taken it."""

    label: Label
    starts_at: datetime
    ends_at: datetime
    officer: str | None
    officer_name: str | None


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One connector source and the age of its last good round."""

    source: str
    kind: str
    state: str
    """`up`, `down`, `unknown`, `broken` or `quarantine`; silence beyond `interval_s` reads `unknown`."""
    ok_at: datetime | None
    interval_s: float
    detail: str
    rejected: int
    dropped: int


@dataclass(frozen=True, slots=True)
class ModeMark:
    """A mode that is on, for the header."""

    label: Label
    ends_at: datetime
    everywhere: bool
    """False where it is for some nodes only."""


@dataclass(frozen=True, slots=True)
class Header:
    centre: str
    profile: Label
    drill: bool
    speed: float
    store: str
    read_only: bool
    timezone: str
    shift: ShiftLine
    sources: tuple[SourceLine, ...]
    open: int
    overdue: int
    unacknowledged: int
    seq: int
    as_of: datetime
    damaged: int | None = None
    """Event at which the journal is no longer what was written; nothing is written until that is accepted (K23-T3)."""
    booked: int = 0
    """Open cases on the booked list: in `open` too, and counted apart (K02-R6)."""
    modes: tuple[ModeMark, ...] = ()
    """Modes that are on (K06-R4)."""


@dataclass(frozen=True, slots=True)
class About:
    """What the open store knows of itself."""

    centre: str
    profile: Label
    drill: bool
    speed: float
    store: str
    read_only: bool
    timezone: str


def header(session: Session, profile: Profile, now: datetime, about: About) -> Header:
    """Facts of the header at `now`."""
    seq = journal.head(session)
    counted = session.execute(
        select(func.count(), func.coalesce(func.sum(case((col(Case.due_at) <= now, 1), else_=0)), 0)).where(
            col(Case.closed_at).is_(None), col(Case.drill).is_(False)
        )
    ).one()
    booked = session.execute(
        select(func.count()).where(
            col(Case.booked_until).is_not(None), col(Case.closed_at).is_(None), col(Case.drill).is_(False)
        )
    ).scalar_one()
    waiting = session.execute(
        select(func.count()).where(col(Alert.cleared_at).is_(None), col(Alert.acknowledged_by).is_(None))
    ).scalar_one()
    return Header(
        about.centre, about.profile, about.drill, about.speed, about.store, about.read_only, about.timezone,
        shift(session, profile, now, about.timezone), sources(session, now), int(counted[0]), int(counted[1]),
        int(waiting), seq, now, damaged=damaged(session), booked=int(booked),
        modes=_modes(session, profile, now, about.timezone),
    )  # fmt: skip


def _modes(session: Session, profile: Profile, now: datetime, timezone: str) -> tuple[ModeMark, ...]:
    marks = []
    for governing in shelf.profiles(session, profile):
        if not governing.modes:
            continue
        calendar = almanac.calendar_of(session, governing.calendar)
        on = modes.active(session, governing, calendar, ZoneInfo(timezone), now)
        marks += [ModeMark(one.mode.label, one.ends_at, not one.nodes) for one in on]
    return tuple(marks)


def damaged(session: Session) -> int | None:
    """Number of the first faulty event while damage of the journal stands."""
    query = select(col(JournalCheck.fault_seq)).where(col(JournalCheck.fault) != "")
    found = session.execute(query).scalar_one_or_none()
    return None if found is None else int(found)


def shift(session: Session, profile: Profile, now: datetime, timezone: str) -> ShiftLine:
    """The shift of the plan that runs at `now`, and who took it."""
    rule, starts, ends = shift_window(profile.shifts, now, ZoneInfo(timezone))
    row = session.execute(
        select(col(Shift.officer), col(Officer.name))
        .join(Officer, col(Officer.code) == col(Shift.officer))
        .where(col(Shift.starts_at) == starts)
        .order_by(col(Shift.id).desc())
        .limit(1)
    ).first()
    return ShiftLine(rule.label, starts, ends, row[0] if row else None, row[1] if row else None)


def sources(session: Session, now: datetime) -> tuple[SourceLine, ...]:
    """Every source that ever reported, the troubled first; silence beyond three intervals reads `unknown`."""
    lines = []
    for row in session.execute(select(Source).where(col(Source.kind) != "").order_by(col(Source.name))).scalars():
        patience = timedelta(seconds=max(60.0, row.interval_s * 3))
        silent = row.state == "up" and (row.ok_at is None or now - row.ok_at > patience)
        lines.append(
            SourceLine(
                row.name, row.kind, "unknown" if silent else row.state, row.ok_at, row.interval_s, row.detail,
                row.rejected, row.dropped,
            )
        )  # fmt: skip
    return tuple(sorted(lines, key=lambda line: (line.state == "up", line.source)))
