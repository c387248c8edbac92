"""The virtual table: any length at one price, a cursor that stays with its row, only changed lines painted (B3)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.pilot import Pilot

from tests.support.screen import screen_text
from tui.desk.widgets.table import Column, Table, arrange

COLUMNS = (
    Column("", 1),
    Column("no.", 6, right=True),
    Column("what", 8, flexible=1),
    Column("where", 6, flexible=1, rank=2),
    Column("unit", 4, rank=1),
)


class Probe(Table):
    """Counts what it is asked to paint."""

    def __init__(self) -> None:
        super().__init__(COLUMNS, empty="nothing here")
        self.painted_lines: list[int] = []
        self.whole = 0

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Probe:
        self.whole += not regions
        self.painted_lines += [region.y for region in regions]
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def render_line(self, y: int):  # type: ignore[no-untyped-def]
        return super().render_line(y)


class Holder(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.table = Probe()
        self.told: list[object] = []

    def compose(self) -> ComposeResult:
        yield self.table

    def on_table_moved(self, event: Table.Moved) -> None:
        self.told.append(event.key)

    def on_table_window(self, event: Table.Window) -> None:
        self.told.append(event.missing)


@asynccontextmanager
async def shown(rows: int, size: tuple[int, int] = (60, 12)) -> AsyncIterator[tuple[Pilot[None], Probe, Holder]]:
    app = Holder()
    async with app.run_test(size=size) as pilot:
        app.table.focus()
        app.table.set_keys(range(1000, 1000 + rows))
        app.table.set_cells({key: ("P", str(key), f"事项{key}", "人民路", "P1") for key in app.table.window()})
        await pilot.pause()
        app.told.clear()
        yield pilot, app.table, app


def test_columns_share_what_is_left_and_the_lowest_in_rank_go_first() -> None:
    assert arrange(COLUMNS, 40) == [(0, 1), (1, 6), (2, 13), (3, 12), (4, 4)]
    assert [index for index, _ in arrange(COLUMNS, 28)] == [0, 1, 2, 4]
    assert [index for index, _ in arrange(COLUMNS, 20)] == [0, 1, 2]
    for width in range(17, 200):
        sizes = arrange(COLUMNS, width)
        assert sum(cells for _, cells in sizes) + len(sizes) - 1 == width


async def test_columns_line_up_with_chinese_in_them() -> None:
    async with shown(5) as (_, table, app):
        table.set_cells({1001: ("O", "1001", "illegal parking", "Road", "P1")})
        lines = screen_text(app).splitlines()
        from rich.cells import cell_len

        places = {cell_len(line[: line.index("P1")]) for line in lines if "P1" in line}
        assert len(places) == 1


async def test_a_hundred_thousand_rows_ask_for_one_window_only() -> None:
    async with shown(100_000) as (pilot, table, app):
        assert len(table.row_cells) == 11
        await pilot.press("end")
        assert table.cursor_key == 100_999
        missing = next(told for told in app.told if isinstance(told, tuple))
        assert missing == tuple(range(100_989, 101_000))
        assert len(table._strips) < 60


async def test_the_price_of_a_key_does_not_grow_with_the_rows() -> None:
    for rows in (100, 100_000):
        async with shown(rows) as (pilot, table, _):
            table.painted_lines.clear()
            table.whole = 0
            await pilot.press("down")
            assert (table.painted_lines, table.whole) == ([1, 2], 0)


async def test_the_cursor_stays_with_its_row() -> None:
    async with shown(50) as (pilot, table, app):
        await pilot.press("down", "down", "down")
        assert table.cursor_key == 1003
        table.set_keys([1010, 1003, 1000, 1001])
        assert table.cursor_key == 1003 and table.cursor_at == 1
        table.set_keys([1010, 1011])
        assert table.cursor_key == 1011
        table.set_keys([])
        assert table.cursor_key is None
        await pilot.pause()
        assert app.told[-1] is None
        assert "nothing here" in screen_text(app)


async def test_a_changed_row_paints_one_line() -> None:
    async with shown(50) as (_, table, _app):
        table.painted_lines.clear()
        table.whole = 0
        table.set_cells({1004: ("O", "1004", "changed", "", "")})
        assert (table.painted_lines, table.whole) == ([5], 0)
        table.painted_lines.clear()
        table.set_cells({1004: ("O", "1004", "changed", "", "")})
        assert table.painted_lines == []


@pytest.mark.parametrize(
    ("keys", "at"),
    [
        (("j", "j", "k"), 1),
        (("G",), 49),
        (("G", "g"), 0),
        (("pagedown",), 11),
        (("ctrl+d", "ctrl+u"), 0),
        (("end", "down"), 49),
    ],
)
async def test_keys_move_the_cursor(keys: tuple[str, ...], at: int) -> None:
    async with shown(50) as (pilot, table, _):
        await pilot.press(*keys)
        assert table.cursor_at == at
        assert table.top <= at < table.top + table.page


async def test_a_step_over_the_edge_scrolls_half_a_page() -> None:
    async with shown(50) as (pilot, table, _):
        await pilot.press(*["j"] * 10)
        assert table.top == 0
        await pilot.press("j")
        assert table.top == 6


async def test_the_marker_is_a_cell_of_its_own() -> None:
    async with shown(3) as (_, _table, app):
        lines = screen_text(app).splitlines()
        assert lines[1].startswith(">P") and lines[2].startswith(" P")


async def test_rows_without_cells_show_their_number() -> None:
    async with shown(3) as (_, table, app):
        table.set_keys([77, 1000])
        assert " 77" in screen_text(app).replace("-", " ").replace(">", " ")


async def test_what_changed_while_hidden_is_painted_when_shown_again() -> None:
    async with shown(30) as (pilot, table, app):
        await pilot.press("down", "down")
        screen_text(app)
        table.display = False
        await pilot.pause()
        table.set_keys(range(2000, 2020))
        table.set_cells({key: ("N", str(key), f"neu {key}", "", "") for key in range(2000, 2020)}, replace=True)
        table.display = True
        await pilot.pause()
        lines = screen_text(app).splitlines()[1:]
        assert [line[3:9].strip() for line in lines] == [str(2000 + n) for n in range(11)]
        assert sum(line.startswith((">", "-")) for line in lines) == 1
