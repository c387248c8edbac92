"""Several profiles side by side and in versions: open cases keep theirs, new ones take what is in force."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from store.actions.house import profiles
from store.actions.house.opening import open_store
from store.actions.house.profiles import Taken
from store.actions.people import officers
from store.errors import BadInput, Refused
from store.profiles import loader, shelf
from store.records.case import CaseClock
from store.records.event import Event
from store.rules.commands import Advance, Dispatch, File
from store.views import case, people
from store.views import profiles as shown
from tests.conftest import Desk

SHORTER = 'extends = "street"\nid = "street"\n[[clocks]]\nid = "close.level2"\namount = 1\n'


def take(desk: Desk, text: str, by: str = "gao", **more: Any) -> Taken:
    return desk.store.write(
        profiles.add, desk.store.profile, desk.actors[by], desk.now, text, "mine.toml", **more
    )


def clock(desk: Desk, case_id: int, name: str) -> Any:
    with desk.store.read() as session:
        return session.execute(
            select(CaseClock).where(col(CaseClock.case_id) == case_id, col(CaseClock.name) == name)
        ).scalar_one()


def version(desk: Desk, case_id: int) -> tuple[str, str]:
    """(the version it was filed under, the version in force)."""
    with desk.store.read() as session:
        view = case.case(session, desk.store.profile, desk.now, case_id, desk.actors["chen"])
    return view.profile_version, view.profile_in_force


def test_a_new_store_keeps_the_text_of_its_profile(desk: Desk) -> None:
    with desk.store.read() as session:
        assert shown.text(session, "street") == (desk.store.profile.version, loader.resolved("street"))
        (line,) = shown.versions(session, desk.store.profile)
    assert (line.profile, line.current, line.default, line.cases) == ("street", True, True, 0)


def test_cases_keep_the_version_they_were_filed_under_and_say_so(desk: Desk) -> None:
    old = desk.report(category="order.theft")
    desk.move(old, File())
    before = desk.store.profile.version
    taken = take(desk, SHORTER)
    assert (taken.before, taken.changed) == (before, True)
    assert desk.store.changed() and desk.store.profile.version == taken.version
    new = desk.report("又一件", category="order.theft")
    desk.move(new, File())
    assert version(desk, old) == (before, taken.version) and version(desk, new) == (taken.version, taken.version)
    days = [(clock(desk, case_id, "close").due_at - desk.now).days for case_id in (old, new)]
    assert days[0] > days[1]
    desk.move(old, Dispatch("P3"))
    assert version(desk, old)[0] == before


def test_a_desk_that_does_not_know_the_new_version_yet_files_under_it(desk: Desk) -> None:
    """Another process took the version: the transaction itself looks."""
    known = desk.store.profile
    other = open_store(desk.store.location)
    try:
        taken = other.write(profiles.add, known, desk.actors["gao"], desk.now, SHORTER, "mine.toml")
    finally:
        other.close()
    assert desk.store.profile is known
    assert version(desk, desk.report(category="order.theft"))[0] == taken.version


def test_a_text_of_an_older_release_gets_what_it_lacks_from_the_base(desk: Desk) -> None:
    whole = loader.resolved("street")
    older = "".join(
        line for line in whole.splitlines(True) if not line.startswith(("handle_days", "reporter_urges_per_day"))
    )
    held = loader.stored(older, "street.toml", "0123456789ab")
    assert (held.version, held.handle_days, held.supervision.reporter_urges_per_day) == ("0123456789ab", 90, 1)
    assert held.clocks == desk.store.profile.clocks
    with pytest.raises(BadInput) as caught:
        loader.stored(whole.replace("merge_hours = 24", 'merge_hours = "many"'), "street.toml", "0123456789ab")
    assert caught.value.fields["key"] == "merge_hours"


def test_an_older_version_may_be_taken_again(desk: Desk) -> None:
    first, second = desk.store.profile.version, take(desk, SHORTER)
    back = take(desk, loader.resolved("street"))
    assert (back.version, back.before) == (first, second.version)
    with desk.store.read() as session:
        lines = shown.versions(session, desk.store.profile)
    assert sorted((line.version, line.current) for line in lines) == sorted([(first, True), (second.version, False)])


def test_the_same_rules_again_change_nothing(desk: Desk) -> None:
    assert not take(desk, loader.resolved("street") + "# a remark\n").changed
    with desk.store.read() as session:
        assert session.execute(select(col(Event.seq)).where(col(Event.kind) == "profile_taken")).first() is None


def test_taking_a_profile_needs_an_administrator_and_is_journalled(desk: Desk) -> None:
    with pytest.raises(Refused) as caught:
        take(desk, SHORTER, by="chen")
    assert (caught.value.code, caught.value.fields["power"]) == ("no_power", "administer")
    taken = take(desk, SHORTER)
    with desk.store.read() as session:
        event = session.execute(select(Event).where(col(Event.kind) == "profile_taken")).scalar_one()
    assert (event.actor, event.data["profile"], event.data["version"], event.data["before"]) == (
        "gao", "street", taken.version, taken.before,
    )  # fmt: skip


def test_a_profile_with_a_defect_leaves_no_trace(desk: Desk) -> None:
    with pytest.raises(BadInput) as caught:
        take(desk, 'extends = "street"\nid = "street"\nmerge_hours = "many"\n')
    assert (caught.value.code, caught.value.fields["file"]) == ("profile_invalid", "mine.toml")
    with desk.store.read() as session:
        assert len(shown.versions(session, desk.store.profile)) == 1


def test_several_profiles_side_by_side_a_case_belongs_to_one(desk: Desk) -> None:
    taken = take(desk, loader.resolved("labour"))
    assert "CLR" in taken.units and "POL" not in taken.units
    theft, wages = desk.report(category="order.theft"), desk.report("欠薪二十人", category="wage.group")
    with desk.store.read() as session:
        views = [case.case(session, desk.store.profile, desk.now, n, desk.actors["chen"]) for n in (theft, wages)]
    assert [view.row.profile for view in views] == ["street", "labour"]
    assert views[1].workflow.en == "rapid handling of arrears"
    desk.move(wages, File())
    rule = clock(desk, wages, "close").rule
    assert rule == "close.wage_group"
    with desk.store.read() as session:
        lines = shown.versions(session, desk.store.profile)
        assert [p.id for p in shelf.profiles(session, desk.store.profile)] == ["street", "labour"]
    assert [(line.profile, line.default, line.open) for line in lines] == [("street", True, 1), ("labour", False, 1)]


def test_roles_of_a_profile_beside_the_store_s_own_count(desk: Desk) -> None:
    take(desk, loader.resolved("labour"))
    for code, roles in (("qin", ["inspector"]), ("gu", ["supervisor"])):
        desk.store.write(
            officers.add, desk.store.profile, desk.actors["gao"], desk.now, code, code, roles, None
        )
        with desk.store.read() as session:
            desk.actors[code] = people.actor(session, desk.store.profile, code)
    assert {"report", "record"} <= desk.actors["qin"].powers
    case_id = desk.report("不签合同", by="gu", category="labour.contract")
    desk.move(case_id, Advance("ordered", note="ten days"), by="gu")
    desk.move(case_id, Advance("refused", note="he will not"), by="gu")
    with pytest.raises(Refused) as caught:
        desk.move(case_id, Advance("inspected"), by="gu")
    assert caught.value.code == "no_power"
    desk.move(case_id, Advance("inspected"), by="qin")
    with pytest.raises(Refused) as caught:
        desk.store.write(
            officers.add, desk.store.profile, desk.actors["gao"], desk.now, "x", "x", ["mayor"], None
        )
    assert caught.value.code == "unknown_role" and "inspector" in caught.value.fields["known"]


def test_another_profile_may_become_the_store_s_own(desk: Desk) -> None:
    take(desk, loader.resolved("hotline"), default=True)
    assert desk.store.changed() and desk.store.profile.id == "hotline"
    reopened = open_store(desk.store.location)
    assert reopened.profile.id == "hotline"
    reopened.close()


def test_a_profile_of_the_store_may_be_built_on(desk: Desk) -> None:
    take(desk, SHORTER)
    take(desk, 'extends = "store:street"\nid = "night"\nzh = "夜间"\nen = "night"\nmerge_hours = 2\n')
    with desk.store.read() as session:
        night = shelf.current(session, "night")
    assert night.merge_hours == 2
    assert next(rule.amount for rule in night.clocks if rule.id == "close.level2") == 1
