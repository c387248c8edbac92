"""What phones of patrols have in common: a fix with unknowns, a call for help, a sign of life (research 3.6). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connectors.moment import Moment, TimeQuality
from connectors.spot import spot
from connectors.text import number
from store.intake import Alarm, Heartbeat, Position, Rejection

KNOT = 1852 / 3600
"""Metres a second."""


def known(value: Any) -> float | None:
    """A measure; the apps say -1 for one they do not have."""
    found = number(value)
    return found if found is not None and found >= 0 else None


def share(value: Any, whole: float = 100.0) -> float | None:
    """A battery's charge in percent, from parts of `whole`; None when it is not known."""
    found = known(value)
    return None if found is None or found > whole else found * 100.0 / whole


@dataclass(frozen=True, slots=True)
class Sighting:
    """One message of a phone, so far as it has been read; `line` counts in its post."""

    source: str
    terminal: str
    now: datetime
    at: Moment | None
    stale: timedelta
    raw: bytes
    line: int | None = None

    @property
    def version(self) -> str:
        return self.at.at.isoformat() if self.at else ""

    @property
    def quality(self) -> TimeQuality:
        return self.at.quality(self.now, self.stale) if self.at else "receipt"

    @property
    def observed_at(self) -> datetime:
        return self.at.at if self.at else self.now

    def position(
        self, lat: Any, lon: Any, *, accuracy: float | None = None, speed: float | None = None,
        battery: float | None = None,
    ) -> Position | Rejection:  # fmt: skip
        """Where it is; `accuracy` in metres, `speed` in metres a second, `battery` in percent."""
        where = spot(lat, lon)
        if where.lat is None:
            reason = where.warnings[0] if where.warnings else "no_place"
            return Rejection(reason, line=self.line, column="lat, lon", expected="WGS84 degrees", raw=self.raw)
        notes = list(where.warnings) + list(self.at.warnings if self.at else ("no_time",))
        if self.quality in ("future", "stale"):
            notes.append(self.quality)
        return Position(
            source=self.source, source_id=f"{self.terminal}@{self.version or self.now.isoformat()}",
            version=self.version, observed_at=self.observed_at, time_quality=self.quality, lat=where.lat,
            lon=where.lon, place_quality="point", warnings=tuple(notes), raw=self.raw, terminal=self.terminal,
            accuracy_m=accuracy, speed_mps=speed, battery_pct=battery,
        )  # fmt: skip

    def help(self, lat: Any, lon: Any, kind: str = "sos") -> Alarm:
        """A call for help, with its place where there is one; the same message again is the same call."""
        where = spot(lat, lon)
        return Alarm(
            source=self.source, source_id=f"{self.terminal}@{self.version or self.now.isoformat()}:{kind}",
            version=self.version, observed_at=self.observed_at, time_quality=self.quality, lat=where.lat,
            lon=where.lon, place_quality=where.quality(), raw=self.raw, device=self.terminal, kind=kind,
            state="start", severity="critical", live=self.quality != "stale",
        )  # fmt: skip

    def life(self, alive: bool | None, detail: str = "") -> Heartbeat:
        """It lives, it does not, or (None) its connection says nothing of it."""
        return Heartbeat(
            source=self.source, source_id=self.terminal, observed_at=self.observed_at, version=self.version,
            time_quality=self.quality, raw=self.raw, device=self.terminal,
            alive="unknown" if alive is None else "up" if alive else "down", detail=detail,
        )  # fmt: skip
