"""What leaves the house: short, sure of its number, never the citizen's words (K08)."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from store.rules import noticetext, pacing, pushback
from store.rules.events import Accepted, Closed, Dispatched, Event, Filed, Noted, Reopened, UnitAnswered
from store.rules.labels import Label
from store.rules.noticetext import Language, Matter

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 4, 18, 0, tzinfo=UTC)
LONG = Matter(
    "20260305-C1234567-1000042", "一级", Label("地下管廊有限空间作业安全隐患", "confined spaces"),
    "望江街道江滨社区第十二网格",
    "江滨大道一千二百三十四号望江花园小区三十二幢东侧非机动车棚" * 3, NOW + timedelta(minutes=30),
)  # fmt: skip


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("role", ["lead", "required", "as_needed", "notice"])
def test_an_order_fits_one_sms_and_keeps_number_and_time(role: str, language: Language) -> None:
    title, text = noticetext.order(LONG, role, "立即切断阀门，疏散周边人员" * 5, ZONE, NOW, language)
    marked = noticetext.marked(text, drill=True, language=language)
    assert len(marked) <= noticetext.SMS and LONG.number in text and LONG.number in title and "02:30" in text
    assert "\n" not in text


def test_another_day_is_said_with_its_date() -> None:
    _, text = noticetext.order(
        Matter("1", "", Label("", ""), "", "", NOW + timedelta(days=2)), "lead", "", ZONE, NOW, "zh"
    )
    assert "限03-07 02:00前" in text


def test_a_drill_is_marked_once() -> None:
    once = noticetext.marked("派单", drill=True, language="zh")
    assert noticetext.marked(once, drill=True, language="zh") == once == "【演练】派单"


def test_a_place_or_task_from_outside_stays_one_plain_line() -> None:
    matter = Matter("1", "", Label("", ""), "x\x1b[2J\n\u202ey", "", None)
    assert noticetext.order(matter, "lead", "a\r\nb", ZONE, NOW, "zh")[1] == "【派单】1 x [2J  y a  b"


def test_a_burst_lists_the_first_and_counts_the_rest() -> None:
    texts = [(f"派单 {n}", f"【派单】{n}") for n in range(40)]
    title, text = noticetext.folded(texts, "zh")
    assert title == "40 件通知" and text.count("\n") == 13 and "另有 28 件" in text


@pytest.mark.parametrize(("attempts", "asked", "wanted"), [(1, None, 5), (3, None, 20), (30, None, 600), (1, 90, 90),
                                                           (9, 1e9, 86_400)])  # fmt: skip
def test_pauses_grow_and_heed_what_the_other_side_asked(attempts: int, asked: float | None, wanted: float) -> None:
    assert pacing.pause(attempts, asked) == wanted


@pytest.mark.parametrize(
    ("hour", "wakes"), [(21, None), (22, 7), (2, 7), (6, 7), (7, None)],
)  # fmt: skip
def test_quiet_hours_go_over_midnight(hour: int, wakes: int | None) -> None:
    now = datetime(2026, 3, 5, hour, 0, tzinfo=ZONE)
    until = pacing.quiet_until(time(22), time(7), now, ZONE)
    assert (until.astimezone(ZONE).hour if until else None) == wakes
    assert until is None or timedelta(0) < until - now <= timedelta(hours=9)


def test_states_that_a_311_system_understands() -> None:
    said: list[Event] = [
        Filed("filed", "facility.lamp", "G0", 3), Dispatched("dispatched", "MUN"), Accepted("handling"),
        UnitAnswered("MUN", "arrived"), Closed("closed", "done"), Closed("closed", "void"), Closed("closed", "source"),
        Reopened("collected", "again"), Noted(()),
    ]  # fmt: skip
    steps = [pushback.after(event) for event in said]
    assert [step.status if step else None for step in steps] == [
        "INVESTIGATING", "ACTION_SCHEDULED", "IN_PROGRESS", "IN_PROGRESS", "FIXED", "NO_FURTHER_ACTION", "CLOSED",
        "REOPEN", None,
    ]  # fmt: skip
