"""Words for what the store names by code: verbs, events, alerts, clock sums, marks, and times as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from store.profiles.model import Profile
from store.rules.labels import Label
from tui.language import N_, label, tr
from tui.text import safe

VERBS: dict[str, str] = {
    "report": N_("report"),
    "file": N_("file"),
    "dispatch": N_("dispatch"),
    "accept": N_("accept"),
    "return": N_("return"),
    "feedback": N_("feedback"),
    "verify": N_("verify"),
    "close": N_("close"),
    "reopen": N_("reopen"),
    "escalate": N_("escalate"),
    "urge": N_("urge"),
    "evaluate": N_("evaluate"),
    "acknowledge": N_("acknowledge"),
    "record": N_("record"),
}

FIELDS: dict[str, str] = {
    "unit": N_("unit"),
    "reason": N_("reason"),
    "result": N_("written result"),
    "proof": N_("proof"),
    "category": N_("category"),
    "grid": N_("grid"),
    "level": N_("level"),
    "title": N_("what happened"),
    "note": N_("note"),
    "stars": N_("stars"),
}

OUTCOMES: dict[str, str] = {
    "done": N_("done"),
    "on_the_spot": N_("settled on the spot"),
    "advised": N_("not ours, advised"),
    "void": N_("void"),
    "source": N_("closed at the source"),
}

EVENTS: dict[str, str] = {
    "reported": N_("reported"),
    "filed": N_("filed"),
    "dispatched": N_("dispatched to {unit}"),
    "accepted": N_("accepted by the unit"),
    "returned": N_("returned by {unit}: {reason}"),
    "fed_back": N_("fed back: {result}"),
    "verified": N_("verified"),
    "verified.failed": N_("verification failed: {reason}"),
    "closed": N_("closed ({outcome}): {result}"),
    "reopened": N_("reopened: {reason}"),
    "escalated": N_("escalated to {tier}: {reason}"),
    "urged": N_("urged"),
    "evaluated": N_("evaluated: {stars} of 5"),
    "updated": N_("report updated at the source"),
    "placed": N_("placed in grid {grid}"),
    "near_due": N_("near due: {clock}"),
    "overdue": N_("overdue: {clock}"),
}

STEPS: dict[str, str] = {
    "collected": N_("new#step"),
    "filed": N_("file#step"),
    "dispatched": N_("sent#step"),
    "handling": N_("work#step"),
    "feedback": N_("fdbk#step"),
    "closed": N_("done#step"),
    "evaluated": N_("eval#step"),
    "discovered": N_("find#step"),
    "accepted": N_("acpt#step"),
    "verification": N_("vrfy#step"),
    "archived": N_("arch#step"),
    "assessed": N_("asse#step"),
}
"""Steps in at most four cells; steps of other profiles are cut."""

ALERTS: dict[str, str] = {
    "case_overdue": N_("{title} ({clock} {case})"),
    "case_near_due": N_("{title} ({clock} {case})"),
    "device_alarm": N_("{alarm} {device}"),
    "device_alarm.text": N_("{text}"),
    "device_silent": N_("device silent: {device}"),
    "device_down": N_("device down: {device} {detail}"),
    "patrol_gap": N_("{grids} grids without patrol, longest {worst}"),
    "short_staffed": N_("{short} short ({present} of {minimum})"),
    "source_down": N_("source {source} {state}: {detail}"),
    "source_silent": N_("source {source} says nothing"),
    "bad_file": N_("file {file}: {refused} lines refused"),
    "bad_file.error": N_("file {file} refused: {error}"),
    "unknown_terminal": N_("unknown terminal {terminal} ({source})"),
}

ALERT_MARKS: dict[str, str] = {
    "overdue": "O",
    "near_due": "N",
    "device": "D",
    "gap": "G",
    "shortfall": "S",
    "silent_source": "X",
    "bad_file": "F",
    "quarantine": "Q",
}

ALERT_KINDS: dict[str, str] = {
    "overdue": N_("overdue"),
    "near_due": N_("near due"),
    "device": N_("device alarm or fault"),
    "gap": N_("patrol gap"),
    "shortfall": N_("too few staff"),
    "silent_source": N_("source down or silent"),
    "bad_file": N_("file refused in part or whole"),
    "quarantine": N_("unknown sender"),
}

ALARMS: dict[str, str] = {
    "smoke": N_("smoke"),
    "fire": N_("fire"),
    "water": N_("water"),
    "water_level": N_("water level"),
    "manhole": N_("manhole cover"),
    "gas": N_("gas"),
    "noise": N_("noise"),
    "person": N_("person"),
    "car": N_("vehicle"),
    "road_occupied": N_("road occupied"),
    "intrusion": N_("intrusion"),
    "alert": N_("alarm"),
    "detection": N_("detection"),
}

STATES: dict[str, str] = {
    "up": N_("up"),
    "down": N_("down"),
    "unknown": N_("unknown"),
    "broken": N_("broken"),
    "quarantine": N_("quarantine"),
}

STARTS: dict[str, str] = {
    "occurred": N_("it happened"),
    "reported": N_("the report"),
    "filed": N_("filing"),
    "dispatched": N_("dispatch"),
    "returned": N_("return"),
    "reopened": N_("reopening"),
    "fed_back": N_("feedback"),
    "reworked": N_("failed verification"),
}

UNITS_OF_TIME: dict[str, str] = {
    "on_spot": N_("minutes on the spot"),
    "minute": N_("minutes"),
    "hour": N_("continuous hours"),
    "working_hour": N_("working hours"),
    "day": N_("calendar days"),
    "working_day": N_("working days"),
    "same_day": N_("same day"),
}

WHY: dict[str, str] = {
    "start": N_("clock {clock} runs from {event} (rule {rule})"),
    "limit": N_("limit: {amount} {unit}"),
    "season": N_("season rule {rule} takes the earlier due time"),
    "counted": N_("{first} to {last}: {days} counted, {total} so far"),
    "make_up": N_("{first} to {last}: {days} make-up working days, {total} so far"),
    "rest": N_("{first} to {last}: {days} rest days, not counted"),
    "folded": N_("{first} to {last}: {days} days, {rest_days} of them rest days, {total} so far"),
    "hours": N_("{first} to {last}: {minutes} working minutes, {total} so far"),
    "end": N_("due"),
    "kept": N_("an earlier rule ({rule}) had set this time; it is never put off"),
}

MARKS: dict[str, str] = {
    "O": N_("overdue"),
    "N": N_("near due"),
    "P": N_("in process"),
    "C": N_("closed"),
    "?": N_("unknown"),
}
"""One letter a state (systems.md section 4); never a colour alone (K22-R6)."""


HALF_DAY = timedelta(hours=12)
"""Nearer than this a clock time says the day too, also across midnight."""


def verb(name: str) -> str:
    return tr(VERBS[name]) if name in VERBS else safe(name)


def field(name: str) -> str:
    return tr(FIELDS[name]) if name in FIELDS else safe(name)


def outcome(name: str) -> str:
    return tr(OUTCOMES[name]) if name in OUTCOMES else safe(name)


def event(kind: str, data: Mapping[str, Any], profile: Profile | None = None) -> str:
    """One line of a case's history."""
    key = "verified.failed" if kind == "verified" and not data.get("passed", True) else kind
    fields = dict(data)
    if "outcome" in fields:
        fields["outcome"] = outcome(str(fields["outcome"]))
    fields.update(_named(fields, profile))
    said = tr(EVENTS[key], **fields) if key in EVENTS else safe(kind)
    note = str(data.get("note") or "")
    return f"{said}: {safe(note)}" if note.strip() else said.rstrip(": ")


