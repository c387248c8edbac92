"""The street as a function of seed and time."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from connectors.simulator.ground import metres
from connectors.simulator.model import DEVICES, HOTLINE, PATROL, Street
from connectors.simulator.patrols import EARLY, STOPS_EARLY
from store.intake import Alarm, AnyRecord, Heartbeat, Place, Position, Report

NIGHT = datetime(2026, 1, 9, 12, 0, tzinfo=UTC)
"""20:00 in Shanghai: the night shift begins."""
HOURS = timedelta(hours=6, minutes=30)


@pytest.fixture(scope="module")
def street(places: tuple[Place, ...]) -> Street:
    return Street(places, "Asia/Shanghai", 46)


@pytest.fixture(scope="module")
def night(street: Street) -> dict[str, list[AnyRecord]]:
    return street.step(NIGHT, NIGHT + HOURS)


def at(record: AnyRecord) -> datetime:
    assert record.observed_at is not None
    return record.observed_at


def test_a_span_in_pieces_gives_what_it_gives_in_one(street: Street, night: dict[str, list[AnyRecord]]) -> None:
    for minutes in (7, 60):
        pieces: dict[str, list[AnyRecord]] = {name: [] for name in night}
        start = NIGHT
        while start < NIGHT + HOURS:
            until = min(start + timedelta(minutes=minutes), NIGHT + HOURS)
            for name, records in street.step(start, until).items():
                pieces[name] += records
            start = until
        assert pieces == night


def test_another_process_with_the_same_seed_sees_the_same_night(
    places: tuple[Place, ...], night: dict[str, list[AnyRecord]]
) -> None:
    assert Street(places, "Asia/Shanghai", 46).step(NIGHT, NIGHT + HOURS) == night
    assert Street(places, "Asia/Shanghai", 47).step(NIGHT, NIGHT + HOURS)[HOTLINE] != night[HOTLINE]


def test_identities_are_unique_and_times_lie_in_the_span(night: dict[str, list[AnyRecord]]) -> None:
    for records in night.values():
        kinds = Counter((type(r), r.source_id, r.version) for r in records)
        assert max(kinds.values()) == 1
        assert all(NIGHT < at(r) <= NIGHT + HOURS for r in records)
        assert [at(r) for r in records] == sorted(at(r) for r in records)


def test_calls_fall_from_about_8_to_about_3_an_hour(street: Street) -> None:
    hours: Counter[int] = Counter()
    for day in range(60):
        start = NIGHT + timedelta(days=day)
        for record in street.stream(HOTLINE, start, start + timedelta(hours=12)):
            hours[at(record).astimezone(street.zone).hour] += 1
    assert 6.0 < hours[20] / 60 < 10.0
    assert 2.0 < hours[3] / 60 < 4.0


def test_calls_have_words_and_a_place_but_not_always_a_point(street: Street) -> None:
    records = street.stream(HOTLINE, NIGHT, NIGHT + timedelta(days=30))
    calls = [r for r in records if isinstance(r, Report)]
    assert len(calls) == len(records) > 1000
    assert all(c.title and c.text and c.address and c.kind_name and c.channel for c in calls)
    assert not any("{" in c.title + c.text + c.address for c in calls)
    placed = sum(c.place_quality == "point" and c.lat != 0.0 for c in calls) / len(calls)
    assert 0.85 < placed < 0.97
    assert any(c.lat is None for c in calls) and any(c.lat == 0.0 for c in calls)


def test_every_alarm_that_starts_ends_within_three_hours_and_not_before(street: Street) -> None:
    records = street.stream(DEVICES, NIGHT, NIGHT + timedelta(days=3))
    alarms = [r for r in records if isinstance(r, Alarm)]
    starts = {a.source_id: a for a in alarms if a.state == "start"}
    ends = {a.source_id: a for a in alarms if a.state == "end"}
    early = [a for a in starts.values() if at(a) < NIGHT + timedelta(days=3, hours=-3)]
    assert len(early) > 100
    for alarm in early:
        end = ends[alarm.source_id]
        assert timedelta(0) < at(end) - at(alarm) < timedelta(hours=3)
        assert end.version > alarm.version
    assert {a.kind for a in alarms} >= {"smoke", "tilt", "high_water", "fire_lane_blocked"}
    assert all(a.grid_code and a.lat is not None for a in alarms)


def test_each_device_beats_but_one_falls_silent_in_the_shift(street: Street, night: dict[str, list[AnyRecord]]) -> None:
    beats: dict[str, list[datetime]] = {}
    for record in night[DEVICES]:
        if isinstance(record, Heartbeat):
            beats.setdefault(record.device, []).append(at(record))
    assert beats.keys() == {device.code for device in street.devices}
    silent = [code for code, times in beats.items() if times[-1] < NIGHT + HOURS - timedelta(hours=1)]
    assert len(silent) == 1
    loud = [times for code, times in beats.items() if code not in silent]
    assert all(b - a == timedelta(minutes=10) for times in loud for a, b in pairwise(times))


def test_six_teams_tell_where_they_are_every_60_to_120_seconds(night: dict[str, list[AnyRecord]]) -> None:
    tracks: dict[str, list[Position]] = {}
    for record in night[PATROL]:
        assert isinstance(record, Position)
        tracks.setdefault(record.terminal, []).append(record)
    assert sorted(tracks) == ["P1", "P2", "P3", "P4", "P5", "P6"]
    for track in tracks.values():
        gaps = [(at(b) - at(a)).total_seconds() for a, b in pairwise(track)]
        assert min(gaps) >= 60 and max(gaps) <= 120
    accuracies = [p.accuracy_m or 0 for track in tracks.values() for p in track]
    fine = sum(15 <= a <= 40 for a in accuracies)
    coarse = sum(a >= 300 for a in accuracies)
    assert fine + coarse == len(accuracies) and 0.01 < coarse / len(accuracies) < 0.1


def test_k15_r5_teams_pass_their_points_but_the_one_that_stops_early(
    street: Street, night: dict[str, list[AnyRecord]]
) -> None:
    """Visits as a store would count them: within 60 m, by a position no coarser than 100 m."""
    seen: dict[str, set[tuple[float, float]]] = {team.terminal: set() for team in street.teams}
    points = {team.terminal: team.points for team in street.teams}
    last: dict[str, datetime] = {}
    for record in night[PATROL]:
        assert isinstance(record, Position) and record.lat is not None and record.lon is not None
        last[record.terminal] = at(record)
        if (record.accuracy_m or 0) <= 100:
            here = (record.lat, record.lon)
            seen[record.terminal] |= {p for p in points[record.terminal] if metres(p, here) <= 60}
    share = {name: len(seen[name]) / len(points[name]) for name in points}
    assert all(value > 0.9 for name, value in share.items() if name != STOPS_EARLY)
    assert 0.3 < share[STOPS_EARLY] < 0.85
    assert last[STOPS_EARLY] < NIGHT + EARLY < min(t for name, t in last.items() if name != STOPS_EARLY)


def test_a_street_without_places_is_quiet() -> None:
    empty = Street((), "Asia/Shanghai", 46)
    assert empty.step(NIGHT, NIGHT + HOURS) == {HOTLINE: [], DEVICES: [], PATROL: []}


def test_places_without_points_or_with_other_codes_are_walked_all_the_same() -> None:
    plain = tuple(Place(f"MN{i:04d}", f"area {i}", 40.7 + i / 500, -73.9, ()) for i in range(9))
    records = Street(plain, "America/New_York", 1).stream(PATROL, NIGHT, NIGHT + timedelta(minutes=30))
    assert {r.terminal for r in records if isinstance(r, Position)} <= {f"P{i}" for i in range(1, 7)}
    assert records
