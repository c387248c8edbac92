"""Cameras, smoke and manhole sensors, water gauges: alarms that start and end, heartbeats, readings."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from connectors.simulator.ground import blocks
from connectors.simulator.phrases import DEVICE_TEXTS
from store.intake import Alarm, Heartbeat, Place, Reading

Severity = Literal["critical", "major", "minor"]

SOURCE = "sim-devices"
BEAT_S = 600
"""A device says that it lives every ten minutes; twice that is its longest normal silence."""
READ_S = 900
LONGEST_ALARM_H = 3
"""No alarm outlives this, so looking back so far finds every end."""


@dataclass(frozen=True, slots=True)
class Family:
    """A kind of device: `events` are (kind, severity, weight), `per_hour` how often one of them alarms."""

    prefix: str
    events: tuple[tuple[str, Severity, int], ...]
    per_hour: float
    minutes: tuple[int, int]
    """Shortest and longest usual alarm."""


FAMILIES: dict[str, Family] = {
    "camera": Family(
        "CAM",
        (
            ("fire_lane_blocked", "major", 5),
            ("road_occupied", "minor", 4),
            ("bin_overflow", "minor", 3),
            ("crowding", "major", 2),
            ("thrown_object", "major", 1),
        ),
        0.05,
        (4, 45),
    ),
    "smoke": Family("SMK", (("smoke", "critical", 1),), 0.015, (2, 12)),
    "manhole": Family("MHT", (("tilt", "major", 1),), 0.02, (20, 150)),
    "water": Family("WLV", (("high_water", "major", 1),), 0.06, (25, 140)),
}


@dataclass(frozen=True, slots=True)
class Device:
    code: str
    family: str
    place: Place
    lat: float
    lon: float


def devices_of(places: tuple[Place, ...], seed: int) -> tuple[Device, ...]:
    """Half the places have a camera, every fifth a smoke sensor, every seventh a manhole, a few a gauge."""
    found: list[Device] = []
    for i, place in enumerate(places):
        rng = random.Random(f"{seed}:devices:{place.code}")
        families = ["camera"] * (i % 2 == 0) + ["smoke"] * (i % 5 == 1)
        families += ["manhole"] * (i % 7 == 3) + ["water"] * (i % 19 == 4)
        for family in families:
            _, lat, lon = rng.choice(place.points) if place.points else ("", place.lat, place.lon)
            found.append(Device(f"{FAMILIES[family].prefix}-{place.code}", family, place, lat, lon))
    return tuple(found)


class Troubles:
    """The alarms of the street by the hour they begin in; at most one of a device begins in an hour."""

    def __init__(self, devices: tuple[Device, ...], seed: int) -> None:
        self._devices = devices
        self._seed = seed
        self._hours: dict[int, tuple[Alarm, ...]] = {}

    def between(self, start: datetime, until: datetime) -> Iterator[Alarm]:
        """Starts, repeats and ends with `start < t <= until`."""
        first, last = int(start.timestamp() // 3600) - LONGEST_ALARM_H, int(until.timestamp() // 3600)
        for hour in range(first, last + 1):
            for alarm in self._hour(hour):
                if alarm.observed_at is not None and start < alarm.observed_at <= until:
                    yield alarm

    def _hour(self, hour: int) -> tuple[Alarm, ...]:
        """Kept for a few hours, since a living street asks for the same hour again and again."""
        if hour not in self._hours:
            if len(self._hours) > 4 * LONGEST_ALARM_H:
                self._hours.clear()
            found: list[Alarm] = []
            for device in self._devices:
                rng = random.Random(f"{self._seed}:alarm:{device.code}:{hour}")
                if rng.random() < FAMILIES[device.family].per_hour:
                    found += _course(device, rng, hour)
            self._hours[hour] = tuple(found)
        return self._hours[hour]


def _course(device: Device, rng: random.Random, hour: int) -> Iterator[Alarm]:
    """One trouble: it starts, a camera may see it again under a new number, and it ends."""
    family = FAMILIES[device.family]
    kind, severity, _ = rng.choices(family.events, [weight for *_, weight in family.events])[0]
    begins = datetime.fromtimestamp(hour * 3600 + rng.randrange(3600), UTC)
    lasts = rng.randint(*family.minutes)
    sightings = rng.choice((1, 1, 1, 2, 3)) if device.family == "camera" else 1
    for i in range(sightings):
        seen = begins + timedelta(seconds=i * rng.randint(50, 140))
        name = f"{device.code}-{hour}-{i}"
        yield _alarm(device, name, kind, severity, "start", seen)
        yield _alarm(device, name, kind, severity, "end", begins + timedelta(minutes=lasts + 6))


def _alarm(device: Device, name: str, kind: str, severity: Severity, state: str, at: datetime) -> Alarm:
    return Alarm(
        source=SOURCE,
        source_id=name,
        version=f"{at.timestamp():.0f}",
        observed_at=at,
        lat=device.lat,
        lon=device.lon,
        place_quality="device_table",
        grid_code=device.place.code,
        device=device.code,
        kind=kind,
        state="start" if state == "start" else "end",
        severity=severity,
        text=f"{device.place.name}：{DEVICE_TEXTS[kind]}",
        evidence_url=f"https://nvr.example/{device.code}/{name}.jpg" if device.family == "camera" else "",
    )


def heartbeats(
    devices: tuple[Device, ...], seed: int, zone: ZoneInfo, start: datetime, until: datetime
) -> Iterator[Heartbeat]:
    """Every device each ten minutes at its own second, but for the one that is silent in a block."""
    silences = [_silence(devices, seed, *block) for block in blocks(zone, start - timedelta(hours=12), until)]
    for device in devices:
        offset = random.Random(f"{seed}:beat:{device.code}").randrange(BEAT_S)
        for at in slots(start, until, BEAT_S, offset):
            if any(quiet == device.code and since < at < back for quiet, since, back in silences):
                continue
            yield Heartbeat(
                source=SOURCE,
                source_id=device.code,
                version=f"{at.timestamp():.0f}",
                observed_at=at,
                lat=device.lat,
                lon=device.lon,
                place_quality="device_table",
                grid_code=device.place.code,
                device=device.code,
                alive="up",
                next_expected_s=BEAT_S * 2.0,
            )


def _silence(
    devices: tuple[Device, ...], seed: int, start: datetime, end: datetime, name: str
) -> tuple[str, datetime, datetime]:
    """Which device stops in a block, when, and when it is back: after the block's end."""
    if not devices:
        return "", start, start
    chosen = random.Random(f"{seed}:silent:{name}").choice(devices)
    return chosen.code, start + timedelta(hours=2, minutes=40), end + timedelta(minutes=35)