def alert(code: str, fields: Mapping[str, Any], profile: Profile | None = None) -> str:
    """One alert in a line; `profile` names its clock."""
    key = code
    if code == "device_alarm" and str(fields.get("text") or "").strip():
        key = "device_alarm.text"
    if code == "bad_file" and fields.get("error"):
        key = "bad_file.error"
    if key not in ALERTS:
        said = " ".join(str(value) for value in fields.values() if value not in (None, ""))
        return safe(f"{code} {said}".strip(), 120)
    words = dict(fields) | _named(fields, profile)
    if "alarm" in words:
        words["alarm"] = alarm(str(words["alarm"]))
    if "state" in words:
        words["state"] = state(str(words["state"]))
    return tr(ALERTS[key], **words).strip(" :")


def alarm(kind: str) -> str:
    return tr(ALARMS[kind]) if kind in ALARMS else safe(kind)


def state(name: str) -> str:
    """State of a source or device."""
    return tr(STATES[name]) if name in STATES else safe(name)


def why(code: str, fields: Mapping[str, Any], profile: Profile | None = None) -> str:
    """One line of the sum that leads to a due time."""
    words = dict(fields) | _named(fields, profile)
    if "unit" in words:
        words["unit"] = tr(UNITS_OF_TIME[str(words["unit"])]) if words["unit"] in UNITS_OF_TIME else words["unit"]
    if "event" in words:
        words["event"] = tr(STARTS[str(words["event"])]) if words["event"] in STARTS else words["event"]
    return tr(WHY[code], **words) if code in WHY else safe(code)


