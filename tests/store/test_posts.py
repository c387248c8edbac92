"""Posts, minimums, sponsors, cards: who is where, and who is missing (K01-R5, R6, R8, R10, T4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from store.actions.people import officers, posts
from store.actions.places import treebook
from store.errors import Refused
from store.profiles.governance import NodeKind, PostKind
from store.rules.labels import Label
from store.rules.tree import TreeRow
from store.views import alerts, cards
from store.views import posts as post_view
from tests.conftest import Desk

HEAD = PostKind("head", Label("网格长", "grid head"), "dispatcher", 2, 1)
INSPECTOR = PostKind("inspector", Label("监察员", "inspector"), "unit", 2, 2)
OFFICER = PostKind("officer", Label("网格员", "grid officer"), "unit", 1, 1, full_time=False, leaf=True)


@pytest.fixture
def staffed(desk: Desk) -> Desk:
    desk.store.profile = replace(desk.store.profile, posts=(HEAD, INSPECTOR, OFFICER))
    for code in ("a", "b", "c"):
        act(desk, officers.add, code, code.upper(), ("unit",), "P3", f"0571-{code}")
    return desk


def act(desk: Desk, action, *args, by: str = "gao", **named):  # type: ignore[no-untyped-def]
    return desk.store.write(action, desk.store.profile, desk.actors[by], desk.now, *args, **named)


def vacancies(desk: Desk, kind: str) -> dict[str, str]:
    with desk.store.read() as session:
        found = post_view.vacancies(session, desk.store.profile, desk.now, kind)
    return {v.grid_name: f"{v.filled} of {v.minimum}" for v in found}


def test_K01_T4_without_its_second_inspector_a_squad_shows_one_of_two(staffed: Desk) -> None:
    for n, who in enumerate("ab"):
        act(staffed, posts.add, f"I{n}", "inspector", "东区", "P3")
        act(staffed, posts.assign, f"I{n}", who)
    assert vacancies(staffed, "inspector") == {"西区": "0 of 2"}
    act(staffed, posts.vacate, "I1")
    assert vacancies(staffed, "inspector") == {"东区": "1 of 2", "西区": "0 of 2"}


def test_K01_R6_minimums_are_live_a_shortfall_is_an_alert_and_ends_with_it(staffed: Desk) -> None:
    staffed.store.keep_time()
    assert standing(staffed) == {}
    for code, grid in (("I0", "东区"), ("I1", "东区"), ("I2", "西区"), ("I3", "西区")):
        act(staffed, posts.add, code, "inspector", grid)
    staffed.store.keep_time()
    assert standing(staffed)["inspector"]["nodes"] == 2
    for code, who in (("I0", "a"), ("I1", "b"), ("I2", "c"), ("I3", "li")):
        act(staffed, posts.assign, code, who, None, staffed.now + timedelta(days=7))
    staffed.store.keep_time()
    assert "inspector" not in standing(staffed)
    staffed.wait(days=8)
    staffed.store.keep_time()
    assert (standing(staffed)["inspector"]["filled"], standing(staffed)["inspector"]["minimum"]) == (0, 2)
    act(staffed, officers.suspend, "a", active=False)


def standing(desk: Desk) -> dict[str, dict[str, object]]:
    with desk.store.read() as session:
        rows = alerts.alerts(session, desk.store.profile, desk.now).rows
    return {str(row.fields["kind"]): dict(row.fields) for row in rows if row.kind == "vacancy"}


def test_a_suspended_officer_and_a_deputy_fill_no_post(staffed: Desk) -> None:
    act(staffed, posts.add, "H", "head", "东区")
    act(staffed, posts.assign, "H", "a")
    assert "东区" not in vacancies(staffed, "head")
    act(staffed, officers.suspend, "a", active=False)
    act(staffed, posts.assign, "H", "b", None, staffed.now + timedelta(days=1), deputy=True)
    assert vacancies(staffed, "head")["东区"] == "0 of 1"


def test_part_time_counts_only_where_the_profile_lets_it(staffed: Desk) -> None:
    act(staffed, posts.add, "I0", "inspector", "东区", full_time=False)
    act(staffed, posts.add, "O", "officer", "G0", full_time=False)
    for code in ("I0", "O"):
        act(staffed, posts.assign, code, "a")
    assert vacancies(staffed, "inspector")["东区"] == "0 of 2"
    assert len(vacancies(staffed, "officer")) == 3


def test_K01_R5_a_head_for_each_node_an_officer_for_each_leaf_and_several_kinds_of_staff(staffed: Desk) -> None:
    assert set(vacancies(staffed, "head")) == {"东区", "西区"}
    assert len(vacancies(staffed, "officer")) == 4
    for kind in ("head", "inspector", "officer"):
        act(staffed, posts.add, kind, kind, "东区")
        act(staffed, posts.assign, kind, "a")
    with staffed.store.read() as session:
        rows = post_view.posts(session, staffed.store.profile, staffed.now)
    assert [(row.kind, row.holders[0].name) for row in rows] == [("head", "A"), ("inspector", "A"), ("officer", "A")]


def test_a_new_holder_ends_the_one_before_from_his_day_on(staffed: Desk) -> None:
    act(staffed, posts.add, "H", "head", "东区")
    act(staffed, posts.assign, "H", "a")
    act(staffed, posts.assign, "H", "b", staffed.now + timedelta(days=1))
    assert holder(staffed) == "a"
    staffed.wait(days=1)
    assert holder(staffed) == "b"
    act(staffed, posts.close, "H")
    with staffed.store.read() as session:
        assert post_view.posts(session, staffed.store.profile, staffed.now) == ()


def holder(desk: Desk) -> str:
    with desk.store.read() as session:
        return post_view.posts(session, desk.store.profile, desk.now)[0].holders[0].officer


@pytest.mark.parametrize(
    ("action", "args", "code"),
    [
        (posts.add, ("H", "moon", "东区"), "unknown_post_kind"), (posts.add, ("H", "head", "nowhere"), "unknown_grid"),
        (posts.add, (" ", "head", "东区"), "field_missing"), (posts.add, ("H", "head", "东区", "XX"), "unknown_unit"),
        (posts.assign, ("none", "a"), "unknown_post"), (posts.assign, ("P", "nobody"), "unknown_officer"),
        (posts.assign, ("P", "gao"), "claimant_is_approver"), (posts.vacate, ("P",), "post_vacant"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(staffed: Desk, action, args: tuple[str, ...], code: str) -> None:  # type: ignore[no-untyped-def]
    act(staffed, posts.add, "P", "head", "西区")
    with pytest.raises(Refused) as refusal:
        act(staffed, action, *args)
    assert refusal.value.code == code


def test_a_deputy_needs_an_end(staffed: Desk) -> None:
    act(staffed, posts.add, "P", "head", "西区")
    with pytest.raises(Refused) as refusal:
        act(staffed, posts.assign, "P", "a", deputy=True)
    assert refusal.value.code == "field_missing"


def test_K01_R8_R10_the_card_has_extent_duty_hotline_people_and_sponsor(staffed: Desk) -> None:
    staffed.store.profile = replace(
        staffed.store.profile, node_kinds=(NodeKind("market", Label("市场", "market")),)
    )
    row = TreeRow(2, "M", "农贸市场", "东区", "market", households=30, hotline="12345", duty_text="巡查", sponsor="gao")
    act(staffed, treebook.plant, [row])
    act(staffed, posts.add, "O", "officer", "M")
    act(staffed, posts.assign, "O", "a")
    with staffed.store.read() as session:
        card = cards.card(session, staffed.store.profile, staffed.now, "M", date(2026, 3, 5))
        above = cards.card(session, staffed.store.profile, staffed.now, "东区", date(2026, 3, 5))
    assert (card.hotline, card.duty_text, card.sponsor, card.households) == ("12345", "巡查", "高管理", 30)
    assert card.kind_label == Label("市场", "market") and card.path == ("望江街道", "东区")
    assert [(h.name, h.telephone) for h in card.posts[0].holders] == [("A", "0571-a")]
    assert (above.leaves, above.households) == (3, 30)
    with staffed.store.read() as session, pytest.raises(Refused):
        cards.card(session, staffed.store.profile, staffed.now, "none", date(2026, 3, 5))
