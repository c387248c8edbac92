"""What happened to a case, one sentence an event; who did it stands before the sentence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from store.profiles.model import Profile
from store.rules.labels import Label
from tui.language import N_, label, language, tr
from tui.text import safe
from tui.wording.names import labelled
from tui.wording.sums import UNITS_OF_TIME
from tui.wording.times import local_stamp
from tui.wording.verbs import BREACHES, CALLS, OUTCOMES, SATISFACTION, WAYS

EVENTS: dict[str, str] = {
    "reported": N_("reported"),
    "reported.drill": N_("reported as a drill"),
    "filed": N_("filed"),
    "dispatched": N_("dispatched to {unit}"),
    "accepted": N_("accepted by the unit"),
    "returned": N_("returned by {unit}: {reason}"),
    "fed_back": N_("fed back: {result}"),
    "fed_back.proof": N_("fed back: {result} (picture {proof})"),
    "verified": N_("verified"),
    "verified.finding": N_("verified, finding: {finding}"),
    "verified.failed": N_("verification failed: {reason}"),
    "closed": N_("closed ({outcome}): {result}"),
    "closed.proof": N_("closed ({outcome}): {result} (picture {proof})"),
    "reopened": N_("reopened: {reason}"),
    "escalated": N_("escalated to {tier}: {reason}"),
    "escalated.rule": N_("went up to {tier} by rule, because of {trigger}"),
    "urged": N_("urged"),
    "urged.unit": N_("urged {unit}"),
    "urged.rule": N_("urged {unit} by rule, because of {trigger} ({clock})"),
    "urged.reporter": N_("urged by the reporter"),
    "evaluated": N_("evaluated: {stars} of 5"),
    "updated": N_("report updated at the source"),
    "placed": N_("placed in grid {grid}"),
    "near_due": N_("near due: {clock}"),
    "overdue": N_("overdue: {clock}"),
    "mode_started": N_("mode {mode} on until {ends}: {reason}"),
    "mode_ended": N_("mode {mode} over: {reason}"),
    "deferral_ordered": N_("blanket deferral of {categories} by {amount} {unit}, no overdue to {until}: {reason}"),
    "deferral_applied": N_("blanket deferral applied to {moved} items"),
    "calendar_added": N_("calendar {calendar} {year} taken in"),
    "advanced": N_("made the move {move}: {result}"),
    "signed": N_("signed {move} as {signer}"),
    "booked": N_("booked with {holder}, review on {review_on}: {reason}"),
    "merged": N_("merged into case {into}: {reason}"),
    "absorbed": N_("took in case {case} with {reports} reports; all reporters are owed the result"),
    "gaps_admitted": N_("accepted with gaps until {until}: {items}"),
    "supplied": N_("missing item supplied: {item}"),
    "extended": N_("extended {clock} by {amount} {unit} to {due_at}: {reason}"),
    "paused": N_("paused clock {clock}: {reason}"),
    "resumed": N_("let clock {clock} run on: {reason}"),
    "tightened": N_("season {mode} brought {clock} forward to {due_at}"),
    "deferred": N_("deferral order {order} moved {clock} to {due_at}, no penalty meanwhile"),
    "marked": N_("set {scheme} to {level}: {reason}"),
    "noted": N_("noted {facts}"),
    "sent_down": N_("sent down to {tier}: {instruction}"),
    "supervised": N_("supervision order {number} by {tier}, answer within {amount} {unit}: {text}"),
    "supervised.rule": N_("supervision order {number} by {tier} by rule, because of {trigger}: {text}"),
    "supervised.joint": N_("supervision order {number} by {tier} with {by_units}, within {amount} {unit}: {text}"),
    "supervision_answered": N_("answered supervision order {number}: {text}"),
    "owed": N_("mandatory report {number} owed to {recipients}: {report}, {part}, counted from {since}"),
    "report_sent": N_("sent mandatory report {number}: {text}"),
    "report_acknowledged": N_("mandatory report {number} acknowledged"),
    "report_acknowledged.by": N_("mandatory report {number} acknowledged by {by}"),
    "breached": N_("breach by {who}: {breach}"),
    "unit_called": N_("called {unit} (required): {text}"),
    "unit_called.as_needed": N_("called {unit} (as needed): {text}"),
    "plan_started": N_("started plan {plan}"),
    "plan_started.drill": N_("started plan {plan} as a drill"),
    "lead_changed": N_("lead unit is now {unit} instead of {before}: {reason}"),
    "unit_answered": N_("{unit} {state}: {text}"),
    "unit_released": N_("released {unit}"),
    "met": N_("joint meeting with {units}; decided: {decision}; {who} does it by {by_date}"),
    "visit_due": N_("return visit owed"),
    "visit_due.follow_up": N_("follow-up visit owed, to see that it does not come back"),
    "visited": N_("return visit {way}: {answer}"),
    "visited.stars": N_("return visit {way}: {answer}, {stars} stars"),
}
"""A key after a dot is the same event told another way (`told`)."""

TRIGGERS: dict[str, str] = {
    "officer": N_("an officer"),
    "reporter": N_("the reporter"),
    "near_due": N_("near-due"),
    "overdue": N_("overdue#cause"),
    "not_satisfied": N_("a reporter who is not satisfied"),
    "failed_verification": N_("failed verification#cause"),
    "level": N_("its level"),
    "upgrade": N_("upgrade supervision"),
    "hold": N_("the longest time at its tier"),
    "needs": N_("a tier above that is needed"),
    "sent_down": N_("assignment by an upper tier"),
    "hazard_list": N_("a review day that is past"),
}
"""What made a rule act (K07-R1, K09-R3)."""

PARTS: dict[str, str] = {
    "first": N_("first report"),
    "follow_up": N_("follow-up report"),
    "final": N_("final report"),
}

WORDS: dict[str, Mapping[str, str]] = {
    "outcome": OUTCOMES, "trigger": TRIGGERS, "part": PARTS, "breach": BREACHES, "answer": SATISFACTION, "way": WAYS,
}  # fmt: skip
INSTANTS = frozenset({"due_at", "original_at", "window_start", "since", "occurred_at", "ends"})
TIMED = frozenset({"extended", "supervised", "deferral_ordered"})
"""Kinds whose `unit` is one of time."""
LISTS = frozenset({"items", "recipients", "units", "by_units", "facts", "categories"})


def event(kind: str, data: Mapping[str, Any], profile: Profile | None = None, zone: str = "UTC") -> str:
    """One line of a case's history; `zone` is the centre's."""
    key = told(kind, data)
    fields = {name: _shown(kind, name, value, zone) for name, value in data.items()}
    fields.update(labelled(_coded(kind, data), profile))
    for name in LISTS & fields.keys():
        fields[name] = _listed(fields[name])
    said = tr(EVENTS[key], **fields) if key in EVENTS else safe(kind)
    note = str(data.get("note") or "")
    said = said.rstrip(": ：")
    return f"{said}: {safe(note)}" if note.strip() else said


def told(kind: str, data: Mapping[str, Any]) -> str:
    """Which sentence of `EVENTS` tells the event."""
    trigger = str(data.get("trigger") or "officer")
    by_rule = trigger != "officer"
    match kind:
        case "verified":
            failed = not data.get("passed", True)
            return "verified.failed" if failed else "verified.finding" if data.get("finding") else kind
        case "fed_back" | "closed" if data.get("proof"):
            return f"{kind}.proof"
        case "urged" if by_rule:
            return "urged.reporter" if trigger == "reporter" else "urged.rule"
        case "urged" if data.get("unit"):
            return "urged.unit"
        case "escalated" if by_rule:
            return "escalated.rule"
        case "supervised" if by_rule:
            return "supervised.rule"
        case "supervised" if data.get("by_units"):
            return "supervised.joint"
        case "reported" | "plan_started" if data.get("drill"):
            return f"{kind}.drill"
        case "report_acknowledged" if data.get("by"):
            return "report_acknowledged.by"
        case "unit_called" if not data.get("required", True):
            return "unit_called.as_needed"
        case "visit_due" if data.get("reason") == "follow_up":
            return "visit_due.follow_up"
        case "visited" if data.get("stars"):
            return "visited.stars"
        case _:
            return kind


def _shown(kind: str, name: str, value: Any, zone: str) -> Any:
    words = CALLS if (kind, name) == ("unit_answered", "state") else WORDS.get(name, {})
    if isinstance(value, str) and value in words:
        return tr(words[value])
    if name == "unit" and kind in TIMED and value in UNITS_OF_TIME:
        return tr(UNITS_OF_TIME[str(value)])
    if name in INSTANTS and isinstance(value, str):
        return local_stamp(datetime.fromisoformat(value), zone)
    return value


def _coded(kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Fields that hold codes of the profile; a unit of time is none."""
    spared = {"unit"} if kind in TIMED else {"level"} if kind != "marked" else set()
    return {name: value for name, value in data.items() if name not in spared}


def _listed(value: Any) -> str:
    parts = value if isinstance(value, list | tuple) else [value]
    return ("、" if language() == "zh" else ", ").join(_one(part) for part in parts)


def _one(part: Any) -> str:
    if isinstance(part, list | tuple):
        name, value = part
        truth = {True: tr("yes"), False: tr("no#fact")}.get(value) if isinstance(value, bool) else None
        return f"{_one(name)} {truth or _one(value)}"
    return label(part) if isinstance(part, Label) else safe(str(part))
