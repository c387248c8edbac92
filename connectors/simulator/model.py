"""A street that lives, as a pure function of seed and time.

Each happening hangs on a slot of time (a minute, an hour, a shift) whose random numbers come from the seed
and the slot alone. So any span gives the same records whoever asks, in however many pieces, and a process
that starts again needs to know nothing but the last instant it handed over.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Literal
from zoneinfo import ZoneInfo

from connectors.simulator.devices import Device, Troubles, devices_of, heartbeats, readings
from connectors.simulator.ground import in_order, moved
from connectors.simulator.patrols import Team, positions, teams_of
from connectors.simulator.phrases import CHANNELS, PHRASES, SPOTS
from store.intake import AnyRecord, Place, Report

HOTLINE, DEVICES, PATROL, UNITS = "sim-hotline", "sim-devices", "sim-patrol", "sim-units"
"""Names of the sources; every record carries the one it came by."""

CALLS_PER_HOUR: tuple[float, ...] = (
    5.0, 4.0, 3.4, 3.0, 3.0, 3.4, 4.5, 6.0, 8.0, 9.0, 9.0, 8.5,
    7.0, 7.5, 8.0, 8.5, 9.0, 9.0, 8.5, 8.5, 8.5, 8.0, 7.5, 6.5,
)  # fmt: skip
"""Calls in each hour of the local day: 8 an hour in the evening, 3 at three in the morning."""


@dataclass(frozen=True)
class Street:
    """The places of a store with what lives on them; callers need `step` or `stream`."""

    places: tuple[Place, ...]
    timezone: str
    seed: int = 46

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @cached_property
    def devices(self) -> tuple[Device, ...]:
        return devices_of(self.places, self.seed)

    @cached_property
    def _troubles(self) -> Troubles:
        return Troubles(self.devices, self.seed)

    @cached_property
    def teams(self) -> tuple[Team, ...]:
        return teams_of(self.places)

    @cached_property
    def _busy(self) -> tuple[float, ...]:
        """How often each place is called about: a few are known for it."""
        rng = random.Random(f"{self.seed}:busy")
        return tuple(rng.choice((1, 1, 1, 2, 2, 3, 6)) for _ in self.places)

    def step(self, start: datetime, until: datetime) -> dict[str, list[AnyRecord]]:
        """All records of `start < t <= until` by source, in order of time; both instants aware."""
        return {stream: self.stream(stream, start, until) for stream in (HOTLINE, DEVICES, PATROL)}

    def stream(self, stream: str, start: datetime, until: datetime) -> list[AnyRecord]:
        """The part of `step` that one source brings."""
        streams = {HOTLINE: self.hotline, DEVICES: self.device_records, PATROL: self.patrol}
        return in_order(streams[stream](start, until))

    def device_records(self, start: datetime, until: datetime) -> Iterator[AnyRecord]:
        yield from self._troubles.between(start, until)
        yield from heartbeats(self.devices, self.seed, self.zone, start, until)
        yield from readings(self.devices, self.seed, start, until)

    def patrol(self, start: datetime, until: datetime) -> Iterator[AnyRecord]:
        return positions(self.teams, PATROL, self.seed, self.zone, start, until)

    def hotline(self, start: datetime, until: datetime) -> Iterator[Report]:
        if not self.places:
            return
        for minute in range(int(start.timestamp() // 60), int(until.timestamp() // 60) + 1):
            rng = random.Random(f"{self.seed}:call:{minute}")
            local = datetime.fromtimestamp(minute * 60, self.zone)
            if rng.random() >= CALLS_PER_HOUR[local.hour] / 60:
                continue
            at = datetime.fromtimestamp(minute * 60 + rng.randrange(60), UTC)
            if start < at <= until:
                yield self._call(rng, minute, at, local)

    def _call(self, rng: random.Random, minute: int, at: datetime, local: datetime) -> Report:
        night = local.hour >= 21 or local.hour < 6
        phrase = rng.choices(PHRASES, [p.night if night else p.day for p in PHRASES])[0]
        place = rng.choices(self.places, self._busy)[0]
        words = {"place": place.name, "n": str(rng.randint(2, 6)), "hour": str(local.hour)}
        words["spot"] = rng.choice(SPOTS).format(n=rng.randint(1, 9))
        lat, lon, quality = self._whereabouts(rng, place)
        channel = rng.choices([name for name, _ in CHANNELS], [weight for _, weight in CHANNELS])[0]
        return Report(
            source=HOTLINE,
            source_id=f"{local:%Y%m%d}-{minute % 100_000:05d}",
            version="1",
            observed_at=at,
            lat=lat,
            lon=lon,
            place_quality=quality,
            kind_code=phrase.code,
            kind_name=phrase.kind,
            title=phrase.title.format(**words),
            text=rng.choice(phrase.texts).format(**words),
            address=f"望江街道{place.name}{words['spot']}",
            status="open",
            channel=channel,
        )

    @staticmethod
    def _whereabouts(
        rng: random.Random, place: Place
    ) -> tuple[float | None, float | None, Literal["point", "address_only"]]:
        """Most calls carry a point near where they mean; some none, a few a wrong one, as real feeds do."""
        luck = rng.random()
        if luck < 0.06:
            return None, None, "address_only"
        if luck < 0.08:
            return 0.0, 0.0, "point"
        _, lat, lon = rng.choice(place.points) if place.points else ("", place.lat, place.lon)
        return (*moved(lat, lon, rng.gauss(0, 12), rng.gauss(0, 12)), "point")
