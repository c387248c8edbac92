"""Early warnings, how good each rule is, the ledger of what is likely, and the trend by grid (K17)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import and_, case, func, select
from sqlmodel import Session, col

from store import journal
from store.errors import Refused
from store.profiles import shelf
from store.profiles.model import Profile
from store.profiles.reporting import WarningRule
from store.records.event import Event
from store.records.grid import Grid, GridClosure
from store.records.warning import DataBatch
from store.records.warning import Warning as Record
from store.rules import warnings as rules_of
from store.rules.labels import Label

WEEKS = 8
"""Weeks of the trend view (K17)."""
LEDGER_DAYS = 365


@dataclass(frozen=True, slots=True)
class WarningRow:
    id: int
    rule: str
    label: Label
    kind: str
    state: str
    """`raised`, `assigned`, `verified`, `closed`."""
    level: int
    grid_code: str | None
    grid_name: str | None
    category: str | None
    place: str
    size: float | None
    expected_at: datetime | None
    facts: dict[str, Any]
    raised_at: datetime
    last_at: datetime
    count: int
    unit: str | None
    due_at: datetime | None
    finding: str
    note: str
    case_id: int | None
    version: int


@dataclass(frozen=True, slots=True)
class RuleCount:
    """Validity of one rule: (confirmed + hidden risk) / verified (K17-R4)."""

    rule: str
    label: Label
    raised: int
    verified: int
    confirmed: int
    hidden_risk: int
    none: int
    validity: float | None
    """0 to 1; None while nothing was verified."""


@dataclass(frozen=True, slots=True)
class Warnings:
    rows: tuple[WarningRow, ...]
    """Open ones, the gravest first; with `everything` also closed ones, the newest first."""
    rules: tuple[RuleCount, ...]
    open: int
    seq: int
    as_of: datetime


@dataclass(frozen=True, slots=True)
class WarningEvent:
    """One line of a warning's history."""

    at: datetime
    kind: str
    """`raised`, `rose`, `assigned`, `verified`, `closed`."""
    actor: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """The early-warning ledger 预警台账 of S07: what is likely, when, where, who is concerned, how large (R5)."""

    warning: int
    expected_at: datetime | None
    grid_code: str | None
    place: str
    group: Label
    """The interest concerned, by its category; never names."""
    size: float | None
    level: int
    state: str
    finding: str


@dataclass(frozen=True, slots=True)
class TrendRow:
    grid_id: int
    grid_code: str
    grid_name: str
    weeks: tuple[int, ...]
    """Warnings raised in each week, the oldest first."""
    total: int
    confirmed: int
    hidden_risk: int


@dataclass(frozen=True, slots=True)
class Trend:
    grid_code: str
    starts: tuple[date, ...]
    """First local day of each week."""
    rows: tuple[TrendRow, ...]
    """The node's children and, last, itself with all below it."""


@dataclass(frozen=True, slots=True)
class BatchRow:
    feed: str
    label: Label
    day: date
    source: str
    rows: int
    taken_at: datetime
    taken_by: str
    sha256: str


def warnings(
    session: Session, profile: Profile, now: datetime, *, everything: bool = False, grid_id: int | None = None,
    limit: int = 500,
) -> Warnings:  # fmt: skip
    """Open warnings below a node (all of them: None), the gravest and then the oldest first."""
    seq = journal.head(session)
    is_open = col(Record.closed_at).is_(None)
    below = [] if grid_id is None else [col(Record.grid_id).in_(_below(grid_id))]
    query = _rows().where(*below)
    if everything:
        query = query.order_by(col(Record.raised_at).desc(), col(Record.id).desc()).limit(limit)
    else:
        query = query.where(is_open)
    governing = shelf.profiles(session, profile)
    found = [_row(row, governing) for row in session.execute(query)]
    if not everything:
        order = {one.id: [level.number for level in one.levels] for one in governing}
        found.sort(key=lambda row: (rules_of.rank(order.get(profile.id, []), row.level), row.raised_at, row.id))
    count = session.execute(select(func.count()).select_from(Record).where(is_open, *below)).scalar_one()
    return Warnings(tuple(found[:limit]), rules(session, profile), int(count), seq, now)


