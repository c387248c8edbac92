"""A store with several profiles: each case under its own rules and its own version; drills in no count (K08-R9)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from store.actions.house import profiles
from store.actions.loop import newcases
from store.actions.people import officers
from store.errors import Refused
from store.intake import Intake, Report
from store.profiles import shipped
from store.rules.commands import Advance, Close, Dispatch
from store.views import case as case_view
from store.views import changes, grids, people, queue, units
from tests.conftest import Desk


@pytest.fixture
def both(desk: Desk) -> Desk:
    """The street's store with the labour profile beside its own."""
    text = shipped.text("labour")
    assert text is not None
    desk.store.write(profiles.add, desk.store.profile, desk.actors["gao"], desk.now, text, "labour.toml")
    return desk


def only_labour(desk: Desk) -> str:
    """A category that labour knows and the street does not."""
    from store.profiles import shelf

    with desk.store.read() as session:
        own, labour = shelf.profiles(session, desk.store.profile)
    return next(c.id for c in labour.categories if own.category(c.id) is None)


def view(desk: Desk, case_id: int, by: str = "chen") -> case_view.CaseView:
    with desk.store.read() as session:
        return case_view.case(session, desk.store.profile, desk.now, case_id, desk.actors[by])


def rows(desk: Desk, which: queue.Which = "open") -> tuple[queue.QueueRow, ...]:
    with desk.store.read() as session:
        keys = queue.keys(session, desk.store.profile, desk.now, None, which)
        return queue.rows(session, desk.store.profile, desk.now, keys.ids)


def test_a_category_that_only_labour_knows_makes_a_labour_case(both: Desk) -> None:
    category = only_labour(both)
    wage, lamp = both.report("欠薪", category=category), both.report("路灯不亮")
    assert (view(both, wage).row.profile, view(both, lamp).row.profile) == ("labour", "street")
    intake = Intake(both.store)
    intake.deliver("s", [Report(source="s", source_id="1", title="欠薪", category=category, observed_at=both.now)])
    assert [row.profile for row in rows(both)].count("labour") == 2


def test_a_report_may_name_its_profile(both: Desk) -> None:
    case_id = both.report("说不清的事", profile_id="labour")
    seen = view(both, case_id)
    assert seen.row.profile == "labour" and seen.profile is not None
    with pytest.raises(Refused) as refusal:
        both.report("x", profile_id="nobody")
    assert refusal.value.code == "unknown_profile"
    with pytest.raises(Refused) as refusal:
        both.report("x", category="no.such")
    assert refusal.value.code == "unknown_category"


def test_lists_and_views_show_each_case_by_its_own_profile(both: Desk) -> None:
    wage, lamp = both.report("欠薪", category=only_labour(both)), both.report("路灯不亮")
    shown = {row.id: row for row in rows(both)}
    assert set(shown) == {wage, lamp}
    assert shown[wage].step.zh and shown[wage].category is not None
    assert view(both, wage).profile != view(both, lamp).profile
    assert view(both, wage).offers
    assert both.store.header().open == 2


def test_a_case_keeps_the_version_it_was_filed_under(both: Desk) -> None:
    old = both.report("路灯不亮")
    before = view(both, old).profile_version
    text = shipped.text("street")
    assert text is not None
    changed = text.replace('en = "information collection"', 'en = "collection, new"', 1)
    assert changed != text
    both.store.write(profiles.add, both.store.profile, both.actors["gao"], both.now, changed, "street.toml")
    new = both.report("井盖松动")
    assert view(both, old).profile_version == before != view(both, new).profile_version
    assert view(both, old).row.step.en == "information collection"
    assert view(both, new).row.step.en == "collection, new"
    both.move(old, Dispatch("P3"))
    assert view(both, old).row.unit == "P3"


def test_drills_are_in_no_count_and_no_list(desk: Desk) -> None:
    real = desk.report()
    fresh = newcases.Fresh(title="燃气演练", grid_code="G0", drill=True, automatic=False)

    def enter(session: Any) -> int:
        return newcases.add(session, desk.store.profile, [fresh], desk.actors["chen"], desk.now)[0].case_id

    drill = desk.store.write(enter)
    desk.move(drill, Dispatch("P3"))
    for which in ("open", "undispatched", "near", "overdue", "booked"):
        assert drill not in [row.id for row in rows(desk, which)]
    assert desk.store.header().open == 1
    with desk.store.read() as session:
        board = grids.board(session, desk.store.profile, desk.now)
        load = {unit.code: unit.running for unit in units.proposals(session, desk.store.profile, None)}
    assert board.rows[0].counts.open == 1
    assert load["P3"] == 0
    assert view(desk, drill).row.id == drill
    assert [row.id for row in rows(desk)] == [real]


def test_the_profile_of_a_new_case_is_named_known_or_guessed() -> None:
    from tests.store.rules.walking import STREET

    other = replace(STREET, id="other", categories=(replace(STREET.categories[0], id="only.other", words=("喵喵",)),))
    both = (STREET, other)
    assert newcases.governing(both, None, "only.other") is other
    assert newcases.governing(both, None, STREET.categories[0].id) is STREET
    assert newcases.governing(both, None, None, "听见喵喵叫") is other
    assert newcases.governing(both, None, None, "没有字") is STREET
    assert newcases.governing(both, "other", None) is other
    with pytest.raises(Refused):
        newcases.governing(both, "other", STREET.categories[0].id)


def test_K02_T6_K10_R3_the_fire_chain_in_a_street_store(desk: Desk) -> None:
    """Roles of the fire profile count on its cases; whoever checked does not re-check, and the attempt is logged."""
    text, gao = shipped.text("fire"), desk.actors["gao"]
    assert text is not None
    desk.store.write(profiles.add, desk.store.profile, gao, desk.now, text, "fire.toml")
    chain = ("small_officer", "middle_officer", "station_officer")
    for code, roles in (("both", ("duty_officer", *chain[:2])), ("zhong", chain[1:2]), ("suo", chain[2:])):
        desk.store.write(officers.add, desk.store.profile, gao, desk.now, code, code, roles)
        with desk.store.read() as session:
            desk.actors[code] = people.actor(session, desk.store.profile, code, desk.now)
    case_id = desk.report("消火栓被圈占", profile_id="fire", by="both")
    offered = [offer for offer in view(desk, case_id, "both").offers if offer.verb == "advance"]
    assert [(offer.id, offer.label.zh if offer.label else "") for offer in offered] == [("checked", "检查并登记隐患")]
    desk.move(case_id, Advance("checked", "圈占"), by="both")
    assert "rechecked" not in [offer.id for offer in view(desk, case_id, "both").offers]
    with pytest.raises(Refused) as refusal:
        desk.move(case_id, Advance("rechecked", "属实"), by="both")
    assert (refusal.value.code, refusal.value.fields["before"]) == ("made_by_same", "checked")
    desk.move(case_id, Advance("rechecked", "属实"), by="zhong")
    desk.move(case_id, Close("已责令拆除"), by="suo")
    assert view(desk, case_id).row.closed_at is not None
    with desk.store.read() as session:
        tried = [c for c in changes.changes(session, 0, 900) if c.kind == "attempt_refused"]
    assert [(c.actor, c.data["code"]) for c in tried] == [("both", "made_by_same")]
