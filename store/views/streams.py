"""What early-warning rules look at, as numbers by scope: one grouped, indexed query a stream (K17-R1, R9)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlmodel import Session, col

from store.profiles.model import Profile
from store.profiles.reporting import WarningRule
from store.records.case import Case
from store.records.device import Device, ReadingKept
from store.records.grid import Grid, GridClosure
from store.records.warning import AlarmHeard, DataBatch, Datum
from store.rules.addresses import key
from store.rules.tree import UNPLACED
from store.rules.warnings import Point, Rise, Sample, Scope, Series, rise

CASES, ALARMS, READING, DATA, TASKS = "cases", "alarms", "reading", "data", "tasks"
KNOWN = (CASES, ALARMS, READING, DATA)
"""Streams that yield something; `tasks` is a name without numbers yet."""


@dataclass(frozen=True, slots=True)
class Window:
    """Later than `start`, up to `end`."""

    start: datetime
    end: datetime

    @classmethod
    def back(cls, end: datetime, length: timedelta) -> Window:
        return cls(end - length, end)

    def days(self, zone: ZoneInfo) -> tuple[Any, Any]:
        """First and last local day of batch data that the window holds: the day of `end` and those before it."""
        last = self.end.astimezone(zone).date()
        length = max(1, -(-(self.end - self.start) // timedelta(days=1)))
        return last - timedelta(days=length - 1), last


@dataclass(frozen=True, slots=True)
class Sight:
    """Where numbers come from: the profile that has the rule, and whether others govern cases beside it."""

    profile: Profile
    zone: ZoneInfo
    shared: bool = False


def numbers(
    session: Session, sight: Sight, rule: WarningRule, stream: str, category: str | None, window: Window,
    least: float = 0.0,
) -> Series:  # fmt: skip
    """The numbers of one stream by the scopes of the rule; a category prefix narrows cases only.

    Numbers below `least` may be left out: of many cases in many grids few scopes matter.
    """
    kind, _, name = stream.partition(":")
    if kind == CASES:
        return _cases(session, sight, rule, category, window, least)
    if kind == ALARMS:
        return _alarms(session, rule, name, window)
    if kind == READING:
        return _readings(session, rule, name, window)
    if kind == DATA:
        return _data(session, sight, rule, name, window)
    return {}


def of_category(column: Any, category: str | None) -> list[ColumnElement[bool]]:
    """A category id and all below it, so that the index can be used."""
    if not category:
        return []
    return [or_(column == category, and_(column >= category + ".", column < category + "/"))]


def volume(session: Session, window: Window) -> int:
    """How many cases a window holds: what a look at them costs."""
    c = Case
    query = select(func.count()).where(col(c.reported_at) > window.start, col(c.reported_at) <= window.end)
    return int(session.execute(query).scalar_one())


def _cases(
    session: Session, sight: Sight, rule: WarningRule, category: str | None, window: Window, least: float
) -> Series:
    c = Case
    where = [
        col(c.reported_at) > window.start, col(c.reported_at) <= window.end, col(c.drill).is_(False),
        col(c.merged_into).is_(None), *of_category(col(c.category), category),
    ]  # fmt: skip
    if sight.shared:
        where.append(or_(col(c.profile) == sight.profile.id, col(c.profile) == ""))
    by_place = "place" in rule.by
    if by_place:
        where.append(col(c.address) != "")
    keys: list[Any] = [col(c.category)] if "category" in rule.by else []
    keys += [col(c.address)] if by_place else []
    counted: list[Any] = [func.count().label("n"), func.max(col(c.reported_at)).label("newest")]
    query = _by_node(rule, col(c.grid_id), keys, counted, where)
    if least > 1 and not by_place:
        query = query.having(func.count() >= least)
    rows = session.execute(query)
    made = (
        (
            Scope(
                row.node if "grid" in rule.by else None,
                row.category if "category" in rule.by else None,
                key(row.address) if by_place else "",
            ),
            Sample(float(row.n), row.newest, row.node, int(row.n)),
        )
        for row in rows
    )
    return _summed(made)


def _by_node(
    rule: WarningRule, leaf: Any, keys: list[Any], counted: list[Any], where: list[ColumnElement[bool]]
) -> Select[Any]:
    """Counted by node of the rule's tier, unless the rule does not ask where; what lies nowhere is of no node."""
    if "grid" not in rule.by:
        return select(func.min(leaf).label("node"), *keys, *counted).where(*where).group_by(*keys)
    if rule.tier is None:
        # Without a join the index alone answers.
        nowhere = select(col(Grid.id)).where(col(Grid.code) == UNPLACED).scalar_subquery()
        return select(leaf.label("node"), *keys, *counted).where(leaf != nowhere, *where).group_by(leaf, *keys)
    node = col(GridClosure.ancestor_id)
    query = select(node.label("node"), *keys, *counted).join(GridClosure, col(GridClosure.grid_id) == leaf)
    query = query.join(Grid, col(Grid.id) == node).where(col(Grid.tier) == rule.tier, ~col(Grid.unplaced), *where)
    return query.group_by(node, *keys)


