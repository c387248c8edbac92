"""K08, outgoing half: bursts, quiet hours, budgets, lines, and ten thousand owed notices."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlmodel import Session

from store.actions.loop import newcases
from store.actions.loop.newcases import Fresh
from store.actions.notices import noticebook, notifying
from store.actions.notices.notifying import Message, Way
from store.profiles.model import Profile
from tests.conftest import Desk
from tests.store.told import answers, box, dispatched, rows, rules, says, slip, take, tick, way


def test_a_burst_becomes_one_message_and_shares_its_outcome(desk: Desk) -> None:
    way(desk, "POL", "robot")
    outbox = box(desk, "robot")
    cases = [dispatched(desk) for _ in range(30)]
    (one,) = take(outbox, "robot")
    assert len(one.folded) == 29 and "30" in one.title and "另有 18 件" in one.text
    assert "+" in one.dedupe_key and len(one.payload["numbers"]) == 30
    outbox.sent(one.id, "m-9")
    assert {slip(desk, case_id).stage for case_id in cases} == {"sent"}
    says(desk, one.dedupe_key)
    assert {slip(desk, case_id).stage for case_id in cases} == {"seen"}


def test_fewer_than_a_burst_go_one_by_one(desk: Desk) -> None:
    way(desk, "POL", "robot")
    for _ in range(3):
        dispatched(desk)
    assert [one.folded for one in take(box(desk, "robot"), "robot")] == [(), (), ()]


def test_a_message_that_may_be_out_goes_again_as_it_was(desk: Desk) -> None:
    way(desk, "POL", "robot")
    outbox = box(desk, "robot")
    for _ in range(5):
        dispatched(desk)
    (one,) = take(outbox, "robot", seconds=-1)
    dispatched(desk)
    again = take(outbox, "robot")
    assert [(a.dedupe_key, a.folded, a.attempts) for a in again[:1]] == [(one.dedupe_key, one.folded, 2)]
    assert len(again) == 2 and again[1].folded == ()


def test_the_rest_of_a_burst_goes_out_when_its_carrier_was_taken_back(desk: Desk) -> None:
    way(desk, "POL", "robot")
    outbox = box(desk, "robot")
    cases = [dispatched(desk) for _ in range(4)]
    (one,) = take(outbox, "robot", seconds=-1)
    answers(desk, cases[0], "POL", "accepted")
    tick(desk, seconds=1)
    (again,) = [o for o in take(outbox, "robot") if o.id != one.id][:1]
    assert again.id != one.id and set(again.folded) <= set(one.folded)


def test_quiet_hours_hold_back_what_does_not_ring(desk: Desk) -> None:
    rules(desk, quiet_from=time(22, 0), quiet_to=time(7, 0), fold_seconds=0)
    way(desk, "POL", "robot")
    outbox = box(desk, "robot")
    for number in (1, 3):
        desk.store.write(
            noticebook.owe, desk.store.profile, kind="fault", recipient="POL", title=f"t{number}", text="t",
            now=desk.now, priority=number, dedupe_key=f"k{number}",
        )  # fmt: skip
    assert [one.priority for one in take(outbox, "robot")] == [1]
    held = next(row for row in rows(desk, "owed") if row.not_before > desk.now)
    assert held.not_before.astimezone(desk.now.tzinfo).hour == 23, "07:00 in Shanghai"
    desk.wait(hours=6)
    assert [one.priority for one in take(outbox, "robot")] == [3]


def test_a_budget_slows_all_but_the_gravest_and_no_order_for_long(desk: Desk) -> None:
    rules(desk, budget_per_hour=2, fold_from=100)
    way(desk, "POL", "robot")
    outbox = box(desk, "robot")
    for _ in range(3):
        dispatched(desk)
    first = take(outbox, "robot")
    assert len(first) == 2
    for one in first:
        outbox.sent(one.id)
    assert take(outbox, "robot") == ()
    urgent = dispatched(desk, level=1)
    assert [one.case_number for one in take(outbox, "robot")] == [_number(desk, urgent)]
    desk.wait(minutes=11)
    assert len(take(outbox, "robot")) == 1


def _number(desk: Desk, case_id: int) -> str:
    return next(row.number for row in rows(desk) if row.case_id == case_id)


def test_lines_keep_their_order_even_when_the_first_fails(desk: Desk) -> None:
    way(desk, "POL", "robot")
    outbox = box(desk, "robot")
    for number in range(3):
        desk.store.write(
            noticebook.owe, desk.store.profile, kind="update", recipient="POL", title=f"{number}", text="t",
            now=desk.now, dedupe_key=f"k{number}", line="case-1",
        )  # fmt: skip
    (first,) = take(outbox, "robot")
    assert first.title.endswith("0") and take(outbox, "robot") == ()
    outbox.failed(first.id, "held_back", retry_after=5)
    assert rows(desk)[-1].attempts == 0
    desk.wait(minutes=1)
    (again,) = take(outbox, "robot")
    outbox.sent(again.id)
    assert [one.title[-1] for one in take(outbox, "robot")] == ["1"]


def test_ten_thousand_owed_notices_are_lent_and_shown_fast(desk: Desk) -> None:
    for unit in range(50):
        desk.store.write(_crowd, desk.store.profile, unit, 200, desk.now)
    outbox = box(desk, "robot")
    looked = _statements(lambda: take(outbox, "robot", limit=20))
    assert looked < 160, "statements of one lease do not grow with what is owed"
    assert outbox.waiting() == {"robot": 10_000} and len(rows(desk, "owed", limit=200)) == 200


def _crowd(session: Session, profile: Profile, unit: int, count: int, now: datetime) -> None:
    messages = [Message("urging", f"U{unit}", "t", "t", f"{unit}:{n}") for n in range(count)]
    notifying.enter(session, profile, messages, now, {f"U{unit}": (Way(1, "robot"),)})


def _statements(run: Callable[[], Any]) -> int:
    seen: list[str] = []

    def count(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", count)
    try:
        run()
    finally:
        event.remove(Engine, "before_cursor_execute", count)
    return len(seen)


def test_a_flood_of_dispatches_owes_each_once(desk: Desk) -> None:
    way(desk, "MUN", "robot")
    batch = [
        Fresh(title=f"路灯不亮 {n}", category="facility.lamp", grid_code="G0", automatic=True) for n in range(200)
    ]
    desk.store.write(newcases.add, desk.store.profile, batch, desk.actors["chen"], desk.now)
    owed = [row for row in rows(desk, "owed", limit=500) if row.kind == "order"]
    found = {row.case_id for row in owed}
    assert len(found) == len(owed)
    (one, *_) = take(box(desk, "robot"), "robot") or (None,)
    assert len(owed) == 200 and one is not None and len(one.folded) == 199