def _below(grid_id: int) -> Any:
    return select(col(GridClosure.grid_id)).where(col(GridClosure.ancestor_id) == grid_id)


def _rows() -> Any:
    columns: tuple[Any, ...] = (
        Record.id, Record.rule, Record.profile, Record.state, Record.level, Record.category, Record.place, Record.size,
        Record.expected_at, Record.facts, Record.raised_at, Record.last_at, col(Record.count).label("count_of"),
        Record.unit, Record.due_at, Record.finding, Record.note, Record.case_id, Record.version,
        col(Grid.code).label("grid_code"), col(Grid.name).label("grid_name"),
    )  # fmt: skip
    return select(*columns).outerjoin(Grid, col(Grid.id) == col(Record.grid_id))


def _rule(governing: tuple[Profile, ...], profile_id: str, rule: str) -> WarningRule | None:
    ordered = sorted(governing, key=lambda one: one.id != profile_id)
    return next((found for one in ordered if (found := one.warning(rule)) is not None), None)


def _row(row: Any, governing: tuple[Profile, ...]) -> WarningRow:
    rule = _rule(governing, row.profile, row.rule)
    return WarningRow(
        row.id, row.rule, rule.label if rule else Label(row.rule, row.rule), rule.kind if rule else "", row.state,
        row.level, row.grid_code, row.grid_name, row.category, row.place, row.size, row.expected_at, row.facts,
        row.raised_at, row.last_at, row.count_of, row.unit, row.due_at, row.finding, row.note, row.case_id, row.version,
    )  # fmt: skip


def warning(session: Session, profile: Profile, warning_id: int) -> WarningRow:
    """One warning, open or closed; raises `Refused` `unknown_warning`."""
    row = session.execute(_rows().where(col(Record.id) == warning_id)).first()
    if row is None:
        raise Refused("unknown_warning", warning=warning_id)
    return _row(row, shelf.profiles(session, profile))


def history(session: Session, warning_id: int) -> tuple[WarningEvent, ...]:
    """What happened to it, the oldest first."""
    rows = session.execute(
        select(Event)
        .where(col(Event.subject) == "warning", col(Event.subject_id) == warning_id)
        .order_by(col(Event.version))
    ).scalars()
    return tuple(WarningEvent(row.at, row.kind, row.actor, row.data) for row in rows)


def rules(session: Session, profile: Profile) -> tuple[RuleCount, ...]:
    """Every rule of the profiles and every one that ever raised anything, in the order of the profiles (R4)."""

    def counted(finding: str) -> Any:
        return func.coalesce(func.sum(case((col(Record.finding) == finding, 1), else_=0)), 0).label(finding)

    rows = {
        row.rule: row
        for row in session.execute(
            select(
                col(Record.rule), func.count().label("raised"), counted("confirmed"), counted("hidden_risk"),
                counted("none"),
            ).group_by(col(Record.rule))
        )
    }  # fmt: skip
    governing = shelf.profiles(session, profile)
    labels = {rule.id: rule.label for one in reversed(governing) for rule in one.warnings}
    ids = dict.fromkeys((*(rule.id for one in governing for rule in one.warnings), *sorted(rows)))
    return tuple(_count(rule, labels.get(rule, Label(rule, rule)), rows.get(rule)) for rule in ids)


def _count(rule: str, label: Label, row: Any) -> RuleCount:
    if row is None:
        return RuleCount(rule, label, 0, 0, 0, 0, 0, None)
    confirmed, hidden, none = int(row.confirmed), int(row.hidden_risk), int(row.none)
    share = rules_of.validity(confirmed, hidden, none)
    return RuleCount(rule, label, int(row.raised), confirmed + hidden + none, confirmed, hidden, none, share)


