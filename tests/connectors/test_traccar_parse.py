"""What Traccar says as records, pure; research/connectors.md 3.9."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.traccar import parse
from store.intake import Rejection
from tests.connectors.fake import NOW
from tests.connectors.traccar_items import LIVE, STALE, WANTED, happening, iso, place, read_fix


def test_a_position_in_metres_a_second_and_without_names() -> None:
    found = read_fix(place(7))
    assert (found.terminal, found.observed_at, found.lat, found.lon) == ("van", NOW, 30.00007, 120.0)
    assert found.speed_mps == pytest.approx(5.1444, abs=1e-4)
    assert (found.accuracy_m, found.battery_pct, found.time_quality) == (8.0, 55.0, "source")
    assert not any(word in found.raw for word in (b"Li, 3rd", b"D-77", b"address"))


def test_a_fix_from_the_future_has_the_servers_time() -> None:
    found = parse.fix(place(7, NOW + timedelta(days=3650)), "van", "fleet", NOW, STALE)
    assert isinstance(found, parse.Fix)
    assert (found.at, found.position.observed_at, found.position.warnings) == (None, NOW, ("future_fix",))
    far = place(7, NOW + timedelta(days=3650), serverTime=iso(NOW + timedelta(days=3650)))
    assert read_fix(far).observed_at == NOW
    assert read_fix(place(7, fixTime=None, deviceTime="soon")).warnings == ("no_time",)
    assert read_fix(place(7, NOW - timedelta(days=2))).time_quality == "stale"


@pytest.mark.parametrize("fields", [{"valid": False}, {"outdated": True}, {"latitude": 0, "longitude": 0},
                                    {"latitude": None, "longitude": None}])  # fmt: skip
def test_what_says_nothing_certain_of_a_place_is_no_position(fields: Mapping[str, Any]) -> None:
    assert parse.fix(place(7, **fields), "van", "fleet", NOW, STALE) is None


def test_bad_places_and_items_are_refused() -> None:
    for item, reason in ((place(7, latitude="x"), "bad_coordinates"), (7, "not_an_object"),
                         (place(7, latitude=95, longitude=200), "coordinates_out_of_range")):  # fmt: skip
        found = parse.fix(item, "van", "fleet", NOW, STALE, 3)
        assert isinstance(found, Rejection) and (found.reason, found.line) == (reason, 3)


def test_alarms_joined_by_commas_and_the_event_of_the_same() -> None:
    item = place(7, attributes={"alarm": "sos,lowBattery, powerCut,sos"})
    alarms = parse.calls(item, "van", "fleet", NOW, LIVE)
    assert [(a.kind, a.severity, a.live) for a in alarms] == [
        ("sos", "critical", True), ("low_battery", "info", True), ("power_cut", "minor", True),
    ]  # fmt: skip
    same = happening(3, "alarm", positionId=7, attributes={"alarm": "sos"})
    told = parse.event(same, "van", "fleet", NOW, LIVE, WANTED, {})
    assert isinstance(told, list)
    assert told[0].source_id == alarms[0].source_id == "van@p7:sos"
    assert (alarms[0].lat, told[0].lat) == (30.00007, None)
    old = parse.event(happening(4, "alarm", NOW - timedelta(hours=2)), "van", "fleet", NOW, LIVE, WANTED, {})
    assert isinstance(old, list) and [(a.kind, a.live) for a in old] == [("alarm", False)]


def test_leaving_a_fence_and_coming_back() -> None:
    outside: dict[str, str] = {}

    def one(item: Any) -> list[tuple[str, str, str]]:
        told = parse.event(item, "van", "fleet", NOW, LIVE, WANTED, outside)
        assert isinstance(told, list)
        return [(a.kind, a.state, a.source_id) for a in told]

    assert one(happening(1, "geofenceEnter", geofenceId=5)) == []
    assert one(happening(2, "geofenceExit", geofenceId=5)) == [("geofence_exit", "start", "van@e2")]
    assert one(happening(3, "geofenceEnter", geofenceId=6)) == []
    assert one(happening(4, "geofenceEnter", geofenceId=5)) == [("geofence_exit", "end", "van@e2")]
    assert one(happening(5, "deviceMoving")) == []
    assert isinstance(parse.event({"id": 1}, "van", "fleet", NOW, LIVE, WANTED, {}), Rejection)


def test_the_samples(samples: Path) -> None:
    folder = samples / "traccar"
    known, refused = parse.devices(parse.items((folder / "devices.json").read_bytes()))
    assert (known, refused) == ({}, ())  # its one device is disabled
    (position,) = parse.items((folder / "positions.json").read_bytes())
    assert parse.fix(position, "van", "fleet", NOW, STALE) is None  # outdated, at 0, 0
    (event,) = parse.items((folder / "reports_events.json").read_bytes())
    told = parse.event(event, "van", "fleet", NOW, LIVE, ("string",), {})
    assert isinstance(told, list)
    assert [(a.kind, a.source_id, a.live) for a in told] == [("string", "van@e0", False)]
