"""Frigate by MQTT, its gaps filled over HTTP: reviews open on whichever message comes first and are merged by id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from connectors.base import Batch, Context, Message
from connectors.document import Unreadable
from connectors.frigate.fetch import OPEN, Frigate
from connectors.frigate.parse import Review, alarms, availability, heartbeats, parse
from connectors.frigate.settings import FrigateSettings
from connectors.http import Client
from connectors.liveness import live
from connectors.moment import Moment
from store.intake import AnyRecord, Rejection

QUIET = 180.0
"""Seconds without any message that are normal: the NVR gives its statistics once a minute."""


class Listening:
    """A `Subscribed` source that is `mqtt.Checked` and `mqtt.Resumed`.

    Only what is named here is subscribed to: `events` and `tracked_object_update` carry faces, plates and descriptions
    (K16-R7).
    """

    kind = "frigate"

    def __init__(self, name: str, settings: FrigateSettings, context: Context, client: Client | None) -> None:
        assert settings.broker is not None
        self.name = name
        self.interval = QUIET
        self.check_every = settings.check_every
        self.broker = settings.broker.broker(name, context.folder)
        top = settings.topic
        self.topics = (
            f"{top}/reviews", f"{top}/available", f"{top}/+/status/detect", *((f"{top}/stats",) * settings.stats)
        )  # fmt: skip
        self._settings = settings
        self._context = context
        self._poll = Frigate(name, settings, context, client) if client else None
        self._url = client.base if client else ""
        self._own: dict[str, str] = {}
        self._open: dict[str, tuple[str, float]] = {}
        self._last: dict[str, datetime] = {}
        self._cursor: str | None = None

    @property
    def _told(self) -> dict[str, str]:
        return self._poll.told if self._poll else self._own

    async def resume(self) -> None:
        """Take up which reviews were open."""
        self._cursor = await self._context.store.ask(lambda intake: intake.cursor(self.name))

    def read(self, message: Message) -> Batch:
        name = message.topic.removeprefix(f"{self._settings.topic}/")
        now, places = message.received_at, self._settings.places
        if name == "reviews":
            return self._reviews(message)
        if name == "stats":
            return Batch(tuple(heartbeats(message.payload, self.name, places, now, QUIET)) * (not message.retained))
        camera = name.removesuffix("/status/detect")
        if name == "available" or camera != name:
            device, grid = (self.name, None) if name == "available" else (camera, places.get(camera))
            found = availability(message.payload, self.name, device, grid, now, QUIET, retained=message.retained)
            if isinstance(found, Rejection):
                return Batch(rejections=(found,))
            return Batch(() if found is None else (found,), ignored=int(found is None))
        return Batch(ignored=1)

    def replay(self, data: bytes, given: Mapping[str, str], now: datetime) -> Batch:
        """A captured message, or answer of `/api/review`; nothing is remembered of it."""
        topic = given.get("topic") or f"{self._settings.topic}/reviews"
        fresh = Listening(self.name, self._settings, self._context, None)
        return fresh.read(Message(topic, data, given.get("retained") == "true", now))

    def _reviews(self, message: Message) -> Batch:
        try:
            found, rejections = parse(message.payload, self._settings.labels)
        except Unreadable as error:
            return Batch(rejections=(error.rejection,))
        records: list[AnyRecord] = []
        for review in found:
            records += self._one(review, message)
        return Batch(tuple(records), rejections, ignored=0 if records or rejections else 1)

    def _one(self, review: Review, message: Message) -> tuple[AnyRecord, ...]:
        first = next((other for other, key in self._open.items() if key == review.key), review.id)
        known = self._told.get(first)
        if known is not None and known.endswith("."):
            return ()
        if first != review.id:
            review = replace(review, id=first, end=None)
        window = timedelta(minutes=self._settings.live_minutes)
        age = review.end or (review.start if message.retained or not message.fresh else None)
        fresh = live(age, message.received_at, window, retained=message.retained, fresh=message.fresh or age is None)
        told = self._alarms(review, message.received_at, known, live=fresh or known is not None)
        self._note(review, message.received_at)
        return told

    def _alarms(self, review: Review, now: datetime, known: str | None, *, live: bool) -> tuple[AnyRecord, ...]:
        url = f"{self._url}/review?id={review.id}" if self._url else ""
        return alarms(review, self.name, self._settings.places, now, known, live=live, url=url)

    def _note(self, review: Review, now: datetime) -> None:
        self._told[review.id] = f"{review.mark}{'.' if review.end else ''}"
        if review.end is not None:
            self._forget(review.id)
            return
        self._open[review.id] = review.key
        self._last[review.id] = now
        if self._poll:
            self._poll.heard[review.id] = review.key
        while len(self._open) > OPEN:
            self._forget(next(iter(self._open)))
        while len(self._own) > 4 * OPEN:
            del self._own[next(iter(self._own))]

    def _forget(self, review_id: str) -> None:
        self._open.pop(review_id, None)
        self._last.pop(review_id, None)
        if self._poll:
            self._poll.heard.pop(review_id, None)

    async def catch_up(self, since: datetime | None) -> Batch:
        """The NVR's own list; without an address of it, the ends of reviews that fell silent."""
        if self._poll is None:
            return self._expired(self._context.store.now())
        batch = await self._poll.fetch(self._cursor)
        self._cursor = batch.cursor
        for review_id in [one for one in self._open if self._told.get(one, ".").endswith(".")]:
            self._forget(review_id)
        return batch

    def _expired(self, now: datetime) -> Batch:
        limit = now - timedelta(minutes=self._settings.silent_minutes)
        ends: list[AnyRecord] = []
        for review_id in [one for one, heard in self._last.items() if heard <= limit]:
            camera, start = self._open[review_id]
            begun = Moment(datetime.fromtimestamp(start, now.tzinfo))
            gone = Review(review_id, camera, begun, Moment(now, ("end_inferred",)), alert=False)
            ends += self._alarms(gone, now, gone.mark, live=True)
            self._told[review_id] = f"{gone.mark}."
            self._forget(review_id)
        return Batch(tuple(ends))

    async def close(self) -> None:
        if self._poll:
            await self._poll.close()
