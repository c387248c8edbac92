"""K07: what waits at each tier, with reasons; who stays informed; shares; limits of holding."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from store.actions.house.opening import open_store
from store.profiles.timing import Limit
from store.rules.commands import Close, Escalate, Note, Reopen, SendDown
from store.views import ladder
from tests.conftest import Desk
from tests.store.rules.laddered import COMPLEXITY, S10, ladder_of, profile


def ruled(desk: Desk, **changes: Any) -> Desk:
    desk.store.profile = replace(profile(**changes), version=desk.store.profile.version)
    return desk


def board(desk: Desk, tier: str | None = None) -> ladder.LadderView:
    with desk.store.read() as session:
        return ladder.board(session, desk.store.profile, desk.now, tier=tier)


def test_K07_T4_cannot_solve_is_on_the_list_of_the_township_with_its_reason(desk: Desk) -> None:
    ruled(desk, **S10)
    case_id = desk.report()
    assert [row.case_id for row in board(desk, "village").waiting] == [case_id]
    desk.wait(hours=1)
    desk.move(case_id, Escalate("neither side gives way"))
    (row,) = board(desk, "township").waiting
    assert (row.case_id, row.reason, row.trigger, row.came_from, row.since) == (
        case_id, "neither side gives way", "officer", "village", desk.now,
    )  # fmt: skip
    assert board(desk, "county").waiting == () and board(desk, "village").waiting == ()
    desk.move(case_id, Note((("departments_needed", True),)))
    assert [row.trigger for row in board(desk, "county").waiting] == ["needs"]
    assert board(desk, "township").waiting == ()


def test_K07_R2_the_lower_tier_keeps_it_on_its_list_of_what_it_answers_for(desk: Desk) -> None:
    ruled(desk, **S10)
    case_id = desk.report()
    desk.move(case_id, Escalate("x"))
    assert [row.case_id for row in board(desk, "village").informed] == [case_id]
    assert board(desk, "township").informed == ()
    desk.move(case_id, Close("settled"))
    assert board(desk, "village").informed == ()


def test_K07_R3_an_instruction_comes_down_with_the_case(desk: Desk) -> None:
    ruled(desk, **S10)
    case_id = desk.report()
    desk.move(case_id, Escalate("x"))
    desk.move(case_id, SendDown("simple: mediate on the spot"))
    (row,) = board(desk, "village").waiting
    assert (row.reason, row.came_from, row.trigger) == ("simple: mediate on the spot", "township", "sent_down")


def test_K07_R10_shares_count_what_was_closed_at_each_tier_and_no_drill(desk: Desk) -> None:
    ruled(desk, **S10, schemes=(COMPLEXITY,))
    for ups in (0, 0, 1):
        case_id = desk.report()
        for _ in range(ups):
            desk.move(case_id, Escalate("x"))
        desk.move(case_id, Close("done"))
    found = {row.tier: (row.share.closed, row.share.target) for row in board(desk).tiers if row.share}
    assert found == {"village": (2, 65.0), "township": (1, 25.0), "county": (0, 10.0)}


def test_K07_R1_what_waits_too_long_at_a_tier_goes_up_by_the_clock_alone(desk: Desk) -> None:
    held: dict[str, Any] = {"village": {"hold": Limit(2, "hour")}, "township": {"hold": Limit(1, "day")}}
    ruled(desk, **ladder_of("village", "township", "county", **held))
    case_id = desk.report()
    row = board(desk, "village").waiting[0]
    assert row.up_at is not None and (row.up_at - desk.now).total_seconds() == 7200
    desk.wait(hours=2, seconds=-1)
    desk.store.keep_time()
    assert len(board(desk, "village").waiting) == 1
    desk.wait(seconds=1)
    other = open_store(desk.store.location, desk.now)
    other.profile = desk.store.profile
    desk.store.keep_time()
    assert other.keep_time() == desk.store.keep_time() == 0
    other.close()
    assert [(row.case_id, row.trigger) for row in board(desk, "township").waiting] == [(case_id, "hold")]
    desk.move(case_id, Close("settled"))
    desk.wait(days=30)
    desk.store.keep_time()
    assert board(desk, "county").waiting == ()


def test_a_reopened_case_waits_at_its_tier_again(desk: Desk) -> None:
    ruled(desk, **S10)
    case_id = desk.report()
    desk.move(case_id, Close("settled"))
    desk.move(case_id, Reopen("it broke out again"))
    (row,) = board(desk, "village").waiting
    assert (row.case_id, row.trigger, row.reason) == (case_id, "reopened", "it broke out again")


def test_tiers_are_counted_in_the_order_of_the_ladder(desk: Desk) -> None:
    ruled(desk, **S10)
    desk.report()
    assert [(row.tier, row.waiting) for row in board(desk).tiers] == [("village", 1), ("township", 0), ("county", 0)]
