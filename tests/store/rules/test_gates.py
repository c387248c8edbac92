"""K02, K10: gates with named signers, branches by facts, roles, moves that the maker of another must not make."""

from __future__ import annotations

from dataclasses import replace

from store.profiles.governance import FactRule
from store.rules.commands import Advance, Close, Dispatch, File, Note, Sign
from store.rules.decide import allowed, possible
from store.rules.events import Advanced
from store.rules.state import Actor, Made
from tests.store.rules.walking import (
    BUILD,
    CENTRE,
    FIRE,
    GATE,
    HANDLER,
    OTHER,
    POWERS,
    STREET,
    do,
    events,
    facts,
    move,
    profile,
    refused,
    reported,
    roles,
    term,
)

DESIGNER, QUALITY = roles(CENTRE, "designer"), roles(OTHER, "quality")
BUILDING = profile(
    BUILD,
    facts=(
        FactRule("state_of_work", term("state"), "text"), FactRule("built_before", term("year"), "integer"),
        FactRule("refused", term("refused"), "truth"),
    ),
)  # fmt: skip


def test_K02_R12_a_guarded_move_names_who_has_not_signed() -> None:
    state = do(reported(GATE), GATE, Advance("foundation_done"))
    found = refused(state, GATE, Advance("main_accepted"))
    assert (found.code, found.fields["missing"]) == ("gate_unsigned", ["builder", "designer", "quality"])


def test_K02_T3_main_structure_with_one_missing_signature_is_refused_and_names_the_signer() -> None:
    state = do(reported(GATE), GATE, Advance("foundation_done"))
    state = do(state, GATE, Sign("main_accepted", "builder"), HANDLER)
    state = do(state, GATE, Sign("main_accepted", "designer"), DESIGNER)
    found = refused(state, GATE, Advance("main_accepted"))
    assert (found.code, found.fields["missing"]) == ("gate_unsigned", ["quality"])
    assert [label.en for label in found.fields["labels"]] == ["quality station"]
    state = do(state, GATE, Sign("main_accepted", "quality"), QUALITY)
    assert do(state, GATE, Advance("main_accepted")).step == "completion"


def test_K02_R12_only_the_signers_own_role_or_unit_signs_and_once() -> None:
    state = do(reported(GATE), GATE, Advance("foundation_done"))
    for actor, signer in ((CENTRE, "builder"), (CENTRE, "designer"), (DESIGNER, "quality"), (HANDLER, "quality")):
        assert refused(state, GATE, Sign("main_accepted", signer), actor).code == "not_the_signer"
    state = do(state, GATE, Sign("main_accepted", "designer"), DESIGNER)
    assert refused(state, GATE, Sign("main_accepted", "designer"), DESIGNER).code == "signed_already"
    assert refused(state, GATE, Sign("main_accepted", "nobody"), DESIGNER).code == "unknown_signer"
    assert refused(state, GATE, Sign("foundation_done", "designer"), DESIGNER).code == "no_such_gate"
    elsewhere = reported(GATE)
    assert refused(elsewhere, GATE, Sign("main_accepted", "designer"), DESIGNER).code == "no_such_gate"


def test_K02_R12_signatures_are_used_up_by_passing_the_gate() -> None:
    state = do(reported(GATE), GATE, Advance("foundation_done"))
    for actor, signer in ((HANDLER, "builder"), (DESIGNER, "designer"), (QUALITY, "quality")):
        state = do(state, GATE, Sign("main_accepted", signer), actor)
    state = do(do(state, GATE, Advance("main_accepted")), GATE, Advance("back_to_main"))
    assert refused(state, GATE, Advance("main_accepted")).code == "gate_unsigned"


def test_possible_leaves_out_what_waits_for_signatures_and_offers_signing_to_signers_only() -> None:
    state = do(reported(GATE), GATE, Advance("foundation_done"))
    known = facts(profile(GATE))
    assert [m.verb for m in possible(state, DESIGNER, GATE, known)] == ["sign"]
    assert possible(state, CENTRE, GATE, known) == ()
    for actor, signer in ((HANDLER, "builder"), (DESIGNER, "designer"), (QUALITY, "quality")):
        state = do(state, GATE, Sign("main_accepted", signer), actor)
    offered = possible(state, CENTRE, GATE, known)
    assert [(m.id, m.label.en if m.label else "") for m in offered] == [("main_accepted", "main structure accepted")]
    assert allowed(state, CENTRE, GATE) == {"advance"}


def test_K02_T6_the_small_grid_officer_cannot_perform_the_recheck() -> None:
    small, both = roles(CENTRE, "small_grid_officer"), roles(CENTRE, "small_grid_officer", "middle_grid_officer")
    state = do(reported(FIRE), FIRE, Advance("check", result="hydrant blocked"), small)
    assert refused(state, FIRE, Advance("recheck"), small).code == "wrong_role"
    found = refused(state, FIRE, Advance("recheck"), both)
    assert (found.code, found.fields["before"], found.fields["officer"]) == ("made_by_same", "check", "w01")
    assert do(state, FIRE, Advance("recheck"), roles(OTHER, "middle_grid_officer")).step == "station"
    assert possible(state, both, FIRE, facts(profile(FIRE))) == ()


