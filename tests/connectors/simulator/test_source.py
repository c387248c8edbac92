"""The simulated street behind the door that real sources use."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from connectors.base import Broken, Context
from connectors.simulator import backfill, build, load, tables
from connectors.simulator.model import DEVICES, HOTLINE, PATROL, UNITS, Street
from connectors.simulator.source import LOOK_BACK, ROUND, Mark, span
from store.actions.house.opening import Store, create_store
from store.actions.loop import cases
from store.errors import BadInput, Unavailable
from store.intake import Intake
from store.rules.commands import Dispatch
from store.views import alerts, grids, queue
from store.views import case as case_view
from tests.support.drill import EVENING, drill_store, officer

T = TypeVar("T")
HOUR = timedelta(hours=1)


class Direct:
    """The store side of a Context without a thread, its clock in the test's hands."""

    def __init__(self, intake: Intake, at: datetime) -> None:
        self.intake = intake
        self.at = at

    async def ask(self, question: Callable[[Intake], T]) -> T:
        return question(self.intake)

    def wait(self, question: Callable[[Intake], T]) -> T:
        return question(self.intake)

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def drill(tmp_path: Path) -> Iterator[Store]:
    store = drill_store(tmp_path / "drill.db")
    yield store
    store.close()


@pytest.fixture
def direct(drill: Store) -> Iterator[Direct]:
    intake = Intake.open(drill.location, now=EVENING)
    yield Direct(intake, EVENING)
    intake.close()


def context(direct: Direct) -> Context:
    return Context(store=direct, timezone="Asia/Shanghai")


def ask(store: Store, lines: str) -> tuple[int, str]:
    answers = io.StringIO()
    return backfill.main(store.location, io.StringIO(lines), answers), answers.getvalue()


async def test_rounds_tell_the_street_piece_by_piece_and_the_cursor_ends_at_now(direct: Direct) -> None:
    source = build(PATROL, {}, context(direct))
    street = Street(direct.intake.places(), "Asia/Shanghai")
    cursor, told = str(Mark(EVENING)), list[Any]()
    direct.at = EVENING + timedelta(minutes=25)
    rounds = 0
    while True:
        batch = await source.fetch(cursor)
        told += batch.records
        cursor, rounds = batch.cursor or cursor, rounds + 1
        if not batch.again:
            break
    assert rounds == 3
    assert Mark.read(cursor) == Mark(direct.at)
    assert told == street.stream(PATROL, EVENING, direct.at)
    assert (await source.fetch(cursor)).records == ()


def test_span_begins_a_minute_ago_and_never_goes_back_more_than_two_hours() -> None:
    assert span(None, EVENING) == (EVENING - timedelta(minutes=1), EVENING)
    long_ago = Mark(EVENING - timedelta(days=3))
    assert span(long_ago, EVENING) == (EVENING - LOOK_BACK, EVENING - LOOK_BACK + ROUND)


def test_a_clock_that_was_set_back_waits() -> None:
    start, until = span(Mark(EVENING + HOUR), EVENING)
    assert until <= start


async def test_a_store_without_boundaries_is_a_source_that_says_so(tmp_path: Path) -> None:
    create_store(tmp_path / "empty.db", drill=True).close()
    intake = Intake.open(str(tmp_path / "empty.db"))
    with pytest.raises(Broken, match="no_places"):
        await build(HOTLINE, {}, context(Direct(intake, EVENING))).fetch(None)
    intake.close()


@pytest.mark.parametrize(
    ("table", "key"),
    [({"stream": "sim-moon"}, "stream"), ({"seed": "x"}, "seed"), ({"interval": 0}, "interval"), ({"x": 1}, "x")],
)
def test_a_wrong_key_is_named(table: dict[str, Any], key: str, direct: Direct) -> None:
    with pytest.raises(BadInput) as caught:
        build(HOTLINE, table, context(direct))
    assert caught.value.fields["key"] == key


def test_units_need_to_know_where_the_store_is(direct: Direct) -> None:
    with pytest.raises(BadInput, match="store"):
        build(UNITS, {}, context(direct))
    assert set(tables("x.db")) == {HOTLINE, DEVICES, PATROL, UNITS}
    assert all(t["kind"] == "simulator" and t["store"] == "x.db" for t in tables("x.db").values())


