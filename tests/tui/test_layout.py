"""Sizes and screens beside the desk: too small, resized, help, why, what was hidden meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.tui.conftest import Opener

SIZES = ((80, 24), (120, 40))


async def test_too_small_and_large_again(opened: Opener) -> None:
    async with opened((80, 24)) as desk:
        await desk.resize(59, 24)
        assert "Too small" in desk.text and "59x24" in desk.text
        await desk.resize(60, 18)
        assert "Too small" not in desk.text and "光明社区" in desk.text


async def test_resize_changes_the_layout_and_keeps_the_place(opened: Opener) -> None:
    async with opened((80, 24)) as desk:
        await desk.press("2", "j")
        assert "3 Alerts" in desk.text and "和平里5栋" not in desk.text
        for width, height in ((120, 40), (100, 20), (200, 60), (60, 18), (120, 40)):
            await desk.resize(width, height)
        assert "和平里5栋" in desk.text
        assert desk.app.main.active == "queue" and desk.app.main.queue.table.cursor_key == 1047


async def test_help_names_every_key_of_the_panel(opened: Opener) -> None:
    async with opened((120, 60)) as desk:
        await desk.press("2", "question_mark")
        assert "Dispatch to a unit" in desk.text
        await desk.press("escape")
        assert desk.app.main.active == "queue"


async def test_why_and_sources_open_and_close(opened: Opener) -> None:
    async with opened() as desk:
        await desk.press("2", "w")
        assert "limit: 120 minutes on the spot" in desk.text
        await desk.press("escape", "s")
        assert "HTTP 500" in desk.text
        await desk.press("enter")
        assert "HTTP 500" not in desk.text.split("Sources")[-1] or len(desk.app.screen_stack) == 1


@pytest.mark.parametrize("panel", ["grids", "queue", "alerts", "patrol", "case"])
async def test_the_active_panel_keeps_the_keys(opened: Opener, panel: str) -> None:
    async with opened((80, 24)) as desk:
        main = desk.app.main
        main.show(panel)
        main.grids.table.focus()
        main.set_focus(None)
        await desk.settle()
        main.show("grids")
        main.show(panel)
        await desk.settle()
        assert main.active == panel and main.panels[panel].body.has_focus


async def test_a_panel_shown_again_shows_what_changed_meanwhile(opened: Opener) -> None:
    async with opened((80, 24)) as desk:
        main = desk.app.main
        await desk.press("enter", "enter", "3")
        main.grids.show_node(main.desk.board.rows[0].id)  # type: ignore[union-attr]
        await desk.press("1")
        rows = [line for line in desk.text.splitlines() if line[:1] in (">", "-")]
        assert len(rows) == 1 and "光明街道" in rows[0]
