"""K05-R2, R10 through the store: office ends, extensions, and clocks that stand still."""

from __future__ import annotations

from datetime import timedelta

import pytest

from store.errors import Refused
from store.rules.commands import (
    Close,
    Dispatch,
    Extend,
    Pause,
    Reopen,
    Resume,
)
from tests.conftest import Desk
from tests.support.timing import (
    at,
    clock,
    end_of,
    filed,
    govern,
    limit,
    local,
    tick,
    told,
)

FILED = local(2025, 12, 31, 10)


# --- R2 office end, unit hours ------------------------------------------------------------------


def test_K05_R2_the_last_day_may_end_with_the_office(desk: Desk) -> None:
    govern(desk, limit(2, "working_day", ends="office"))
    case_id = filed(desk, local(2026, 3, 5, 10))
    assert clock(desk, case_id).due_at == local(2026, 3, 9, 17, 30)
    told(desk, case_id)


def test_working_hours_are_those_of_the_unit(desk: Desk) -> None:
    from datetime import time

    rule = limit(3, "working_hour", start="dispatched", met_by=("closed",))
    govern(desk, rule, hours=(("P3", ((time(20), time(0)),)),))
    night, day = filed(desk, local(2026, 3, 5, 10)), filed(desk, local(2026, 3, 5, 10), grid="G1")
    desk.move(night, Dispatch("P3"))
    desk.move(day, Dispatch("CG"))
    assert clock(desk, night).due_at == local(2026, 3, 5, 23)
    assert clock(desk, day).due_at == local(2026, 3, 5, 14, 30)
    told(desk, night)


# --- R10 extension ------------------------------------------------------------------------------


def test_K05_R10_an_extension_keeps_the_original_due_time(desk: Desk) -> None:
    govern(desk, limit(3, "day"))
    case_id = filed(desk, local(2026, 1, 5, 10))
    at(desk, local(2026, 1, 7, 10))
    desk.move(case_id, Extend(2, "working_day", "缺材料"), by="wu")
    line = clock(desk, case_id)
    assert (line.original_at, line.due_at) == (end_of(2026, 1, 8), end_of(2026, 1, 12))
    why = told(desk, case_id)
    extended = next(item for item in why.lines if item.code == "extended")
    assert extended.fields["reason"] == "缺材料" and extended.fields["by"] == "wu" and extended.fields["seq"] > 0
    with pytest.raises(Refused) as caught:
        desk.move(case_id, Extend(2, "working_day", "再延"), by="wu")
    assert caught.value.code == "extension_used_up"


@pytest.mark.parametrize(
    ("command", "by", "code"),
    [
        (Extend(2, "day", " "), "wu", "field_missing"),
        (Extend(2, "fortnight", "x"), "wu", "unknown_time_unit"),
        (Extend(0, "day", "x"), "wu", "amount_out_of_range"),
        (Extend(2, "day", "x", "frob"), "wu", "no_such_clock"),
        (Extend(2, "day", "x"), "shen", "no_power"),
        (Extend(2, "day", "x"), "li", "extension_own_unit"),
    ],
)
def test_K05_R10_what_an_extension_needs(desk: Desk, command: Extend, by: str, code: str) -> None:
    govern(desk, limit(3, "day"))
    case_id = filed(desk, local(2026, 1, 5, 10))
    desk.move(case_id, Dispatch("P3"))
    with pytest.raises(Refused) as caught:
        desk.move(case_id, command, by=by)
    assert caught.value.code == code


@pytest.mark.parametrize(("seconds", "granted"), [(-1, True), (0, False), (1, False)])
def test_K05_T8_to_the_second(desk: Desk, seconds: int, granted: bool) -> None:
    govern(desk, limit(3, "day"))
    case_id = filed(desk, local(2026, 1, 5, 10))
    at(desk, end_of(2026, 1, 8) + timedelta(seconds=seconds))
    if granted:
        desk.move(case_id, Extend(2, "day", "缺材料"), by="wu")
        return
    with pytest.raises(Refused) as caught:
        desk.move(case_id, Extend(2, "day", "缺材料"), by="wu")
    assert caught.value.code == "extension_too_late"


