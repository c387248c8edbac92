"""Words for what may be done to a case, for what a move asks for, and for the answers it offers."""

from __future__ import annotations

from tui.language import N_, tr
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
    "mode": N_("switch modes"),
    "deferral": N_("order deferrals"),
    "calendar": N_("change calendars"),
    "advance": N_("advance"),
    "sign": N_("sign"),
    "book": N_("book"),
    "merge": N_("merge"),
    "gap": N_("accept with gaps"),
    "supply": N_("supply"),
    "extend": N_("extend"),
    "pause": N_("pause clock"),
    "resume": N_("resume clock"),
    "mark": N_("mark#verb"),
    "note": N_("note facts"),
    "send_down": N_("send down"),
    "supervise": N_("supervise"),
    "answer": N_("answer supervision"),
    "send_report": N_("send report"),
    "acknowledge_report": N_("acknowledge report"),
    "breach": N_("record a breach"),
    "call": N_("call units"),
    "plan": N_("start plan"),
    "lead": N_("change lead"),
    "answer_call": N_("answer call"),
    "release": N_("release"),
    "meet": N_("joint meeting"),
    "visit": N_("return visit"),
    "intake": N_("sort the intake list"),
    "intake_answer": N_("answer a consultation"),
    "intake_settle": N_("settle at once"),
    "intake_follow": N_("follow a hand-over"),
    "intake_undo": N_("take back a first sort"),
    "intake_told": N_("tell the result"),
    "receipt": N_("give a receipt"),
    "view_masked": N_("see masked data"),
    "device": N_("change the register of devices"),
    "device_window": N_("open or end a window of devices"),
    "device_confirm": N_("confirm an auto-filed case"),
    "device_cancel": N_("cancel an auto-filed case"),
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
    "passed": N_("passed"),
    "finding": N_("finding"),
    "outcome": N_("outcome"),
    "by_reporter": N_("by the reporter"),
    "move": N_("move"),
    "signer": N_("signer"),
    "holder": N_("holder"),
    "review_on": N_("review day"),
    "stop_clock": N_("stop the clock"),
    "into": N_("into case"),
    "items": N_("missing items"),
    "until": N_("until#day"),
    "item": N_("item"),
    "amount": N_("amount of time"),
    "clock": N_("clock"),
    "scheme": N_("scheme"),
    "facts": N_("facts"),
    "occurred_at": N_("happened at"),
    "instruction": N_("instruction"),
    "tier": N_("tier"),
    "text": N_("text"),
    "by_units": N_("with units"),
    "number": N_("number#order"),
    "by": N_("by whom"),
    "kind": N_("kind"),
    "who": N_("who"),
    "members": N_("units called"),
    "plan": N_("plan"),
    "drill": N_("only a drill"),
    "state": N_("says"),
    "units": N_("units"),
    "decision": N_("decision"),
    "by_date": N_("by when"),
    "answer": N_("answer"),
    "way": N_("way"),
}

OUTCOMES: dict[str, str] = {
    "done": N_("done"),
    "on_the_spot": N_("settled on the spot"),
    "advised": N_("not ours, advised"),
    "void": N_("void"),
    "source": N_("closed at the source"),
    "merged": N_("merged"),
}

BREACHES: dict[str, str] = {
    "report": N_("not reported"),
    "pass_on": N_("not passed on"),
    "act": N_("not acted"),
}

CALLS: dict[str, str] = {
    "accepted": N_("accepts"),
    "arrived": N_("has arrived"),
    "fed_back": N_("has fed back"),
    "safe": N_("finds the scene safe"),
}

SATISFACTION: dict[str, str] = {
    "satisfied": N_("satisfied"),
    "basically": N_("basically satisfied"),
    "not_satisfied": N_("not satisfied"),
    "unreachable": N_("unreachable"),
}

WAYS: dict[str, str] = {
    "telephone": N_("by telephone"),
    "paper": N_("on paper"),
    "query_code": N_("by query code"),
}

CHOICES: dict[str, dict[str, str]] = {
    "outcome": OUTCOMES, "kind": BREACHES, "state": CALLS, "answer": SATISFACTION, "way": WAYS,
}  # fmt: skip
"""Words of the fixed values of a field, by the name of the field in its command."""


def verb(name: str) -> str:
    return tr(VERBS[name]) if name in VERBS else safe(name)


def field(name: str) -> str:
    return tr(FIELDS[name]) if name in FIELDS else safe(name)


def outcome(name: str) -> str:
    return tr(OUTCOMES[name]) if name in OUTCOMES else safe(name)


def choice(field_name: str, value: str) -> str:
    """A fixed value of a field in words; as it came where it is none of ours."""
    words = CHOICES.get(field_name, {}).get(value)
    return safe(value) if words is None else tr(words)
