"""Words for alerts, alarms, and states of sources and devices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from store.profiles.model import Profile
from tui.language import N_, language, tr
from tui.text import safe
from tui.wording.history import PARTS, TRIGGERS
from tui.wording.names import labelled
from tui.wording.reaching import why

ALERTS: dict[str, str] = {
    "case_overdue": N_("{title} ({clock} {case})"),
    "case_near_due": N_("{title} ({clock} {case})"),
    "mode_started": N_("mode on: {mode} until {until}: {reason}"),
    "mode_ended": N_("mode over: {mode}"),
    "calendar_missing": N_("no calendar for {year}: weekday rules are used"),
    "device_alarm": N_("{alarm} {device}"),
    "device_alarm.text": N_("{text}"),
    "device_silent": N_("device silent: {device}"),
    "device_down": N_("device down: {device} {detail}"),
    "device_reading": N_("{rule} {device}: {text}"),
    "device_noticed": N_("{rule} {device}: {text}, owner told, second reading awaited"),
    "source_quiet": N_("no device of {source} speaks: look at its gateway or line"),
    "alarms_held": N_("{count} old alarms of {source} came late: history, no alarm"),
    "unknown_devices": N_("{count} more unknown devices report over {source}: not entered"),
    "post_vacant": N_("post vacant: {post}, {nodes} places; {grid} has {filled} of {minimum}"),
    "patrol_gap": N_("{grids} grids without patrol, longest {worst}"),
    "short_staffed": N_("{short} short ({present} of {minimum})"),
    "source_down": N_("source {source} {state}: {detail}"),
    "source_silent": N_("source {source} says nothing"),
    "bad_file": N_("file {file}: {refused} lines refused"),
    "bad_file.error": N_("file {file} refused: {error}"),
    "unknown_terminal": N_("unknown terminal {terminal} ({source})"),
    "intake_late": N_("{late} items of the intake list wait past their time"),
    "report_owed": N_("report owed to {to}: {report}, {part} ({case})"),
    "report_missing": N_("REPORT MISSING, owed to {to}: {report}, {part} ({case})"),
    "supervision_open": N_("supervision by {tier} ({trigger}): {title} ({case})"),
    "early_warning": N_("early warning {warning}: {label} {place} ({size})"),
    "order_no_way": N_("telephone {unit} {telephone}: {orders} orders, no way to reach it ({number})"),
    "order_refused": N_("ORDER REFUSED by {unit}: {why} ({number}) {telephone}"),
    "order_unreached": N_("ORDER NOT DELIVERED to {unit}: {why} ({number}) {telephone}"),
    "outbox_stuck": N_("{count} notices by {target} have not left for {minutes} minutes"),
    "supervision_late": N_("supervision not answered in time ({tier}): {title} ({case})"),
}

ALERT_MARKS: dict[str, str] = {
    "overdue": "O",
    "near_due": "N",
    "device": "D",
    "gap": "G",
    "vacancy": "V",
    "shortfall": "S",
    "silent_source": "X",
    "bad_file": "F",
    "quarantine": "Q",
    "report": "R",
    "supervision": "U",
    "warning": "W",
    "order": "T",
    "outbox": "B",
    "mode": "M",
    "calendar": "C",
}

ALERT_KINDS: dict[str, str] = {
    "overdue": N_("overdue"),
    "near_due": N_("near due"),
    "device": N_("device alarm or fault"),
    "gap": N_("patrol gap"),
    "vacancy": N_("vacant posts"),
    "shortfall": N_("too few staff"),
    "silent_source": N_("source down or silent"),
    "bad_file": N_("file refused in part or whole"),
    "quarantine": N_("unknown sender"),
    "report": N_("mandatory report owed"),
    "supervision": N_("supervision to answer"),
    "warning": N_("early warning to verify"),
    "order": N_("order that did not arrive"),
    "outbox": N_("notices that do not leave"),
    "mode": N_("season or mode"),
    "calendar": N_("calendar"),
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
    words = dict(fields) | labelled(fields, profile)
    if "zh" in fields:
        words["post"] = words["label"] = fields[language()]
    if fields.get("mode_zh"):
        words["mode"] = fields[f"mode_{language()}"]
    if fields.get("rule_zh"):
        words["rule"] = fields[f"rule_{language()}"]
    if "part" in words:
        words["part"] = tr(PARTS.get(str(words["part"]), str(words["part"])))
    if "trigger" in words:
        words["trigger"] = tr(TRIGGERS.get(str(words["trigger"]), str(words["trigger"])))
    if "alarm" in words:
        words["alarm"] = alarm(str(words["alarm"]))
    if code in ("order_refused", "order_unreached"):
        words["why"] = why(str(words["why"]))
    if "state" in words:
        words["state"] = state(str(words["state"]))
    return tr(ALERTS[key], **words).strip(" :")


def alarm(kind: str) -> str:
    return tr(ALARMS[kind]) if kind in ALARMS else safe(kind)


def state(name: str) -> str:
    """State of a source or device."""
    return tr(STATES[name]) if name in STATES else safe(name)
