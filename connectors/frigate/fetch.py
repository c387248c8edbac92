"""Polling a Frigate NVR for reviews; asks again from an hour before the last one seen and merges by id."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.base import AnySource, Batch, Broken, Context, Retry
from connectors.document import Unreadable
from connectors.frigate.parse import Review, alarms, heartbeats, longest, parse
from connectors.frigate.settings import FrigateSettings
from connectors.http import Client, client_for
from connectors.moment import Moment
from connectors.settings import read
from store.errors import BadInput
from store.intake import Alarm, AnyRecord, Heartbeat, Rejection

BACK = 3_600.0
"""Seconds before the last one seen from which reviews are asked for again."""
FIRST = 86_400.0
"""How far back the first round looks."""
DEPTH = 8
"""Halvings of a time span whose list is longer than the limit."""
OPEN = 500
"""Open reviews that are remembered."""


def build(name: str, table: Mapping[str, Any], context: Context) -> AnySource:
    settings = read(FrigateSettings, table, context.folder)
    if not settings.url and settings.broker is None:
        raise BadInput("missing_key", key="url", expected="an address, or [connectors.NAME.broker]")
    client = client_for(settings.url, settings.token, settings.deadline) if settings.url else None
    if settings.broker is not None:
        from connectors.frigate.subscribe import Listening

        return Listening(name, settings, context, client)
    assert client is not None
    return Frigate(name, settings, context, client)


@dataclass(frozen=True, slots=True)
class Cursor:
    seen: float
    """Start or end of the newest review, POSIX seconds by the NVR's clock."""
    open: Mapping[str, tuple[str, float]] = field(default_factory=dict)
    """Reviews told as begun and not as ended: id to camera and start."""

    def dump(self) -> str:
        return json.dumps({"seen": self.seen, "open": {key: list(value) for key, value in self.open.items()}})

    @classmethod
    def load(cls, text: str | None) -> Cursor | None:
        try:
            held = json.loads(text or "")
            opened = {str(key): (str(value[0]), float(value[1])) for key, value in held["open"].items()}
            return cls(float(held["seen"]), opened)
        except (ValueError, TypeError, KeyError, IndexError, AttributeError):
            return None


