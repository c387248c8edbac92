"""Rules from device event to case at work, in the transaction that brought the event (K16-R2, R3, R8, T1)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlmodel import Session, col

from store.actions.devices import autofiling, devicealerts, devicebook, devicewindows
from store.actions.devices.autofiling import Spot
from store.actions.devices.devicebook import CHUNK, Known
from store.actions.devices.devicewindows import Windows
from store.actions.loop import alerts, folding
from store.actions.loop.alerts import Cause
from store.actions.notices import noticebook
from store.actions.places import placing
from store.profiles import almanac
from store.profiles.model import Profile
from store.profiles.reporting import DeviceRule
from store.records.alert import Alert
from store.records.columns import to_ms
from store.records.device import RuleState
from store.rules import thresholds
from store.rules.inbound import Alarm
from store.rules.seasons import Active
from store.rules.thresholds import Condition, Standing, Step
from store.views import modes

SEVERITIES = ("critical", "major", "minor", "info")
STATES: Any = RuleState.__table__  # type: ignore[attr-defined]
_MOVED = update(STATES).where(STATES.c.id == bindparam("state_id"))
SECOND = timedelta(hours=1)
"""For so long after the wait a second reading is awaited, or for twice the wait or the device's interval (K16-R8)."""


@dataclass(slots=True)
class Held:
    """A device under a rule, as this transaction leaves it."""

    device_id: int
    key: str
    standing: Standing = thresholds.IDLE
    case_id: int | None = None
    count: int = 0
    id: int | None = None
    dirty: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """What a message or time said, for the case and the alert."""

    text: str
    spot: Spot
    alert_id: int | None = None
    value: float | None = None
    unit: str = ""


@dataclass
class Judge:
    """Rules, windows and modes of one moment; states of devices are read once and written once."""

    session: Session
    profile: Profile
    now: datetime
    held: dict[tuple[int, str], Held] = field(default_factory=dict)
    _read: set[int] = field(default_factory=set)

    @cached_property
    def windows(self) -> Windows:
        return devicewindows.around(self.session, self.now)

    @cached_property
    def _zone(self) -> Any:
        return folding.zone(self.session)

    @cached_property
    def _modes(self) -> tuple[Active, ...]:
        calendar = almanac.calendar_of(self.session, self.profile.calendar)
        return modes.active(self.session, self.profile, calendar, self._zone, self.now)

    def known(self, devices: Collection[Known]) -> None:
        """Read the states of these devices, in few queries."""
        missing = [device.id for device in devices if device.registered and device.id not in self._read]
        for start in range(0, len(missing), CHUNK):
            part = missing[start : start + CHUNK]
            for row in self.session.execute(select(STATES).where(STATES.c.device_id.in_(part))):
                self.held[(row.device_id, row.rule)] = held_of(row)
        self._read.update(missing)

    def covered(self, device: Known, at: datetime | None = None) -> frozenset[str]:
        """Kinds of the windows that hold for a device now."""
        return self.windows.over(device.source, device.key, device.kind, device.grid_id, at or self.now)

    def listens(self, rule: DeviceRule, device: Known, at: datetime) -> bool:
        """Whether hour and mode let the rule work for a device at an instant."""
        if not thresholds.within(at.astimezone(self._zone).time(), rule.starts, rule.ends):
            return False
        if not rule.mode:
            return True
        on = [one for one in self._modes if one.mode.id == rule.mode]
        if any(not one.nodes for one in on):
            return True
        if not on or device.grid_id is None:
            return False
        above = modes.above(self.session, device.grid_id)
        return any(above.intersection(one.nodes) for one in on)

    def state(self, device: Known, key: str) -> Held:
        self.known([device])
        return self.held.setdefault((device.id, key), Held(device.id, key))

    def condition(self, rule: DeviceRule, device: Known) -> Condition:
        return condition(self.profile, rule, device.interval_s)

    def written(self) -> None:
        """Put the states back."""
        changed = [held for held in self.held.values() if held.dirty]
        fresh = [_values(held, self.now) for held in changed if held.id is None]
        if fresh:
            self.session.execute(insert(STATES), fresh)
        moved = [{"state_id": held.id, **_values(held, self.now)} for held in changed if held.id is not None]
        if moved:
            self.session.execute(_MOVED, moved)
        for held in changed:
            held.dirty = False


def condition(profile: Profile, rule: DeviceRule, interval_s: float | None) -> Condition:
    """What the pure rule needs of a rule of the profile."""
    wait = timedelta(minutes=rule.wait_minutes)
    return Condition(
        rule.above, rule.below, rule.clear, timedelta(minutes=rule.hold_minutes), wait,
        max(SECOND, wait * 2, timedelta(seconds=interval_s or 0)),
        None if rule.metric else join_of(profile, rule),
    )  # fmt: skip


