"""K17: a warning is given to a unit, verified in the field, closed; and each rule shows how good it is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert, select
from sqlmodel import col

from store.actions.warnings import warnings
from store.errors import Conflict, Refused
from store.records.case import SourceReport
from store.records.event import Event
from store.records.warning import Warning as Row
from store.views import warnings as view
from tests.conftest import Desk
from tests.support.warned import REPEAT, act, judge, repeats, ringing, rows, ruled


@pytest.fixture
def raised(desk: Desk) -> Desk:
    ruled(desk, REPEAT)
    repeats(desk, 5)
    judge(desk)
    return desk


def test_K17_R3_confirmed_opens_a_case_and_both_know_each_other(raised: Desk) -> None:
    desk = raised
    (row,) = rows(desk)
    desk.wait(minutes=20)
    version = act(desk, warnings.verify, row.id, "confirmed", note="电缆裸露", size=7.0, expected_version=1)
    (row,) = rows(desk)
    assert (row.state, row.finding, row.note, row.size) == ("verified", "confirmed", "电缆裸露", 7.0)
    assert row.version == version
    assert row.case_id is not None
    with desk.store.read() as session:
        link = session.execute(select(SourceReport).where(col(SourceReport.case_id) == row.case_id)).scalar_one()
        assert (link.source, link.source_id) == ("warning", str(row.id))
    assert [one.case_id for one in ringing(desk)] == [row.case_id]
    act(desk, warnings.close, row.id)
    assert rows(desk) == () and ringing(desk) == []
    (row,) = rows(desk, everything=True)
    assert (row.state, row.finding) == ("closed", "confirmed")
    with desk.store.read() as session:
        kinds = [one.kind for one in view.history(session, row.id)]
    assert kinds == ["raised", "verified", "closed"]
    assert desk.store.verify() is None


@pytest.mark.parametrize("finding", ["hidden_risk", "none"])
def test_K17_R3_a_warning_is_no_case_by_itself(raised: Desk, finding: str) -> None:
    (row,) = rows(raised)
    act(raised, warnings.verify, row.id, finding, note="已查看")
    assert rows(raised)[0].case_id is None


def test_K17_R3_nothing_is_closed_that_nobody_has_looked_at(raised: Desk) -> None:
    (row,) = rows(raised)
    with pytest.raises(Refused, match="warning_not_verified"):
        act(raised, warnings.close, row.id)
    with pytest.raises(Refused, match="field_missing"):
        act(raised, warnings.verify, row.id, "none", note=" ")
    with pytest.raises(Refused, match="unknown_finding"):
        act(raised, warnings.verify, row.id, "maybe", note="x")
    act(raised, warnings.verify, row.id, "none", note="没有问题")
    with pytest.raises(Refused, match="warning_verified_already"):
        act(raised, warnings.verify, row.id, "confirmed", note="x")
    with pytest.raises(Refused, match="warning_verified_already"):
        act(raised, warnings.assign, row.id, "POL")
    act(raised, warnings.close, row.id)
    with pytest.raises(Refused, match="warning_closed"):
        act(raised, warnings.close, row.id)
    with pytest.raises(Refused, match="unknown_warning"):
        act(raised, warnings.assign, 999, "POL")


def test_K17_R3_who_may_do_what_once_and_on_what_he_saw(raised: Desk) -> None:
    desk = raised
    (row,) = rows(desk)
    for function, given in ((warnings.assign, ("POL",)), (warnings.verify, ("none",)), (warnings.close, ())):
        more = {"note": "x"} if function is warnings.verify else {}
        with pytest.raises(Refused, match="no_power"):
            act(desk, function, row.id, *given, by="shen", **more)
    with pytest.raises(Refused, match="unknown_unit"):
        act(desk, warnings.assign, row.id, "MOON")
    with pytest.raises(Conflict, match="warning_changed"):
        act(desk, warnings.assign, row.id, "POL", expected_version=7)
    first = act(desk, warnings.assign, row.id, "POL", request_id="same")
    assert act(desk, warnings.assign, row.id, "POL", request_id="same") == first == 2
    found = rows(desk)[0]
    assert (found.state, found.unit, found.due_at) == ("assigned", "POL", desk.now + timedelta(hours=2))
    opened = act(desk, warnings.verify, row.id, "confirmed", note="属实", request_id="once")
    assert act(desk, warnings.verify, row.id, "confirmed", note="属实", request_id="once") == opened
    with desk.store.read() as session:
        links = session.execute(select(SourceReport).where(col(SourceReport.source) == "warning")).scalars().all()
    assert len(links) == 1


def test_K17_T1_R4_validity_of_each_rule(desk: Desk) -> None:
    ruled(desk, REPEAT)
    base = {
        "rule": "repeat", "profile": "street", "profile_version": "", "scope": "x", "state": "closed", "level": 2,
        "place": "", "facts": {}, "raised_at": desk.now, "last_at": desk.now, "quiet_until": desk.now, "note": "",
        "closed_at": desk.now, "verified_at": desk.now, "count": 1, "version": 1,
    }  # fmt: skip
    many = [("confirmed", 5), ("hidden_risk", 239), ("none", 56), ("", 9)]
    desk.store.write(
        lambda session: session.execute(insert(Row), [{**base, "finding": f} for f, n in many for _ in range(n)])
    )
    with desk.store.read() as session:
        (rule,) = view.rules(session, desk.store.profile)
    assert (rule.raised, rule.verified, rule.confirmed, rule.hidden_risk, rule.none) == (309, 300, 5, 239, 56)
    assert rule.validity is not None and f"{rule.validity:.2%}" == "81.33%"


def test_K17_R5_the_ledger_keeps_time_place_group_and_size(raised: Desk) -> None:
    with raised.store.read() as session:
        (line,) = view.ledger(session, raised.store.profile, raised.now)
    assert (line.grid_code, line.group.zh, line.size, line.expected_at) == ("G0", "路灯故障", 5.0, raised.now)
    (row,) = rows(raised)
    act(raised, warnings.verify, row.id, "none", note="误报")
    with raised.store.read() as session:
        assert view.ledger(session, raised.store.profile, raised.now) == ()


def test_K17_the_trend_shows_eight_weeks_by_grid(desk: Desk) -> None:
    ruled(desk, REPEAT)
    for _ in range(3):
        repeats(desk, 5)
        judge(desk)
        desk.wait(days=8)
    repeats(desk, 5, "G2")
    judge(desk)
    with desk.store.read() as session:
        trend = view.trend(session, desk.store.profile, desk.now, desk.store.timezone)
    assert len(trend.starts) == 8 and trend.starts[-1].weekday() == 0
    assert [(row.grid_name, row.weeks[-4:], row.total) for row in trend.rows] == [
        ("东区", (1, 1, 1, 0), 3), ("西区", (0, 0, 0, 1), 1), ("望江街道", (1, 1, 1, 1), 4),
    ]  # fmt: skip


def test_every_warning_event_is_signed(raised: Desk) -> None:
    with raised.store.read() as session:
        found = session.execute(select(Event).where(col(Event.subject) == "warning")).scalars().all()
    assert [(one.kind, one.actor, one.actor_kind) for one in found] == [("raised", "machine:warnings", "machine")]
