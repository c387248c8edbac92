"""What units answer to their orders."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from connectors.simulator.units import TEMPERAMENTS, Crews, answers, temperament
from store.intake import Answer
from store.outbox import Order

ISSUED = datetime(2026, 1, 9, 13, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def order(number: int, unit: str = "CG", case: int | None = None) -> Order:
    return Order(
        id=number, case_id=case or number, number=f"2026{number:04d}", unit=unit, level=3, category=None,
        grid_code="C1-1-1", text="", issued_at=ISSUED, open=True,
    )  # fmt: skip


class Box:
    """An outbox of fixed orders."""

    def __init__(self, *orders: Order) -> None:
        self.all = orders

    def orders(self, after: int, limit: int) -> tuple[Order, ...]:
        return tuple(o for o in self.all if o.id > after)[:limit]

    def open_orders(self) -> tuple[Order, ...]:
        return tuple(o for o in self.all if o.open)


def states(given: list[Answer]) -> tuple[str, ...]:
    return tuple(answer.state for answer in given)


def test_all_three_courses_come_about_by_temperament() -> None:
    units = [f"U{i}" for i in range(40)]
    assert {temperament(unit, 46) for unit in units} == set(TEMPERAMENTS)
    courses = {states(list(answers(order(n, unit), True, 46))) for unit in units for n in range(1, 40)}
    assert courses == {("accepted", "done"), ("returned",), ()}


def test_what_is_done_names_a_result_and_a_proof_and_what_is_returned_a_reason() -> None:
    for n in range(1, 60):
        for answer in answers(order(n, f"U{n}"), True, 46):
            assert answer.observed_at is not None and answer.observed_at > ISSUED
            assert bool(answer.text) == (answer.state != "accepted")
            assert bool(answer.proof) == (answer.state == "done")


def test_a_unit_returns_a_case_once_and_then_takes_it() -> None:
    returned = [
        (n, unit)
        for unit in (f"U{i}" for i in range(40))
        for n in range(1, 20)
        if states(list(answers(order(n, unit), True, 46))) == ("returned",)
    ]
    assert returned
    for n, unit in returned:
        assert "returned" not in states(list(answers(order(n, unit), False, 46)))


def test_second_order_of_a_case_to_a_unit_is_known_from_the_outbox() -> None:
    n, unit = next(
        (n, f"U{i}") for i in range(40) for n in range(1, 20)
        if states(list(answers(order(n, f"U{i}"), True, 46))) == ("returned",)
    )  # fmt: skip
    alone = Crews(46).due(Box(order(n, unit)), None, ISSUED + DAY)
    after_another = Crews(46).due(Box(order(n - 1, unit, case=n), order(n, unit)), None, ISSUED + DAY)
    assert [a.source_id for a in alone] == [f"{n}r"]
    assert f"{n}r" not in [a.source_id for a in after_another]


def test_each_answer_comes_when_it_is_due_and_a_restart_adds_none() -> None:
    box = Box(*(order(n, f"U{n % 7}") for n in range(1, 40)))
    whole = {a.source_id for a in Crews(46).due(box, None, ISSUED + DAY)}
    crews, told, since = Crews(46), set[str](), ISSUED
    while since < ISSUED + DAY:
        until = since + timedelta(minutes=30)
        found = crews.due(box, since, until)
        assert all(a.observed_at is not None and a.observed_at <= until for a in found)
        told |= {a.source_id for a in found}
        since, crews = until, Crews(46)
    assert told == whole


def test_orders_out_of_the_units_hands_get_no_answer() -> None:
    closed = Order(**{**{n: getattr(order(3), n) for n in Order.__slots__}, "open": False})
    assert Crews(46).due(Box(closed), None, ISSUED + DAY) == []
