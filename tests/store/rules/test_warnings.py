"""K17: early-warning rules against brute force over random events."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from store.profiles.reporting import MixPart, WarningRule
from store.profiles.timing import Limit
from store.rules import warnings
from store.rules.addresses import key
from store.rules.labels import Label
from store.rules.warnings import Finding, Rise, Sample, Scope

NOW = datetime(2026, 3, 5, 1, 30, tzinfo=UTC)
WEEK = Limit(7, "day")
RULE = WarningRule("r", Label("甲", "a"), "count", "cases", WEEK, 5, 2, Limit(1, "day"))

Event = tuple[datetime, int, str]
"""When, in which node, of which category."""


def happened(seed: int, number: int = 400) -> list[Event]:
    chance = random.Random(seed)
    return [
        (NOW - timedelta(minutes=chance.randint(0, 14 * 1440)), chance.randint(1, 6), chance.choice("abc"))
        for _ in range(number)
    ]


def between(events: list[Event], start: datetime, end: datetime) -> dict[Scope, Sample]:
    """Brute force: the samples that the store's queries hand in."""
    found: dict[Scope, Sample] = {}
    for at, node, category in events:
        if start < at <= end:
            scope = Scope(node, category)
            held = found.get(scope, Sample(0.0, at))
            found[scope] = Sample(held.value + 1, max(held.newest or at, at))
    return found


def held(findings: list[Finding]) -> set[tuple[int | None, str | None]]:
    return {(found.scope.grid, found.scope.category) for found in findings}


def brute(events: list[Event], holds: Callable[[int, str], bool]) -> set[tuple[int, str]]:
    return {(node, category) for _, node, category in events if holds(node, category)}


def number(events: list[Event], node: int, category: str, start: datetime, end: datetime) -> int:
    return sum(1 for at, n, c in events if (n, c) == (node, category) and start < at <= end)


@pytest.mark.parametrize("seed", range(20))
def test_K17_R1_count_and_change_are_what_brute_force_says(seed: int) -> None:
    events = happened(seed)
    week, before = NOW - timedelta(days=7), NOW - timedelta(days=14)
    now, past = between(events, week, NOW), between(events, before, week)
    threshold = random.Random(seed).randint(3, 20)
    counted = warnings.count(replace(RULE, threshold=threshold), now)
    assert held(counted) == brute(events, lambda n, c: number(events, n, c, week, NOW) >= threshold)
    changed = warnings.change(replace(RULE, threshold=1.4, least=4), now, past)
    assert held(changed) == brute(
        events,
        lambda n, c: (
            (many := number(events, n, c, week, NOW)) >= 4
            and many / max(1, number(events, n, c, before, week)) >= 1.4
        ),
    )


@pytest.mark.parametrize("seed", range(20))
def test_K17_R1_ratio_and_mix_are_what_brute_force_says(seed: int) -> None:
    chance = random.Random(seed)
    part = {Scope(place=f"p{n}"): Sample(float(chance.randint(0, 9))) for n in range(30) if chance.random() < 0.8}
    whole = {Scope(place=f"p{n}"): Sample(float(chance.randint(0, 90))) for n in range(30) if chance.random() < 0.8}
    ratio = warnings.ratio(replace(RULE, kind="ratio", threshold=0.1, least=2), part, whole)
    expected = {
        place for place, one in part.items()
        if place in whole and whole[place].value and one.value >= 2 and one.value / whole[place].value >= 0.1
    }  # fmt: skip
    assert {found.scope for found in ratio} == expected
    parts = (MixPart("data:a", 2.0, at_least=3), MixPart("data:b", 0.1))
    mixed = warnings.mix(replace(RULE, kind="mix", parts=parts, threshold=4, least=1), [part, whole])
    wanted = set()
    for place in part.keys() | whole.keys():
        first = 2.0 * (place in part and part[place].value >= 3)
        second = 0.1 * whole[place].value if place in whole else 0.0
        if first + second >= 4:
            wanted.add(place)
    assert {found.scope for found in mixed} == wanted