def test_K05_R10_how_often_is_the_profiles_and_a_new_round_begins_anew(desk: Desk) -> None:
    govern(desk, limit(3, "day"), extensions_allowed=2)
    case_id = filed(desk, local(2026, 1, 5, 10))
    for _ in range(2):
        desk.move(case_id, Extend(1, "day", "缺材料"), by="wu")
    with pytest.raises(Refused):
        desk.move(case_id, Extend(1, "day", "缺材料"), by="wu")
    desk.move(case_id, Close("重复", outcome="void"))
    desk.move(case_id, Reopen("误关"))
    desk.move(case_id, Extend(1, "day", "缺材料"), by="wu")
    assert clock(desk, case_id).round == 2


# --- pause and resume ---------------------------------------------------------------------------


def test_a_pause_keeps_the_working_time_that_is_left(desk: Desk) -> None:
    govern(desk, limit(8, "working_hour"))
    case_id = filed(desk, local(2026, 3, 5, 10))  # Thursday: due Friday 10:00+... 2 h + 4 h today, 2 h tomorrow
    assert clock(desk, case_id).due_at == local(2026, 3, 6, 11)
    at(desk, local(2026, 3, 5, 15, 30))
    desk.move(case_id, Pause("close", "等待鉴定"), by="wu")
    assert clock(desk, case_id).state == "paused"
    at(desk, local(2026, 3, 7, 12))
    tick(desk)
    assert clock(desk, case_id).state == "paused"
    desk.move(case_id, Resume("close"), by="wu")
    # Four hours were left: Monday 09:00 to 12:00 and 13:30 to 14:30.
    assert clock(desk, case_id).due_at == local(2026, 3, 9, 14, 30)
    assert [line.code for line in told(desk, case_id).lines][-2:] == ["paused", "end"]


def test_a_pause_keeps_running_time_to_the_second(desk: Desk) -> None:
    govern(desk, limit(90, "minute"))
    case_id = filed(desk, local(2026, 3, 5, 10))
    at(desk, local(2026, 3, 5, 10) + timedelta(seconds=1234))
    desk.move(case_id, Pause("close", "等待"), by="wu")
    at(desk, local(2026, 3, 9, 3))
    desk.move(case_id, Resume("close"), by="wu")
    assert clock(desk, case_id).due_at == local(2026, 3, 9, 3) + timedelta(minutes=90) - timedelta(seconds=1234)
    told(desk, case_id)


def test_a_clock_that_stands_still_is_never_overdue(desk: Desk) -> None:
    govern(desk, limit(90, "minute"))
    case_id = filed(desk, local(2026, 3, 5, 10))
    desk.move(case_id, Pause("close", "等待"), by="wu")
    at(desk, local(2026, 3, 9, 3))
    assert desk.store.keep_time() == 0
    with desk.store.read() as session:
        from store.views.case import case

        assert case(session, desk.store.profile, desk.now, case_id, desk.actors["chen"]).row.due_at is None
    desk.move(case_id, Close("已办"))
    assert clock(desk, case_id).state == "met"
    told(desk, case_id, "close")


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (Pause("close", ""), "field_missing"),
        (Pause("frob", "x"), "no_such_clock"),
        (Resume("close"), "clock_not_paused"),
    ],
)
def test_what_a_pause_needs(desk: Desk, command: Pause | Resume, code: str) -> None:
    govern(desk, limit(90, "minute"))
    case_id = filed(desk, local(2026, 3, 5, 10))
    with pytest.raises(Refused) as caught:
        desk.move(case_id, command, by="wu")
    assert caught.value.code == code


def test_a_clock_that_ran_out_or_stands_still_cannot_be_paused(desk: Desk) -> None:
    govern(desk, limit(90, "minute"))
    case_id = filed(desk, local(2026, 3, 5, 10))
    at(desk, local(2026, 3, 5, 11))
    desk.move(case_id, Pause("close", "等待"), by="wu")
    with pytest.raises(Refused) as caught:
        desk.move(case_id, Pause("close", "等待"), by="wu")
    assert caught.value.code == "clock_paused"
    desk.move(case_id, Resume("close"), by="wu")
    at(desk, local(2026, 3, 6, 11))
    with pytest.raises(Refused) as caught:
        desk.move(case_id, Pause("close", "等待"), by="wu")
    assert caught.value.code == "pause_too_late"


def test_a_standstill_does_not_outlive_the_closing(desk: Desk) -> None:
    govern(desk, limit(3, "day"))
    case_id = filed(desk, local(2026, 3, 5, 10))
    desk.move(case_id, Pause("close", "等待"), by="wu")
    desk.move(case_id, Close("重复", outcome="void"))
    desk.move(case_id, Reopen("误关"))
    assert clock(desk, case_id).state == "running"
    desk.move(case_id, Pause("close", "等待"), by="wu")