class Frigate:
    """A `Polled` source. Beside a broker it is what fills the gaps: `heard` are the reviews that came by MQTT."""

    kind = "frigate"

    def __init__(self, name: str, settings: FrigateSettings, context: Context, client: Client) -> None:
        self.name = name
        self.interval = settings.interval
        self._settings = settings
        self._context = context
        self._client = client
        self.told: dict[str, str] = {}
        """Id → mark under which it was told last; a dot after it: its end was told."""
        self.heard: dict[str, tuple[str, float]] = {}
        """Id → camera and start of reviews that are open and that no list had yet."""
        self._complete = True

    def replay(self, data: bytes, given: Mapping[str, str], now: datetime) -> Batch:
        """A captured answer of `/api/review`, or message of `reviews`."""
        try:
            found, rejections = parse(data, self._settings.labels)
        except Unreadable as error:
            return Batch(rejections=(error.rejection,))
        held = Cursor(now.timestamp())
        return Batch(tuple(alarm for review in found for alarm in self._alarms(review, now, held)), rejections)

    async def fetch(self, cursor: str | None) -> Batch:
        now = self._context.store.now()
        held = Cursor.load(cursor) or Cursor(now.timestamp() - FIRST + BACK)
        held = replace(held, open={**held.open, **self.heard})
        pending = tuple(self.heard)
        self._complete = True
        found, rejections = await self._reviews(held.seen - BACK, None, DEPTH)
        reviews = self._merged(found, held)
        records: list[AnyRecord] = []
        opened: dict[str, tuple[str, float]] = {}
        told: dict[str, str] = {}
        for review in reviews.values():
            review = self._ended(review, now)
            told[review.id] = f"{review.mark}{'.' if review.end else ''}"
            if review.end is None:
                opened[review.id] = (review.camera, review.start.at.timestamp())
            if self.told.get(review.id) != told[review.id]:
                records += self._alarms(review, now, held)
        records += self._lost(held, reviews, now) if self._complete else ()
        if self._settings.stats:
            records += await self._beats(now)
        newest = max((review.last.timestamp() for review in reviews.values()), default=held.seen)
        following = Cursor(min(max(newest, held.seen), now.timestamp()), dict(list(opened.items())[-OPEN:]))
        for review_id in pending:
            self.heard.pop(review_id, None)
        self.told = told | {review_id: self.told[review_id] for review_id in self.heard}
        return Batch(tuple(records), rejections, following.dump())

    def _merged(self, reviews: Mapping[str, Review], held: Cursor) -> dict[str, Review]:
        """One review for twins, under the id that was told first."""
        known = {key: review_id for review_id, key in held.open.items()}
        found: dict[tuple[str, float], Review] = {}
        for review in reviews.values():
            before = found.get(review.key)
            first = known.get(review.key) or (before.id if before and before.id in self.told else None)
            chosen = review if before is None else longest(before, review)
            found[review.key] = replace(chosen, id=first or (review.id if review.id in self.told else chosen.id))
        return {review.id: review for review in found.values()}

    def _alarms(self, review: Review, now: datetime, held: Cursor) -> tuple[Alarm, ...]:
        """What is new in a review."""
        known = self.told.get(review.id, "").rstrip(".") or ("?" if review.id in held.open else None)
        fresh = review.end is None or now - review.end.at <= timedelta(minutes=self._settings.live_minutes)
        return alarms(
            review, self.name, self._settings.places, now, known, live=fresh or known is not None,
            url=f"{self._client.base}/review?id={review.id}",
        )  # fmt: skip

    def _ended(self, review: Review, now: datetime) -> Review:
        """A review that has been open too long, as one that ended then."""
        limit = review.start.at + timedelta(hours=self._settings.longest_hours)
        if review.end is not None or now < limit:
            return review
        return replace(review, end=Moment(limit, ("end_inferred",)))

    def _lost(self, held: Cursor, reviews: Mapping[str, Review], now: datetime) -> list[AnyRecord]:
        """Ends of reviews that were open and are no longer listed at all, open ones being listed always."""
        ends: list[AnyRecord] = []
        for review_id, (camera, start) in held.open.items():
            if review_id not in reviews:
                begun = Moment(datetime.fromtimestamp(start, UTC))
                gone = Review(review_id, camera, begun, Moment(now, ("end_inferred",)), alert=False)
                ends += alarms(gone, self.name, self._settings.places, now, known=gone.mark, live=True)
        return ends

    async def _reviews(
        self, after: float, before: float | None, depth: int
    ) -> tuple[dict[str, Review], tuple[Rejection, ...]]:
        """All reviews that ended after `after` or are open, by id; a list at the limit is fetched in halves.

        The NVR sorts by severity first, so that a cut list has holes anywhere.
        """
        params = {"after": f"{after:.3f}", "limit": str(self._settings.limit)}
        if before is not None:
            params["before"] = f"{before:.3f}"
        try:
            found, rejections = parse((await self._client.get("api/review", params)).body, self._settings.labels)
        except Unreadable as error:
            raise Retry(error.rejection.reason, rejections=(error.rejection,)) from None
        if len(rejections) >= 3 and not found:
            raise Broken("changed_schema", rejections)
        reviews = {review.id: review for review in found}
        end = before if before is not None else self._context.store.now().timestamp() + BACK
        if len(found) + len(rejections) < self._settings.limit:
            return reviews, rejections
        if depth == 0 or end - after < 2:
            self._complete = False
            return reviews, rejections
        middle = after + (end - after) / 2
        early, refused = await self._reviews(after, middle, depth - 1)
        late, more = await self._reviews(middle, before, depth - 1)
        return reviews | early | late, refused + more

    async def _beats(self, now: datetime) -> list[Heartbeat]:
        try:
            body = (await self._client.get("api/stats")).body
        except (Retry, Broken):
            return []
        return heartbeats(body, self.name, self._settings.places, now, self._settings.interval * 3)

    async def close(self) -> None:
        await self._client.close()
