"""Every event, verb, field and fixed value in both languages, and no code among them."""

from __future__ import annotations

from typing import Any

import pytest

from store.profiles import loader
from store.rules.events import EVENTS
from tui import wording
from tui.language import set_language, tr

SAMPLES: dict[str, Any] = {
    "workflow": "W-STD", "step": "filed", "level": 2, "tier": "street", "category": "order.noise", "grid": "G1",
    "note": "带两人", "unit": "CG", "reason": "久拖", "result": "已修", "proof": "photo/1.jpg", "passed": True,
    "finding": "valid", "outcome": "done", "trigger": "overdue", "stars": 4, "changed": ["title"], "move": "recheck",
    "made_by": "chen", "signer": "owner", "holder": "P3", "review_on": "2026-03-31", "into": 1042, "case": 1043,
    "reports": 2, "items": ["身份证", "申请表"], "until": "2026-03-31", "item": "身份证", "clock": "close", "round": 1,
    "amount": 3, "original_at": "2026-03-01T16:00:00+00:00", "due_at": "2026-03-04T16:00:00+00:00",
    "mode": "spring", "overlay": "wage", "window_start": "2026-01-01T00:00:00+00:00", "order": 1, "scheme": "level",
    "facts": [["amount", 100000], ["absconded", True]], "occurred_at": "2026-03-01T16:00:00+00:00",
    "instruction": "就地化解", "number": 1, "text": "三日内办结", "by_units": ["CG"], "report": "wage",
    "part": "first", "recipients": ["district"], "since": "2026-03-01T16:00:00+00:00", "by": "区中心",
    "breach": "pass_on", "who": "P3", "required": False, "arrive_minutes": 15, "plan": "gas", "drill": True,
    "before": "P1", "state": "arrived", "units": ["CG", "P3"], "decision": "先停气", "by_date": "2026-03-31",
    "after_days": 3, "answer": "not_satisfied", "way": "paper", "channel": "desk", "title": "路灯不亮",
    "reported_at": "2026-03-01T16:00:00+00:00", "informed": ["grid"], "on": "2026-03-01", "cause": "overdue:close:1",
    "notice": False, "lowered": True, "by_officer": "chen", "finder_unit": "P1",
}  # fmt: skip
CODES = {
    "on_the_spot", "not_satisfied", "failed_verification", "near_due", "pass_on", "as_needed", "follow_up", "fed_back",
    "working_day", "query_code", "stop_clock", "officer", "order.noise",
}  # fmt: skip
"""Values of fields that only programs say."""
UNIT_OF_TIME = {"extended", "supervised", "visit_due", "deferred"}


def told(kind: str, lang: str, **other: Any) -> str:
    """The sentence of an event made of sample values, as the store gives them."""
    set_language(lang)
    data = {name: SAMPLES[name] for name in EVENTS[kind].__slots__ if name in SAMPLES}
    if kind in UNIT_OF_TIME:
        data["unit"] = "working_day"
    return wording.event(kind, data | other, loader.load("street"), "Asia/Shanghai")


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("kind", sorted(EVENTS))
def test_every_event_is_told_in_a_sentence_without_a_code(kind: str, lang: str) -> None:
    missing = [name for name in EVENTS[kind].__slots__ if name not in SAMPLES]
    assert missing == []
    said = told(kind, lang)
    assert said and "?" not in said and "None" not in said and "{" not in said
    assert not any(code in said.split() for code in CODES), said
    assert "T16:00" not in said and "+00:00" not in said
    if lang == "zh":
        assert any("\u4e00" <= character <= "\u9fff" for character in said)
        assert not set(said.split()) & {"street", "urged", "overdue", "working", "days"}


@pytest.mark.parametrize("trigger", sorted(wording.TRIGGERS))
@pytest.mark.parametrize("kind", ["urged", "escalated", "supervised"])
def test_what_a_rule_did_names_its_cause(kind: str, trigger: str) -> None:
    for lang in ("zh", "en"):
        said = told(kind, lang, trigger=trigger, note="")
        assert "_" not in said and "?" not in said


def test_sentences_read_as_people_say_them() -> None:
    assert told("extended", "en") == "extended close by 3 working days to 03-05 00:00: 久拖"
    assert told("extended", "zh") == "把结案时限延期 3 工作日，至 03-05 00:00：久拖"
    assert told("urged", "zh", note="", trigger="near_due") == "自动催办城管执法队，原因：即将超时（结案）"
    assert told("booked", "zh") == "挂账，由巡查三队负责，2026-03-31 复核：久拖"
    assert told("noted", "en", note="") == "noted amount 100000, absconded yes"
    assert told("unit_answered", "zh", text="") == "城管执法队已到场"
    assert told("merged", "zh", reason="") == "并入案件 1042"
    assert told("visited", "en", stars=None, note="") == "return visit on paper: not satisfied"


def test_every_field_verb_and_fixed_value_has_a_word() -> None:
    for words in (wording.VERBS, wording.FIELDS, wording.TRIGGERS, wording.PARTS, *wording.CHOICES.values()):
        for msgid in words.values():
            set_language("zh")
            assert any("\u4e00" <= character <= "\u9fff" for character in tr(msgid)), msgid
