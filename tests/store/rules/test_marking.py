"""K04: marks of several schemes that are never merged; raising is immediate, lowering needs reason and supervisor."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from store.profiles.governance import FactRule, Scheme, SchemeLevel
from store.rules import levels
from store.rules.commands import Command, File, Mark, Note
from store.rules.events import Marked
from store.rules.state import Actor, CaseState
from tests.store.rules.walking import CENTRE, NOW, STREET, do, events, facts, refused, reported, term

STD = STREET.workflow("W-STD")
SEV3 = Scheme(
    "sev3", term("severity"), "severity",
    (
        SchemeLevel("I", term("serious"), "I", "red", when="head_count >= 50"),
        SchemeLevel("II", term("fairly serious"), "II", "yellow", when="head_count >= 10"),
        SchemeLevel("III", term("general"), "III", "blue"),
    ),
    default="III",
)  # fmt: skip
URG3 = Scheme(
    "urg3", term("urgency"), "urgency",
    (SchemeLevel("red", term("red"), "R", "red"), SchemeLevel("yellow", term("yellow"), "Y", "yellow"),
     SchemeLevel("blue", term("blue"), "B", "blue")),
)  # fmt: skip
CPX3 = Scheme(
    "cpx3", term("complexity"), "complexity",
    tuple(SchemeLevel(name, term(name), name[:4]) for name in ("difficult", "complex", "simple")),
)  # fmt: skip
ITM3 = Scheme(
    "itm3", term("item"), "item",
    tuple(SchemeLevel(name, term(name), name[:3]) for name in ("assigned", "important", "general")),
)  # fmt: skip
SEV4 = Scheme(
    "sev4", term("emergency"), "severity",
    tuple(
        SchemeLevel(name, term(name), name, colour)  # type: ignore[arg-type]
        for name, colour in (("I", "red"), ("II", "orange"), ("III", "yellow"), ("IV", "blue"))
    ),
)  # fmt: skip
MARKED = replace(
    STREET, schemes=(SEV3, URG3, CPX3, ITM3), facts=(FactRule("head_count", term("heads"), "integer"),)
)
KNOWN = facts(MARKED)
CLERK = Actor("c", "c", "officer", frozenset({"command", "divert", "record"}))


def mark(state: CaseState, scheme: str, level: str, reason: str = "", actor: Actor = CENTRE) -> CaseState:
    return do(state, STD, Mark(scheme, level, reason), actor, KNOWN)


def held(state: CaseState, scheme: str) -> str | None:
    return dict(state.marks).get(scheme)


def no_rules() -> CaseState:
    return reported(STD)


def test_K04_R1_up_to_four_marks_stand_beside_each_other_and_are_never_merged() -> None:
    state = no_rules()
    for scheme, level in (("sev3", "I"), ("urg3", "red"), ("cpx3", "difficult"), ("itm3", "assigned")):
        state = mark(state, scheme, level)
    assert state.marks == (("sev3", "I"), ("urg3", "red"), ("cpx3", "difficult"), ("itm3", "assigned"))
    shown = levels.marks(MARKED, state.marks, state.level, levels.OVERDUE)
    assert [m.dimension for m in shown] == ["status", "response", "severity", "urgency", "complexity", "item"]


@pytest.mark.parametrize(
    ("closed", "due", "near", "status", "colour"),
    [
        (True, -1, -2, "closed", "green"), (False, 60, 30, "in_process", "blue"), (False, 60, -1, "near_due", "yellow"),
        (False, 0, -1, "overdue", "red"), (False, None, None, "in_process", "blue"),
    ],
)  # fmt: skip
def test_K04_R2_status_colours(closed: bool, due: int | None, near: int | None, status: str, colour: str) -> None:
    due_at, near_at = (None if m is None else NOW + timedelta(minutes=m) for m in (due, near))
    found = levels.status(closed, due_at, near_at, NOW)
    shown = levels.marks(STREET, (), 2, found)[0]
    assert (found, shown.colour) == (status, colour)


def test_K04_R2_status_is_derived_and_never_set() -> None:
    with_status = facts(replace(STREET, schemes=(replace(levels.STATUS, id="status"),)))
    assert refused(no_rules(), STD, Mark("status", "closed"), known=with_status).code == "status_derived"
    assert refused(no_rules(), STD, Mark("nothing", "x"), known=KNOWN).fields["known"] == [
        "level", "sev3", "urg3", "cpx3", "itm3",
    ]  # fmt: skip


@pytest.mark.parametrize("scheme", [SEV3, URG3, CPX3, ITM3, SEV4], ids=lambda s: s.id)
def test_K04_R3_R5_R6_R7_R8_every_scheme_is_data_and_keeps_its_order(scheme: Scheme) -> None:
    """SEV3 (R3), URG3 (R5), CPX3 (R6), ITM3 (R7), SEV4 (R8)."""
    known = facts(replace(STREET, schemes=(replace(scheme, default=None),)))
    state = no_rules()
    for level in reversed(scheme.levels):
        state = do(state, STD, Mark(scheme.id, level.id), CENTRE, known)
        assert held(state, scheme.id) == level.id
    assert [scheme.rank(level.id) for level in scheme.levels] == list(range(len(scheme.levels)))
    assert refused(state, STD, Mark(scheme.id, "nothing"), known=known).code == "unknown_mark"


def test_K04_R4_the_response_level_is_marked_by_number_or_sign() -> None:
    assert mark(no_rules(), "level", "1").level == 1
    assert mark(no_rules(), "level", STREET.level(1).short).level == 1
    assert refused(no_rules(), STD, Mark("level", "9"), known=KNOWN).code == "unknown_level"


def test_K04_R9_T1_an_overdue_case_of_severity_three_shows_both_marks_without_colour() -> None:
    shown = levels.marks(MARKED, (("sev3", "III"),), 2, levels.OVERDUE)
    assert [(m.short, m.label.en) for m in shown] == [
        ("O", "overdue"), ("L2", "level two"), ("III", "general"),
    ]  # fmt: skip
    for scheme in (levels.STATUS, SEV3, URG3, SEV4):
        assert all(level.short.strip() for level in scheme.levels)
        assert len({level.short for level in scheme.levels}) == len(scheme.levels)


def test_K04_R9_the_same_colour_means_different_things() -> None:
    reds = {s.id: next(lv.id for lv in s.levels if lv.colour == "red") for s in (levels.STATUS, SEV3, URG3)}
    assert reds == {"status": "overdue", "sev3": "I", "urg3": "red"}


def test_K04_R10_raising_is_immediate_and_logged() -> None:
    (event,) = events(no_rules(), STD, Mark("sev3", "II", "三处受灾"), CLERK, KNOWN)
    assert event == Marked("sev3", "II", "三处受灾")
    assert events(mark(no_rules(), "sev3", "II"), STD, Mark("sev3", "II"), CLERK, KNOWN) == ()


@pytest.mark.parametrize(("scheme", "high", "low"), [("sev3", "I", "III"), ("level", "1", "3")])
def test_K04_T3_lowering_without_a_reason_is_refused(scheme: str, high: str, low: str) -> None:
    state = mark(no_rules(), scheme, high)
    assert refused(state, STD, Mark(scheme, low), known=KNOWN).fields["field"] == "reason"
    assert refused(state, STD, Mark(scheme, low, "误报"), CLERK, KNOWN).fields["power"] == "supervise"
    (event,) = events(state, STD, Mark(scheme, low, "误报"), CENTRE, KNOWN)
    assert isinstance(event, Marked) and event.lowered


def test_K04_R10_filing_at_a_lower_level_needs_a_reason_and_a_supervisor_too() -> None:
    state = reported(STD, level=1)
    assert refused(state, STD, File(level=3)).fields["field"] == "reason"
    assert refused(state, STD, File(level=3, note="误报"), CLERK).fields["power"] == "supervise"
    assert do(state, STD, File(level=3, note="误报")).level == 3
    assert do(reported(STD, level=3), STD, File(level=1), CLERK).level == 1


def test_K04_R11_T2_order_is_the_schemes_and_never_the_number() -> None:
    first, third = levels.response(STREET, 1), levels.response(STREET, 3)
    assert first is not None and third is not None
    assert first.rank < third.rank
    turned = replace(STREET, levels=tuple(reversed(STREET.levels)))
    first, third = levels.response(turned, 1), levels.response(turned, 3)
    assert first is not None and third is not None
    assert first.rank > third.rank


def test_K04_R1_a_rule_sets_and_raises_a_mark_and_never_lowers_it() -> None:
    def heads(state: CaseState, count: int) -> CaseState:
        return do(state, STD, Note((("head_count", count),)), CENTRE, KNOWN)

    state = heads(no_rules(), 5)
    assert held(state, "sev3") is None
    state = heads(state, 12)
    assert held(state, "sev3") == "II"
    state = heads(state, 60)
    assert held(state, "sev3") == "I"
    assert held(heads(state, 12), "sev3") == "I"


def test_K04_R10_what_a_supervisor_lowered_stays_until_the_facts_change() -> None:
    state = do(no_rules(), STD, Note((("head_count", 60),)), CENTRE, KNOWN)
    state = mark(state, "sev3", "III", "核实为五人")
    assert held(do(state, STD, File(), CENTRE, KNOWN), "sev3") == "III"
    state = do(state, STD, Note((("head_count", 70),)), CENTRE, KNOWN)
    assert held(state, "sev3") == "I"


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (Note((("shoe_size", 43),)), "unknown_fact"),
        (Note((("head_count", "many"),)), "fact_form"),
        (Note((("head_count", True),)), "fact_form"),
        (Note((("head_count", 1.5),)), "fact_form"),
        (Note((), occurred_at=NOW + timedelta(minutes=1)), "occurred_later"),
    ],
)
def test_facts_are_those_of_the_profile(command: Command, code: str) -> None:
    assert refused(no_rules(), STD, command, known=KNOWN).code == code


def test_saying_a_known_fact_again_changes_nothing() -> None:
    state = do(no_rules(), STD, Note((("head_count", 12),)), CENTRE, KNOWN)
    assert events(state, STD, Note((("head_count", 12),)), CENTRE, KNOWN) == ()
