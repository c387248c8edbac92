"""Hostile text in every field of a case: nothing that steers a terminal leaves any screen (B1)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from rich.segment import Segment
from textual.app import App, ComposeResult
from textual.color import Color
from textual.filter import LineFilter
from textual.widgets import Input, Static

from store.rules.labels import Label
from tests.support.screen import screen_text
from tests.tui.fake_gateway import FakeGateway
from tui.desk.guard import DELETED, Guard
from tui.desk.widgets.line import Line

if TYPE_CHECKING:
    from tests.tui.conftest import Opener

POISON = "\x1b]0;owned\x07\x1b[31m\x9b5m\u202e[@click=app.quit]x[/nope]\x00\x7f\u2066路\t灯\n:boom:"
STEERING = {chr(code) for code in DELETED} - {"\n"}


def poisoned() -> FakeGateway:
    """Every text of the store's data is hostile."""
    gateway = FakeGateway()
    evil = Label(POISON, POISON)
    gateway.queue_rows = {
        key: replace(
            row, title=POISON, address=POISON, kind_name=POISON, grid_name=POISON, unit_name=evil, category=evil,
            number=POISON, step=evil, level_short=POISON, grid_code=row.grid_code,
        )
        for key, row in gateway.queue_rows.items()
    }  # fmt: skip
    gateway.tree = tuple(replace(row, name=POISON) for row in gateway.tree)
    gateway.alert_rows = tuple(
        replace(
            row, code=POISON if n % 2 else row.code, grid_name=POISON, acknowledged_by=POISON if n > 4 else None,
            fields={name: POISON if isinstance(value, str) else value for name, value in row.fields.items()},
        )
        for n, row in enumerate(gateway.alert_rows)
    )  # fmt: skip
    return gateway


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
@pytest.mark.parametrize(
    "keys",
    [
        (),
        ("2",),
        ("2", "enter"),
        ("3", "j"),
        ("4",),
        ("2", "d"),
        ("2", "c"),
        ("2", "e"),
        ("2", "w"),
        ("s",),
        ("3", "n"),
    ],
    ids="-".join,
)
async def test_every_screen_stays_clean(opened: Opener, size: tuple[int, int], keys: tuple[str, ...]) -> None:
    async with opened(size, gateway=poisoned()) as desk:
        await desk.press(*keys)
        text = desk.text
        assert set(text) & STEERING == set()
        assert len(text.splitlines()) == size[1]
        assert desk.app.is_running


class Careless(App[None]):
    """What a careless widget would do: data as plain strings past the first layer."""

    def compose(self) -> ComposeResult:
        yield Static(POISON.replace("[/nope]", ""), markup=False)
        yield Input(value=POISON)
        yield Line()

    def get_line_filters(self) -> list[LineFilter]:
        return [*super().get_line_filters(), Guard()]


async def test_the_guard_catches_what_the_first_layer_missed() -> None:
    app = Careless()
    async with app.run_test(size=(80, 10)) as pilot:
        app.query_one(Line).parts = (POISON,)
        app.query_one(Line).refresh()
        await pilot.pause()
        strips = [strip.apply_filter(Guard(), Color.parse("black")) for strip in app.screen._compositor.render_strips()]
        text = "\n".join(segment.text for strip in strips for segment in strip)
        assert set(text) & STEERING == set()
        assert "owned" in screen_text(app)


def test_the_guard_deletes_and_leaves_style_and_control_alone() -> None:
    segments = [Segment("a\x1b[31mb\x9b", None), Segment("路灯", None), Segment("plain", None, [])]
    made = Guard().apply(segments, Color.parse("black"))
    assert [segment.text for segment in made] == ["a[31mb", "路灯", "plain"]
    assert made[2] is segments[2]
