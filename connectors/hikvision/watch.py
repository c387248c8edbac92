"""What a device has said so far: repeats folded into one alarm, ends by silence, and who is alive. Pure.

While a device is not heard nothing of it ends: its state is unknown, never off.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from connectors.hikvision.parse import Event
from connectors.hikvision.settings import HikvisionSettings, Severity
from connectors.moment import AHEAD, TimeQuality, stamp
from store.intake import Alarm, AnyRecord, Heartbeat

SEVERITIES: Mapping[str, Severity] = {
    "firedetection": "critical", "smokedetection": "critical", "fireandsmokedetection": "critical",
    "temperature": "major", "tma": "major", "io": "major", "shelteralarm": "major", "tamperdetection": "major",
    "scenechangedetection": "major", "vmd": "info", "pir": "info", "diskfull": "info", "diskerror": "info",
    "nicbroken": "info", "ipconflict": "info", "illaccess": "info", "badvideo": "info", "recordingfailure": "info",
}  # fmt: skip
"""What kinds of events weigh; any other is minor."""
UPDATE_EVERY = 60.0
"""Seconds after which an event that goes on is told again."""
BEAT_EVERY = 60.0
"""Seconds between two heartbeats of a box that is well."""
OPEN = 500
CHANNELS = 1_000


@dataclass(slots=True)
class Going:
    """An event that goes on; times are POSIX seconds of receipt."""

    source_id: str
    last: float
    told: float
    closing: float | None = None
    """When the device said that it is over."""


class Watch:
    def __init__(self, source: str, settings: HikvisionSettings) -> None:
        self._source = source
        self._settings = settings
        self._going: dict[tuple[str, str], Going] = {}
        self._alive: dict[str, str] = {}
        """Device to `up` or `down`, as last told."""
        self._beaten: dict[str, float] = {}
        self._lost = False
        self.heard = 0.0
        """Receipt of the last message of any kind, POSIX seconds."""

    def take(self, event: Event, now: datetime) -> list[AnyRecord]:
        """What is new in `event`; also the ends that have come due."""
        at = now.timestamp()
        self.heard = at
        records: list[AnyRecord] = [*self._back(now)]
        box = event.mac or self._source
        device = f"{box}/{event.channel}" if event.channel else box
        records += self._beat(box, "up", now)
        if event.kind == "videoloss":
            if event.channel:
                records += self._beat(device, "down" if event.active else "up", now)
        elif not event.beat:
            records += self._told(event, device, now)
        return [*records, *self.over(now)]

    def _told(self, event: Event, device: str, now: datetime) -> list[Alarm]:
        at = now.timestamp()
        wanted = {kind.casefold() for kind in self._settings.events}
        if wanted and event.kind not in wanted:
            return []
        key = device, event.kind
        going = self._going.get(key)
        if event.history:
            began = self._began(event, now)
            return [
                self._alarm(key, began, "start", now, event, live=False),
                self._alarm(key, began, "end", now, event),
            ]
        if not event.active:
            if going is not None and going.closing is None:
                going.closing = at
            return []
        if going is None:
            self._going[key] = Going(f"{device}|{event.kind}|{self._began(event, now)}", at, at)
            while len(self._going) > OPEN:
                self._going.pop(next(iter(self._going)))
            return [self._alarm(key, self._going[key].source_id.rpartition("|")[2], "start", now, event)]
        going.last, going.closing = at, None
        if at - going.told < UPDATE_EVERY:
            return []
        going.told = at
        return [self._alarm(key, going.source_id.rpartition("|")[2], "update", now, event)]

    def _began(self, event: Event, now: datetime) -> str:
        """The device's own time names an event: one that it sends again keeps its name, however wrong the clock."""
        return stamp(event.at.at if event.at else now)

    def over(self, now: datetime) -> list[Alarm]:
        """Ends of events that the device ended and did not begin again, or has not repeated while it was heard."""
        ends: list[Alarm] = []
        for key, going in list(self._going.items()):
            at = now.timestamp()
            said = going.closing is not None and at - going.closing >= self._settings.hold_seconds
            silent = going.closing is None and self.heard - going.last >= self._settings.end_seconds
            if said or silent:
                del self._going[key]
                ends.append(self._alarm(key, going.source_id.rpartition("|")[2], "end", now, inferred=silent))
        return ends

    def _alarm(
        self, key: tuple[str, str], began: str, state: Literal["start", "update", "end"], now: datetime,
        event: Event | None = None, *, live: bool = True, inferred: bool = False,
    ) -> Alarm:  # fmt: skip
        device, kind = key
        channel = device.rpartition("/")[2]
        grid = self._settings.places.get(device) or self._settings.places.get(channel)
        at, quality, notes = now, "receipt", ["end_inferred"] if inferred else []
        if event is not None and event.at is not None:
            if abs(event.at.at - now) <= AHEAD or event.history:
                at, quality = event.at.at, event.at.quality(now)
                notes += event.at.warnings
            else:
                notes.append("device_clock")
        known: TimeQuality = quality  # type: ignore[assignment]
        return Alarm(
            source=self._source, source_id=f"{device}|{kind}|{began}", version=stamp(now), observed_at=at,
            time_quality=known, grid_code=grid, place_quality="device_table" if grid else "none",
            warnings=tuple(notes), raw=event.raw if event else b"", device=device, kind=kind, state=state,
            severity=self._severity(kind), text=event.text if event else "", live=live,
        )  # fmt: skip

    def _severity(self, kind: str) -> Severity:
        for name, severity in self._settings.severities.items():
            if name.casefold() == kind:
                return severity
        return SEVERITIES.get(kind, "minor")

    def _beat(self, device: str, alive: Literal["up", "down"], now: datetime) -> list[Heartbeat]:
        at = now.timestamp()
        if self._alive.get(device) == alive and at - self._beaten.get(device, 0.0) < BEAT_EVERY:
            return []
        if device not in self._alive and len(self._alive) >= CHANNELS:
            return []
        self._alive[device], self._beaten[device] = alive, at
        return [self._life(device, alive, now, "video_loss" if alive == "down" else "")]

    def lost(self, now: datetime, why: str) -> list[Heartbeat]:
        """The device is not heard any more: what was well is unknown."""
        if self._lost:
            return []
        self._lost = True
        return [self._life(device, "unknown", now, why) for device, alive in self._alive.items() if alive == "up"]

    def _back(self, now: datetime) -> list[Heartbeat]:
        """It is heard again: all that was well before and has not said otherwise."""
        if not self._lost:
            return []
        self._lost = False
        at = now.timestamp()
        # Silence while nobody listened proves nothing: events have their time again.
        for going in self._going.values():
            going.last = at
        well = [device for device, alive in self._alive.items() if alive == "up"]
        self._beaten |= dict.fromkeys(well, at)
        return [self._life(device, "up", now, "") for device in well]

    def _life(self, device: str, alive: Literal["up", "down", "unknown"], now: datetime, detail: str) -> Heartbeat:
        grid = self._settings.places.get(device) or self._settings.places.get(device.rpartition("/")[2])
        return Heartbeat(
            source=self._source, source_id=device, version=stamp(now), observed_at=now, time_quality="receipt",
            grid_code=grid, place_quality="device_table" if grid else "none", device=device, alive=alive, detail=detail,
        )  # fmt: skip

    def dump(self) -> str:
        """What must outlive this process: events that go on, so that their ends find them."""
        rows: list[Any] = [[*key, asdict(going)] for key, going in self._going.items()]
        return json.dumps({"going": rows, "alive": self._alive})

    def load(self, text: str | None, now: datetime) -> None:
        """Nothing for no text, and for one that is not ours."""
        try:
            held = json.loads(text or "")
            going = {
                (str(device), str(kind)): Going(
                    str(g["source_id"]), now.timestamp(), float(g["told"]),
                    None if g["closing"] is None else float(g["closing"]),
                )
                for device, kind, g in held["going"]
            }  # fmt: skip
            alive = {str(device): str(state) for device, state in held["alive"].items()}
        except (ValueError, TypeError, KeyError, AttributeError):
            return
        self._going, self._alive = going, alive