def _summed(rows: Iterable[tuple[Scope, Sample]]) -> dict[Scope, Sample]:
    """Scopes that came in several spellings are one."""
    found: dict[Scope, Sample] = {}
    for scope, sample in rows:
        held = found.get(scope)
        if held is not None:
            newest = max(filter(None, (held.newest, sample.newest)), default=None)
            grid = held.grid if held.grid is not None else sample.grid
            sample = Sample(held.value + sample.value, newest, grid, held.of + sample.of)
        found[scope] = sample
    return found


def _nodes(session: Session, rule: WarningRule, leaves: Collection[int | None]) -> dict[int, int]:
    """The node of the rule's tier above each leaf."""
    known = {leaf for leaf in leaves if leaf is not None}
    if rule.tier is None or not known:
        return {leaf: leaf for leaf in known}
    rows = session.execute(
        select(col(GridClosure.grid_id), col(GridClosure.ancestor_id))
        .join(Grid, col(Grid.id) == col(GridClosure.ancestor_id))
        .where(col(Grid.tier) == rule.tier, col(GridClosure.grid_id).in_(known))
    )
    return {row.grid_id: row.ancestor_id for row in rows}


def _speaking() -> ColumnElement[bool]:
    """Devices that are believed: those in the register."""
    return col(Device.registered).is_(True)


def _scoped(rule: WarningRule, device_id: int, node: int | None) -> Scope | None:
    if "grid" in rule.by and node is None:
        return None
    return Scope(node if "grid" in rule.by else None, device=device_id if "device" in rule.by else None)


def _alarms(session: Session, rule: WarningRule, kind: str, window: Window) -> Series:
    h = AlarmHeard
    where = [col(h.at) > window.start, col(h.at) <= window.end, _speaking()]
    if kind != "*":
        where.append(col(h.kind) == kind)
    rows = session.execute(
        select(col(Device.id), col(Device.grid_id), func.count().label("n"), func.max(col(h.at)).label("newest"))
        .join(Device, and_(col(Device.source) == col(h.source), col(Device.key) == col(h.device)))
        .where(*where)
        .group_by(col(Device.id), col(Device.grid_id))
    ).all()
    nodes = _nodes(session, rule, [row.grid_id for row in rows])
    made = []
    for row in rows:
        scope = _scoped(rule, row.id, nodes.get(row.grid_id))
        if scope is not None:
            made.append((scope, Sample(float(row.n), row.newest, row.grid_id, int(row.n))))
    return _summed(made)


def _readings(session: Session, rule: WarningRule, metric: str, window: Window) -> Series:
    """The newest value of each device in the window; of a node the sum of its devices."""
    r = ReadingKept
    newest = (
        select(col(r.device_id).label("device_id"), func.max(col(r.at)).label("at"))
        .where(col(r.metric) == metric, col(r.at) > window.start, col(r.at) <= window.end)
        .group_by(col(r.device_id))
        .subquery()
    )
    rows = session.execute(
        select(col(Device.id), col(Device.grid_id), col(r.value), col(r.at))
        .join(newest, newest.c.device_id == col(Device.id))
        .join(r, and_(col(r.device_id) == col(Device.id), col(r.metric) == metric, col(r.at) == newest.c.at))
        .where(_speaking())
    ).all()
    nodes = _nodes(session, rule, [row.grid_id for row in rows])
    made = []
    for row in rows:
        scope = _scoped(rule, row.id, nodes.get(row.grid_id))
        if scope is not None:
            made.append((scope, Sample(row.value, row.at, row.grid_id)))
    return _summed(made)


