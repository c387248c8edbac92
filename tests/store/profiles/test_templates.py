"""K02-T1: each of the fourteen templates loads, and a case walks it by the store's own actions, first to last step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlmodel import col

from store.actions.house.opening import Store, create_store
from store.actions.loop import cases
from store.actions.people import officers
from store.actions.places import grids
from store.errors import Refused
from store.profiles import loader
from store.records.case import Case
from store.rules.commands import (
    Accept,
    Advance,
    Book,
    Close,
    Command,
    Dispatch,
    Evaluate,
    Feedback,
    File,
    Mark,
    Note,
    Sign,
    Verify,
)
from store.rules.state import Actor
from store.views import people
from tests.conftest import START, tree

SHIPPED = {
    "W-STD": "street", "W-STREET": "street", "W-WORKS": "street", "W-LINK": "hotline", "W-CITY": "hotline",
    "W-FIRE": "fire", "W-LABOUR": "labour", "W-GATE": "labour", "W-BOOK": "disputes", "W-DISPUTE": "disputes",
    "W-CENTRE": "disputes", "W-INFO": "disputes", "W-RISK": "disputes", "W-BUILD": "building",
}  # fmt: skip
"""Template → the shipped profile that has it (systems.md 2.2)."""

OFFICERS = {
    "chen": (("duty_officer", "administrator", "assessor"), None),
    "wang": (("duty_officer", "reviewer"), None),
    "small": (("small_officer",), None),
    "middle": (("middle_officer",), None),
    "station": (("station_officer",), "POL"),
    "inspector": (("inspector", "duty_officer"), None),
    "clr": (("unit",), "CLR"),
    "bld": (("unit",), "BLD"),
    "spv": (("unit",), "SPV"),
    "qua": (("unit",), "QUA"),
    "saf": (("unit",), "SAF"),
}

Walk = list[tuple[Command, str]]


def gate(move: str) -> Walk:
    """All six signatures of a joint acceptance."""
    signers = ("builder:bld", "supervising:spv", "quality:qua", "safety:saf", "inspection:inspector", "clearance:clr")
    return [(Sign(move, signer), by) for signer, by in (pair.split(":") for pair in signers)]


def ordinary(unit: str, proof: str = "") -> Walk:
    return [
        (File(grid="G0"), "chen"), (Dispatch(unit), "chen"), (Accept(), "chen"), (Feedback("mended", proof), "chen"),
        (Verify(True), "wang"), (Close("seen mended"), "wang"), (Evaluate(5), "chen"),
    ]  # fmt: skip


@dataclass(frozen=True)
class Way:
    """A way through a template: moves and their makers, and the steps that the case stands at in turn."""

    moves: Walk
    steps: tuple[str, ...]


WALKS: dict[str, Way] = {
    "W-STD": Way(
        ordinary("P3"), ("collected", "filed", "dispatched", "handling", "feedback", "closed", "evaluated")
    ),
    "W-STREET": Way(
        ordinary("P3"), ("discovered", "accepted", "handling", "verification", "archived", "assessed")
    ),
    "W-WORKS": Way(
        [
            (Advance("approve", "village council, no. 4"), "chen"), (Dispatch("MUN"), "chen"), (Accept(), "chen"),
            (Advance("defect", note="gravel is thinner than the contract says"), "chen"),
            (Feedback("road laid", "photo/after.jpg"), "chen"), (Verify(True), "wang"), (Close("paid"), "wang"),
        ],
        ("approval", "tender", "carrying_out", "acceptance", "settlement", "payment"),
    ),
    "W-LINK": Way(
        ordinary("CG", "photo/after.jpg"),
        ("received", "assigned", "handling", "feedback", "confirmed", "closed", "rated"),
    ),
    "W-CITY": Way(
        ordinary("CG"),
        ("collected", "established", "dispatched", "handling", "verification", "concluded", "evaluated"),
    ),
    "W-FIRE": Way(
        [
            (Advance("checked", "stairs blocked"), "small"), (Advance("rechecked", "still blocked"), "middle"),
            (Close("ordered and cleared"), "station"),
        ],
        ("check", "recheck", "station", "closed"),
    ),
    "W-LABOUR": Way(
        [
            (File(grid="G0"), "chen"), (Advance("ordered", note="sign contracts in 10 days"), "inspector"),
            (Advance("refused", note="he will not"), "inspector"), (Advance("inspected"), "inspector"),
            (Close("fined, contracts signed"), "inspector"),
        ],
        ("education", "correction", "reported_up", "inspection", "filed"),
    ),
    "W-GATE": Way(
        [
            (Sign("start_work", "roster"), "inspector"), (Sign("start_work", "deposit"), "clr"),
            (Advance("start_work"), "chen"), (Advance("wage_sheet", note="March, 42 workers"), "bld"),
            *gate("foundation_accepted"), (Advance("foundation_accepted"), "chen"),
            *gate("structure_accepted"), (Advance("structure_accepted"), "chen"),
            *gate("completion_accepted"), (Close("accepted by all"), "chen"),
        ],
        ("pre_start", "foundation", "main_structure", "completion", "accepted"),
    ),
    "W-BOOK": Way(
        [
            (File(grid="G0"), "chen"), (Book("needs the land office", "JUS", date(2026, 4, 1)), "chen"),
            (Dispatch("JUS"), "chen"), (Close("agreed and signed"), "wang"),
            (Advance("visit_made", "both keep to it"), "wang"),
        ],
        ("investigation", "booked", "handling", "written_off", "follow_up"),
    ),
    "W-DISPUTE": Way(
        [
            (Advance("pass_on", note="they shout"), "chen"),
            (Advance("to_departments", note="needs the land office"), "chen"),
            (Advance("report_up", note="county must say"), "chen"), (Close("county decided"), "wang"),
        ],
        ("on_the_spot", "committee", "departments", "reported_up", "settled"),
    ),
    "W-CENTRE": Way(
        [
            (File(grid="G0"), "chen"), (Advance("admit"), "wang"), (Dispatch("MED"), "chen"), (Accept(), "chen"),
            (Mark("CPX3", "simple"), "chen"), (Advance("failed_simple", note="they will not agree"), "chen"),
            (Feedback("judged the same day"), "chen"), (Verify(True), "wang"), (Close("judgment served"), "wang"),
        ],
        ("received", "entry_review", "diversion", "mediation", "court_team", "closing_review", "closed"),
    ),
    "W-INFO": Way(
        [
            (Advance("submitted"), "chen"), (Advance("compiled"), "chen"), (Advance("sorted"), "chen"),
            (Advance("judged", note="for the police"), "chen"), (Dispatch("POL"), "chen"),
            (Feedback("looked into"), "chen"), (Verify(True), "wang"), (Close("nothing left"), "wang"),
        ],
        ("collect", "submit", "compile", "sort", "judge", "divert", "supervise", "done"),
    ),
    "W-RISK": Way(
        [
            (Advance("choose", note="relocation of the market"), "chen"), (Advance("analyse", "five risks"), "chen"),
            (Advance("write_report", "report no. 7"), "chen"),
            (Advance("conclude_suspend", "until the survey is done"), "wang"),
        ],
        ("object", "analysis", "report", "review", "suspend"),
    ),
    "W-BUILD": Way(
        [
            (File(grid="G0"), "chen"), (Note((("in_progress", True), ("built_year", 2026))), "chen"),
            (Advance("notice", note="stop at once"), "chen"), (Advance("agree"), "chen"),
            (Advance("removed", "down"), "chen"), (Feedback("ground level", "photo/after.jpg"), "chen"),
            (Verify(True), "wang"), (Close("seen"), "wang"),
        ],
        ("found", "stop_notice", "self_removal", "clearing", "feedback", "ledger"),
    ),
}  # fmt: skip


@contextmanager
def centre(template: str, folder: Path) -> Iterator[Store]:
    """A drill store under the shipped profile that has the template, whose cases take it."""
    pack = SHIPPED[template]
    text = f'extends = "{pack}"\nid = "{pack}"\ndefault_workflow = "{template}"\n'
    store = create_store(
        folder / "desk.db", drill=True, start=START, speed=0.0, profile_text=text, profile_file="mine.toml"
    )
    known = {role.id for role in store.profile.roles}
    units = {unit.code for unit in store.profile.units}
    for code, (roles, unit) in OFFICERS.items():
        held = [role for role in roles if role in known]
        if held and (unit is None or unit in units):
            store.write(officers.add, store.profile, officers.FOUNDER, START, code, code, held, unit)
    store.write(grids.import_boundaries, store.profile, actor(store, "chen"), START, tree(), ())
    yield store
    store.close()


def actor(store: Store, code: str) -> Actor:
    with store.read() as session:
        return people.actor(session, store.profile, code)


def reported(store: Store) -> int:
    return store.write(
        cases.report, store.profile, actor(store, "chen"), START, title="a matter", grid="G0", request_id="r-1"
    )


def step(store: Store, case_id: int) -> str:
    with store.read() as session:
        return str(session.execute(select(col(Case.step)).where(col(Case.id) == case_id)).scalar_one())


def move(store: Store, case_id: int, command: Command, by: str, number: int) -> None:
    store.write(
        cases.move, store.profile, actor(store, by), store.now(), case_id, command, expected_version=None,
        request_id=f"m-{number}",
    )  # fmt: skip


def test_K02_T1_all_fourteen_templates_are_shipped() -> None:
    assert len(SHIPPED) == 14
    for template, pack in SHIPPED.items():
        assert template in {workflow.id for workflow in loader.load(pack).workflows}


@pytest.mark.parametrize("template", SHIPPED)
def test_K02_T1_a_case_walks_the_template_from_first_to_last_step(template: str, tmp_path: Path) -> None:
    walk = WALKS[template]
    with centre(template, tmp_path) as store:
        case_id = reported(store)
        seen = [step(store, case_id)]
        for number, (command, by) in enumerate(walk.moves):
            move(store, case_id, command, by, number)
            now = step(store, case_id)
            if now != seen[-1]:
                seen.append(now)
        assert tuple(seen) == walk.steps
        assert store.profile.workflow(template).step(seen[-1]).closed


@pytest.mark.parametrize("template", SHIPPED)
def test_K02_T1_a_move_that_is_not_in_the_template_is_refused(template: str, tmp_path: Path) -> None:
    with centre(template, tmp_path) as store:
        case_id = reported(store)
        foreign: list[Command] = [Evaluate(3), Advance("no_such_step", "x", "y", "z"), Verify(True)]
        for number, command in enumerate(foreign):
            with pytest.raises(Refused) as caught:
                move(store, case_id, command, "chen", number)
            assert caught.value.code == "no_such_move", command
        assert step(store, case_id) == store.profile.workflow(template).start


def test_K02_T6_the_small_grid_officer_cannot_make_the_recheck(tmp_path: Path) -> None:
    with centre("W-FIRE", tmp_path) as store:
        case_id = reported(store)
        move(store, case_id, Advance("checked", "blocked"), "small", 1)
        with pytest.raises(Refused) as caught:
            move(store, case_id, Advance("rechecked", "fine"), "small", 2)
        assert caught.value.code == "wrong_role"


def test_K02_T3_the_main_structure_waits_for_the_missing_signature_and_names_it(tmp_path: Path) -> None:
    with centre("W-GATE", tmp_path) as store:
        case_id = reported(store)
        moves = WALKS["W-GATE"].moves
        cut = next(n for n, (command, _) in enumerate(moves) if command == Sign("structure_accepted", "clearance"))
        for number, (command, by) in enumerate(moves[:cut]):
            move(store, case_id, command, by, number)
        with pytest.raises(Refused) as caught:
            move(store, case_id, Advance("structure_accepted"), "chen", 99)
        assert caught.value.code == "gate_unsigned" and caught.value.fields["missing"] == ["clearance"]