def ledger(session: Session, profile: Profile, now: datetime, days: int = LEDGER_DAYS) -> tuple[LedgerRow, ...]:
    """The ledger of S07 of the last days, what is likely soonest first; what turned out to be nothing is left out."""
    governing = shelf.profiles(session, profile)
    query = _rows().where(col(Record.raised_at) > now - timedelta(days=days), col(Record.finding) != "none")
    made = []
    for row in session.execute(query.order_by(col(Record.expected_at), col(Record.id))):
        rule = _rule(governing, row.profile, row.rule)
        known = next((found for one in governing if (found := one.category(row.category)) is not None), None)
        group = known.label if known else rule.label if rule else Label(row.rule, row.rule)
        made.append(
            LedgerRow(
                row.id, row.expected_at, row.grid_code, row.place, group, row.size, row.level, row.state, row.finding
            )
        )
    return tuple(made)


def trend(
    session: Session, profile: Profile, now: datetime, timezone: str, grid: str | None = None, weeks: int = WEEKS,
    rule: str | None = None,
) -> Trend:  # fmt: skip
    """Warnings by week below each child of a node (the root: None), the week of `now` last.

    Raises `Refused` `unknown_grid`.
    """
    which = col(Grid.parent_id).is_(None) if grid is None else col(Grid.code) == grid
    node: Any = session.execute(select(col(Grid.id), col(Grid.code), col(Grid.name)).where(which).limit(1)).first()
    if node is None:
        raise Refused("unknown_grid", grid=grid)
    zone = ZoneInfo(timezone)
    today = now.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())
    starts = [monday - timedelta(weeks=back) for back in range(weeks - 1, -1, -1)]
    since = datetime.combine(starts[0], datetime.min.time(), zone)
    children = session.execute(
        select(col(Grid.id), col(Grid.code), col(Grid.name))
        .where(col(Grid.parent_id) == node.id, ~col(Grid.unplaced))
        .order_by(col(Grid.code))
    ).all()
    own = [] if rule is None else [col(Record.rule) == rule]
    inside = and_(col(GridClosure.grid_id) == col(Record.grid_id), col(GridClosure.ancestor_id).in_(_family(node.id)))
    rows = session.execute(
        select(col(GridClosure.ancestor_id).label("node"), col(Record.raised_at), col(Record.finding))
        .join(GridClosure, inside)
        .where(col(Record.raised_at) >= since, col(Record.raised_at) <= now, *own)
    ).all()
    counted: dict[int, list[int]] = {}
    findings: dict[int, list[str]] = {}
    for row in rows:
        week = (row.raised_at.astimezone(zone).date() - starts[0]).days // 7
        counted.setdefault(row.node, [0] * weeks)[week] += 1
        findings.setdefault(row.node, []).append(row.finding)
    made = []
    for one in (*children, node):
        per_week = tuple(counted.get(one.id, [0] * weeks))
        told = findings.get(one.id, [])
        confirmed, hidden = told.count("confirmed"), told.count("hidden_risk")
        made.append(TrendRow(one.id, one.code, one.name, per_week, sum(per_week), confirmed, hidden))
    return Trend(node.code, tuple(starts), tuple(made))


def _family(node_id: int) -> Any:
    """The node and its children."""
    return select(col(Grid.id)).where((col(Grid.parent_id) == node_id) | (col(Grid.id) == node_id))


def batches(session: Session, profile: Profile, feed: str | None = None, limit: int = 200) -> tuple[BatchRow, ...]:
    """Files of batch data that are held, the newest day first (K16-R9)."""
    labels = {one.id: one.label for governing in shelf.profiles(session, profile) for one in governing.feeds}
    query = select(DataBatch).order_by(col(DataBatch.day).desc(), col(DataBatch.feed)).limit(limit)
    if feed is not None:
        query = query.where(col(DataBatch.feed) == feed)
    return tuple(
        BatchRow(
            b.feed, labels.get(b.feed, Label(b.feed, b.feed)), b.day, b.source, b.rows, b.taken_at, b.taken_by, b.sha256
        )
        for b in session.execute(query).scalars()
    )
