"""K10 on a real store: the queue, who may verify, attempts on record, rates of units, what two failures start."""

from __future__ import annotations

import pytest
from sqlalchemy import update
from sqlmodel import Session, col

from store.actions.people import officers, units
from store.errors import Refused
from store.records.case import Case
from store.rules.commands import Accept, Close, Dispatch, Evaluate, Feedback, Verify
from store.rules.sampling import sampled
from store.views import case as case_view
from store.views import changes, people, verification
from tests.conftest import Desk


def handled(desk: Desk, unit: str = "P3", **more: object) -> int:
    case_id = desk.report(**more)  # type: ignore[arg-type]
    for command in (Dispatch(unit), Accept(), Feedback("换了灯泡", "after.jpg")):
        desk.move(case_id, command)
    return case_id


def found_by(desk: Desk, case_id: int, unit: str) -> None:
    def note(session: Session) -> None:
        session.execute(update(Case).where(col(Case.id) == case_id).values(finder_unit=unit))

    desk.store.write(note)


def waiting(desk: Desk, grid_id: int | None = None) -> verification.CheckList:
    with desk.store.read() as session:
        return verification.queue(session, desk.store.profile, desk.now, grid_id)


def verifiers(desk: Desk, case_id: int) -> list[tuple[str, str]]:
    with desk.store.read() as session:
        found = verification.verifiers(session, desk.store.profile, desk.now, case_id)
    return [(officer.code, officer.side) for officer in found]


def enter(desk: Desk, code: str, unit: str | None) -> None:
    gao = desk.actors["gao"]
    desk.store.write(officers.add, desk.store.profile, gao, desk.now, code, code, ("duty_officer",), unit)
    with desk.store.read() as session:
        desk.actors[code] = people.actor(session, desk.store.profile, code, desk.now)


def neighbourhoods(desk: Desk) -> None:
    """P3 and P4 are at home in leaves, TOP in the root; each has one officer (li is P3's)."""
    gao, profile = desk.actors["gao"], desk.store.profile
    with desk.store.read() as session:
        from store.views import grids

        root = grids.board(session, profile, desk.now).rows[0].code
    for code, home in (("P3", "G0"), ("P4", "G1"), ("TOP", root)):
        desk.store.write(units.add, profile, gao, desk.now, code, code, code, home_grid=home)
    enter(desk, "si", "P4")
    enter(desk, "top", "TOP")


def test_K10_the_queue_shows_handled_cases_with_their_proof(desk: Desk) -> None:
    case_id, other = handled(desk), desk.report()
    desk.move(other, Dispatch("P3"))
    (row,) = waiting(desk).rows
    assert (row.case.id, row.handling_unit, row.result, row.proof) == (case_id, "P3", "换了灯泡", "after.jpg")
    desk.move(case_id, Verify(True))
    assert waiting(desk).rows == ()


def test_K10_R4_the_centre_confirms_on_the_picture_that_the_unit_gave(desk: Desk) -> None:
    case_id = handled(desk)
    desk.move(case_id, Close())
    with desk.store.read() as session:
        seen = case_view.case(session, desk.store.profile, desk.now, case_id, desk.actors["chen"])
    assert (seen.proof, [line.kind for line in seen.history][-3:-1]) == ("after.jpg", ["verified", "closed"])


def test_K10_T1_the_attempt_of_a_colleague_is_logged(desk: Desk) -> None:
    case_id = handled(desk)
    with pytest.raises(Refused) as refusal:
        desk.move(case_id, Verify(True), by="li")
    assert refusal.value.code == "verifier_of_handling_unit"
    with desk.store.read() as session:
        (tried,) = [c for c in changes.changes(session, 0, 500) if c.kind == "attempt_refused"]
    assert (tried.actor, tried.data["code"], tried.data["fields"]["case"]) == (
        "li", "verifier_of_handling_unit", str(case_id),
    )  # fmt: skip


def test_K10_T2_found_and_handled_by_one_neighbourhood_only_centre_and_upper_tier_verify(desk: Desk) -> None:
    neighbourhoods(desk)
    case_id = handled(desk)
    assert ("si", "other") in verifiers(desk, case_id)
    found_by(desk, case_id, "P3")
    sides = verifiers(desk, case_id)
    assert {side for _, side in sides} == {"centre", "upper"}
    assert {code for code, _ in sides} == {"chen", "wu", "top"}
    for code in ("li", "si"):
        with pytest.raises(Refused) as refusal:
            desk.move(case_id, Verify(True), by=code)
        assert refusal.value.code == "verifier_not_third_side"
    desk.move(case_id, Verify(True), by="top")


