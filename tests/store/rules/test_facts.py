"""The facts of a case as conditions see them (K07-R6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from store.profiles import loader
from store.profiles.governance import FactRule, Scheme, SchemeLevel
from store.rules.expressions import Kind, parse
from store.rules.facts import FACT_NAMES, case_facts, fact_kinds
from store.rules.labels import Label
from store.rules.state import CaseState, Member, MissingItem

L = Label("x", "x")
STREET = loader.load("street")
CLASS = Scheme("event_class", L, "severity", (SchemeLevel("A", L, "A"), SchemeLevel("B", L, "B")), "B")
PROFILE = replace(
    STREET,
    schemes=(CLASS, replace(CLASS, id="colour", default=None)),
    facts=(FactRule("amount", L, "number", "yuan"), FactRule("absconded", L, "truth")),
)
STATE = CaseState("W-STD", "filed", 2, 1, "street", STREET.categories[0].id, "G0")


def test_K07_R6_every_case_has_the_built_in_facts() -> None:
    state = replace(
        STATE, returns=1, failures=2, members=(Member("P3", True),), channel="desk", handling_unit="P3",
        gaps=(MissingItem("deed", date(2026, 3, 4)), MissingItem("plan", date(2026, 3, 4), True)),
    )  # fmt: skip
    facts = case_facts(state, PROFILE)
    assert facts["level"] == 1 and facts["tier"] == "street" and facts["grid"] == "G0"
    assert facts["returns"] == 1 and facts["failures"] == 2 and facts["members"] == 1 and facts["gaps"] == 1
    assert facts["channel"] == "desk" and facts["accepted"] is True and facts["closed"] is False
    assert facts["category_kind"] == STREET.categories[0].kind


def test_K07_R6_a_fact_is_of_the_kind_that_it_says() -> None:
    kinds: dict[Kind, type[object]] = {"truth": bool, "integer": int, "text": str}
    full = replace(
        STATE, unit="P1", finder_unit="P2", outcome="done", stars=5, visit="due", channel="x", plan="gas", verified=True
    )
    facts = case_facts(full, STREET)
    assert set(facts) == set(FACT_NAMES)
    assert {name: type(value) for name, value in facts.items()} == {n: kinds[k] for n, k in FACT_NAMES.items()}


def test_K07_R6_what_is_not_known_is_not_there() -> None:
    facts = case_facts(replace(STATE, category=None, grid=None), PROFILE)
    assert not {"category", "category_kind", "grid", "unit", "outcome", "stars", "amount", "colour"} & set(facts)


def test_K07_R6_marks_and_declared_facts_have_names() -> None:
    assert case_facts(STATE, PROFILE)["event_class"] == "B"
    marked = replace(STATE, marks=(("event_class", "A"),), facts=(("amount", 5000.0), ("absconded", True)))
    facts = case_facts(marked, PROFILE)
    assert (facts["event_class"], facts["amount"], facts["absconded"]) == ("A", 5000.0, True)


def test_K07_R6_a_profile_knows_every_name_that_its_conditions_may_use() -> None:
    kinds = fact_kinds(PROFILE)
    assert kinds["amount"] == "number" and kinds["event_class"] == "text" and kinds["level"] == "integer"
    read = parse('amount >= 1 and event_class == "A" and absconded and level == 1', kinds)
    assert read.names == ("amount", "event_class", "absconded", "level")
