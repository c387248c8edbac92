"""Polling a SensorThings service: which data streams there are, and what is new in each (research/connectors.md 3.12).

Each stream is asked again from an hour before its last observation, since some come late; what was told is not told
again.
"""

from __future__ import annotations

import json
from collections import Counter, OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from connectors.base import Batch, Context, Retry
from connectors.document import Unreadable
from connectors.http import Client, client_for
from connectors.sensorthings.parse import Observation, Page, Stream, observation, own_address, page, stream
from connectors.sensorthings.settings import SensorThingsSettings
from connectors.settings import read, zone
from store.intake import AnyRecord, Rejection

STREAMS = 25
"""Data streams that one round asks; the next follows at once."""
PAGES = 20
"""Pages of one stream in one round."""
FULL = 5_000
"""Readings after which a round is long enough."""
TOLD = 20_000
"""Observations of one stream that are known to be told."""
GONE = frozenset({404, 410})
FAILURES = 3
"""Streams that may fail before a round ends."""


def build(name: str, table: Mapping[str, Any], context: Context) -> SensorThings:
    settings = read(SensorThingsSettings, table, context.folder)
    client = client_for(settings.url, settings.token, settings.deadline, user=settings.user, password=settings.password)
    return SensorThings(name, settings, context, client)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Time of the last observation of each data stream, POSIX seconds."""

    last: Mapping[str, float] = field(default_factory=dict)

    def dump(self) -> str:
        return json.dumps({"last": dict(self.last)})

    @classmethod
    def load(cls, text: str | None) -> Cursor:
        """An empty one for no cursor, and for one that is not ours."""
        try:
            return cls({str(key): float(value) for key, value in json.loads(text or "")["last"].items()})
        except (ValueError, TypeError, KeyError, AttributeError):
            return cls()


class _Told:
    """Ids of observations, and what is equal in their copies, by time so that the oldest are forgotten first."""

    def __init__(self) -> None:
        self._keys: OrderedDict[str, None] = OrderedDict()
        self._same: OrderedDict[tuple[datetime, str], None] = OrderedDict()

    def new(self, one: Observation) -> bool:
        if one.key in self._keys or one.same in self._same:
            return False
        self._keys[one.key] = None
        self._same[one.same] = None
        while len(self._keys) > TOLD:
            self._keys.popitem(last=False)
            self._same.popitem(last=False)
        return True


class SensorThings:
    """A `Polled` source."""

    kind = "sensorthings"

    def __init__(self, name: str, settings: SensorThingsSettings, context: Context, client: Client) -> None:
        self.name = name
        self.interval = settings.interval
        self._settings = settings
        self._context = context
        self._client = client
        self._zone = zone(settings.timezone)
        self._live = timedelta(minutes=settings.live_minutes)
        self._streams: dict[str, Stream] = {}
        self._streams_at = float("-inf")
        self._waiting: list[str] = []
        """Streams that this lap has still to ask."""
        self._told: dict[str, _Told] = {}
        self._behind: set[str] = set()
        """Streams in the middle of catching up: reaching back again would read the same for ever."""

    async def fetch(self, cursor: str | None) -> Batch:
        now = self._context.store.now()
        at = now.timestamp()
        held = Cursor.load(cursor)
        records: list[AnyRecord] = []
        rejections: list[Rejection] = []
        ignored = 0
        if not self._waiting:
            if at - self._streams_at >= self._settings.discover_minutes * 60:
                await self._discover(at, rejections)
            self._waiting = list(self._streams)
        last = {key: value for key, value in held.last.items() if key in self._streams}
        good = 0
        failed: list[Retry] = []
        for _ in range(STREAMS):
            if not self._waiting or len(records) >= FULL:
                break
            of = self._streams[self._waiting[0]]
            try:
                newest, more, silent = await self._read(of, last.get(of.key), now, records, rejections)
                good += 1
            except Retry as trouble:
                # Whatever ails one stream, the others go on; it has its turn again in the next lap.
                self._waiting.pop(0)
                if trouble.status in GONE:
                    del self._streams[of.key]
                    continue
                rejections += (*trouble.rejections, Rejection(f"stream_failed: {trouble.code}", column=of.key))
                failed.append(trouble)
                if trouble.after is not None or len(failed) >= FAILURES:
                    break
                continue
            ignored += silent
            if newest is not None:
                last[of.key] = newest
            if more:
                self._behind.add(of.key)
            else:
                self._behind.discard(of.key)
                self._waiting.pop(0)
        if failed and not good:
            raise Retry(failed[0].code, failed[0].after, status=failed[0].status, rejections=tuple(rejections))
        return Batch(
            tuple(records), tuple(rejections), Cursor(last).dump(), again=bool(self._waiting), ignored=ignored,
            doubt=f"streams: {failed[0].code}" if failed else "",
        )  # fmt: skip

    async def _discover(self, at: float, rejections: list[Rejection]) -> None:
        """All data streams, or as many as are wanted."""
        found: dict[str, Stream] = {}
        query = {"$expand": "Thing/Locations,ObservedProperty", "$top": str(min(self._settings.top, 100))}
        if self._settings.filter:
            query["$filter"] = self._settings.filter
        path = f"Datastreams?{urlencode(query, safe='$,()', quote_via=quote)}"
        for _ in range(1 + self._settings.streams):
            got = await self._page(path)
            for item in got.items:
                one = stream(item)
                if isinstance(one, Rejection):
                    rejections.append(one)
                elif len(found) < self._settings.streams:
                    found[one.key] = one
                else:
                    rejections.append(Rejection("too_many_streams", expected=f"at most {self._settings.streams}"))
                    break
            following = self._next(got, path, "Datastreams")
            if not following or len(found) >= self._settings.streams:
                break
            path = following
        self._streams = _distinct(found)
        self._streams_at = at
        self._told = {key: told for key, told in self._told.items() if key in found}

    async def _read(
        self, of: Stream, last: float | None, now: datetime, records: list[AnyRecord], rejections: list[Rejection]
    ) -> tuple[float | None, bool, int]:
        """Time of the newest observation, whether more waits, and how many said nothing; adds to both lists."""
        settings = self._settings
        # A clock years ahead would otherwise hide all that follows.
        newest = None if last is None else min(last, now.timestamp())
        late = 0.0 if of.key in self._behind else settings.late_hours * 3_600
        first = now.timestamp() - settings.since_hours * 3_600
        start = first if newest is None else newest - late
        query = {
            "$filter": f"phenomenonTime gt {_iso(start)}", "$orderby": "phenomenonTime asc", "$top": str(settings.top)
        }  # fmt: skip
        base = f"{of.path}/Observations"
        path = f"{base}?{urlencode(query, safe='$:', quote_via=quote)}"
        told = self._told.setdefault(of.key, _Told())
        silent = 0
        for _ in range(PAGES):
            got = await self._page(path)
            for item in got.items:
                one = observation(item, of, self.name, now, self._zone, settings.map, self._live, settings.places)
                if isinstance(one, Rejection):
                    rejections.append(one)
                    continue
                newest = max(newest or 0.0, min(one.at.timestamp(), now.timestamp()))
                if told.new(one):
                    records += one.readings
                    rejections += one.rejections
                    silent += not one.readings and not one.rejections
            path = self._next(got, path, base)
            if not path:
                return newest, False, silent
        return newest, True, silent

    async def _page(self, path: str) -> Page:
        answer = await self._client.get(path)
        try:
            return page(answer.body)
        except Unreadable as error:
            raise Retry(error.rejection.reason, rejections=(error.rejection,)) from None

    def _next(self, got: Page, path: str, base: str) -> str:
        """Where the list goes on, at the host that we ask; "" at its end, and where it would go round in a circle."""
        if not got.next_link or not got.items:
            return ""
        following = own_address(got.next_link, self._client.base, base)
        return "" if following == path else following

    def replay(self, data: bytes, given: Mapping[str, str], now: datetime) -> Batch:
        """Observations, of a data stream of which nothing else is known."""
        try:
            got = page(data)
        except Unreadable as error:
            return Batch(rejections=(error.rejection,))
        of = Stream("replayed", "", "replayed", "result", "", {})
        found = [
            observation(item, of, self.name, now, self._zone, self._settings.map, self._live, {}) for item in got.items
        ]
        told = tuple(reading for one in found if isinstance(one, Observation) for reading in one.readings)
        refused = [one for one in found if isinstance(one, Rejection)]
        refused += [bad for one in found if isinstance(one, Observation) for bad in one.rejections]
        return Batch(told, tuple(refused))

    async def close(self) -> None:
        await self._client.close()


def _distinct(found: Mapping[str, Stream]) -> dict[str, Stream]:
    """Two streams of one thing that measure the same are told apart by the number of the stream."""
    count = Counter((one.device, one.metric) for one in found.values())
    return {
        key: one if count[one.device, one.metric] == 1 else replace(one, metric=f"{one.metric[:28]}_{_tail(key)}")
        for key, one in found.items()
    }


def _tail(key: str) -> str:
    return "".join(c for c in key.casefold() if c.isascii() and c.isalnum())[-11:]


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
