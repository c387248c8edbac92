"""Powers at the moment they are used: grants, posts, deputies, pairs, and what an auditor may not (K23)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from store.actions.house import auditing
from store.actions.house.opening import open_store
from store.actions.loop import cases
from store.actions.people import access, officers, posts, shifts, units
from store.actions.places import buildings, grids, treebook
from store.errors import GriddeskError, Refused
from store.profiles.governance import PostKind
from store.profiles.model import Role
from store.rules.commands import Accept, Close, Dispatch, Evaluate, Feedback, File, Verify
from store.rules.labels import Label
from store.views import audit, people
from store.views import case as case_view
from tests.conftest import Desk


def act(desk: Desk, action, *args, by: str = "gao", **named):  # type: ignore[no-untyped-def]
    return desk.store.write(action, desk.store.profile, desk.actors[by], desk.now, *args, **named)


def powers(desk: Desk, code: str) -> frozenset[str]:
    with desk.store.read() as session:
        return people.actor(session, desk.store.profile, code).powers


def officer(desk: Desk, code: str, role: str, unit: str | None = None) -> None:
    act(desk, officers.add, code, code.upper(), (role,), unit)
    with desk.store.read() as session:
        desk.actors[code] = people.actor(session, desk.store.profile, code)


@pytest.fixture
def centre(desk: Desk) -> Desk:
    """A centre with a role that only diverts, and a post whose holder commands."""
    diverter = Role("diverter", Label("分流员", "diverter"), frozenset({"divert", "record", "report", "read"}))
    post = PostKind("chief", Label("值班长", "chief"), "duty_officer", 1)
    desk.store.profile = replace(desk.store.profile, roles=(*desk.store.profile.roles, diverter), posts=(post,))
    officer(desk, "di", "diverter")
    officer(desk, "ya", "auditor")
    act(desk, posts.add, "CHIEF", "chief", "ROOT")
    return desk


def test_K23_T1_who_diverts_but_does_not_command_files_and_cannot_order(centre: Desk) -> None:
    case_id = centre.report()
    centre.move(case_id, File(), by="di")
    with pytest.raises(Refused) as refusal:
        centre.move(case_id, Dispatch("P3"), by="di")
    assert refusal.value.code == "no_power" and refusal.value.fields["power"] == "command"
    with centre.store.read() as session:
        moves = case_view.case(session, centre.store.profile, centre.now, case_id, centre.actors["di"]).moves
    assert "dispatch" not in moves


def test_K23_R6_a_posts_powers_pass_to_the_deputy_by_the_roster_alone(centre: Desk) -> None:
    act(centre, posts.assign, "CHIEF", "chen")
    assert "command" not in powers(centre, "ya")
    begin, end = centre.now + timedelta(hours=1), centre.now + timedelta(hours=9)
    act(centre, posts.assign, "CHIEF", "ya", begin, end, deputy=True)
    assert "command" not in powers(centre, "ya")
    centre.wait(hours=1)
    assert "command" in powers(centre, "ya")
    centre.move(centre.report(), Dispatch("P3"), by="ya")
    centre.wait(hours=8)
    assert "command" not in powers(centre, "ya")


def test_a_filled_post_gives_its_role_and_the_roles_stand_in_the_actor(centre: Desk) -> None:
    act(centre, posts.assign, "CHIEF", "di")
    with centre.store.read() as session:
        actor = people.actor(session, centre.store.profile, "di")
    assert actor.roles == {"diverter", "duty_officer"} and "command" in actor.powers
    act(centre, posts.close, "CHIEF")
    assert "command" not in powers(centre, "di")


def test_a_grant_holds_for_its_days_and_is_taken_back_at_once(centre: Desk) -> None:
    act(centre, officers.grant, "di", "dispatcher", None, centre.now + timedelta(days=1))
    assert "command" in powers(centre, "di")
    centre.wait(days=1)
    assert "command" not in powers(centre, "di")
    act(centre, officers.grant, "di", "dispatcher")
    act(centre, officers.revoke, "di", "dispatcher")
    assert "command" not in powers(centre, "di")
    with pytest.raises(Refused) as refusal:
        act(centre, officers.revoke, "di", "dispatcher")
    assert refusal.value.code == "role_not_held"


def test_whoever_lost_a_power_in_mid_action_is_refused_inside_the_transaction(centre: Desk) -> None:
    act(centre, officers.grant, "di", "dispatcher")
    with centre.store.read() as session:
        centre.actors["di"] = people.actor(session, centre.store.profile, "di")
    assert "command" in centre.actors["di"].powers
    case_id = centre.report()
    other = open_store(centre.store.location)
    other.write(officers.revoke, centre.store.profile, centre.actors["gao"], centre.now, "di", "dispatcher")
    other.close()
    with pytest.raises(Refused) as refusal:
        centre.move(case_id, Dispatch("P3"), by="di")
    assert refusal.value.code == "no_power"
    act(centre, officers.suspend, "chen", active=False)
    with pytest.raises(Refused) as refusal:
        centre.move(case_id, Dispatch("P3"), by="chen")
    assert refusal.value.code == "unknown_officer"


# --- five pairs -------------------------------------------------------------------------------


def handled(desk: Desk, finder: str = "chen") -> int:
    """A case that P3 handled and li of P3 answered for."""
    case_id = desk.report(by=finder)
    desk.move(case_id, Dispatch("P3"))
    desk.move(case_id, Accept(), by="li")
    desk.move(case_id, Feedback("done", "photo"), by="li")
    return case_id


def attempts(desk: Desk) -> list[str]:
    with desk.store.read() as session:
        rows = audit.log(session, desk.actors["shen"], kind="attempt_refused")
    return [str(row.data["code"]) for row in rows]


def test_K23_T2_handler_and_verifier(centre: Desk) -> None:
    case_id = handled(centre)
    refused(centre, "verifier_is_handler", lambda: centre.move(case_id, Verify(True), by="li"))


def test_K23_T2_finder_unit_and_verifier_unit_where_the_finder_handled(centre: Desk) -> None:
    case_id = handled(centre, finder="li")
    officer(centre, "lu", "duty_officer", "P3")
    refused(centre, "verifier_not_third_side", lambda: centre.move(case_id, Verify(True), by="lu"))


def test_K23_T2_assessor_and_assessed(centre: Desk) -> None:
    case_id = handled(centre)
    centre.move(case_id, Close("ok"), by="chen")
    officer(centre, "ping", "assessor", "P3")
    refused(centre, "assessor_is_assessed", lambda: centre.move(case_id, Evaluate(5), by="ping"))


def test_K23_T2_claimant_and_approver(centre: Desk) -> None:
    refused(centre, "claimant_is_approver", lambda: act(centre, officers.grant, "gao", "duty_officer"))
    refused(
        centre, "claimant_is_approver",
        lambda: act(centre, officers.add, "gao", "高管理", ("administrator", "duty_officer")),
    )  # fmt: skip
    refused(centre, "claimant_is_approver", lambda: act(centre, posts.assign, "CHIEF", "gao"))


def test_K23_T2_author_and_reviewer_of_a_ledger(centre: Desk) -> None:
    act(centre, access.note_export, "cases", 900, by="chen")
    seq = centre.store.end().seq
    refused(centre, "author_is_reviewer", lambda: act(centre, access.review, seq, by="chen"))
    officer(centre, "lin", "duty_officer")
    act(centre, access.review, seq, "checked", by="lin")
    with pytest.raises(Refused) as refusal:
        act(centre, access.review, 10_000, by="lin")
    assert refusal.value.code == "unknown_event"


def refused(desk: Desk, code: str, attempt) -> None:  # type: ignore[no-untyped-def]
    before = attempts(desk).count(code)
    with pytest.raises(Refused) as refusal:
        attempt()
    assert refusal.value.code == code
    assert attempts(desk).count(code) == before + 1


def test_a_pair_that_the_profile_has_off_is_allowed(centre: Desk) -> None:
    centre.store.profile = replace(centre.store.profile, separation=())
    act(centre, officers.grant, "gao", "duty_officer")
    assert "command" in powers(centre, "gao")


def test_giving_up_a_power_of_ones_own_is_no_claim(centre: Desk) -> None:
    officer(centre, "gu", "administrator")
    act(centre, officers.add, "gu", "GU", ("administrator", "dispatcher"))
    act(centre, officers.add, "gu", "GU", ("dispatcher",), by="gu")
    assert "administer" not in powers(centre, "gu") and "command" in powers(centre, "gu")


# --- the auditor ------------------------------------------------------------------------------


def test_K23_R4_an_auditor_can_change_nothing(centre: Desk) -> None:
    case_id = handled(centre)
    end = centre.store.end()
    tries: list[Callable[[], object]] = [
        lambda: act(centre, officers.add, "x", "X", ("auditor",), by="shen"),
        lambda: act(centre, officers.grant, "di", "auditor", by="shen"),
        lambda: act(centre, officers.revoke, "di", "diverter", by="shen"),
        lambda: act(centre, officers.suspend, "di", active=False, by="shen"),
        lambda: act(centre, posts.add, "P", "chief", "ROOT", by="shen"),
        lambda: act(centre, posts.close, "CHIEF", by="shen"),
        lambda: act(centre, posts.assign, "CHIEF", "di", by="shen"),
        lambda: act(centre, posts.vacate, "CHIEF", by="shen"),
        lambda: act(centre, units.add, "P9", "九", "nine", by="shen"),
        lambda: act(centre, grids.import_boundaries, [], by="shen"),
        lambda: act(centre, treebook.plant, [], by="shen"),
        lambda: act(centre, buildings.enter, [], by="shen"),
        lambda: act(centre, access.review, 1, by="shen"),
        lambda: act(centre, access.note_view, "handle", case_id, "why", by="shen"),
        lambda: act(centre, auditing.note_anchor, end, "safe", by="shen"),
        lambda: act(centre, auditing.accept, "why", by="shen"),
        lambda: act(centre, shifts.start, centre.store.timezone, "r", by="shen"),
        lambda: act(centre, cases.report, title="x", request_id="r2", by="shen"),
        *(
            lambda command=command: centre.move(case_id, command, by="shen")
            for command in (Verify(True), Close("x"), Feedback("x"), Dispatch("P4"))
        ),
    ]
    for attempt in tries:
        with pytest.raises(GriddeskError) as refusal:
            attempt()
        assert refusal.value.code in ("no_power", "no_such_move")
    assert centre.store.end() == end


def test_K23_R4_the_log_has_the_person_his_posts_and_every_change_and_only_an_auditor_reads_it(centre: Desk) -> None:
    act(centre, posts.assign, "CHIEF", "chen")
    case_id = centre.report("有人求助", text="详情")
    with centre.store.read() as session:
        line = audit.log(session, centre.actors["shen"], officer="chen")[0]
        assert (line.kind, line.actor_name, line.posts, line.subject_id) == ("reported", "陈值班", ("CHIEF",), case_id)
        assert line.data["title"] == "…"
        kinds = {row.kind for row in audit.log(session, centre.actors["shen"])}
        with pytest.raises(Refused) as refusal:
            audit.log(session, centre.actors["chen"])
    assert refusal.value.code == "no_power"
    assert {"officer_added", "post_set_up", "post_filled", "reported"} <= kinds
