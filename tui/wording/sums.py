"""The sum that leads to a due time, in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from store.profiles.model import Profile
from store.rules import duties
from store.rules.starts import RAN_OUT
from tui.language import N_, label, language, tr
from tui.text import safe
from tui.wording.names import labelled
from tui.wording.times import local_stamp

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
    "month": N_("months"),
    "monthly_day": N_("day of the month"),
}

WHY: dict[str, str] = {
    "start": N_("clock {clock} runs from {event} (rule {rule})"),
    "limit": N_("limit: {amount} {unit}"),
    "limit.rule": N_("limit: {amount} {unit} (rule {rule}, profile {profile} {version})"),
    "by": N_("to the end of {date}"),
    "season": N_("season rule {rule} takes the earlier due time"),
    "season.mode": N_("season {mode}: {amount} {unit} from {from} come before {was}"),
    "rule": N_("rule {rule} takes the place of {before}: {amount} {unit} come before {was}"),
    "since": N_("the matter itself happened at {from}: counted from there"),
    "counted": N_("{first} to {last}: {days} counted, {total} so far"),
    "make_up": N_("{first} to {last}: {days} make-up working days, {total} so far"),
    "rest": N_("{first} to {last}: {days} rest days, not counted"),
    "rest.named": N_("{first} to {last}: {days} rest days, not counted ({holidays})"),
    "folded": N_("{first} to {last}: {days} days, {rest_days} of them rest days, {total} so far"),
    "hours": N_("{first} to {last}: {minutes} working minutes, {total} so far"),
    "month": N_("{amount} months from {first}: to the end of {last}"),
    "monthly": N_("the {day}th of the month is {date}"),
    "moved": N_("{date} is a rest day: moved to {to}"),
    "moved.named": N_("{date} is a rest day ({holidays}): moved to {to}"),
    "extended": N_("extended by {amount} {unit} from {was}: {reason}"),
    "deferred": N_("deferral order {order}: {amount} {unit} more from {was}, no overdue to {until}: {reason}"),
    "paused": N_("stood still from {from} to {to}, the time left is kept: {reason}"),
    "paused_now": N_("stands still since {from}"),
    "end": N_("due"),
    "kept": N_("an earlier rule ({rule}) had set this time; it is never put off"),
}

INSTANTS = ("from", "to", "was")


def why(code: str, fields: Mapping[str, Any], profile: Profile | None = None, zone: str = "UTC") -> str:
    """One line of the sum that leads to a due time; instants in it are shown in `zone`."""
    words = dict(fields) | labelled(fields, profile)
    for name in INSTANTS:
        if "T" in str(words.get(name, "")):
            words[name] = local_stamp(datetime.fromisoformat(str(words[name])), zone)
    if "unit" in words:
        words["unit"] = unit_of_time(str(fields["unit"]))
    if "event" in words:
        words["event"] = _event(str(words["event"]), profile)
    if fields.get("mode_zh"):
        words["mode"] = fields[f"mode_{language()}"]
    if fields.get("holidays_zh"):
        words["holidays"] = fields[f"holidays_{language()}"]
    words["reason"] = fields.get("reason", "")
    key = _key(code, fields)
    said = tr(WHY[key], **words).rstrip(" :：") if key in WHY else safe(code)
    return tr("{said} [journal {seq}]", said=said, seq=fields["seq"]) if fields.get("seq") else said


def _key(code: str, fields: Mapping[str, Any]) -> str:
    """Which sentence of `WHY` tells the line."""
    named = fields.get("holidays_zh")
    if code == "season" and "mode" in fields:
        return "season.mode"
    if code == "limit" and "version" in fields:
        return "limit.rule"
    return f"{code}.named" if named and code in ("rest", "moved") else code


def unit_of_time(unit: str) -> str:
    """A unit of K05 in words."""
    return tr(UNITS_OF_TIME[unit]) if unit in UNITS_OF_TIME else safe(unit)


def _event(name: str, profile: Profile | None) -> str:
    """What starts a clock: an event, another clock that ran out, a move of the template, a duty beside the loop."""
    if name in STARTS:
        return tr(STARTS[name])
    if name.startswith(RAN_OUT):
        clock = name.removeprefix(RAN_OUT)
        term = duties.label(profile, clock) if profile else None
        return tr("clock {clock} ran out", clock=label(term) or clock)
    if name in duties.LABELS:
        return label(duties.LABELS[name])
    moves = [move for workflow in profile.workflows for move in workflow.moves] if profile else []
    return label(next((m.label for m in moves if m.id == name and m.label), None)) or safe(name)
