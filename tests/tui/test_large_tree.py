"""A tree too large to be read whole: nodes come when they are opened, by the same keys (K01-T6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from store.actions.places import treebook
from store.rules.tree import TreeRow
from store.views import gridpages
from tests.conftest import Desk as StoreDesk
from tests.tui.test_real_store import on

if TYPE_CHECKING:
    from tests.tui.conftest import Opener


async def test_K01_T6_a_large_tree_unfolds_page_by_page(
    opened: Opener, desk: StoreDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gridpages, "WHOLE", 3)
    rows = [TreeRow(2, "A", "甲社区"), TreeRow(3, "A1", "甲一", "A"), TreeRow(4, "A2", "甲二", "A")]
    desk.store.write(treebook.plant, desk.store.profile, desk.actors["gao"], desk.now, rows)
    desk.report("井盖缺失", grid="A2")
    desk.wait(hours=3)
    async with on(opened, desk.store) as shown:
        board, table = shown.app.desk.board, shown.app.main.grids.table
        assert board is not None and not board.whole and board.leaves == 6
        assert "A2" not in {row.code for row in board.rows}
        worst = shown.app.desk.grid(table.cursor_key)
        assert worst is not None and (worst.code, worst.counts.open, worst.inner) == ("A", 1, True)
        await shown.press("enter")
        await shown.refresh()
        here = shown.app.desk.grid(table.cursor_key)
        assert here is not None and here.code == "A2"
        assert "甲二" in shown.text and "甲一" in shown.text
