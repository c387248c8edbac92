# ruff: noqa: E501
"""A profile that does not fit together is refused with file, line and key; nothing is guessed."""

from __future__ import annotations

import re
from importlib import resources

import pytest

from store.errors import BadInput
from store.profiles import loader

TEXT = (resources.files("store.profiles") / "street.toml").read_text(encoding="utf-8")


def refused(text: str) -> dict[str, object]:
    with pytest.raises(BadInput) as caught:
        loader.parse(text, "mine.toml")
    assert caught.value.code == "profile_invalid"
    assert caught.value.fields["file"] == "mine.toml"
    return dict(caught.value.fields)


DEFECTS: list[tuple[str, str, str, str, str]] = [
    # what is replaced, by what, what stands on the line to blame, key, words of what was expected
    ('zh = "街道网格中心"', 'zh = "街道网格中心"\ncolour = "red"', "colour", "colour", "no such key"),
    ("amount = 30\n", 'amount = "30"\n', 'amount = "30"', r"clocks.\d.amount", "whole number"),
    ("amount = 30\n", "amount = 30.5\n", "amount = 30.5", r"clocks.\d.amount", "whole number"),
    ("amount = 30\n", "amount = 0\n", "amount = 0", r"clocks.\d.amount", "greater than or equal to 1"),
    ("amount = 30\n", "amount = true\n", "amount = true", r"clocks.\d.amount", "whole number"),
    ("amount = 30\n", "", "[[clocks]]", r"clocks.\d.amount", "this key"),
    ('unit = "on_spot"', 'unit = "soon"', 'unit = "soon"', r"clocks.\d.unit", "'working_day'"),
    ('owner = "officer"', 'owner = "mayor"', 'owner = "mayor"', r"clocks.\d.owner", "'officer' or 'unit'"),
    ('start = "fed_back"', 'start = "slept"', 'start = "slept"', r"clocks.\d.start", "one of .*reworked"),
    ('met_by = ["verified"', 'met_by = ["praised"', 'met_by = ["praised"', r"clocks.\d.met_by.0", "one of .*verified"),
    ("level = 3\namount", "level = 4\namount", "level = 4", r"clocks.\d.level", "one of 1, 2, 3"),
    ('clock = "check"', 'clock = "check"\ncategory = "orders"', "category =", r"clocks.\d.category", "id of a category"),
    ('clock = "check"', 'clock = "check"\nworkflow = "W-X"', "workflow =", r"clocks.\d.workflow", "one of W-STD"),
    ('clock = "check"', 'clock = "check"\nnear = 1.5', "near =", r"clocks.\d.near", "less than or equal to 1"),
    ('start = "collected"', 'start = "nowhere"', 'start = "nowhere"', r"workflows.0.start", "one of collected"),
    ('verb = "urge", from = ["dispatched"', 'verb = "urge", from = ["lost"', '"lost"', r"workflows.0.moves.8.from.0", "one of"),
    ('to = "handling", power = "record"', 'to = "limbo", power = "record"', "limbo", r"workflows.0.moves.2.to", "one of"),
    ('verb = "evaluate"', 'verb = "praise"', "praise", r"workflows.0.moves.10.verb", "'evaluate'"),
    ('power = "assess"', 'power = "magic"', '"magic"', r"workflows.0.moves.10.power", "'assess'"),
    ('"assess", "report"', '"report"', 'power = "assess"', r"workflows.0.moves.10.power", "some role holds"),
    ('needs = ["result"]', 'needs = ["smile"]', '"smile"', r"workflows.0.moves.4.needs.0", "one of result, proof"),
    ('through = ["file"]', 'through = ["verify"]', '"verify"]', r"workflows.0.moves.1.through.0", "the verb file"),
    ('verb = "urge", from = ["dis', 'verb = "accept", from = ["dis', 'power = "supervise"', r"workflows.0.moves.8.from.0", "one move accept"),
    ('to = "closed", power = "close"', 'to = "feedback", power = "close"', 'power = "close"', r"workflows.0.moves.6.to", "closed = true"),
    ('["feedback"], to = "feedback"', '["filed"], to = "filed"', 'verb = "close"', r"workflows.0.moves.6.from.2", "a step with a move verify"),
    ('["closed", "evaluated"], to = "filed"', '["closed", "evaluated"], to = "closed"', 'verb = "reopen"', r"workflows.0.moves.9.to", "not closed"),
    ('["closed"], to = "evaluated"', '["closed"], to = "closed"', 'id = "evaluated"', r"workflows.0.steps.6.id", "moves lead to"),
    ('    { verb = "close", from = ["collected", "filed", "feedback"], to = "closed", power = "close" },\n', "", 'id = "feedback"', r"workflows.0.steps.4.id", "leads out of"),
    ('kind = "component"\nlevel = 2', 'kind = "thing"\nlevel = 2', 'kind = "thing"', r"categories.\d+.kind", "'component' or 'event'"),
    ('units = ["MUN"]', 'units = ["MOON"]', '"MOON"', r"categories.\d+.units.0", "one of POL"),
    ('units = ["SAN"]\nautomatic', "automatic", "automatic", r"categories.\d+.automatic", "units to dispatch to"),
    ('id = "order.theft"', 'id = "order.fight"', 'id = "order.fight"', r"categories.1.id", "used once"),
    ('"盗窃", ', '"打架", ', '"打架", "被盗"', r"categories.1.words.0", "not used by order.fight"),
    ('default_category = "other.unsorted"', 'default_category = "other"', "default_category", "default_category", "one of"),
    ('default_workflow = "W-STD"', 'default_workflow = "W-NONE"', "default_workflow", "default_workflow", "one of W-STD"),
    ('code = "TRF"', 'code = "POL"', 'code = "POL"', r"units.1.code", "used once"),
    ('code = "TRF"', 'code = "trf"', 'code = "trf"', r"units.1.code", "text like"),
    ('stationing = "stationed"', 'stationing = "asleep"', "asleep", r"units.0.stationing", "'stationed'"),
    ('short = "L2", tier = "community"', 'short = "L2", tier = "village"', "village", r"levels.1.tier", "one of grid"),
    ("{ number = 4", "{ number = 6", "number = 6", r"tiers.3.number", "without a gap"),
    ("starts = 20:00:00", "starts = 21:00:00", "ends = 20:00:00", r"shifts.0.ends", "next shift, 21:00"),
    ("starts = 20:00:00", 'starts = "20:00"', 'starts = "20:00"', r"shifts.1.starts", "local time"),
    ("present_minutes = 60", "present_minutes = -1", "present_minutes", r"patrol.present_minutes", "greater"),
    ("point_metres = 60", "point_metres = nan", "point_metres", r"patrol.point_metres", "less than"),
    ('kind = "market"', 'kind = "school"', 'kind = "school"', r"patrol.kinds.\d+.kind", "used once"),
    ('zh = "派出所"', 'zh = ""', 'zh = ""', r"units.0.zh", "at least 1"),
    ('en = "police station"\n', "", "[[units]]", r"units.0.en", "this key"),
    ("returns_allowed = 1", "returns_allowed = 1 2", "returns_allowed", "^$", "TOML"),
    ("returns_allowed = 1", "returns_allowed = 1\nreturns_allowed = 2", "", "^$", "TOML"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "blamed", "key", "expected"), DEFECTS, ids=[d[1][:40] for d in DEFECTS])
