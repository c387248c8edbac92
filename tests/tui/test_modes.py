"""The header shows the modes that are on, also at 80 columns (K06-R4)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from store.rules.labels import Label
from store.views.header import ModeMark
from tests.tui.fake_gateway import NOW, FakeGateway
from tui import wording
from tui.desk.state import DeskState
from tui.desk.widgets.strips import header_parts
from tui.language import set_language
from tui.text import width

LONG = Label("元旦春节根治欠薪冬季专项行动期", "New Year to Spring Festival wage season")


def shown(room: int, *labels: Label) -> str:
    header = asyncio.run(FakeGateway().header())
    marks = tuple(ModeMark(label, NOW + timedelta(days=9), True) for label in labels)
    state = DeskState()
    state.header = replace(header, modes=marks)
    left, right = header_parts(state, NOW, "Asia/Shanghai", room)
    words = "".join(part if isinstance(part, str) else part[0] for part in (*left, *right))
    assert width(words) <= room + 1 or room < 80, words
    return words


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_K06_R4_a_mode_that_is_on_stands_in_the_header(lang: str) -> None:
    set_language(lang)
    assert "[" not in shown(80)
    one = shown(80, LONG)
    assert ("[元旦春节" if lang == "zh" else "[New Year") in one
    assert "+1]" in shown(80, LONG, LONG)
    set_language("en")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_alerts_of_modes_and_calendars_read_as_sentences(lang: str) -> None:
    set_language(lang)
    fields = {"mode": "wage", "mode_zh": "欠薪季", "mode_en": "wage season", "until": "2026-02-24", "reason": "节前"}
    assert ("欠薪季" if lang == "zh" else "wage season") in wording.alert("mode_started", fields)
    assert "?" not in wording.alert("mode_ended", fields)
    assert "2031" in wording.alert("calendar_missing", {"year": 2031})
    set_language("en")