def test_K10_T3_two_failures_in_a_row_send_it_up_and_start_supervision(desk: Desk) -> None:
    case_id = handled(desk, level=3)
    with desk.store.read() as session:
        before = case_view.case(session, desk.store.profile, desk.now, case_id, desk.actors["chen"])
    desk.move(case_id, Verify(False, "还是不亮"))
    desk.move(case_id, Feedback("又换了", "b.jpg"))
    desk.move(case_id, Verify(False, "仍不亮"))
    with desk.store.read() as session:
        after = case_view.case(session, desk.store.profile, desk.now, case_id, desk.actors["chen"])
    kinds = [line.kind for line in after.history]
    assert after.row.escalations == before.row.escalations + 1
    assert "supervised" in kinds and "supervised" in after.row.flags
    assert [line.data["trigger"] for line in after.history if line.kind == "escalated"] == ["failed_verification"]
    assert "returned" in after.row.flags


def test_K10_R8_K02_R10_rework_runs_under_a_clock_again(desk: Desk) -> None:
    case_id = handled(desk)
    desk.move(case_id, Verify(False, "还是不亮"))
    with desk.store.read() as session:
        seen = case_view.case(session, desk.store.profile, desk.now, case_id, desk.actors["chen"])
    assert seen.row.step_id == "handling" and seen.row.reworks == 1
    assert [c.name for c in seen.clocks if c.state == "running" and c.owner == "unit"]


def test_K10_rates_of_units_come_from_every_verification(desk: Desk) -> None:
    good, poor = handled(desk, "MUN"), handled(desk, "P3")
    desk.move(good, Verify(True))
    desk.move(poor, Verify(False, "还是不亮"))
    desk.move(poor, Feedback("又换了", "b.jpg"))
    desk.move(poor, Close("好了"))
    rates = {rate.unit: rate for rate in waiting(desk).units}
    assert (rates["MUN"].pass_rate, rates["MUN"].rework_rate) == (1.0, 0.0)
    assert (rates["P3"].verified, rates["P3"].passed) == (2, 1)
    assert (rates["P3"].pass_rate, rates["P3"].rework_rate) == (0.5, 1.0)
    assert [rate.unit for rate in waiting(desk).units] == ["P3", "MUN"]


def test_K10_R7_a_share_of_on_the_spot_cases_is_verified_after_all(desk: Desk) -> None:
    share = desk.store.profile.verification.on_spot_sample
    made = [desk.report("占道", result="当场劝离") for _ in range(30)]
    drawn = {case_id for case_id in made if sampled(case_id, share)}
    assert drawn and {row.case.id for row in waiting(desk).rows} == drawn
    assert all(row.sampled for row in waiting(desk).rows)
    first = min(drawn)
    with pytest.raises(Refused) as refusal:
        desk.move(first, Verify(True))
    assert refusal.value.code == "verifier_is_handler"
    enter(desk, "qian", None)
    desk.move(first, Verify(False, "摊位又回来了"), by="qian")
    with desk.store.read() as session:
        seen = case_view.case(session, desk.store.profile, desk.now, first, desk.actors["chen"])
    assert (seen.row.closed_at, seen.row.reopens, seen.row.reworks) == (None, 1, 1)
    assert first not in {row.case.id for row in waiting(desk).rows}


def test_K23_T2_assessor_and_assessed_apart_and_the_attempt_logged(desk: Desk) -> None:
    case_id = handled(desk)
    desk.move(case_id, Close("好了"))
    profile, gao = desk.store.profile, desk.actors["gao"]
    role = next(role.id for role in profile.roles if "assess" in role.powers)
    desk.store.write(officers.add, profile, gao, desk.now, "wang", "王队", (role,), "P3")
    with desk.store.read() as session:
        desk.actors["wang"] = people.actor(session, profile, "wang", desk.now)
    with pytest.raises(Refused) as refusal:
        desk.move(case_id, Evaluate(5), by="wang")
    assert refusal.value.code == "assessor_is_assessed"
    with desk.store.read() as session:
        tried = [c for c in changes.changes(session, 0, 500) if c.kind == "attempt_refused"]
    assert [(c.actor, c.data["code"]) for c in tried] == [("wang", "assessor_is_assessed")]