def join_of(profile: Profile, rule: DeviceRule) -> timedelta:
    """Same device and kind inside this window join the open case (K16-R3)."""
    return timedelta(minutes=profile.join_minutes if rule.join_minutes is None else rule.join_minutes)


def held_of(row: Any) -> Held:
    standing = Standing(row.state, row.since, row.last_at, row.due_at, row.value)
    return Held(row.device_id, row.rule, standing, row.case_id, row.count, row.id)


def _values(held: Held, now: datetime) -> dict[str, Any]:
    standing = held.standing
    return {
        "device_id": held.device_id, "rule": held.key, "state": standing.state, "since": standing.since or now,
        "due_at": standing.due_at, "value": standing.value, "case_id": held.case_id, "last_at": standing.at or now,
        "count": held.count,
    }  # fmt: skip


def fits(rule: DeviceRule, device: Known) -> bool:
    return (not rule.kinds or device.kind in rule.kinds) and (not rule.places or device.place_kind in rule.places)


def alarm(judge: Judge, device: Known, item: Alarm, at: datetime, alert_id: int, spot: Spot, *, fresh: bool) -> None:
    """An alarm of a registered device begins or goes on: the first rule that fits judges it.

    Its state moves forward only, so that one with an older time than the last is news all the same.
    """
    if judge.covered(device):
        return
    for rule in judge.profile.device_rules:
        if not rule.alarms or not fits(rule, device) or not (item.kind in rule.alarms or "*" in rule.alarms):
            continue
        if SEVERITIES.index(item.severity) > SEVERITIES.index(rule.severity) or not judge.listens(rule, device, at):
            continue
        held = judge.state(device, f"{rule.id}/{item.kind}")
        at = max(at, held.standing.at or at)
        standing, step = thresholds.judge(judge.condition(rule, device), held.standing, at, True, fresh=fresh)
        said = Said(item.text or item.kind, spot, alert_id)
        _follow(judge, rule, device, held, standing, step, said)
        return


def alarm_over(judge: Judge, device: Known, kind: str, at: datetime) -> None:
    """The last alarm of its kind at a device is over: what waits for it waits no longer."""
    judge.known([device])
    for held in [one for key, one in judge.held.items() if key[0] == device.id and key[1].endswith(f"/{kind}")]:
        if held.standing.state == "idle":
            continue
        standing, _ = thresholds.judge(Condition(), held.standing, max(at, held.standing.at or at), False)
        held.standing, held.dirty = standing, True


def readings(judge: Judge, device: Known, items: Sequence[tuple[datetime, str, float, str]], spot: Spot) -> str | None:
    """Numbers of a registered device, each (at, metric, value, unit), the oldest first.

    Returns what the device is to show: the newest unit that a rule could not judge, "" where all could be judged, None
    where no rule looks at it.
    """
    found: str | None = None
    covered: frozenset[str] | None = None
    for at, metric, value, unit in items:
        for rule in judge.profile.device_rules:
            if rule.metric != metric or not metric or not fits(rule, device):
                continue
            if same_unit(unit) != same_unit(rule.unit):
                found = f"unit: {metric} {unit or '-'} / {rule.unit or '-'}"
                continue
            found = found or ""
            covered = judge.covered(device) if covered is None else covered
            if "maintenance" not in covered:
                _reading(judge, rule, device, at, value, unit, spot, suppressed=bool(covered))
    return found


def same_unit(unit: str) -> str:
    return unit.strip().casefold().replace("℃", "°c")


def _reading(
    judge: Judge, rule: DeviceRule, device: Known, at: datetime, value: float, unit: str, spot: Spot, *,
    suppressed: bool,
) -> None:  # fmt: skip
    held, wanted = judge.state(device, rule.id), judge.condition(rule, device)
    on = thresholds.shows(wanted, value, held.standing.state != "idle")
    if on is None:
        return
    said = Said(f"{rule.metric} {value:g}{unit}", spot, None, value, unit)
    if on and suppressed:
        alerts.raise_alert(judge.session, _cause(rule, device, said), judge.now, autofiling.FILER, repeat=False)
        return
    if on and not judge.listens(rule, device, at):
        if held.standing.state in ("holding", "noticed"):
            held.standing, held.dirty = Standing("idle", at, at, None, value), True
        return
    standing, step = thresholds.judge(wanted, held.standing, at, on, value=value)
    _follow(judge, rule, device, held, standing, step, said)