def step_short(step_id: str, term: Label) -> str:
    """A step in at most four cells where we know it, else its full name."""
    return tr(STEPS[step_id]) if step_id in STEPS else label(term)


def _named(fields: Mapping[str, Any], profile: Profile | None) -> dict[str, Any]:
    """Labels in the place of the profile's codes."""
    named: dict[str, Any] = {}
    if profile is None:
        return named
    if "tier" in fields:
        named["tier"] = next((name for tier, name in profile.ladder if tier == fields["tier"]), fields["tier"])
    if "clock" in fields:
        rule = next((rule for rule in profile.clocks if fields["clock"] in (rule.clock, rule.id)), None)
        named["clock"] = rule.label if rule else fields["clock"]
    if "unit" in fields:
        preset = next((unit for unit in profile.units if unit.code == fields["unit"]), None)
        if preset is not None:
            named["unit"] = preset.label
    return named


def mark(
    due_at: datetime | None, near_at: datetime | None, now: datetime, *, closed: bool = False, running: bool = False
) -> str:
    """`C` closed, `O` overdue, `N` near due, `P` in process with a unit, else a blank."""
    if closed:
        return "C"
    if due_at is not None and now >= due_at:
        return "O"
    if near_at is not None and now >= near_at:
        return "N"
    return "P" if running else " "


def time_left(due_at: datetime | None, now: datetime) -> str:
    """Time left as `2h05`, `45m` or `3d04h`; with a minus sign when it is over; `-` without a due time."""
    if due_at is None:
        return "-"
    left = due_at - now
    return ("-" if left < timedelta(0) else "") + span(abs(left))


def span(length: timedelta) -> str:
    """A length in at most five cells: `45m`, `2h05`, `3d04h`, `12d`."""
    minutes = int(length.total_seconds()) // 60
    if minutes < 60:
        return f"{minutes}m"
    if minutes < 24 * 60:
        return f"{minutes // 60}h{minutes % 60:02d}"
    hours = minutes // 60
    if hours >= 10 * 24:
        return f"{hours // 24}d"
    return f"{hours // 24}d{hours % 24:02d}h"


def age(seconds: float) -> str:
    """How old something is: `12s`, `4m`, `3h10`."""
    return f"{int(seconds)}s" if seconds < 60 else span(timedelta(seconds=seconds))


def local_clock(at: datetime, zone: str) -> str:
    """`HH:MM` in the centre's zone."""
    return at.astimezone(ZoneInfo(zone)).strftime("%H:%M")


def local_stamp(at: datetime, zone: str, now: datetime | None = None) -> str:
    """`MM-DD HH:MM` in the centre's zone; only `HH:MM` less than 12 hours from `now`, with the year in another one."""
    there = at.astimezone(ZoneInfo(zone))
    if now is not None:
        if abs(at - now) < HALF_DAY:
            return there.strftime("%H:%M")
        if there.year != now.astimezone(ZoneInfo(zone)).year:
            return there.strftime("%Y-%m-%d %H:%M")
    return there.strftime("%m-%d %H:%M")


def short_stamp(at: datetime, zone: str, now: datetime) -> str:
    """Five cells: `HH:MM` less than 12 hours from `now`, else `MM-DD`."""
    return at.astimezone(ZoneInfo(zone)).strftime("%H:%M" if abs(at - now) < HALF_DAY else "%m-%d")


def named(term: Label | None, other: str = "") -> str:
    """A label, or the source's own word where there is none."""
    return label(term) or safe(other)