def test_K17_R1_a_mix_needs_as_many_sources_as_the_rule_says() -> None:
    parts = tuple(MixPart(f"data:{n}", 3.0, at_least=1) for n in "abc")
    rule = replace(RULE, kind="mix", parts=parts, threshold=3, least=2)
    one, two = Scope(place="one"), Scope(place="two")
    found = warnings.mix(rule, [{one: Sample(9.0), two: Sample(1.0)}, {two: Sample(1.0)}, {}])
    assert [(f.scope, f.size, f.facts["sources"]) for f in found] == [(two, 6.0, 2)]
    assert found[0].facts["parts"] == {"data:a": 1.0, "data:b": 1.0}


@pytest.mark.parametrize("seed", range(20))
def test_K17_R7_growth_is_what_brute_force_says(seed: int) -> None:
    chance = random.Random(seed)
    window = timedelta(minutes=30)
    points = [
        (NOW - timedelta(minutes=m), float(chance.choice((0, 20, 35, 200, 350))))
        for m in sorted(chance.sample(range(90), chance.randint(1, 12)))
    ]
    risen = warnings.rise(points, window)
    newest_at, newest = max(points)
    lows = [value for at, value in points if newest_at - window <= at < newest_at]
    assert risen == (Rise(min(lows), newest, newest_at) if lows else None)
    if risen is None:
        return
    rule = replace(RULE, kind="growth", threshold=7.5, least=100)
    found = warnings.growth(rule, {Scope(device=1): [risen]}, {Scope(device=1): 7})
    assert bool(found) == (newest >= 100 and newest / max(1.0, min(lows)) >= 7.5)
    assert all(one.grid == 7 and one.size == newest for one in found)


def test_K17_T3_the_first_value_exactly_a_window_ago_still_counts() -> None:
    at = datetime(2026, 3, 5, 1, 0, tzinfo=UTC)
    assert warnings.rise([(at, 35.0), (at + timedelta(minutes=30), 350.0)], timedelta(minutes=30)) == Rise(
        35.0, 350.0, at + timedelta(minutes=30)
    )
    assert warnings.rise([(at, 35.0), (at + timedelta(minutes=31), 350.0)], timedelta(minutes=30)) is None


def test_K17_R1_absence_is_of_expected_scopes_only() -> None:
    rule = replace(RULE, kind="absence", stream="data:x", threshold=1, absent_after=time(18))
    here, there, other = Scope(1), Scope(2), Scope(3)
    found = warnings.absence(rule, [here, there], {there: Sample(1.0), other: Sample(0.0)}, NOW)
    assert [(f.scope, f.newest) for f in found] == [(here, NOW)]


def test_K17_T1_validity_is_of_what_was_verified() -> None:
    share = warnings.validity(5, 239, 56)
    assert share is not None and f"{share:.2%}" == "81.33%"
    assert warnings.validity(0, 0, 0) is None


def test_a_flood_of_one_rule_is_one_warning_that_names_the_largest() -> None:
    many = warnings.count(RULE, {Scope(n): Sample(float(n)) for n in range(5, 60)})
    assert len(many) == 55
    (one,) = warnings.folded(many, root=1)
    assert (one.scope.key, one.size, one.grid) == ("*", 55.0, 1)
    assert [large["grid"] for large in one.facts["largest"]] == [59, 58, 57, 56, 55]
    assert warnings.folded(many[:50], root=1) == many[:50]


def test_of_rules_on_one_sensor_the_gravest_speaks() -> None:
    low = replace(RULE, id="low", stream="reading:crowd", by=("device",), level=3)
    high = replace(low, id="high", kind="growth", level=1)
    apart = replace(low, id="apart", stream="cases", level=3)
    here = Scope(device=1)
    found = [Finding(rule, here, 350.0) for rule in (low, high, apart)]
    assert {one.rule.id for one in warnings.gravest(found, (1, 2, 3))} == {"high", "apart"}


@pytest.mark.parametrize(
    ("one", "other"),
    [("文化路 12号", "文化路12号"), ("文化路１２号，甲楼", "文化路12号甲楼"), ("Elm  St. 4-2", "elm st 4—2"),
     ("（东区）文化路12号", "东区文化路12号")],
)  # fmt: skip
def test_K16_R10_one_address_in_two_spellings_is_one_key(one: str, other: str) -> None:
    assert key(one) == key(other) != ""


def test_K16_R10_two_doors_are_two_keys() -> None:
    assert len({key(text) for text in ("文化路12号", "文化路1-2号", "文化路2号", "文化路12号1-2")}) == 4