async def test_units_take_orders_and_feed_back_through_the_outbox(drill: Store, direct: Direct) -> None:
    chief, now = officer(drill), drill.now()
    ids = []
    for n in range(12):
        case = drill.write(
            cases.report, drill.profile, chief, now, title=f"case {n}", grid="C1-1-1", level=3,
            request_id=f"r{n}",
        )  # fmt: skip
        drill.write(
            cases.move, drill.profile, chief, now, case, Dispatch(("CG", "SAN", "POL")[n % 3]),
            expected_version=None, request_id=f"d{n}",
        )  # fmt: skip
        ids.append(case)
    name, table = next((n, t) for n, t in tables(drill.location).items() if n == UNITS)
    source = build(name, {k: v for k, v in table.items() if k != "kind"}, context(direct))
    cursor: str | None = None
    direct.at = now
    while direct.at < now + timedelta(hours=9):
        direct.at += timedelta(minutes=9)
        direct.intake.set_now(direct.at)
        batch = await source.fetch(cursor)
        cursor = batch.cursor or cursor
        direct.intake.deliver(UNITS, batch.records, cursor=cursor)
    await source.close()
    with drill.read() as session:
        seen = [case_view.case(session, drill.profile, direct.at, i, chief) for i in ids]
    kinds = [tuple(line.kind for line in view.history if line.actor_kind == "unit") for view in seen]
    assert set(kinds) <= {("accepted", "fed_back"), ("returned",), ()}
    assert kinds.count(("accepted", "fed_back")) >= 4
    done = [view for view in seen if view.history[-1].kind == "fed_back"]
    assert all(view.result and view.proof.startswith("photo/") for view in done)


def test_backfill_fills_an_hour_and_a_second_ask_changes_nothing(drill: Store) -> None:
    until = EVENING + HOUR
    assert ask(drill, f"until {until.isoformat()}\n") == (0, "done\n")
    drill.set_now(until)
    street = Street(Intake.open(drill.location).places(), "Asia/Shanghai")
    with drill.read() as session:
        board = grids.board(session, drill.profile, until)
        keys = queue.keys(session, drill.profile, until, None, "open")
        raised = alerts.alerts(session, drill.profile, until, everything=True)
    calls = street.stream(HOTLINE, EVENING, until)
    assert board.rows[0].counts.open == len(keys.ids) == len(calls) > 3
    assert {row.kind for row in raised.rows} >= {"overdue", "device"}
    assert board.rows[0].visited > 20
    assert ask(drill, f"\nuntil {until.isoformat()}\n") == (0, "done\n")
    with drill.read() as session:
        assert len(queue.keys(session, drill.profile, until, None, "open").ids) == len(calls)
        assert alerts.alerts(session, drill.profile, until, everything=True).total == raised.total


async def test_the_living_street_goes_on_where_backfill_ended(drill: Store) -> None:
    until = EVENING + HOUR
    ask(drill, f"until {until.isoformat()}\n")
    intake = Intake.open(drill.location, now=until)
    direct = Direct(intake, until + timedelta(minutes=9))
    for stream in (HOTLINE, DEVICES, PATROL):
        cursor = intake.cursor(stream)
        assert Mark.read(cursor) == Mark(until)
        batch = await build(stream, {}, context(direct)).fetch(cursor)
        assert all(r.observed_at is not None and r.observed_at > until for r in batch.records)
    intake.close()


async def test_a_street_begun_with_another_seed_goes_on_with_it(drill: Store) -> None:
    until = EVENING + timedelta(minutes=20)
    lines = io.StringIO(f"until {until.isoformat()}\n")
    assert backfill.main(drill.location, lines, io.StringIO(), seed=7) == 0
    intake = Intake.open(drill.location, now=until)
    assert Mark.read(intake.cursor(PATROL)) == Mark(until, 7)
    direct = Direct(intake, until + timedelta(minutes=5))
    batch = await build(PATROL, {}, context(direct)).fetch(intake.cursor(PATROL))
    street = Street(intake.places(), "Asia/Shanghai", 7)
    assert list(batch.records) == street.stream(PATROL, until, direct.at)
    assert Mark.read(batch.cursor) == Mark(direct.at, 7)
    intake.close()


@pytest.mark.parametrize("line", ["until yesterday\n", "until 2026-01-09T10:00:00\n", "begin\n"])
def test_backfill_refuses_a_line_it_does_not_know(line: str, drill: Store) -> None:
    assert ask(drill, line) == (2, "")


def test_backfill_without_a_store_is_status_3(tmp_path: Path) -> None:
    assert backfill.main(str(tmp_path / "none.db"), io.StringIO(""), io.StringIO()) == 3


def test_flood_keeps_its_pace_by_the_clock_it_is_given_and_counts_what_it_sent(drill: Store) -> None:
    clock = [0.0]

    def sleep(seconds: float) -> None:
        clock[0] += seconds

    intake = Intake.open(drill.location)
    done = load.flood(intake, 50, 2, steady=lambda: clock[0], sleep=sleep)
    intake.close()
    receipt = done.receipt
    assert receipt.new + receipt.updated + receipt.unchanged + receipt.quarantined == 100
    assert receipt.quarantined == 50, "what devices say that nobody registered"
    assert done.seconds == pytest.approx(2.0) and done.late == 0.0


def test_flood_tells_when_the_store_is_gone(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        Intake.open(str(tmp_path / "none.db"))
