"""Codes of the store as words, and times as people read them."""

from __future__ import annotations

import ast
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest

from store.profiles import loader
from store.rules import changes
from store.rules.events import EVENTS
from store.rules.template import Verb
from store.views.alerts import AlertKind
from tests.tui.fake_gateway import NOW
from tui import wording
from tui.language import set_language

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("minutes", "shown"),
    [
        (0, "0m"), (45, "45m"), (59, "59m"), (60, "1h00"), (125, "2h05"), (24 * 60 - 1, "23h59"), (24 * 60, "1d00h"),
        (3 * 1440 + 240, "3d04h"), (9 * 1440 + 1439, "9d23h"), (10 * 1440, "10d"), (412 * 1440, "412d"), (-42, "-42m"),
        (-125, "-2h05"), (-(3 * 1440 + 240), "-3d04h"), (-5000 * 1440, "-5000d"),
    ],
)  # fmt: skip
def test_time_left(minutes: int, shown: str) -> None:
    assert wording.time_left(NOW + timedelta(minutes=minutes), NOW) == shown
    assert len(shown) <= 6


def test_no_due_time_is_a_dash() -> None:
    assert wording.time_left(None, NOW) == "-"


@pytest.mark.parametrize(
    ("due", "near", "flags", "mark"),
    [
        (-1, -40, {}, "O"),
        (0, -40, {}, "O"),
        (1, 0, {}, "N"),
        (1, 1, {}, " "),
        (60, 20, {"running": True}, "P"),
        (60, 20, {}, " "),
        (-60, -90, {"closed": True}, "C"),
        (None, None, {}, " "),
    ],
)
def test_marks(due: int | None, near: int | None, flags: dict[str, bool], mark: str) -> None:
    def at(minutes: int | None) -> datetime | None:
        return None if minutes is None else NOW + timedelta(minutes=minutes)

    assert wording.mark(at(due), at(near), NOW, **flags) == mark


def test_clock_times_are_those_of_the_centre() -> None:
    assert wording.local_clock(NOW, "Asia/Shanghai") == "03:12"
    assert wording.local_clock(NOW, "America/New_York") == "14:12"


@pytest.mark.parametrize(
    ("hours", "shown"),
    [
        (0, "03:12"),
        (-8, "19:12"),
        (11.9, "15:06"),
        (-12, "01-05 15:12"),
        (30, "01-07 09:12"),
        (-24 * 10, "2025-12-27 03:12"),
    ],
)
def test_a_stamp_names_the_day_only_where_the_hour_does_not_say_it(hours: float, shown: str) -> None:
    assert wording.local_stamp(NOW + timedelta(hours=hours), "Asia/Shanghai", NOW) == shown


def test_every_verb_event_and_kind_has_a_word() -> None:
    assert set(get_args(Verb)) <= set(wording.VERBS)
    assert set(EVENTS) <= set(wording.EVENTS)
    assert set(get_args(AlertKind)) == set(wording.ALERT_MARKS) == set(wording.ALERT_KINDS)
    marks = list(wording.ALERT_MARKS.values())
    assert len(marks) == len(set(marks))


def test_every_alert_of_the_store_has_a_sentence() -> None:
    codes = set()
    for path in (ROOT / "store").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Cause" and len(node.args) > 3:
                code = node.args[3]
                if isinstance(code, ast.Constant):
                    codes.add(str(code.value))
                elif isinstance(code, ast.JoinedStr):
                    codes |= {"case_overdue", "case_near_due"}
    assert len(codes) > 8
    assert codes - set(wording.ALERTS) == set()


def test_every_line_of_a_sum_has_a_sentence() -> None:
    source = "".join(
        (ROOT / f"store/{name}.py").read_text(encoding="utf-8")
        for name in ("rules/clocks", "rules/counting", "rules/changes", "views/why")
    )
    told = {
        str(node.args[0].value)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") in ("Line", "WhyLine")
        and isinstance(node.args[0], ast.Constant)
    }
    told |= changes.CODES
    assert told | {"make_up", "rest", "counted", "kept"} <= set(wording.WHY)


def test_history_names_what_the_profile_names() -> None:
    profile = loader.load("street")
    set_language("zh")
    assert wording.event("dispatched", {"unit": "CG", "note": "带两人"}, profile) == "派遣给 城管执法队: 带两人"
    assert wording.event("escalated", {"tier": "street", "reason": "久拖"}, profile) == "上报至街道：久拖"
    assert wording.event("verified", {"passed": False, "reason": "仍有"}, profile) == "核查未通过：仍有"
    assert wording.event("overdue", {"clock": "dispatch"}, profile) == "超时：派遣"


def test_what_is_not_known_is_shown_as_it_came_but_harmless() -> None:
    assert wording.event("frobbed\x1b[31m", {}) == "frobbed\u241b[31m"
    assert "\x07" not in wording.alert("new_code", {"text": "\x07ring"})


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_alerts_read_as_sentences(lang: str) -> None:
    set_language(lang)
    said = wording.alert("short_staffed", {"present": 17, "minimum": 20, "short": 3})
    assert said == {"zh": "缺 3 人（17/20）", "en": "3 short (17 of 20)"}[lang]


def test_utc_is_the_only_zone_inside() -> None:
    assert NOW.tzinfo is UTC
