"""The register of devices and what each one says (K16): lists, one device, cameras near a case, what was filed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import and_, case, func, or_, select
from sqlmodel import Session, col

from store import journal
from store.errors import Refused
from store.profiles.model import Profile
from store.records.columns import from_ms
from store.records.device import AutoFiling, DeviceWindow, RuleState
from store.records.grid import Grid, GridClosure
from store.rules.labels import Label
from store.views import autofiled
from store.views.autofiled import AutoFiled, AutoRow, Verdicts, auto_filed, filing_of
from store.views.cameras import CameraRow, cameras
from store.views.devicestates import DEVICES, STATES, DeviceState, below, state_of

__all__ = [
    "STATES", "AtWork", "AutoFiled", "AutoRow", "CameraRow", "DeviceCard", "DeviceRow", "DeviceState", "DeviceSum",
    "Devices", "Verdicts", "WindowRow", "auto_filed", "cameras", "device", "devices", "filing_of", "find", "sums",
    "windows",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class DeviceRow:
    id: int
    source: str
    key: str
    name: str
    kind: str
    kind_label: Label | None
    place_kind: str
    grid_code: str | None
    grid_name: str | None
    owner: str
    address: str
    state: str
    """`on`, `off`, `unknown`, `faulty`, `maintenance`, `suppressed`, `quarantine` (not registered)."""
    last_at: datetime | None
    interval_s: float | None
    detail: str
    readings: tuple[tuple[str, float, str, datetime], ...]
    """Newest of each metric: (metric, value, unit, at)."""
    fault_case: int | None
    url: str
    lat: float | None
    lon: float | None


@dataclass(frozen=True, slots=True)
class Devices:
    rows: tuple[DeviceRow, ...]
    """The troubled first, at most `limit`."""
    total: int
    states: tuple[tuple[str, int], ...]
    """How many devices are in each state."""
    auto_filed: int
    """Cases that rules opened and nobody has judged yet (K16-R2)."""
    confirmed: int
    cancelled: int
    seq: int
    as_of: datetime


@dataclass(frozen=True, slots=True)
class WindowRow:
    """A time of maintenance or suppression that runs or is to come."""

    id: int
    kind: str
    source: str
    key: str
    device_kind: str
    node: str | None
    starts_at: datetime
    ends_at: datetime
    reason: str
    by: str
    running: bool


@dataclass(frozen=True, slots=True)
class AtWork:
    """A rule that is not idle at a device."""

    rule: str
    rule_label: Label | None
    state: str
    """`holding`, `noticed` (first stage told), `fired`."""
    since: datetime
    due_at: datetime | None
    value: float | None
    case_id: int | None
    count: int


@dataclass(frozen=True, slots=True)
class DeviceCard:
    row: DeviceRow
    windows: tuple[WindowRow, ...]
    at_work: tuple[AtWork, ...]
    filed: tuple[AutoRow, ...]
    """Its newest auto-filed cases."""
    as_of: datetime


@dataclass(frozen=True, slots=True)
class DeviceSum:
    """Devices of one kind, or at one node and below."""

    key: str
    label: Label
    total: int
    states: tuple[tuple[str, int], ...]


def devices(
    session: Session, profile: Profile, now: datetime, *, state: str | None = None, kind: str | None = None,
    node: str | None = None, source: str | None = None, text: str = "", limit: int = 200, offset: int = 0,
) -> Devices:  # fmt: skip
    """Devices that fit, the troubled first; the states count all that fit but for `state`.

    Raises `Refused` `unknown_grid` for a node that is none.
    """
    seq = journal.head(session)
    wanted: list[Any] = []
    if kind is not None:
        wanted.append(DEVICES.c.kind == kind)
    if source is not None:
        wanted.append(DEVICES.c.source == source)
    if node is not None:
        grid_id = session.execute(select(col(Grid.id)).where(col(Grid.code) == node)).scalar_one_or_none()
        if grid_id is None:
            raise Refused("unknown_grid", grid=node)
        wanted.append(DEVICES.c.grid_id.in_(below(int(grid_id))))
    if text:
        searched = (DEVICES.c.key, DEVICES.c.name, DEVICES.c.address)
        wanted.append(or_(*(column.contains(text, autoescape=True) for column in searched)))
    standing = state_of(session, now)
    counted = dict(
        session.execute(
            select(standing.label("state"), func.count()).select_from(DEVICES).where(*wanted).group_by("state")
        ).all()
    )
    if state is not None:
        wanted.append(standing == state)
    order = case({name: place for place, name in enumerate(STATES)}, value=standing, else_=len(STATES))
    rows = _rows(session, profile, standing, and_(*wanted) if wanted else None, (order, DEVICES.c.id), limit, offset)
    total = sum(counted.values()) if state is None else counted.get(state, 0)
    waiting, confirmed, cancelled = autofiled.judged(session, now)
    states = tuple((name, int(counted[name])) for name in STATES if name in counted)
    return Devices(rows, int(total), states, waiting, confirmed, cancelled, seq, now)


def _rows(
    session: Session, profile: Profile, standing: Any, where: Any, order: Sequence[Any], limit: int, offset: int = 0
) -> tuple[DeviceRow, ...]:
    named: tuple[Any, ...] = (col(Grid.code).label("grid_code"), col(Grid.name).label("grid_name"))
    query = select(DEVICES, *named, standing.label("state"))
    query = query.select_from(DEVICES.outerjoin(Grid, col(Grid.id) == DEVICES.c.grid_id))
    if where is not None:
        query = query.where(where)
    labels = {known.id: known.label for known in profile.device_kinds}
    return tuple(
        DeviceRow(
            row.id, row.source, row.key, row.name, row.kind, labels.get(row.kind), row.place_kind, row.grid_code,
            row.grid_name, row.owner, row.address, row.state, row.last_at, row.interval_s, row.detail,
            tuple((name, float(v[0]), str(v[1]), from_ms(v[2])) for name, v in sorted(row.readings.items())),
            row.fault_case, row.url, row.lat, row.lon,
        )
        for row in session.execute(query.order_by(*order).limit(limit).offset(offset))
    )  # fmt: skip


def find(session: Session, word: str) -> int:
    """Id of the device that `SOURCE:KEY`, a key that only one source has, or a number names.

    Raises `Refused` `unknown_device` or `which_device` (sources).
    """
    source, colon, key = word.partition(":")
    if colon:
        query = select(DEVICES.c.id).where(DEVICES.c.source == source, DEVICES.c.key == key)
        found = session.execute(query).scalar_one_or_none()
        if found is not None:
            return int(found)
    rows = session.execute(select(DEVICES.c.id, DEVICES.c.source).where(DEVICES.c.key == word).limit(5)).all()
    if len(rows) > 1:
        raise Refused("which_device", device=word, sources=sorted(row.source for row in rows))
    if rows:
        return int(rows[0].id)
    if word.isdecimal() and len(word) < 19:
        found = session.execute(select(DEVICES.c.id).where(DEVICES.c.id == int(word))).scalar_one_or_none()
        if found is not None:
            return int(found)
    raise Refused("unknown_device", device=word)


def device(session: Session, profile: Profile, now: datetime, device_id: int) -> DeviceCard:
    """Everything about one device; raises `Refused` `unknown_device`."""
    found = _rows(session, profile, state_of(session, now), DEVICES.c.id == device_id, (DEVICES.c.id,), 1)
    if not found:
        raise Refused("unknown_device", device=str(device_id))
    row = found[0]
    grid_id = session.execute(select(DEVICES.c.grid_id).where(DEVICES.c.id == device_id)).scalar_one()
    above = set() if grid_id is None else _above(session, grid_id)
    held = tuple(w for w in windows(session, now) if _covers(w, row, above))
    labels = {rule.id: rule.label for rule in profile.device_rules}
    work = session.execute(
        select(RuleState).where(col(RuleState.device_id) == device_id, col(RuleState.state) != "idle")
    ).scalars()
    at_work = tuple(
        AtWork(
            s.rule, labels.get(s.rule.partition("/")[0]), s.state, s.since, s.due_at, s.value, s.case_id, s.count
        )
        for s in work
    )
    filed = autofiled.of(session, profile, [col(AutoFiling.device_id) == device_id], 20)
    return DeviceCard(row, held, at_work, filed, now)


def _above(session: Session, grid_id: int) -> set[str]:
    query = select(col(Grid.code)).join(GridClosure, col(GridClosure.ancestor_id) == col(Grid.id))
    return set(session.execute(query.where(col(GridClosure.grid_id) == grid_id)).scalars())


def _covers(window: WindowRow, row: DeviceRow, above: set[str]) -> bool:
    named = ((window.source, row.source), (window.key, row.key), (window.device_kind, row.kind))
    return all(not name or name == own for name, own in named) and (window.node is None or window.node in above)


def windows(session: Session, now: datetime) -> tuple[WindowRow, ...]:
    """Windows that run or are to come, the next to end first."""
    rows = session.execute(
        select(DeviceWindow, col(Grid.code).label("node"))
        .outerjoin(Grid, col(Grid.id) == col(DeviceWindow.grid_id))
        .where(col(DeviceWindow.ends_at) > now, col(DeviceWindow.ended_at).is_(None))
        .order_by(col(DeviceWindow.ends_at), col(DeviceWindow.id))
        .limit(1000)
    )
    return tuple(
        WindowRow(
            w.id, w.kind, w.source, w.key, w.device_kind, node, w.starts_at, w.ends_at, w.reason, w.by,
            w.starts_at <= now,
        )
        for w, node in rows
    )  # fmt: skip


def sums(
    session: Session, profile: Profile, now: datetime, by: Literal["kind", "grid"], tier: int = 2
) -> tuple[DeviceSum, ...]:
    """Registered devices by kind, or by the nodes of a tier with all below them (outputs of K16)."""
    standing = state_of(session, now).label("state")
    if by == "kind":
        query = select(DEVICES.c.kind, DEVICES.c.kind.label("name"), standing, func.count()).select_from(DEVICES)
        query = query.where(DEVICES.c.registered).group_by(DEVICES.c.kind, "state")
    else:
        node = Grid.__table__  # type: ignore[attr-defined]
        joined = DEVICES.join(GridClosure, col(GridClosure.grid_id) == DEVICES.c.grid_id)
        joined = joined.join(node, node.c.id == col(GridClosure.ancestor_id))
        query = select(node.c.code, node.c.name, standing, func.count()).select_from(joined)
        query = query.where(DEVICES.c.registered, node.c.tier == tier).group_by(node.c.code, node.c.name, "state")
    found: dict[str, tuple[str, dict[str, int]]] = {}
    for key, name, state, count in session.execute(query):
        found.setdefault(key, (name, {}))[1][state] = int(count)
    labels = {kind.id: kind.label for kind in profile.device_kinds}
    return tuple(
        DeviceSum(
            key, labels.get(key, Label(name, name)), sum(states.values()),
            tuple((state, states[state]) for state in STATES if state in states),
        )
        for key, (name, states) in sorted(found.items())
    )  # fmt: skip
