"""K10, K23: duties that one person or unit may not hold on one case."""

from __future__ import annotations

from dataclasses import replace

import pytest

from store.profiles.governance import Finding
from store.rules import sampling
from store.rules.commands import Accept, Close, Dispatch, Evaluate, Feedback, File, Verify
from store.rules.separation import SEPARATION_CODES
from store.rules.state import CaseState
from tests.store.rules.walking import (
    CENTRE,
    COLLEAGUE,
    HANDLER,
    OTHER,
    STREET,
    do,
    events,
    facts,
    move,
    refused,
    reported,
)

STD = STREET.workflow("W-STD")


def handled(finder: str | None = None) -> CaseState:
    state = do(do(reported(STD, finder_unit=finder), STD, File()), STD, Dispatch("P3"))
    return do(do(state, STD, Accept(), HANDLER), STD, Feedback("好", "a.jpg"), HANDLER)


def test_K10_R1_neither_the_handler_nor_his_unit_verifies() -> None:
    assert refused(handled(), STD, Verify(True), HANDLER).code == "verifier_is_handler"
    assert refused(handled(), STD, Verify(True), COLLEAGUE).code == "verifier_of_handling_unit"
    assert do(handled(), STD, Verify(True), replace(OTHER, unit="P4")).verified


def test_K10_R2_where_the_finders_unit_handled_a_third_side_verifies() -> None:
    """Another unit of the same standing is no third side: the centre or an upper tier is (K10-T2)."""
    state, neighbour = handled("P3"), replace(OTHER, unit="P4")
    for actor in (COLLEAGUE, neighbour):
        assert refused(state, STD, Verify(True), actor).code == "verifier_not_third_side"
        assert refused(state, STD, Close("好"), actor).code == "verifier_not_third_side"
    upper = facts(upper=frozenset({"P4"}))
    assert do(state, STD, Verify(True), neighbour, upper).verified
    assert do(state, STD, Verify(True), CENTRE).verified


def test_K23_R3_pairs_are_refused_where_the_profile_has_them_on() -> None:
    off = facts(replace(STREET, separation=()))
    assert do(handled(), STD, Verify(True), COLLEAGUE, off).verified
    only_units = facts(replace(STREET, separation=("finder_unit_verifier_unit",)))
    assert refused(handled("P3"), STD, Verify(True), COLLEAGUE, only_units).code == "verifier_not_third_side"


def test_K23_R3_whoever_handled_does_not_assess() -> None:
    closed = do(handled(), STD, Close("好"))
    for actor in (HANDLER, COLLEAGUE):
        assert refused(closed, STD, Evaluate(5), actor).code == "assessor_is_assessed"
    assert do(closed, STD, Evaluate(5), CENTRE).stars == 5
    assert do(closed, STD, Evaluate(5), HANDLER, facts(replace(STREET, separation=()))).stars == 5


def test_K23_T2_every_pair_of_a_case_is_logged_as_an_attempt() -> None:
    assert {
        "verifier_is_handler", "verifier_of_handling_unit", "verifier_not_third_side", "assessor_is_assessed",
        "visitor_is_handler", "made_by_same",
    } <= SEPARATION_CODES  # fmt: skip


def test_K10_R5_a_file_may_be_reviewed_when_it_enters_and_before_it_is_closed() -> None:
    """W-CENTRE of S39 is two advance moves, the second by another officer than the first."""
    template = replace(
        STD,
        moves=(
            move("advance", ("collected",), "filed", id="entry_review"),
            move("advance", ("filed",), "feedback", id="exit_review", apart_from=("entry_review",)),
            move("close", ("feedback",), "closed", "close"),
        ),
    )
    from store.rules.commands import Advance

    state = do(reported(template), template, Advance("entry_review"), CENTRE, facts())
    assert refused(state, template, Close("x"), known=facts()).code == "no_such_move"
    assert refused(state, template, Advance("exit_review"), CENTRE, facts()).code == "made_by_same"
    state = do(state, template, Advance("exit_review"), OTHER, facts())
    assert do(state, template, Close("x"), CENTRE, facts()).closed


def test_K10_R6_findings_come_from_the_list_of_the_profile() -> None:
    listed = replace(
        STREET,
        verification=replace(
            STREET.verification, findings=tuple(Finding(f, STD.label) for f in ("arrears", "risk", "none"))
        ),
    )
    known = facts(listed)
    assert refused(handled(), STD, Verify(True, finding="perhaps"), known=known).fields["known"] == [
        "arrears", "risk", "none",
    ]  # fmt: skip
    (event,) = events(handled(), STD, Verify(True, finding="risk"), known=known)
    assert (event.finding, event.unit, event.by_officer) == ("risk", "P3", "w01")  # type: ignore[union-attr]


@pytest.mark.parametrize(("share", "expected"), [(0.0, 0), (0.1, 1000), (0.25, 2500), (1.0, 10_000), (7.0, 10_000)])
def test_K10_R7_the_sample_is_exact_and_the_same_for_whoever_asks(share: float, expected: int) -> None:
    for start in (1, 123_456, 2_999_999):
        drawn = [n for n in range(start, start + 10_000) if sampling.sampled(n, share)]
        assert len(drawn) == expected
    assert [sampling.sampled(n, 0.1) for n in range(50)] == [sampling.sampled(n, 0.1) for n in range(50)]


def test_K10_R7_an_on_the_spot_case_may_be_verified_after_closing_and_once() -> None:
    state = do(reported(STD), STD, Close("当场清理", outcome="on_the_spot"), HANDLER)
    assert refused(state, STD, Verify(True), HANDLER).code == "verifier_is_handler"
    assert refused(state, STD, Verify(True), COLLEAGUE).code == "verifier_of_handling_unit"
    passed = do(state, STD, Verify(True))
    assert (passed.closed, passed.verified, passed.step) == (True, True, state.step)
    assert refused(passed, STD, Verify(True)).code == "no_such_move"
    failed = do(state, STD, Verify(False, "没清干净"))
    assert (failed.closed, failed.reopens, failed.reworks, failed.failures) == (False, 1, 1, 1)
    ordinary = do(handled(), STD, Close("好"))
    assert refused(ordinary, STD, Verify(True)).code == "no_such_move"


def test_K10_R8_a_failed_verification_is_rework_at_the_same_unit() -> None:
    state = do(handled(), STD, Verify(False, "还是不亮"))
    assert (state.step, state.unit, state.reworks, state.failures, state.verified) == ("handling", "P3", 1, 1, False)
    state = do(do(state, STD, Feedback("又换", "b.jpg"), HANDLER), STD, Verify(True))
    assert (state.failures, state.reworks) == (0, 1)
