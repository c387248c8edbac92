"""K05-R11, T7: a blanket deferral moves all matching items together, free of penalty until its end."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from store.actions.clocks import deferrals
from store.errors import Refused
from store.rules.commands import Close
from store.views import queue
from store.views.deferrals import deferrals as orders
from tests.conftest import Desk
from tests.support.timing import at, clock, end_of, filed, govern, limit, local, tick, told


def order(desk: Desk, by: str = "chen", **more: object) -> int:
    fields: dict[str, object] = {
        "categories": ["order"], "amount": 3, "unit": "month", "until": date(2026, 7, 31), "reason": "疫情",
    } | more  # fmt: skip
    return desk.store.write(deferrals.order, desk.store.profile, desk.actors[by], desk.now, **fields)  # type: ignore[arg-type]


def overdue(desk: Desk) -> set[int]:
    with desk.store.read() as session:
        return set(queue.keys(session, desk.store.profile, desk.now, None, "overdue").ids)


def test_K05_T7_matching_items_move_and_no_overdue_counts_meanwhile(desk: Desk) -> None:
    govern(desk, limit(3, "day"))
    mine, late, other = (
        filed(desk, local(2026, 3, 6, 9), category="order.fight"),
        filed(desk, local(2026, 3, 5, 9), category="order.theft"),
        filed(desk, local(2026, 3, 6, 9), category="noise.residential"),
    )
    closed = filed(desk, local(2026, 3, 6, 9), category="order.fight")
    desk.move(closed, Close("重复", outcome="void"))
    at(desk, local(2026, 3, 9, 10))
    assert overdue(desk) == {late}
    number = order(desk)
    tick(desk)
    with desk.store.read() as session:
        line = orders(session, desk.now, desk.store.timezone)[0]
    assert (line.order, line.moved, line.state) == (number, 2, "standing")
    # Three months from the day each was due.
    assert clock(desk, mine).due_at == end_of(2026, 6, 9) and clock(desk, late).due_at == end_of(2026, 6, 8)
    assert clock(desk, mine).original_at == end_of(2026, 3, 9)
    assert clock(desk, other).due_at == end_of(2026, 3, 9)
    assert clock(desk, closed).due_at == end_of(2026, 3, 9)
    assert overdue(desk) == set()
    at(desk, local(2026, 7, 31, 23, 59))
    tick(desk)
    assert overdue(desk) == {other}
    at(desk, end_of(2026, 7, 31) + timedelta(seconds=1))
    tick(desk)
    assert overdue(desk) == {mine, late, other}
    assert clock(desk, mine).orders == (number,)
    why = next(item for item in told(desk, mine).lines if item.code == "deferred")
    assert (why.fields["order"], why.fields["by"], why.fields["reason"]) == (number, "chen", "疫情")


def test_K05_T7_closed_while_it_stands_is_not_late_and_after_it_is(desk: Desk) -> None:
    govern(desk, limit(3, "day"))
    first, second = (filed(desk, local(2026, 3, 6, 9)) for _ in range(2))
    order(desk, amount=1, unit="day")
    tick(desk)
    at(desk, local(2026, 7, 1))
    desk.move(first, Close("已办"))
    at(desk, local(2026, 8, 2))
    desk.move(second, Close("已办"))
    assert (clock(desk, first).state, clock(desk, second).state) == ("met", "met_late")


def test_K05_R11_items_that_begin_after_are_not_its_items(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deferrals, "BATCH", 2)
    govern(desk, limit(3, "day"))
    before = [filed(desk, local(2026, 3, 6, 9)) for _ in range(5)]
    order(desk)
    desk.store.write(deferrals.apply, desk.store.profile, desk.now)
    after = filed(desk, local(2026, 3, 6, 10))
    tick(desk)
    assert {clock(desk, case_id).due_at for case_id in before} == {end_of(2026, 6, 9)}
    assert clock(desk, after).due_at == end_of(2026, 3, 9)


def test_two_orders_add_up_and_each_counts_once(desk: Desk) -> None:
    govern(desk, limit(3, "day"))
    case_id = filed(desk, local(2026, 3, 6, 9))
    order(desk, request_id="a")
    order(desk, request_id="a")
    tick(desk)
    order(desk, amount=10, unit="working_day", until=date(2026, 5, 1))
    tick(desk)
    line = clock(desk, case_id)
    assert line.original_at == end_of(2026, 3, 9) and line.free_until == end_of(2026, 7, 31)
    assert len(line.orders) == 2
    told(desk, case_id)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"by": "wu"}, "no_power"),
        ({"reason": ""}, "field_missing"),
        ({"categories": []}, "field_missing"),
        ({"categories": ["frob"]}, "unknown_category"),
        ({"clock": "frob"}, "unknown_clock"),
        ({"unit": "same_day"}, "unknown_time_unit"),
        ({"amount": 0}, "amount_out_of_range"),
        ({"until": date(2020, 1, 1)}, "date_passed"),
    ],
)
def test_K05_R11_what_an_order_needs(desk: Desk, fields: dict[str, object], code: str) -> None:
    govern(desk, limit(3, "day"))
    with pytest.raises(Refused) as caught:
        order(desk, **fields)  # type: ignore[arg-type]
    assert caught.value.code == code


def test_near_due_comes_again_in_the_added_time(desk: Desk) -> None:
    govern(desk, limit(100, "minute"))
    case_id = filed(desk, local(2026, 3, 6, 9))
    at(desk, local(2026, 3, 6, 10, 30))
    tick(desk)
    order(desk, amount=100, unit="minute", until=date(2026, 3, 6))
    tick(desk)
    due: datetime = clock(desk, case_id).due_at
    assert due == local(2026, 3, 6, 12, 20) and clock(desk, case_id).near_at == local(2026, 3, 6, 11, 55)
    with desk.store.read() as session:
        row = queue.rows(session, desk.store.profile, desk.now, [case_id])[0]
    assert row.due_at == end_of(2026, 3, 6)
