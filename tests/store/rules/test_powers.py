"""Roles at an instant, powers apart, the need to read, pairs of duties (K23)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from store.errors import Refused
from store.profiles import loader
from store.profiles.model import Role
from store.rules import powers
from store.rules.labels import Label
from store.rules.powers import Held
from store.rules.separation import SEPARATION_CODES
from store.rules.state import Actor

NOW = datetime(2026, 3, 5, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
STREET = loader.load("street")


def actor(code: str = "chen", *held: str, unit: str | None = None, kind: str = "officer") -> Actor:
    return Actor(code, code, kind, frozenset(held), unit)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("held", "holds"),
    [
        (Held("r"), True), (Held("r", NOW, None), True), (Held("r", NOW + HOUR), False), (Held("r", None, NOW), False),
        (Held("r", NOW - HOUR, NOW + HOUR), True),
    ],
)  # fmt: skip
def test_K23_R6_a_role_holds_from_its_first_instant_to_before_its_last(held: Held, holds: bool) -> None:
    assert (powers.roles_at([held], NOW) == {"r"}) is holds


def test_K23_R1_the_four_powers_are_separate_grants() -> None:
    four = ("command", "divert", "supervise", "assess")
    roles = tuple(Role(power, Label(power, power), frozenset({power})) for power in four)
    profile = replace(STREET, roles=roles)
    for power in four:
        assert powers.powers_of(profile, [power]) == {power}
    assert powers.powers_of(profile, four) == set(four)
    assert powers.powers_of(profile, ["gone"]) == frozenset()


def test_K23_R2_eight_roles_in_two_planes_and_one_in_both() -> None:
    names = ("corps", "detachment", "brigade", "supervisor", "police", "large", "middle", "small")
    planes = {"corps": ("managing",), "detachment": ("managing",), "brigade": ("managing",)}
    roles = tuple(
        Role(name, Label(name, name), frozenset({"read"}),
             ("managing", "working") if name == "supervisor" else planes.get(name, ("working",)))
        for name in names
    )  # fmt: skip
    profile = loader.load("fire") if "fire" in loader.names() else replace(STREET, roles=roles)
    assert len(profile.roles) >= 8
    assert len({plane for role in profile.roles for plane in role.planes}) == 2
    assert any(len(role.planes) == 2 for role in profile.roles)


def test_K23_R3_a_pair_refuses_the_person_and_his_unit_and_is_logged() -> None:
    for pair, code in powers.PAIRS.items():
        for second in (actor("chen"), actor("li", unit="P3")):
            with pytest.raises(Refused) as refusal:
                powers.check_pair(STREET, pair, ("chen", "P3"), second)
            assert refusal.value.code == code
        powers.check_pair(STREET, pair, ("chen", "P3"), actor("wu", unit="P4"))
        assert code in SEPARATION_CODES


def test_K23_R3_a_pair_that_the_profile_has_off_refuses_nothing() -> None:
    profile = replace(STREET, separation=())
    powers.check_pair(profile, powers.CLAIMANT_APPROVER, ("chen",), actor("chen"))
    powers.check_pair(STREET, powers.CLAIMANT_APPROVER, ("m",), actor("m", kind="machine"))


@pytest.mark.parametrize(
    ("viewer", "may"),
    [
        (actor("a", "command"), True), (actor("a", "divert"), True), (actor("a", "supervise"), True),
        (actor("a", "read", "audit"), False), (actor("a", "assess", "read"), False), (actor("a", "administer"), False),
        (actor("a"), False), (actor("a", "record", unit="P3"), True), (actor("a", "record", unit="P4"), False),
        (actor("a", "record"), False), (actor("P3", "record", kind="unit"), True),
    ],
)  # fmt: skip
def test_K23_R5_texts_are_for_those_with_a_need(viewer: Actor, may: bool) -> None:
    assert powers.may_read_texts(STREET, viewer, ("P3", None)) is may


def test_K23_R5_who_has_a_need_stands_in_the_profile() -> None:
    profile = replace(STREET, text_powers=("audit",))
    assert powers.may_read_texts(profile, actor("a", "audit"), ())
    assert not powers.may_read_texts(profile, actor("a", "command"), ())


def test_a_span_must_end_after_it_begins() -> None:
    powers.check_span(NOW, None)
    for end in (NOW, NOW - HOUR):
        with pytest.raises(Refused) as refusal:
            powers.check_span(NOW, end)
        assert refusal.value.code == "bad_span"
