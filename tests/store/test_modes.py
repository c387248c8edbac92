"""K06 through the store: seasons by window and by hand, once, for whom, and what is left when they end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlmodel import col

from store.actions.clocks import seasons
from store.actions.house.opening import Store, open_store
from store.errors import Refused
from store.profiles.timing import Mode, Overlay
from store.records.event import Event
from store.rules.commands import Close, Pause, Resume
from store.rules.labels import Label
from store.views import alerts, modes
from store.views.modes import ModeLine, NodeSettings
from tests.conftest import Desk
from tests.support.timing import at, clock, end_of, filed, govern, limit, local, season, tick, told

SENSITIVE = Mode(
    "sensitive", Label("敏感期", "sensitive period"), settings=(("zero_report", "daily"), ("patrol_minimum", 3))
)


def switched(desk: Desk) -> list[tuple[str, str]]:
    """Starts and ends in the journal, in order."""
    with desk.store.read() as session:
        rows = session.execute(
            select(col(Event.kind), col(Event.data)).where(col(Event.subject) == "mode").order_by(col(Event.seq))
        )
        return [(row.kind, row.data["mode"]) for row in rows]


def start(desk: Desk, mode: str, by: str = "chen", **more: object) -> int:
    fields: dict[str, object] = {"until": desk.now + timedelta(days=3), "reason": "两会"} | more
    return desk.store.write(seasons.start, desk.store.profile, desk.actors[by], desk.now, mode, **fields)  # type: ignore[arg-type]


def at_node(desk: Desk, node: str) -> NodeSettings:
    with desk.store.read() as session:
        return modes.settings(session, desk.store.profile, desk.now, desk.store.timezone, node)


def listed(desk: Desk, *, history: bool = False) -> tuple[ModeLine, ...]:
    with desk.store.read() as session:
        return modes.lines(session, desk.store.profile, desk.now, desk.store.timezone, history=history)


def causes(desk: Desk) -> Iterator[tuple[str, str]]:
    with desk.store.read() as session:
        for row in alerts.alerts(session, desk.store.profile, desk.now).rows:
            if row.kind == "mode":
                yield row.code, row.fields["mode"]


def test_K06_T1_a_mode_for_one_township_is_daily_there_only(desk: Desk) -> None:
    govern(desk, limit(3, "day"), modes=(SENSITIVE,))
    with desk.store.read() as session:
        from store.views import grids

        board = grids.board(session, desk.store.profile, desk.now)
    codes = {row.name: row.code for row in board.rows}
    start(desk, "sensitive", nodes=[codes["东区"]])
    assert at_node(desk, "G0").settings == {"zero_report": "daily", "patrol_minimum": 3}
    assert at_node(desk, codes["东区"]).settings["zero_report"] == "daily"
    assert at_node(desk, "G2").settings == {} and at_node(desk, codes["西区"]).settings == {}


def test_K06_T1_the_overlay_of_a_scoped_mode_counts_there_only(desk: Desk) -> None:
    govern(desk, limit(15, "working_day"), modes=(season("wage", 7),))
    at(desk, local(2026, 3, 5, 9))
    old_here, old_there = filed(desk, local(2026, 3, 5, 9)), filed(desk, local(2026, 3, 5, 9), grid="G2")
    at(desk, local(2026, 3, 9, 9))
    start(desk, "wage", nodes=["G0"], until=local(2026, 5, 1))
    tick(desk)
    new_here, new_there = filed(desk, local(2026, 3, 9, 10)), filed(desk, local(2026, 3, 9, 10), grid="G2")
    assert clock(desk, old_here).due_at == clock(desk, new_here).due_at == end_of(2026, 3, 18)
    assert clock(desk, old_there).due_at == end_of(2026, 3, 26)
    assert clock(desk, new_there).due_at == end_of(2026, 3, 30)
    for case_id in (old_here, old_there, new_here, new_there):
        told(desk, case_id)


@pytest.mark.parametrize("order", [(7, 5), (5, 7)])
def test_K06_T2_the_stricter_of_two_modes_is_used(desk: Desk, order: tuple[int, int]) -> None:
    both = tuple(season(f"m{n}", n, "working_day", ("03-01", "03-31")) for n in order)
    govern(desk, limit(15, "working_day"), modes=both)
    before = filed(desk, local(2026, 2, 27, 9))
    at(desk, local(2026, 3, 1, 0, 1))
    tick(desk)
    inside = filed(desk, local(2026, 3, 2, 9))
    assert clock(desk, before).due_at == end_of(2026, 3, 6)
    assert clock(desk, inside).due_at == end_of(2026, 3, 9)
    line = next(line for line in told(desk, inside).lines if line.code == "season")
    assert (line.fields["mode"], line.fields["amount"]) == ("m5", 5)


def test_K06_T3_after_its_end_open_cases_keep_the_tightened_time(desk: Desk) -> None:
    govern(desk, limit(15, "working_day"), modes=(season("wage", 7, "working_day", ("03-01", "03-06")),))
    inside = filed(desk, local(2026, 3, 6, 23, 59))
    tick(desk)
    at(desk, local(2026, 3, 7))
    tick(desk)
    after = filed(desk, local(2026, 3, 7))
    assert clock(desk, inside).due_at == end_of(2026, 3, 17)
    assert clock(desk, after).due_at == end_of(2026, 3, 27)
    assert switched(desk) == [("mode_started", "wage"), ("mode_ended", "wage")]


def test_K05_R6_the_start_is_applied_once_though_no_process_was_there(desk: Desk) -> None:
    govern(desk, limit(15, "working_day"), modes=(season("wage", 7, "working_day", ("03-09", "03-31")),))
    open_, closed = filed(desk, local(2026, 3, 6, 9)), filed(desk, local(2026, 3, 6, 9), grid="G1")
    desk.move(closed, Close("重复", outcome="void"))
    at(desk, local(2026, 3, 11, 15))
    tick(desk)
    # Seven working days from Monday 9 March, not from the moment the process came back.
    assert clock(desk, open_).due_at == end_of(2026, 3, 18)
    assert clock(desk, closed).due_at == end_of(2026, 3, 27)
    line = next(line for line in told(desk, open_).lines if line.code == "season")
    assert line.fields["seq"] > 0
    assert switched(desk) == [("mode_started", "wage")]


def test_K05_R6_a_window_that_nobody_saw_at_all_still_counts(desk: Desk) -> None:
    govern(desk, limit(60, "working_day"), modes=(season("wage", 7, "working_day", ("03-09", "03-31")),))
    case_id = filed(desk, local(2026, 3, 6, 9))
    at(desk, local(2026, 4, 20))
    tick(desk)
    assert clock(desk, case_id).due_at == end_of(2026, 3, 18)
    assert switched(desk) == [("mode_started", "wage"), ("mode_ended", "wage")]


def test_a_window_before_the_store_was_made_never_was(desk: Desk) -> None:
    govern(desk, limit(60, "working_day"), modes=(season("wage", 7, "working_day", ("02-01", "02-20")),))
    filed(desk, local(2026, 3, 6, 9))
    tick(desk)
    assert switched(desk) == []


def test_K05_R6_filed_in_leaves_open_cases_alone(desk: Desk) -> None:
    govern(
        desk, limit(15, "working_day"), modes=(season("wage", 7, "working_day", ("03-09", "03-31"), way="filed_in"),)
    )
    before = filed(desk, local(2026, 3, 6, 9))
    at(desk, local(2026, 3, 9, 1))
    tick(desk)
    inside = filed(desk, local(2026, 3, 9, 9))
    assert clock(desk, before).due_at == end_of(2026, 3, 27)
    assert clock(desk, inside).due_at == end_of(2026, 3, 18)


def test_K05_R6_many_open_cases_are_brought_forward_in_batches(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seasons, "BATCH", 7)
    govern(desk, limit(15, "working_day"), modes=(season("wage", 7, "working_day", ("03-09", "03-31")),))
    cases = [filed(desk, local(2026, 3, 6, 9)) for _ in range(23)]
    at(desk, local(2026, 3, 9))
    tick(desk)
    assert {clock(desk, case_id).due_at for case_id in cases} == {end_of(2026, 3, 18)}


def test_a_clock_that_stands_still_is_brought_forward_too(desk: Desk) -> None:
    govern(desk, limit(15, "working_day"), modes=(season("wage", 7, "working_day", ("03-09", "03-31")),))
    case_id = filed(desk, local(2026, 3, 6, 9))
    desk.move(case_id, Pause("close", "等待"), by="wu")
    at(desk, local(2026, 3, 9))
    tick(desk)
    at(desk, local(2026, 3, 10, 9))
    desk.move(case_id, Resume("close"), by="wu")
    told(desk, case_id)
    assert clock(desk, case_id).due_at < end_of(2026, 3, 27)


# --- by hand ------------------------------------------------------------------------------------


def test_K06_R5_a_mode_by_hand_ends_by_itself(desk: Desk) -> None:
    govern(desk, limit(15, "working_day"), modes=(SENSITIVE,))
    start(desk, "sensitive")
    assert [line.state for line in listed(desk)] == ["on"]
    assert list(causes(desk)) == [("mode_started", "sensitive")]
    desk.wait(days=4)
    assert at_node(desk, "G0").settings == {}
    tick(desk)
    assert [line.state for line in listed(desk, history=True)] == ["off", "ended"]
    assert list(causes(desk)) == [("mode_ended", "sensitive")]
    assert switched(desk) == [("mode_started", "sensitive"), ("mode_ended", "sensitive")]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"reason": " "}, "field_missing"),
        ({"until": local(2020, 1, 1)}, "mode_end_passed"),
        ({"nodes": ["NOWHERE"]}, "unknown_grid"),
        ({"by": "shen"}, "no_power"),
        ({"mode": "frob"}, "unknown_mode"),
    ],
)
def test_K06_R5_what_a_switch_needs(desk: Desk, fields: dict[str, object], code: str) -> None:
    govern(desk, limit(15, "working_day"), modes=(SENSITIVE,))
    with pytest.raises(Refused) as caught:
        start(desk, **({"mode": "sensitive"} | fields))  # type: ignore[arg-type]
    assert caught.value.code == code
    assert switched(desk) == []


def test_K06_R4_starts_and_ends_are_logged_signed_and_announced(desk: Desk) -> None:
    govern(desk, limit(15, "working_day"), modes=(SENSITIVE,))
    start(desk, "sensitive", reason="重大活动")
    with pytest.raises(Refused) as caught:
        start(desk, "sensitive")
    assert caught.value.code == "mode_on"
    desk.wait(hours=1)
    desk.store.write(seasons.stop, desk.store.profile, desk.actors["chen"], desk.now, "sensitive", reason="活动取消")
    with desk.store.read() as session:
        rows = session.execute(
            select(col(Event.actor), col(Event.data)).where(col(Event.subject) == "mode").order_by(col(Event.seq))
        ).all()
    assert [(row.actor, row.data["reason"]) for row in rows] == [("chen", "重大活动"), ("chen", "活动取消")]
    with pytest.raises(Refused) as caught:
        desk.store.write(seasons.stop, desk.store.profile, desk.actors["chen"], desk.now, "sensitive", reason="x")
    assert caught.value.code == "mode_off"
    tick(desk)
    assert len(switched(desk)) == 2


def test_a_window_can_be_ended_by_hand_and_stays_off(desk: Desk) -> None:
    govern(desk, limit(15, "working_day"), modes=(season("wage", 7, "working_day", ("03-01", "03-31")),))
    at(desk, local(2026, 3, 5, 9))
    desk.store.write(seasons.stop, desk.store.profile, desk.actors["chen"], desk.now, "wage", reason="提前结束")
    at(desk, local(2026, 3, 6, 9))
    tick(desk)
    assert clock(desk, filed(desk, local(2026, 3, 6, 9))).due_at == end_of(2026, 3, 27)
    assert [line.state for line in listed(desk)] == ["off"]


def test_the_same_request_switches_once(desk: Desk) -> None:
    govern(desk, limit(15, "working_day"), modes=(SENSITIVE,))
    assert start(desk, "sensitive", request_id="r1") == start(desk, "sensitive", request_id="r1")


def test_K06_R4_the_header_shows_what_is_on(desk: Desk) -> None:
    govern(desk, limit(15, "working_day"), modes=(SENSITIVE, season("wage", 7, "working_day", ("03-01", "03-31"))))
    at(desk, local(2026, 3, 5, 9))
    assert [(mark.label.en, mark.everywhere) for mark in desk.store.header().modes] == [("wage", True)]
    start(desk, "sensitive", nodes=["G0"])
    assert [mark.label.en for mark in desk.store.header().modes] == ["sensitive period", "wage"]
    assert [mark.everywhere for mark in desk.store.header().modes] == [False, True]


def test_K06_R1_a_mode_overlays_only_the_categories_it_is_for(desk: Desk) -> None:
    overlay = Overlay("wage.close", "close", "working_day", 7)
    mode = Mode("wage", Label("欠薪", "wage"), overlays=(overlay,), categories=("order",))
    govern(desk, limit(15, "working_day"), modes=(mode,))
    at(desk, local(2026, 3, 5, 9))
    start(desk, "wage")
    inside = filed(desk, local(2026, 3, 5, 10), category="order.fight")
    outside = filed(desk, local(2026, 3, 5, 10), category="noise.residential")
    assert clock(desk, inside).due_at == end_of(2026, 3, 16)
    assert clock(desk, outside).due_at == end_of(2026, 3, 26)


def test_two_processes_apply_a_start_once(desk: Desk) -> None:
    govern(desk, limit(15, "working_day"), modes=(season("wage", 7, "working_day", ("03-09", "03-31")),))
    open_cases = [filed(desk, local(2026, 3, 6, 9)) for _ in range(30)]
    at(desk, local(2026, 3, 9))
    other = open_store(desk.store.location, desk.now)
    other.profile = desk.store.profile
    failures: list[BaseException] = []

    def keep(store: Store) -> None:
        try:
            store.keep_time()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=keep, args=(store,)) for store in (desk.store, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert failures == []
    with desk.store.read() as session:
        tightened = session.execute(
            select(col(Event.subject_id)).where(col(Event.kind) == "tightened")
        ).scalars().all()  # fmt: skip
    assert sorted(tightened) == sorted(open_cases)
    assert switched(desk) == [("mode_started", "wage")]
