"""K11: visits after closing, by the centre, never by the handler; not satisfied opens the same code again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from store.profiles.timing import Limit
from store.rules.commands import Accept, Book, Close, Dispatch, Feedback, File, Verify, Visit
from store.rules.decide import settle
from store.rules.events import Closed, Reopened, Supervised, VisitDue, Visited
from store.rules.satisfaction import Tally, tally
from store.rules.state import CaseState, Facts
from tests.store.rules.walking import (
    CENTRE,
    COLLEAGUE,
    HANDLER,
    OTHER,
    STREET,
    TODAY,
    do,
    events,
    facts,
    refused,
    reported,
)

STD = STREET.workflow("W-STD")
RULES = replace(STREET.visits, after=Limit(3, "day"), follow_up=Limit(30, "day"), follow_up_when="")
VISITED = facts(replace(STREET, visits=RULES))


def closed(outcome: str = "done", known: Facts = VISITED, **more: Any) -> CaseState:
    """A case that P3 handled and the centre closed."""
    state = reported(STD, **more)
    if outcome in ("done", "on_the_spot"):
        for command, actor in (
            (File(), CENTRE), (Dispatch("P3"), CENTRE), (Accept(), HANDLER), (Feedback("好", "a.jpg"), HANDLER),
            (Verify(True), CENTRE),
        ):  # fmt: skip
            state = do(state, STD, command, actor, known)
    return do(state, STD, Close("好了", outcome=outcome), CENTRE, known)


def due(state: CaseState, event: Closed, known: Facts = VISITED) -> list[VisitDue]:
    return [e for e, by_rule in settle(state, (event,), known)[1] if by_rule and isinstance(e, VisitDue)]


def test_K11_a_closing_makes_a_visit_due_by_the_profile() -> None:
    state = closed()
    assert (state.visit, state.visits_due) == ("due", 1)
    none = facts(replace(STREET, visits=replace(RULES, after=None, follow_up=None)))
    assert closed(known=none).visit is None


@pytest.mark.parametrize("outcome", ["void", "source"])
def test_K11_nobody_is_visited_for_what_was_none_of_our_work(outcome: str) -> None:
    state = reported(STD)
    assert due(state, Closed("closed", outcome, "x")) == []
    assert due(replace(state, drill=True), Closed("closed", "done", "x")) == []
    assert len(due(state, Closed("closed", "advised", "x"))) == 1


def test_K11_R1_the_visit_is_by_the_centre_or_an_upper_tier_never_the_handler() -> None:
    state = closed()
    assert refused(state, STD, Visit("satisfied"), HANDLER, VISITED).code == "visitor_is_handler"
    assert refused(state, STD, Visit("satisfied"), COLLEAGUE, VISITED).code == "visitor_not_centre"
    elsewhere = replace(OTHER, unit="MUN")
    assert refused(state, STD, Visit("satisfied"), elsewhere, VISITED).code == "visitor_not_centre"
    upper = replace(VISITED, upper=frozenset({"MUN"}))
    assert do(state, STD, Visit("satisfied"), elsewhere, upper).visit == "satisfied"
    assert do(state, STD, Visit("satisfied"), CENTRE, VISITED).visit == "satisfied"


def test_K11_R2_T2_not_satisfied_opens_the_same_code_and_a_supervision_item() -> None:
    state = closed()
    _, told = settle(state, events(state, STD, Visit("not_satisfied", note="还是不亮"), CENTRE, VISITED), VISITED)
    kinds = [type(event) for event, _ in told]
    assert kinds[:3] == [Visited, Supervised, Reopened]
    supervised = told[1][0]
    assert isinstance(supervised, Supervised)
    limit = STREET.supervision.limit
    assert (supervised.number, supervised.trigger) == (1, "not_satisfied")
    assert (supervised.amount, supervised.unit) == (limit.amount, limit.unit)
    after = do(state, STD, Visit("not_satisfied", note="还是不亮"), CENTRE, VISITED)
    assert (after.closed, after.reopens, after.supervised) == (False, 1, True)


def test_K11_R2_supervision_only_where_the_profile_has_the_trigger() -> None:
    quiet = facts(replace(STREET, visits=RULES, supervision=replace(STREET.supervision, triggers=())))
    state = do(closed(known=quiet), STD, Visit("not_satisfied"), CENTRE, quiet)
    assert (state.reopens, state.supervisions) == (1, ())


def test_K11_T1_of_a_hundred_closed_eighty_answered_seventy_six_satisfied() -> None:
    answers: dict[str, tuple[int, int | None]] = {
        "satisfied": (60, 5), "basically": (16, 4), "not_satisfied": (4, 1), "unreachable": (20, None),
    }  # fmt: skip
    visits = [(answer, stars) for answer, (count, stars) in answers.items() for _ in range(count)]
    found = tally(visits)
    assert (found.answered, found.unreachable) == (80, 20)
    assert found.rate(basically_counts=True) == 0.95


def test_K11_R3_whether_basically_satisfied_counts_is_the_profiles() -> None:
    found = Tally(satisfied=6, basically=2, not_satisfied=2, unreachable=5)
    assert found.rate(basically_counts=True) == 0.8
    assert found.rate(basically_counts=False) == 0.6
    assert Tally(unreachable=3, due=2).rate(basically_counts=True) is None


@pytest.mark.parametrize("stars", [0, 6, -1])
def test_K11_R4_stars_are_one_to_what_the_profile_says(stars: int) -> None:
    assert refused(closed(), STD, Visit("satisfied", stars), CENTRE, VISITED).code == "stars_out_of_range"
    assert do(closed(), STD, Visit("satisfied", 5), CENTRE, VISITED).stars == 5
    ten = facts(replace(STREET, visits=replace(RULES, stars=10)))
    assert do(closed(known=ten), STD, Visit("satisfied", 10), CENTRE, ten).stars == 10


def test_K11_R5_a_written_off_item_and_a_settled_dispute_get_a_follow_up() -> None:
    booked = do(reported(STD), STD, Book("待立项", "市政科", TODAY), CENTRE, VISITED)
    found = due(booked, Closed("closed", "done", "立项完成"))
    assert found == [VisitDue("visit", 3, "day"), VisitDue("follow_up", 30, "day")]
    disputes = facts(replace(STREET, visits=replace(RULES, follow_up_when='category under "dispute"')))
    plain = reported(STD)
    assert len(due(plain, Closed("closed", "done", "x"), disputes)) == 1
    assert len(due(replace(plain, category="dispute.neighbour"), Closed("closed", "done", "x"), disputes)) == 2


@pytest.mark.parametrize("way", ["telephone", "paper", "query_code"])
def test_K11_R6_paper_and_query_code_count_the_same(way: str) -> None:
    state = do(closed(), STD, Visit("satisfied", 4, way=way), CENTRE, VISITED)
    assert (state.visit, state.visits_due, state.stars) == ("satisfied", 0, 4)


def test_K11_R6_a_rating_that_nobody_asked_for_counts_once() -> None:
    none = facts(replace(STREET, visits=replace(RULES, after=None, follow_up=None)))
    state = closed(known=none)
    assert refused(state, STD, Visit("satisfied"), CENTRE, none).code == "no_visit_due"
    rated = do(state, STD, Visit("satisfied", way="paper"), CENTRE, none)
    assert refused(rated, STD, Visit("satisfied", way="paper"), CENTRE, none).code == "no_visit_due"


def test_who_was_not_reached_is_tried_again() -> None:
    state = do(closed(), STD, Visit("unreachable"), CENTRE, VISITED)
    assert (state.visit, state.visits_due) == ("unreachable", 0)
    state = do(state, STD, Visit("satisfied"), CENTRE, VISITED)
    assert refused(state, STD, Visit("satisfied"), CENTRE, VISITED).code == "no_visit_due"
