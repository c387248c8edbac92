"""Frigate reviews into alarms, stats into heartbeats. Pure.

Faces, names and number plates are left at the door: only the fields named here are read, and `Alarm.raw` is made of
them alone (K16-R7).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from connectors.document import Unreadable, compact, read_json
from connectors.frigate.labels import LABELS
from connectors.moment import EPOCH, ISO, Moment, TimeQuality, moment
from connectors.text import CODE_LIMIT, clean, number
from store.intake import Alarm, Heartbeat, Rejection

WORDS = 12
"""Objects and zones that an alarm's text names."""


@dataclass(frozen=True, slots=True)
class Review:
    """One review segment: what was seen where, without who."""

    id: str
    camera: str
    start: Moment
    end: Moment | None
    alert: bool
    objects: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()

    @property
    def mark(self) -> str:
        """Changes whenever an update would say something new."""
        return f"{int(self.alert)}-{len(self.objects):03d}-{len(self.zones):03d}"

    @property
    def key(self) -> tuple[str, float]:
        """Two reviews with one key are the same; the NVR deletes the shorter later (frigate#3255)."""
        return self.camera, self.start.at.timestamp()

    @property
    def last(self) -> datetime:
        return self.end.at if self.end else self.start.at


def parse(body: bytes, labels: Collection[str] = ()) -> tuple[tuple[Review, ...], tuple[Rejection, ...]]:
    """The reviews in an answer of `/api/review` or in a message of `frigate/reviews`.

    `labels` are words for things and states beside Frigate's own; what is neither is left behind.
    Raises `Unreadable` for a body that is no JSON; none of its bytes are kept, since they may hold names.
    """
    document = read_json(body, keep=False)
    items = document if isinstance(document, list) else [document]
    reviews: list[Review] = []
    rejections: list[Rejection] = []
    for place, item in enumerate(items, 1):
        found = _review(item, place, labels)
        if isinstance(found, Review):
            reviews.append(found)
        else:
            rejections.append(found)
    return tuple(reviews), tuple(rejections)


def _review(item: Any, line: int, labels: Collection[str]) -> Review | Rejection:
    if isinstance(item, dict) and isinstance(item.get("after"), dict):
        item = item["after"]
    if not isinstance(item, dict):
        return Rejection("not_an_object", line=line, expected="a review")
    source_id = clean(item.get("id"), CODE_LIMIT)
    camera = clean(item.get("camera"), CODE_LIMIT)
    if not source_id or not camera:
        return Rejection("no_id", line=line, column="id" if not source_id else "camera")
    start = _when(item.get("start_time"))
    if start is None:
        return Rejection("bad_time", line=line, column="start_time", expected="seconds since 1970")
    data = item.get("data")
    data = data if isinstance(data, dict) else {}
    return Review(
        id=source_id,
        camera=camera,
        start=start,
        end=_when(item.get("end_time")),
        alert=item.get("severity") == "alert",
        objects=_labels(labels, data.get("objects"), data.get("audio")),
        zones=_words(data.get("zones")),
    )


def _when(value: Any) -> Moment | None:
    return moment(value, UTC, (EPOCH, ISO))


def _words(*lists: Any) -> tuple[str, ...]:
    """Labels and zones; `-verified` marks a label whose face or plate was known, which is none of our business."""
    found: dict[str, None] = {}
    for words in lists:
        for word in words if isinstance(words, list) else ():
            if isinstance(word, str) and word.strip():
                found[clean(word, 40).removesuffix("-verified")] = None
    return tuple(list(found)[:WORDS])


def _labels(labels: Collection[str], *lists: Any) -> tuple[str, ...]:
    """Known words alone: a name or a plate that strayed in among the objects is none."""
    return tuple(word for word in _words(*lists) if word in LABELS or word in labels)


def alarms(
    review: Review, source: str, places: Mapping[str, str], now: datetime, known: str | None, live: bool, url: str = ""
) -> tuple[Alarm, ...]:
    """What is new in `review`: `known` is the mark under which it was told before, None when it never was.

    A review that had begun and ended before it was first seen is told as both.
    """
    kind = "+".join(review.objects[:3]) or "motion"
    where = f" @ {', '.join(review.zones)}" if review.zones else ""
    grid = places.get(review.camera)
    kept = {
        "id": review.id, "camera": review.camera, "start_time": review.start.at.timestamp(),
        "end_time": review.end.at.timestamp() if review.end else None,
        "severity": "alert" if review.alert else "detection", "objects": review.objects, "zones": review.zones,
    }  # fmt: skip

    def one(state: str, at: Moment, version: str) -> Alarm:
        quality: TimeQuality = at.quality(now)
        return Alarm(
            source=source, source_id=review.id, version=version, observed_at=at.at, time_quality=quality,
            grid_code=grid, place_quality="device_table" if grid else "none",
            warnings=(*at.warnings, *(("future",) if quality == "future" else ())), raw=compact(kept),
            device=review.camera, kind="review", state=state,  # type: ignore[arg-type]
            severity="major" if review.alert else "info", text=f"{kind}{where}", evidence_url=url, live=live,
        )  # fmt: skip

    told: list[Alarm] = []
    if known is None:
        told.append(one("start", review.start, f"1-{review.mark}"))
    elif known != review.mark and review.end is None:
        told.append(one("update", review.start, f"2-{review.mark}"))
    if review.end is not None:
        told.append(one("end", review.end, f"3-{review.mark}"))
    return tuple(told)


def longest(first: Review, second: Review) -> Review:
    """The one of two twins that goes on longer."""
    if first.end is None or second.end is None:
        return first if first.end is None else second
    return first if first.last >= second.last else second


def availability(
    payload: bytes, source: str, device: str, grid: str | None, now: datetime, every: float, *, retained: bool
) -> Heartbeat | Rejection | None:
    """The NVR's or a camera's word on itself; a retained one says how it stood, not that anything is alive."""
    word = payload[:40].strip()
    if word not in (b"online", b"offline", b"stopped", b"disabled"):
        return Rejection("unknown_state", expected="online, offline, stopped or disabled")
    if word == b"online":
        return None if retained else _beat(source, device, "up", grid, now, every)
    alive = "unknown" if retained or word == b"disabled" else "down"
    return replace(_beat(source, device, alive, grid, now, every), detail=word.decode())


def heartbeats(body: bytes, source: str, places: Mapping[str, str], now: datetime, every: float) -> list[Heartbeat]:
    """One of the NVR and one of each camera in an answer of `/api/stats`; empty when it cannot be read."""
    try:
        document = read_json(body, keep=False)
    except Unreadable:
        return []
    cameras = document.get("cameras") if isinstance(document, dict) else None
    if not isinstance(cameras, dict):
        return []
    beats = [_beat(source, source, "up", None, now, every)]
    for name, about in list(cameras.items())[:1_000]:
        fps = number(about.get("camera_fps")) if isinstance(about, dict) else None
        alive = "unknown" if fps is None else "up" if fps > 0 else "down"
        camera = clean(name, CODE_LIMIT)
        beats.append(_beat(source, camera, alive, places.get(camera), now, every))
    return beats


def _beat(source: str, device: str, alive: str, grid: str | None, now: datetime, every: float) -> Heartbeat:
    return Heartbeat(
        source=source, source_id=device, observed_at=now, time_quality="receipt", grid_code=grid,
        place_quality="device_table" if grid else "none", device=device, alive=alive,  # type: ignore[arg-type]
        detail="" if alive != "down" else "no_picture", next_expected_s=every,
    )  # fmt: skip