def rises(
    session: Session, rule: WarningRule, metric: str, end: datetime, length: timedelta,
    devices: Collection[int] | None = None,
) -> tuple[dict[Scope, list[Rise]], dict[Scope, int | None]]:  # fmt: skip
    """How far each device rose inside `length` before its newest value, by scope, and where the scopes lie.

    `devices` narrows the look to these and to those that share a node with them.
    """
    r = ReadingKept
    where = [col(r.metric) == metric, col(r.at) >= end - 2 * length, col(r.at) <= end, _speaking()]
    if devices is not None:
        near: ColumnElement[bool] = col(Device.id).in_(devices)
        if "grid" in rule.by:
            near = or_(near, col(Device.grid_id).in_(_shared(rule, devices)))
        where.append(near)
    rows = session.execute(
        select(col(Device.id), col(Device.grid_id), col(r.at), col(r.value))
        .join(Device, col(Device.id) == col(r.device_id))
        .where(*where)
    ).all()
    points: dict[tuple[int, int | None], list[Point]] = {}
    for row in rows:
        points.setdefault((row.id, row.grid_id), []).append((row.at, row.value))
    nodes = _nodes(session, rule, [grid_id for _, grid_id in points])
    found: dict[Scope, list[Rise]] = {}
    where_it_lies: dict[Scope, int | None] = {}
    for (device_id, grid_id), held in points.items():
        risen = rise(held, length)
        scope = _scoped(rule, device_id, nodes.get(grid_id) if grid_id is not None else None)
        if risen is not None and scope is not None and risen.at > end - length:
            found.setdefault(scope, []).append(risen)
            where_it_lies[scope] = grid_id
    return found, where_it_lies


def _shared(rule: WarningRule, devices: Collection[int]) -> Select[Any]:
    """Leaves of the nodes that the devices lie in."""
    own = select(col(Device.grid_id)).where(col(Device.id).in_(devices), col(Device.grid_id).is_not(None))
    if rule.tier is None:
        return own
    above = (
        select(col(GridClosure.ancestor_id))
        .join(Grid, col(Grid.id) == col(GridClosure.ancestor_id))
        .where(col(Grid.tier) == rule.tier, col(GridClosure.grid_id).in_(own))
    )
    return select(col(GridClosure.grid_id)).where(col(GridClosure.ancestor_id).in_(above))


def _data(session: Session, sight: Sight, rule: WarningRule, feed: str, window: Window) -> Series:
    """Sums of a feed by place or node; of one that holds, the newest file alone."""
    first, last = window.days(sight.zone)
    shape = next((known for known in sight.profile.feeds if known.id == feed), None)
    batches = session.execute(
        select(col(DataBatch.id), col(DataBatch.taken_at))
        .where(col(DataBatch.feed) == feed, col(DataBatch.day) >= first, col(DataBatch.day) <= last)
        .order_by(col(DataBatch.day).desc())
    ).all()
    if shape is not None and shape.holds:
        batches = batches[:1]
    if not batches:
        return {}
    newest = max(batch.taken_at for batch in batches)
    d = Datum
    place = col(d.place)
    keys: list[Any] = [place] if "place" in rule.by else []
    counted: list[Any] = [func.sum(col(d.value)).label("total"), func.count().label("n")]
    rows = session.execute(
        _by_node(rule, col(d.grid_id), keys, counted, [col(d.batch_id).in_([batch.id for batch in batches])])
    )
    made = (
        (
            Scope(row.node if "grid" in rule.by else None, None, row.place if "place" in rule.by else ""),
            Sample(float(row.total), newest, row.node, int(row.n)),
        )
        for row in rows
        if row.total is not None
    )
    return _summed(made)


def reports(session: Session, sight: Sight, rule: WarningRule, window: Window) -> Series:
    """How many reports came from each node, for rules of absence: rows, of whatever value, a zero report too.

    A file of batch data counts for the root by itself, however few rows it has.
    """
    kind, _, name = rule.stream.partition(":")
    if kind == DATA and rule.tier == 1:
        first, last = window.days(sight.zone)
        files = session.execute(
            select(func.count()).where(
                col(DataBatch.feed) == name, col(DataBatch.day) >= first, col(DataBatch.day) <= last
            )
        ).scalar_one()
        return {scope: Sample(float(files)) for scope in expected(session, rule)}
    counted = numbers(session, sight, rule, rule.stream, rule.category, window)
    return {scope: Sample(float(sample.of), sample.newest, sample.grid, sample.of) for scope, sample in counted.items()}


def expected(session: Session, rule: WarningRule) -> list[Scope]:
    """The nodes that owe a report: those of the rule's tier, or all leaves."""
    which = col(Grid.leaf) if rule.tier is None else col(Grid.tier) == rule.tier
    rows = session.execute(select(col(Grid.id)).where(which, col(Grid.standing), ~col(Grid.unplaced))).scalars()
    return [Scope(grid=node) for node in rows]
