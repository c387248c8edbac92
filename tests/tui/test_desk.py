"""The desk by keyboard: in and out, sums, moves, conflicts, language, size (K22)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from store.errors import Refused, Unavailable
from store.rules.commands import Close, Dispatch, Escalate, Feedback, Reopen, Urge, Verify
from tests.tui.fake_gateway import COMMUNITIES, FakeGateway

if TYPE_CHECKING:
    from tests.tui.conftest import Opener

SIZES = ((80, 24), (120, 40))


@pytest.mark.parametrize("size", SIZES)
async def test_K22_T1_from_street_to_case_in_four_keys_and_back_in_four(opened: Opener, size: tuple[int, int]) -> None:
    async with opened(size) as desk:
        main = desk.app.main
        start = main.grids.table.cursor_key
        assert desk.app.desk.grid(start).code == "C1"  # type: ignore[union-attr]
        before = desk.text
        trail = []
        for _ in range(4):
            await desk.press("enter")
            trail.append((main.active, main.grids.table.cursor_key))
        assert [name for name, _ in trail] == ["grids", "grids", "queue", "case"]
        assert desk.app.desk.case is not None and desk.app.desk.case.row.id == 1042
        assert "Burst" not in desk.text and "井盖缺失" in desk.text
        for _ in range(4):
            await desk.press("escape")
        assert (main.active, main.grids.table.cursor_key) == ("grids", start)
        assert desk.text == before


async def test_K22_T1_escape_at_the_top_does_not_leave(opened: Opener) -> None:
    async with opened() as desk:
        await desk.press("escape", "escape", "escape")
        assert desk.app.is_running and desk.app.main.active == "grids"


async def test_K22_T2_sums_on_screen_add_up(opened: Opener) -> None:
    async with opened() as desk:
        main = desk.app.main
        for _ in range(len(COMMUNITIES)):
            await desk.press("space", "j")
            while desk.app.desk.grid(main.grids.table.cursor_key).depth > 1:  # type: ignore[union-attr]
                await desk.press("space", "j")
        rows = {row.id: row for row in desk.app.desk.board.rows}  # type: ignore[union-attr]
        shown: dict[int | None, list[int]] = {
            key: [int(cell[0]) if cell[0] != "." else 0 for cell in cells[2:6]]
            for key, cells in main.grids.table.row_cells.items()
        }
        parents = {row.parent_id for row in rows.values()} & set(shown)
        assert len(parents) > 7
        for parent in parents:
            children = [shown[key] for key in shown if rows[key].parent_id == parent]
            if children:
                assert [sum(column) for column in zip(*children, strict=True)] == shown[parent]


async def test_queue_follows_the_tree_and_the_case_follows_the_queue(opened: Opener) -> None:
    async with opened() as desk:
        await desk.press("k")
        assert len(desk.app.main.queue.table.row_keys) == 8
        await desk.press("2", "j")
        assert desk.app.desk.case is not None
        assert desk.app.desk.case.row.id == desk.app.main.queue.table.cursor_key
        assert "Burst water main" in desk.text


async def test_dispatch_offers_units_by_fitness_and_sends_the_chosen_one(opened: Opener) -> None:
    async with opened() as desk:
        await desk.press("2", "d")
        assert desk.text.index("CG ") < desk.text.index("P1 ") < desk.text.index("POL")
        await desk.press("down", "enter")
        [(_, case_id, command, version, request)] = desk.gateway.actions
        assert (case_id, command, version) == (1042, Dispatch("P1"), 3)
        assert len(request) == 32
        assert desk.notice == "1042 dispatched to P1."


async def test_dispatch_narrows_down_by_typing(opened: Opener) -> None:
    async with opened() as desk:
        await desk.press("2", "d")
        await desk.type("police")
        await desk.press("enter")
        assert desk.gateway.actions[0][2] == Dispatch("POL")


async def test_escape_leaves_a_dialog_without_acting(opened: Opener) -> None:
    async with opened() as desk:
        for key in "dec":
            await desk.press("2", key, "escape")
        assert desk.gateway.actions == []
        assert desk.app.main.active == "queue"


async def test_closing_asks_for_result_and_needs_two_enters(opened: Opener) -> None:
    async with opened() as desk:
        await desk.press("2", "c")
        await desk.press("enter")
        assert desk.gateway.actions == []
        await desk.type("done well")
        await desk.press("enter")
        assert desk.gateway.actions == []
        await desk.press("enter")
        assert desk.gateway.actions[0][2] == Close("done well", "", "on_the_spot")


async def test_closing_after_feedback_says_that_it_verifies(opened: Opener) -> None:
    async with opened() as desk:
        await desk.press("slash")
        await desk.type("1046")
        await desk.press("enter", "c")
        assert "Closing verifies what the unit did, in your name." in desk.text


async def test_escalate_needs_a_reason_and_offers_only_graver_levels(opened: Opener) -> None:
    async with opened() as desk:
        await desk.press("k", "2", "j", "j", "e")
        await desk.type("no answer")
        await desk.press("enter", "up", "right")
        assert "< L1 >" in desk.text
        await desk.press("enter", "enter")
        assert desk.gateway.actions[0][2] == Escalate("no answer", 1)


async def test_urge_acts_at_once_and_is_refused_where_nobody_handles(opened: Opener) -> None:
    async with opened() as desk:
        await desk.press("2", "u")
        assert desk.gateway.actions == []
        assert "urge is not possible" in desk.notice
        await desk.press("j", "u")
        assert desk.gateway.actions[0][1:3] == (1047, Urge())


async def test_verify_passed_or_back_to_the_unit(opened: Opener) -> None:
    async with opened() as desk:
        for keys, words in ((("enter",), ""), (("down", "enter"), "still dark")):
            await desk.press("slash")
            await desk.type("1046")
            await desk.press("enter", "v", *keys)
            if words:
                await desk.type(words)
                await desk.press("enter", "enter")
        assert [action[2] for action in desk.gateway.actions] == [Verify(True), Verify(False, "still dark")]


async def test_record_what_a_unit_says_by_telephone(opened: Opener) -> None:
    async with opened() as desk:
        await desk.press("k", "2", "j", "r")
        assert "By telephone from city management team:" in desk.text
        await desk.press("down", "down", "enter")
        await desk.type("valve shut")
        await desk.press("enter", "enter")
        assert desk.gateway.actions[0][2] == Feedback("valve shut", "")


async def test_acknowledge_takes_the_alert_under_the_cursor(opened: Opener) -> None:
    async with opened() as desk:
        await desk.press("3", "j", "a")
        assert desk.gateway.actions[0][:2] == ("acknowledge", 2)
        assert desk.notice == "Alert 2 acknowledged."


async def test_enter_on_an_alert_opens_its_case_or_its_grid(opened: Opener) -> None:
    async with opened() as desk:
        await desk.press("3", "enter")
        assert desk.app.main.active == "case" and desk.app.desk.case_id == 1042
        await desk.press("escape", "j", "enter")
        assert desk.app.main.active == "grids"
        assert desk.app.desk.grid(desk.app.main.grids.table.cursor_key).code == "C1-1-1"  # type: ignore[union-attr]


async def test_report_by_hand_is_filled_in_from_the_alert(opened: Opener) -> None:
    async with opened() as desk:
        await desk.press("3", "j", "n")
        assert "烟感报警" in desk.text
        await desk.press("enter", "enter")
        _, facts, _ = desk.gateway.actions[0]
        assert facts["alert_id"] == 2 and facts["grid"] == "C1-1-1"
        assert desk.notice == "1100 reported."


async def test_filters_go_round(opened: Opener) -> None:
    async with opened() as desk:
        await desk.press("k", "2")
        seen = []
        for _ in range(6):
            seen.append((desk.app.desk.which, len(desk.app.main.queue.table.row_keys)))
            await desk.press("t")
        assert seen == [("open", 8), ("undispatched", 3), ("near", 8), ("overdue", 2), ("booked", 0), ("closed", 0)]
        assert desk.app.desk.which == "open"


async def test_a_long_queue_costs_what_a_short_one_does(opened: Opener) -> None:
    async with opened(gateway=FakeGateway(extra=20_000)) as desk:
        await desk.press("k", "2", "G", "g", "pagedown", "pagedown")
        assert len(desk.app.main.queue.table.row_keys) > 5_000
        assert max(len(ids) for ids in desk.gateway.queried) <= 50
        await desk.refresh()
        assert len(desk.gateway.queried[-1]) <= 50
        assert len(desk.app.desk.rows) <= 50


async def test_a_refusal_is_a_sentence_where_the_user_is(opened: Opener) -> None:
    async with opened() as desk:
        desk.gateway.refuse = Refused("no_power", verb="dispatch", power="command", officer="Z01")
        await desk.press("2", "d", "enter")
        assert desk.notice.startswith("Z01 may not dispatch")
        assert "Z01 may not dispatch" in desk.text


async def test_conflict_shows_what_changed_and_lets_the_later_one_decide(opened: Opener) -> None:
    async with opened() as desk:
        desk.gateway.conflict_at = 5
        await desk.press("2", "d", "enter")
        assert "Changed since you looked:" in desk.text
        assert "李娜: escalated to street: unit does not answer" in desk.text
        assert "张伟: filed" not in desk.text.split("Changed since you looked:")[1].split("leave it")[0]
        await desk.press("down", "enter")
        assert [(action[2], action[3]) for action in desk.gateway.actions] == [(Dispatch("CG"), 3), (Dispatch("CG"), 5)]
        assert desk.gateway.actions[0][4] != desk.gateway.actions[1][4]


async def test_conflict_left_alone_writes_nothing_more(opened: Opener) -> None:
    async with opened() as desk:
        desk.gateway.conflict_at = 5
        await desk.press("2", "d", "enter", "enter")
        assert len(desk.gateway.actions) == 1
        assert desk.notice == "1042 left as it is."


async def test_language_switch_keeps_a_half_typed_note(opened: Opener) -> None:
    async with opened() as desk:
        await desk.press("2", "c")
        await desk.type("half a ")
        await desk.press("f2")
        assert "结案 1042" in desk.text and "书面结果" in desk.text and "half a" in desk.text
        await desk.type("note")
        await desk.press("enter", "enter")
        assert desk.gateway.actions[0][2].result == "half a note"


async def test_letter_l_switches_all_panels(opened: Opener) -> None:
    async with opened() as desk:
        await desk.press("L")
        for words in ("网格", "队列", "提醒", "巡查", "案件", "待派", "帮助"):
            assert words in desk.text
        await desk.press("L")
        assert "Queue" in desk.text and "队列" not in desk.text


async def test_a_draft_waits_for_the_next_time(opened: Opener) -> None:
    async with opened() as desk:
        await desk.press("2", "c")
        await desk.type("half")
        await desk.press("escape", "c")
        assert "half" in desk.text
        await desk.press("enter", "enter")
        assert not [name for name in desk.app.desk.drafts if name.startswith("close.")]


async def test_command_bar_dispatches_and_says_what_is_wrong(opened: Opener) -> None:
    async with opened() as desk:
        await desk.press("colon")
        await desk.type("D.P3.9")
        await desk.press("enter")
        assert desk.notice.startswith("There is no case 9.") and desk.app.main.bar.open
        await desk.press("up")
        assert desk.app.main.bar.entry.value == "D.P3.9"
        desk.app.main.bar.entry.value = "d.p3.1042"
        await desk.press("enter")
        assert desk.gateway.actions[0][1:3] == (1042, Dispatch("P3"))
        assert not desk.app.main.bar.open


async def test_command_bar_asks_once_before_what_cannot_be_undone(opened: Opener) -> None:
    async with opened() as desk:
        await desk.press("colon")
        await desk.type("C.1042.swept")
        await desk.press("enter")
        assert desk.gateway.actions == []
        await desk.press("enter")
        assert desk.gateway.actions[0][2] == Close("swept")


async def test_command_bar_reopens_acknowledges_and_opens(opened: Opener) -> None:
    async with opened() as desk:
        for line in ("R.1043.leaks again", "A.3", "1044"):
            await desk.press("colon")
            await desk.type(line)
            await desk.press("enter")
        assert desk.gateway.actions[0][2] == Reopen("leaks again")
        assert desk.gateway.actions[1][:2] == ("acknowledge", 3)
        assert desk.app.main.active == "case" and desk.app.desk.case_id == 1044


async def test_search_shows_what_was_found_and_escape_leaves_it(opened: Opener) -> None:
    async with opened() as desk:
        await desk.press("slash")
        await desk.type("Street")
        await desk.press("enter")
        assert list(desk.app.main.queue.table.row_keys) == [1046]
        await desk.press("escape")
        assert len(desk.app.main.queue.table.row_keys) == 2


async def test_quitting_asks_once(opened: Opener) -> None:
    async with opened() as desk:
        await desk.press("q", "escape")
        assert desk.app.is_running and desk.app.return_value is None
        await desk.press("q", "enter")
        assert desk.app.return_value == 0


async def test_trouble_keeps_the_last_data_and_says_its_age(opened: Opener) -> None:
    async with opened() as desk:
        clock = [1000.0]
        desk.app.desk.monotonic = lambda: clock[0]
        desk.app.desk.verified = dict.fromkeys(desk.app.desk.verified, 1000.0)
        desk.gateway.fail = Unavailable("store_busy")
        clock[0] = 1012.0
        await desk.app.feed.poll()
        await desk.settle()
        assert "10s old" in desk.text and "井盖缺失" in desk.text
        clock[0] = 1045.0
        desk.app.feed._said = None
        await desk.app.feed.poll()
        await desk.settle()
        assert "UNKNOWN, 45s old" in desk.text and "井盖缺失" in desk.text
        assert desk.app.main.grids.table.row_cells[desk.app.main.grids.table.row_keys[-1]][4][0] == "?"
        desk.gateway.fail = None
        await desk.refresh()
        await desk.app.feed.poll()
        await desk.settle()
        assert "old" not in desk.text.split("\n")[0]
