"""The desk on a real store: what one does the other sees, sums from real records, an outage and its end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from store.actions.house.opening import Store, open_store
from store.rules.commands import Accept, Dispatch, Feedback
from tests.conftest import Desk as StoreDesk
from tui.desk.gateway import Gateway

if TYPE_CHECKING:
    from tests.tui.conftest import Desk, Opener


@pytest.fixture
def second(desk: StoreDesk) -> Iterator[Store]:
    """The same store opened once more, as another desk would."""
    store = open_store(desk.store.location)
    yield store
    store.close()


@asynccontextmanager
async def on(opened: Opener, store: Store, officer: str = "chen", **options: object) -> AsyncIterator[Desk]:
    gateway = Gateway(store, officer)
    async with opened(gateway=gateway, **options) as shown:
        await shown.app.feed.poll()
        await shown.refresh()
        yield shown


def filled(desk: StoreDesk) -> list[int]:
    """Cases in three leaves and one without a place; two of them long overdue."""
    ids = [desk.report("路灯不亮", "G0"), desk.report("illegal parking", "G0")]
    desk.wait(hours=2)
    return [*ids, desk.report("井盖缺失", "G1"), desk.report("油烟", "G3"), desk.report("somewhere", None)]


async def test_K22_T2_sums_of_a_real_store(opened: Opener, desk: StoreDesk) -> None:
    filled(desk)
    async with on(opened, desk.store) as shown:
        board = shown.app.desk.board
        assert board is not None
        for parent in [row for row in board.rows if not row.leaf]:
            children = [row.counts for row in board.rows if row.parent_id == parent.id]
            total = children[0]
            for child in children[1:]:
                total += child
            assert parent.counts == total
        root = board.rows[0].counts
        assert (root.open, root.undispatched, root.overdue) == (5, 5, 2)
        assert "东区" in shown.text and "2" in shown.text


async def test_the_desk_opens_on_the_worst_community(opened: Opener, desk: StoreDesk) -> None:
    filled(desk)
    async with on(opened, desk.store) as shown:
        chosen = shown.app.desk.grid(shown.app.main.grids.table.cursor_key)
        assert chosen is not None and chosen.counts.overdue == 2 and chosen.depth == 1
        await shown.press("enter", "enter", "enter")
        assert shown.app.main.active == "case"
        assert shown.app.desk.case is not None and shown.app.desk.case.row.title in ("路灯不亮", "illegal parking")


async def test_dispatch_and_close_by_keyboard(opened: Opener, desk: StoreDesk) -> None:
    case_id = desk.report("路灯不亮", "G0")
    async with on(opened, desk.store) as shown:
        await shown.press("2", "d")
        await shown.type("P3")
        await shown.press("enter")
        assert shown.notice == f"{case_id} dispatched to P3."
        desk.move(case_id, Accept())
        desk.move(case_id, Feedback("lamp replaced"))
        await shown.refresh()
        await shown.press("c")
        assert "verifies what the unit did" in shown.text
        await shown.press("enter", "enter")
        assert shown.notice == f"{case_id}: close done."
        await shown.refresh()
        assert list(shown.app.main.queue.table.row_keys) == []
        await shown.press("T")
        assert list(shown.app.main.queue.table.row_keys) == [case_id]


async def test_the_handler_may_not_verify_and_is_told_so(opened: Opener, desk: StoreDesk) -> None:
    case_id = desk.report("路灯不亮", "G0")
    desk.move(case_id, Dispatch("P3"))
    desk.move(case_id, Accept(), by="li")
    desk.move(case_id, Feedback("done"), by="li")
    async with on(opened, desk.store, "li") as shown:
        await shown.press("2", "v", "enter")
        assert shown.notice == "li handled this case and may not verify it. Another officer must."


async def test_an_auditor_sees_and_cannot_act(opened: Opener, desk: StoreDesk) -> None:
    desk.report("路灯不亮", "G0")
    async with on(opened, desk.store, "shen") as shown:
        await shown.press("2")
        assert "d dispatch" not in shown.text
        await shown.press("d")
        assert "路灯不亮" in shown.text and len(shown.app.screen_stack) == 1


async def test_one_desk_sees_what_the_other_did(opened: Opener, desk: StoreDesk, second: Store) -> None:
    case_id = desk.report("路灯不亮", "G0")
    async with on(opened, second, "wu") as shown:
        await shown.press("2")
        assert await shown.gateway.changed() is False
        desk.move(case_id, Dispatch("P3"))
        assert await shown.gateway.changed() is True
        await shown.refresh()
        await shown.press("enter")
        assert "patrol team 3" in shown.text


async def test_two_officers_on_one_case_never_overwrite_each_other(
    opened: Opener, desk: StoreDesk, second: Store
) -> None:
    case_id = desk.report("路灯不亮", "G0")
    async with on(opened, second, "wu") as shown:
        await shown.press("2", "d")
        desk.move(case_id, Dispatch("P1"))
        await shown.type("P3")
        await shown.press("enter")
        assert "Changed since you looked:" in shown.text and "陈值班: dispatched to" in shown.text
        await shown.press("enter")
        assert shown.notice == f"{case_id} left as it is."
        await shown.press("d")
        await shown.type("P3")
        await shown.press("enter")
        assert shown.notice == f"{case_id} dispatched to P3."


async def test_K22_T4_an_outage_keeps_the_screen_and_recovers(opened: Opener, desk: StoreDesk) -> None:
    case_id = desk.report("路灯不亮", "G0")
    async with on(opened, desk.store) as shown:
        await shown.press("2")
        clock = [1000.0]
        shown.app.desk.monotonic = lambda: clock[0]
        shown.app.desk.verified = dict.fromkeys(shown.app.desk.verified, 1000.0)
        place = Path(desk.store.location)
        away = place.with_name("away.db")
        place.rename(away)  # noqa: ASYNC240
        clock[0] += 60
        shown.app.feed._said = None
        await shown.app.feed.poll()
        await shown.settle()
        assert "data 1m old" in shown.text and "路灯不亮" in shown.text and "UNKNOWN" in shown.text
        await shown.press("u")
        assert "store" in shown.notice or "urge is not possible" in shown.notice
        away.rename(place)
        await shown.app.feed.poll()
        await shown.refresh()
        await shown.app.feed.poll()
        await shown.settle()
        assert "UNKNOWN" not in shown.text
        await shown.press("d")
        await shown.type("P3")
        await shown.press("enter")
        assert shown.notice == f"{case_id} dispatched to P3."


async def test_report_by_hand_lands_in_the_leaf_of_the_cursor(opened: Opener, desk: StoreDesk) -> None:
    desk.report("路灯不亮", "G0")
    async with on(opened, desk.store) as shown:
        await shown.press("enter", "n")
        await shown.type("gas smell")
        await shown.press("enter", "enter")
        await shown.refresh()
        case = shown.app.desk.case
        assert case is not None and (case.row.title, case.row.grid_code) == ("gas smell", "G0")


async def test_search_and_command_line_on_real_numbers(opened: Opener, desk: StoreDesk) -> None:
    case_id = desk.report("路灯不亮", "G0")
    desk.report("油烟", "G3")
    async with on(opened, desk.store) as shown:
        number = (await shown.gateway.case(case_id)).row.number
        await shown.press("colon")
        shown.app.main.bar.entry.value = number
        await shown.press("enter")
        assert shown.app.desk.case_id == case_id and shown.app.main.active == "case"
        await shown.press("slash")
        shown.app.main.bar.entry.value = "路灯"
        await shown.press("enter")
        assert list(shown.app.main.queue.table.row_keys) == [case_id]


async def test_taking_the_shift_shows_in_the_header(opened: Opener, desk: StoreDesk) -> None:
    async with on(opened, desk.store) as shown:
        assert "nobody on duty" in shown.text
        await shown.press("S")
        await shown.refresh()
        assert "陈值班" in shown.text.splitlines()[0]