def readings(devices: tuple[Device, ...], seed: int, start: datetime, until: datetime) -> Iterator[Reading]:
    """The level at each gauge in metres, slowly up and down."""
    for device in devices:
        if device.family != "water":
            continue
        offset = random.Random(f"{seed}:read:{device.code}").randrange(READ_S)
        for at in slots(start, until, READ_S, offset):
            wave = math.sin(at.timestamp() / 7_000 + offset)
            noise = random.Random(f"{seed}:{device.code}:{at.timestamp()}").gauss(0, 0.01)
            yield Reading(
                source=SOURCE,
                source_id=f"{device.code}-{at.timestamp():.0f}",
                version=f"{at.timestamp():.0f}",
                observed_at=at,
                lat=device.lat,
                lon=device.lon,
                place_quality="device_table",
                grid_code=device.place.code,
                device=device.code,
                metric="level",
                value=round(0.42 + 0.18 * wave + noise, 3),
                unit="m",
            )


def slots(start: datetime, until: datetime, every_s: int, offset_s: int) -> Iterator[datetime]:
    """Instants `offset_s` into each slot with `start < t <= until`."""
    slot = int((start.timestamp() - offset_s) // every_s)
    while (seconds := slot * every_s + offset_s) <= until.timestamp():
        if seconds > start.timestamp():
            yield datetime.fromtimestamp(seconds, UTC)
        slot += 1
