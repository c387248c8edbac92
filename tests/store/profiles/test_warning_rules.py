# ruff: noqa: E501
"""K17-T4: a rule that refers to a person, or to nothing, is refused with its line and the reason; shipped ones are sound."""

from __future__ import annotations

import re

import pytest

from store.errors import BadInput
from store.profiles import loader
from store.rules import persons

HEAD = 'extends = "street"\nid = "mine"\n'
FEED = '[[feeds]]\nid = "own.feed"\nzh = "甲"\nen = "a"\n'


def rule(**values: str) -> str:
    """A rule of one's own; a value is TOML, an empty one leaves the key out."""
    given = {
        "id": '"own"', "zh": '"甲"', "en": '"a"', "kind": '"count"', "stream": '"cases"', "by": '["grid"]',
        "window": '{ amount = 7, unit = "day" }', "threshold": "5", "level": "2", "quiet": '{ amount = 1, unit = "day" }',
        **values,
    }  # fmt: skip
    return "[[warnings]]\n" + "".join(f"{name} = {value}\n" for name, value in given.items() if value)


def feed(**values: str) -> str:
    given = {"id": '"x.y"', "zh": '"甲"', "en": '"x"', **values}
    return "[[feeds]]\n" + "".join(f"{name} = {value}\n" for name, value in given.items())


DEFECTS = [
    # --- persons (T4) ---
    (rule(by='["person"]'), 'by = ["person"]', r"\.by", "'grid', 'category', 'place' or 'device'"),
    (rule(person='"x"'), "person =", r"\.person", "no such key"),
    (rule(stream='"persons"'), "stream", r"\.stream", "no rule looks at persons|a stream"),
    (rule(stream='"reading:face"', by='["device"]'), "stream", r"\.stream", "no rule looks at persons"),
    (rule(stream='"alarms:plate"', by='["device"]'), "stream", r"\.stream", "no rule looks at persons"),
    (feed(id='"petitioner.visits"'), "petitioner", r"feeds\[.+?\].id", "no rule looks at persons"),
    (feed(zh='"重点人员走访"'), "重点人员", r"feeds\[.+?\].zh", "no rule looks at persons"),
    (rule(en='"calls by caller"'), "caller", r"\.en", "no rule looks at persons"),
    (rule(zh='"同一手机号多次来电"'), "手机", r"\.zh", "no rule looks at persons"),
    (FEED + rule(kind='"mix"', stream='"data:own.feed"', by='["place"]', parts='[{ stream = "data:own.feed", weight = 1 }, { stream = "data:id_card", weight = 1 }]'),
     "id_card", r"\.parts\[.+?\]\.stream", "no rule looks at persons"),
    # --- streams ---
    (rule(stream='"tasks"'), "stream", r"\.stream", "tasks have none yet"),
    (rule(stream='"posts:x"'), "stream", r"\.stream", "a stream: cases"),
    (rule(stream='"cases:x"'), "stream", r"\.stream", "a stream: cases"),
    (rule(stream='"alarms"', by='["device"]'), "stream", r"\.stream", "a stream: cases"),
    (rule(stream='"data:nothing"', by='["place"]'), "stream", r"\.stream", "one of wages.petitions"),
    (rule(stream='"reading:crowd"', by='["category"]'), "by", r"\.by", "only device, grid"),
    (rule(by='["device"]'), "by", r"\.by", "only category, grid, place"),
    # --- names and lengths ---
    (rule(level="7"), "level", r"\.level", "one of 1, 2, 3"),
    (rule(tier="9"), "tier", r"\.tier", "one of 1, 2, 3, 4"),
    (rule(tier="2", by='["category"]'), "tier", r"\.tier", "in `by`"),
    (rule(category='"saftey"'), "category", r"\.category", "id of a category"),
    (rule(case_category='"safety"'), "case_category", r"\.case_category", "one of"),
    (rule(verify='"MOON"'), "verify", r"\.verify", "one of POL"),
    (rule(recipients='["POL", "MOON"]'), "recipients", r"\.recipients\[1\]", "one of POL"),
    (rule(window='{ amount = 7, unit = "working_day" }'), "window", r"\.window.unit", "minute, hour, day"),
    (rule(threshold="0"), "threshold", r"\.threshold", "above 0"),
    (rule() + rule(), "id =", r"\.id", "used once"),
    # --- kinds ---
    (rule(kind='"ratio"'), "warnings", r"\.over", "a share of"),
    (rule(over='"cases"'), "over", r"\.over", "only where kind is ratio"),
    (rule(kind='"mix"'), "warnings", r"\.parts", "sources and their weights"),
    (rule(kind='"growth"'), "stream", r"\.stream", "reading:METRIC"),
    (rule(kind='"growth"', stream='"reading:crowd"', by='["device"]'), "window", r"\.window.unit", "minute or hour"),
    (rule(kind='"absence"'), "warnings", r"\.absent_after", "local time"),
    (rule(kind='"absence"', absent_after="18:00:00", by='["place"]'), "by", r"\.by", "nodes owe reports"),
]  # fmt: skip


@pytest.mark.parametrize(("snippet", "blamed", "key", "expected"), DEFECTS, ids=[f"{n}-{d[2]}" for n, d in enumerate(DEFECTS)])
def test_K17_T4_a_rule_that_cannot_be_is_refused_with_line_and_reason(snippet: str, blamed: str, key: str, expected: str) -> None:
    text = HEAD + snippet
    with pytest.raises(BadInput) as caught:
        loader.parse(text, "mine.toml")
    defects = caught.value.fields["defects"]
    fitting = [d for d in defects if re.search(key, d["key"]) and re.search(expected, d["expected"])]
    assert fitting, defects
    assert fitting[0]["file"] == "mine.toml" and blamed in text.splitlines()[fitting[0]["line"] - 1], fitting


def test_K17_R1_a_sound_rule_of_ones_own_is_taken() -> None:
    own = loader.parse(HEAD + FEED + rule(stream='"data:own.feed"', by='["place"]'), "mine.toml")
    assert own.warning("own") is not None and own.warning("crowd.growth") is not None


@pytest.mark.parametrize("name", loader.names())
def test_K17_T4_nothing_that_is_shipped_names_a_person(name: str) -> None:
    pack = loader.load(name)
    texts = [t for w in pack.warnings for t in (w.id, w.label.zh, w.label.en, w.stream, w.over, *(p.stream for p in w.parts))]
    texts += [t for f in pack.feeds for t in (f.id, f.label.zh, f.label.en)]
    assert [text for text in texts if persons.word(text)] == []


def test_K17_shipped_rules_cover_their_rows() -> None:
    street, labour, disputes = (loader.load(name) for name in ("street", "labour", "disputes"))
    assert {"crowd.gathering", "crowd.growth", "school.capacity", "wages.arrears", "safety.ratio"} <= {w.id for w in street.warnings}
    for pack in (street, labour):
        mix = pack.warning("wages.arrears")
        assert mix is not None and len(mix.parts) == 9 and mix.verify == "LAB"
        assert not any("media" in feed.id or "opinion" in feed.id for feed in pack.feeds)
    ratio = street.warning("safety.ratio")
    assert ratio is not None and abs(ratio.threshold - 29 / 300) < 1e-4
    assert {w.kind for w in disputes.warnings} == {"absence", "count"}


@pytest.mark.parametrize("text", ["reading:crowd", "data:firm.accidents", "alarms:smoke", "人员聚集", "safety.repeat", "place name"])
def test_words_of_places_and_things_are_free(text: str) -> None:
    assert persons.word(text) == "" or persons.header(text) == ""