def test_K10_R3_finder_rechecker_and_decider_are_three_persons() -> None:
    everything = ("small_grid_officer", "middle_grid_officer", "station_officer")
    first, second, third = (roles(Actor(code, code, "officer", POWERS), *everything) for code in ("a", "b", "c"))
    state = do(reported(FIRE), FIRE, Advance("check", result="found"), first)
    state = do(state, FIRE, Advance("recheck"), second)
    for actor, before in ((first, "check"), (second, "recheck")):
        found = refused(state, FIRE, Close("removed"), actor)
        assert (found.code, found.fields["before"]) == ("made_by_same", before)
    assert do(state, FIRE, Close("removed"), third).closed
    assert state.made == (Made("check", "a"), Made("recheck", "b"))


def test_K23_R3_apart_from_knows_who_made_any_move_by_verb_or_id() -> None:
    for named in ("file", "sort"):
        template = replace(
            STREET.workflow("W-STD"),
            moves=(
                move("file", ("collected",), "filed", "divert", id="sort"),
                move("dispatch", ("filed",), "dispatched", "command", apart_from=(named,)),
            ),
        )
        known = facts()
        state = do(reported(template), template, File(), CENTRE, known)
        assert state.made == (Made("file", "w01"),)
        assert refused(state, template, Dispatch("P3"), CENTRE, known).code == "made_by_same"
        assert do(state, template, Dispatch("P3"), OTHER, known).unit == "P3"


def test_K02_R1_a_move_needs_its_fields_power_and_role() -> None:
    small = roles(CENTRE, "small_grid_officer")
    assert refused(reported(FIRE), FIRE, Advance("check"), small).fields["field"] == "result"
    assert refused(reported(FIRE), FIRE, Advance("check", result="x"), CENTRE).code == "wrong_role"
    weak = replace(small, powers=frozenset({"read"}))
    assert refused(reported(FIRE), FIRE, Advance("check", result="x"), weak).fields["power"] == "record"
    assert refused(reported(FIRE), FIRE, Advance("recheck"), small).code == "no_such_move"


def test_K02_R3_an_advance_keeps_who_result_and_proof() -> None:
    small = roles(HANDLER, "small_grid_officer")
    (event,) = events(reported(FIRE), FIRE, Advance("check", "blocked", "photo/1.jpg", "seen"), small)
    assert event == Advanced("middle", "check", "u07", "P3", "blocked", "photo/1.jpg", "seen")
    state = do(reported(FIRE), FIRE, Advance("check", "blocked", "photo/1.jpg"), small)
    assert (state.result, state.proof) == ("blocked", "photo/1.jpg")


def test_K02_R14_facts_give_different_steps() -> None:
    known = facts(BUILDING)
    for noted, target in (
        ((), "stopped"), ((("state_of_work", "built"),), "demolition"), ((("built_before", 2005),), "owner"),
        ((("built_before", 2015),), "stopped"),
    ):  # fmt: skip
        state = do(reported(BUILD), BUILD, Note(noted), CENTRE, known) if noted else reported(BUILD)
        assert do(state, BUILD, Advance("judge"), CENTRE, known).step == target
        (offered,) = (m for m in possible(state, CENTRE, BUILD, known) if m.id == "judge")
        assert offered.target == target


def test_K02_R14_a_move_exists_only_where_its_condition_holds() -> None:
    known = facts(BUILDING)
    state = do(reported(BUILD), BUILD, Advance("judge"), CENTRE, known)
    assert refused(state, BUILD, Advance("refused"), CENTRE, known).code == "no_such_move"
    assert "refused" not in [m.id for m in possible(state, CENTRE, BUILD, known)]
    state = do(state, BUILD, Note((("refused", True),)), CENTRE, known)
    assert do(state, BUILD, Advance("refused"), CENTRE, known).step == "demolition"


def test_K02_R4_an_advance_into_a_closed_step_closes_and_needs_proof() -> None:
    known = facts(BUILDING)
    state = do(reported(BUILD), BUILD, Advance("judge"), CENTRE, known)
    assert refused(state, BUILD, Advance("removed"), CENTRE, known).code == "no_proof"
    after = do(state, BUILD, Advance("removed", result="taken down by the owner"), CENTRE, known)
    assert (after.closed, after.outcome, after.result) == (True, "done", "taken down by the owner")


def test_K02_T2_a_move_that_needs_proof_takes_the_one_that_was_fed_back() -> None:
    state = reported(GATE, step="completion")
    assert refused(state, GATE, Close("all done")).fields["field"] == "proof"
    assert do(replace(state, proof="photo/9.jpg"), GATE, Close("all done")).closed
    assert do(state, GATE, Close("all done", "photo/9.jpg")).closed


def test_of_two_moves_of_one_verb_the_one_that_the_officer_may_make_is_taken() -> None:
    template = replace(
        FIRE,
        moves=(
            move("close", ("small",), "closed", "close", roles=("chief",)),
            move("close", ("small",), "closed", "close", roles=("clerk",), needs=("proof",)),
        ),
    )
    clerk = roles(CENTRE, "clerk")
    assert refused(reported(template), template, Close("seen"), clerk).fields["field"] == "proof"
    assert do(reported(template), template, Close("seen"), roles(CENTRE, "chief")).closed
    assert refused(reported(template), template, Close("seen"), CENTRE).code == "wrong_role"