def test_a_defect_is_named(old: str, new: str, blamed: str, key: str, expected: str) -> None:
    assert old in TEXT
    text = TEXT.replace(old, new, 1)
    found = refused(text)
    line = found["line"]
    assert isinstance(line, int)
    lines = text.splitlines()
    assert re.search(key, str(found["key"])), found
    assert re.search(expected, str(found["expected"])), found
    if blamed and key:
        assert blamed in lines[line - 1], (lines[line - 1], found)


def test_the_first_defect_is_told_and_the_others_counted() -> None:
    text = TEXT.replace("amount = 30\n", 'amount = "x"\n').replace('code = "TRF"', 'code = "?"')
    found = refused(text)
    assert found["key"] == "clocks.2.amount" and found["more"] == 1


@pytest.mark.parametrize("text", ["", "\x00", "= 3", "[", "[[clocks", 'id = "x', "id = 1979-13-01", "\r"])
def test_text_that_is_no_profile(text: str) -> None:
    found = refused(text)
    assert isinstance(found["line"], int) and found["line"] >= 1


def test_an_unknown_profile_names_the_known_ones() -> None:
    with pytest.raises(BadInput) as caught:
        loader.load("../street")
    assert caught.value.code == "unknown_profile"
    assert caught.value.fields == {"profile": "../street", "known": list(loader.names())}


def test_windows_line_ends_are_no_defect() -> None:
    crlf = TEXT.replace("\n", "\r\n")
    assert loader.parse(crlf, "x").categories == loader.load("street").categories
    assert refused(crlf.replace("amount = 30\r\n", "amount = 0\r\n"))["line"] == 1 + TEXT[
        : TEXT.index("amount = 30")
    ].count("\n")
