"""The default profile as shipped: S46, S26, S41, S54, and words that real reports use."""

from __future__ import annotations

import csv
import re
from importlib import resources
from pathlib import Path

import pytest

from store.profiles import loader
from store.profiles.model import Profile
from store.rules.clocks import select, started


@pytest.fixture(scope="module")
def street() -> Profile:
    return loader.load("street")


def test_it_is_shipped_and_cached(street: Profile) -> None:
    assert "street" in loader.names()
    assert loader.load("street") is street
    assert re.fullmatch(r"[0-9a-f]{12}", street.version)


def test_the_version_follows_the_rules_and_not_the_words_around_them() -> None:
    text = (resources.files("store.profiles") / "street.toml").read_text(encoding="utf-8")
    same = loader.parse(text + "# a remark\n", "x")
    other = loader.parse(text.replace("amount = 120", "amount = 90"), "x")
    assert same.version == loader.load("street").version != other.version


def test_S46_tiers_ladder_levels(street: Profile) -> None:
    assert [tier.label.zh for tier in street.tiers] == ["街道", "社区", "网格", "小网格"]
    assert [rung.id for rung in street.ladder] == ["grid", "community", "street", "district"]
    levels = [(v.number, v.short, v.tier, v.label.zh) for v in street.levels]
    assert levels == [(1, "L1", "street", "一级"), (2, "L2", "community", "二级"), (3, "L3", "grid", "三级")]


@pytest.mark.parametrize(("level", "unit", "amount"), [(3, "on_spot", 120), (2, "day", 3), (1, "day", 7)])
def test_S46_time_to_close(street: Profile, level: int, unit: str, amount: int) -> None:
    for workflow in ("W-STD", "W-STREET"):
        for category in street.categories:
            rule = select(street.clocks, "close", workflow=workflow, category=category.id, level=level)
            assert rule is not None
            assert (rule.unit, rule.amount, rule.owner, rule.start) == (unit, amount, "unit", "filed")


@pytest.mark.parametrize(
    ("event", "clocks"),
    [
        ("reported", {"file": 15}),
        ("filed", {"dispatch": 15, "close": 120}),
        ("dispatched", {"accept": 15}),
        ("fed_back", {"check": 30}),
        ("reworked", {"rework": 120}),
    ],
)
def test_clocks_that_events_start(street: Profile, event: str, clocks: dict[str, int]) -> None:
    begun = started(street.clocks, event, workflow="W-STD", category="noise.residential", level=3)
    assert {rule.clock: rule.amount for rule in begun} == clocks


def test_S46_units(street: Profile) -> None:
    by: dict[str, list[str]] = {}
    for unit in street.units:
        by.setdefault(unit.stationing, []).append(unit.code)
    assert by["stationed"] == ["POL", "TRF", "FIRE"]
    assert by["resident"] == ["CG", "SAF", "JUS"]
    assert set(by["on_call"]) >= {"ENV", "MKT", "PRO", "LAB"}
    assert set(by["own"]) >= {"P1", "P2", "P3", "P4", "P5", "P6"}


def test_S46_powers_are_separate_and_an_auditor_changes_nothing(street: Profile) -> None:
    roles = {role.id: role.powers for role in street.roles}
    assert {"command", "divert", "supervise"} <= roles["duty_officer"]
    assert "supervise" not in roles["dispatcher"]
    assert roles["auditor"] == {"read", "audit"}
    assert roles["unit"] == {"record", "read"}
    assert "administer" in roles["administrator"]
    assert all("read" in powers for powers in roles.values())


@pytest.mark.parametrize(
    ("kind", "minimum", "interval"),
    [
        ("railway_station", 20, 60),
        ("bus_station", 10, 60),
        ("urban_area", 150, 60),
        ("township", 5, 720),
        ("grid", 0, 480),
    ],
)
def test_S32_patrol_strength(street: Profile, kind: str, minimum: int, interval: int) -> None:
    rule = street.patrol.kind(kind)
    assert rule is not None and (rule.minimum, rule.interval_minutes) == (minimum, interval)


def test_categories_are_many_and_bilingual(street: Profile) -> None:
    assert len(street.categories) >= 60
    assert len({category.label.zh for category in street.categories}) == len(street.categories)
    assert all(not category.label.en[0].isupper() for category in street.categories)
    assert {category.level for category in street.categories} == {1, 2, 3}
    assert sum(category.automatic for category in street.categories) >= 5
    default = street.category(street.default_category)
    assert default is not None and not default.automatic


def test_every_kind_of_the_city_file_has_a_category(street: Profile, samples: Path) -> None:
    words = {word.casefold(): category.id for category in street.categories for word in category.words}
    with (samples / "city_data/nyc_311_500.csv").open(newline="") as file:
        kinds = [row["Complaint Type"].casefold() for row in csv.DictReader(file)]
    unknown = {kind for kind in kinds if kind not in words}
    assert unknown == set()
    assert words["street condition"] == "facility.road"


def test_every_limit_of_the_file_names_its_row_or_default() -> None:
    lines = (resources.files("store.profiles") / "street.toml").read_text(encoding="utf-8").splitlines()
    limits = re.compile(r"^(amount|returns_allowed|\w+_minutes|\w+_metres|\w+_days|minimum) = ")
    for number, line in enumerate(lines):
        if not limits.match(line):
            continue
        above = number
        while lines[above - 1] and not lines[above].startswith(("#", "[[")):
            above -= 1
        comment = " ".join(lines[max(0, above - 3) : above + 1])
        assert re.search(r"#.*(Default|S\d\d|K\d\d-R\d)", comment), f"line {number + 1}: {line}"