def _follow(
    judge: Judge, rule: DeviceRule, device: Known, held: Held, standing: Standing, step: Step, said: Said
) -> None:
    """What the step of the state machine causes, and the new state."""
    before, session = held.standing, judge.session
    if not step and (standing == before or standing.state == before.state == "idle"):
        return  # what is well and stays well is not written: its newest number stands in the register
    held.standing, held.dirty = standing, True
    alert_id = said.alert_id
    if alert_id is None and step in ("notice", "fire", "repeat"):
        cause = _cause(rule, device, said, stage=step)
        alert_id = alerts.raise_alert(session, cause, judge.now, autofiling.FILER, repeat=step == "repeat")
    if step == "notice":
        _notice(judge, rule, device, standing, said)
    elif step == "fire":
        assert alert_id is not None
        _fire(judge, rule, device, held, before, said, alert_id)
    elif step == "repeat":
        held.count += 1
        if held.case_id is not None:
            autofiling.joined(session, held.case_id, 1, judge.now)
    elif step == "over" and rule.metric:
        devicealerts.over(session, cause_key(rule, device), judge.now, autofiling.FILER)


def _fire(
    judge: Judge, rule: DeviceRule, device: Known, held: Held, before: Standing, said: Said, alert_id: int
) -> None:
    session, at, join = judge.session, held.standing.at or judge.now, join_of(judge.profile, rule)
    near = before.at is not None and at - before.at <= join
    if held.case_id is not None and near and autofiling.joinable(session, held.case_id, join, judge.now):
        held.count += 1
        autofiling.joined(session, held.case_id, 1, judge.now)
        linked = update(Alert).where(col(Alert.id) == alert_id).values(case_id=held.case_id)
        session.execute(linked)
        return
    held.count = 1
    held.case_id = autofiling.file(
        session, judge.profile, rule, device, said.spot, judge.now, alert_id=alert_id, text=said.text
    )


def _notice(judge: Judge, rule: DeviceRule, device: Known, standing: Standing, said: Said) -> None:
    """The first of two stages: the owner is told, nothing is filed (K16-R8)."""
    if not device.owner:
        return
    assert standing.since is not None
    noticebook.owe(
        judge.session, judge.profile, kind="warning", recipient=device.owner, now=judge.now,
        title=f"{rule.label.zh}：{device.shown}", text=f"{said.text} {device.address}".strip(),
        dedupe_key=f"device:{device.id}:{rule.id}:{to_ms(standing.since)}",
        payload={"rule": rule.id, "device": device.key, "minutes": rule.wait_minutes},
    )  # fmt: skip


def cause_key(rule: DeviceRule, device: Known) -> str:
    return f"device:{device.source}:{device.key}:{rule.id}"


def _cause(rule: DeviceRule, device: Known, said: Said, *, stage: Step = "") -> Cause:
    fields = {
        "device": device.shown, "source": device.source, "rule": rule.id, "rule_zh": rule.label.zh,
        "rule_en": rule.label.en, "text": said.text[:200],
    }  # fmt: skip
    if stage == "notice":
        return Cause(cause_key(rule, device), "device", 3, "device_noticed", fields, device.grid_id)
    return Cause(cause_key(rule, device), "device", 2, "device_reading", fields, device.grid_id)


def elapsed(session: Session, profile: Profile, now: datetime, limit: int) -> int:
    """Carry on what time alone decides: holds that are over, second readings that never came; returns how many."""
    rows = session.execute(select(STATES).where(STATES.c.due_at <= now).order_by(STATES.c.due_at).limit(limit)).all()
    if not rows:
        return 0
    ids = {row.device_id for row in rows}
    devices = {device.id: device for device in devicebook.read(session, devicebook.DEVICES.c.id.in_(ids))}
    rules = {rule.id: rule for rule in profile.device_rules}
    judge = Judge(session, profile, now)
    for row in rows:
        held, device = held_of(row), devices[row.device_id]
        rule_id, _, kind = row.rule.partition("/")
        rule = rules.get(rule_id)
        judge.held[(row.device_id, row.rule)] = held
        open_to = rule is not None and device.registered and judge.listens(rule, device, now)
        if rule is None or not open_to or judge.covered(device):
            held.standing, held.dirty = Standing("idle", now, held.standing.at, None, held.standing.value), True
            continue
        standing, step = thresholds.elapse(judge.condition(rule, device), held.standing, now)
        _follow(judge, rule, device, held, standing, step, _said_before(session, rule, device, kind, held))
    judge.written()
    return len(rows)


def _said_before(session: Session, rule: DeviceRule, device: Known, kind: str, held: Held) -> Said:
    """What the last message said, as far as it is kept."""
    code = placing.places(session).codes.get(device.grid_id) if device.grid_id is not None else None
    spot = Spot(code, device.lat, device.lon, device.address)
    if rule.metric:
        value = held.standing.value
        return Said(f"{rule.metric} {value:g}{rule.unit}" if value is not None else rule.metric, spot, None, value)
    alert_id, text = devicealerts.standing(session, f"device:{device.source}:{device.key}:{kind}")
    return Said(text or kind, spot, alert_id)
