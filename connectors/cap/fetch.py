"""Polling a feed of CAP warnings (research/connectors.md 3.8): the index, then what it links to, one call at a time."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from itertools import chain
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

from connectors.base import Batch, Broken, Context, Retry
from connectors.cap.area import Concern, concern
from connectors.cap.feed import Entry, Feed, parse_alert, parse_feed
from connectors.cap.parse import CapAlert, Info, parse
from connectors.cap.settings import CapSettings
from connectors.cap.told import Cursor, Teller, suspect
from connectors.document import Unreadable
from connectors.http import Client, Marks, split_credentials
from connectors.moment import moment
from connectors.settings import read, zone
from store.intake import Alarm, AnyRecord, Place, Rejection

LINKS = 25
"""Linked warnings that are fetched in one round; the next follows at once."""
TRIES = 5
"""Rounds in which a link that fails is tried."""
READ = 5_000
"""Entries that are known to be read."""
ALERT_LIMIT = 2 * 1024 * 1024
"""Bytes of one linked warning."""
PLACES_EVERY = 600.0
"""Seconds after which our own grids are asked for again."""


def build(name: str, table: Mapping[str, Any], context: Context) -> Cap:
    return Cap(name, read(CapSettings, table, context.folder), context)


class Cap:
    """A `Polled` source. Nothing of a feed that was read before is fetched or told again."""

    kind = "cap"

    def __init__(
        self, name: str, settings: CapSettings, context: Context, clients: Mapping[str, Client] | None = None
    ) -> None:
        """`clients` by origin stand in for the network in tests."""
        self.name = name
        self.interval = settings.interval
        self._settings = settings
        self._context = context
        parts = urlsplit(settings.url)
        self._address = parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl()
        self._basic = split_credentials(settings.url)[1]
        if settings.password is not None:
            self._basic = (settings.user, settings.password.get_secret_value())
        self._clients: dict[str, Client] = dict(clients or {})
        self._zone = zone(settings.timezone or context.timezone)
        self._marks = Marks()
        self._feed: Feed | None = None
        self._pending: list[Entry] = []
        self._read: OrderedDict[tuple[str, str], tuple[str, ...]] = OrderedDict()
        self._failed: dict[tuple[str, str], int] = {}
        self._leaves: tuple[Place, ...] = ()
        self._leaves_at = float("-inf")
        self._teller = Teller(
            name, zone(context.timezone), settings.language, timedelta(hours=settings.longest_hours),
            settings.elsewhere == "keep", self._concern, lambda: len(self._leaves),
        )  # fmt: skip

    async def fetch(self, cursor: str | None) -> Batch:
        now = self._context.store.now()
        held = Cursor.load(cursor)
        await self._places(now)
        rejections: list[Rejection] = []
        if not self._pending:
            held = await self._index(held, now, rejections)
        alerts = await self._alerts(rejections)
        records: list[AnyRecord] = []
        told, standing, ignored = self._teller.tell(alerts, held.open, now)
        ended, standing = self._teller.over(standing, now)
        records += chain(told, ended)
        again = bool(self._pending)
        if not again and self._settings.listed == "all" and self._whole():
            gone, standing = self._teller.missing(standing, self._listed(), now)
            records += gone
        following = replace(held, open=standing)
        return Batch(
            tuple(records), tuple(rejections), following.dump(), again=again, ignored=ignored,
            doubt=self._doubt(following, now),
        )  # fmt: skip

    async def _index(self, held: Cursor, now: datetime, rejections: list[Rejection]) -> Cursor:
        """Ask for the index; what is new in it waits in `_pending`."""
        parts = urlsplit(self._address)
        answer = await self._client(self._address).get(_target(parts), since=self._marks if self._feed else None)
        if answer.unchanged and self._feed is not None:
            return held
        try:
            feed = parse_feed(answer.body, self._address)
        except Unreadable as error:
            raise Retry(error.rejection.reason, rejections=(error.rejection,)) from None
        self._feed, self._marks = feed, answer.marks
        rejections += feed.rejections
        known = dict.fromkeys(self._read)
        self._pending = [entry for entry in feed.entries if (entry.key, entry.updated) not in known]
        mark = feed.updated or hashlib.sha256(answer.body).hexdigest()[:16]
        return held if held.mark == mark else replace(held, mark=mark, since=now.timestamp())

    async def _alerts(self, rejections: list[Rejection]) -> list[CapAlert]:
        """The warnings of the next entries; one that cannot be had is refused and tried again, the others go on."""
        found: list[CapAlert] = []
        calls = 0
        while self._pending and calls < LINKS:
            entry = self._pending[0]
            key = (entry.key, entry.updated)
            try:
                elements: Iterable[Element] = () if entry.alert is None else (entry.alert,)
                if entry.alert is None:
                    calls += 1
                    elements = await self._linked(entry.link)
            except (Retry, Broken) as trouble:
                # Whatever ails one link, the next round goes on behind it; it is tried again with the next index.
                self._pending.pop(0)
                self._fail(key, Rejection(trouble.code, expected="a CAP alert", raw=entry.link.encode()), rejections)
                if isinstance(trouble, Retry) and (trouble.after is not None or trouble.status is None):
                    if found or trouble.after is None:
                        return found
                    raise
                continue
            except Unreadable as error:
                self._fail(key, error.rejection, rejections, final=True)
            else:
                read_ = [parse(element, self._zone) for element in elements]
                rejections += [one for one in read_ if isinstance(one, Rejection)]
                good = [one for one in read_ if isinstance(one, CapAlert)]
                found += good
                self._note(key, tuple(one.id for one in good))
            self._pending.pop(0)
        return found

    async def _linked(self, link: str) -> tuple[Element, ...]:
        parts = urlsplit(link)
        own = urlsplit(self._address).hostname
        if parts.scheme not in ("http", "https") or parts.hostname not in (own, *self._settings.hosts):
            host = parts.hostname or ""
            raise Unreadable(Rejection("foreign_host", column=host[:100], expected="a host named in `hosts`"))
        answer = await self._client(link).get(_target(parts), limit=ALERT_LIMIT)
        return parse_alert(answer.body)

    def _client(self, address: str) -> Client:
        """The client of an address's host; the credential goes to the feed's own alone."""
        parts = urlsplit(address)
        origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        if origin not in self._clients:
            own = urlsplit(self._address)
            basic = self._basic if origin == f"{own.scheme}://{own.netloc.rpartition('@')[2]}" else None
            agent = f"griddesk ({self._settings.contact})" if self._settings.contact else "griddesk"
            self._clients[origin] = Client(
                origin, headers={"User-Agent": agent}, basic=basic, deadline=self._settings.deadline
            )
        return self._clients[origin]

    def _fail(
        self, key: tuple[str, str], rejection: Rejection, rejections: list[Rejection], *, final: bool = False
    ) -> None:
        rejections.append(rejection)
        self._failed[key] = self._failed.get(key, 0) + 1
        if final or self._failed[key] >= TRIES:
            self._note(key, ())
        else:
            self._marks = Marks()

    def _note(self, key: tuple[str, str], ids: tuple[str, ...]) -> None:
        self._failed.pop(key, None)
        self._read[key] = ids
        while len(self._read) > max(READ, len(self._feed.entries) if self._feed else 0):
            self._read.popitem(last=False)

    def _whole(self) -> bool:
        """Whether every entry of the feed is known to have been read well."""
        feed = self._feed
        return feed is not None and feed.whole and not feed.rejections and all(self._ids(e) for e in feed.entries)

    def _ids(self, entry: Entry) -> tuple[str, ...]:
        return self._read.get((entry.key, entry.updated), ())

    def _listed(self) -> frozenset[str]:
        return (
            frozenset(chain.from_iterable(self._ids(entry) for entry in self._feed.entries))
            if self._feed
            else frozenset()
        )

    def _doubt(self, held: Cursor, now: datetime) -> str:
        feed = self._feed
        if feed is not None and feed.entries and not self._pending and not any(map(self._ids, feed.entries)):
            return "no_cap_in_index"
        patience = timedelta(hours=self._settings.stale_hours)
        if suspect(_when(feed.updated, self._zone) if feed else None, held.since, now, patience):
            return "feed_stands_still"
        return ""

    async def _places(self, now: datetime) -> None:
        at = now.timestamp()
        if at - self._leaves_at >= PLACES_EVERY:
            self._leaves = await self._context.store.ask(lambda intake: intake.places())
            self._leaves_at = at

    def _concern(self, infos: Iterable[Info]) -> Concern:
        areas = [area for info in infos for area in info.areas]
        return concern(areas, self._leaves, self._settings.geocodes, self._settings.near_km)

    def replay(self, data: bytes, given: Mapping[str, str], now: datetime) -> Batch:
        """A feed with its alerts, or one alert, as on the day it was sent; what it only links to is left out."""
        try:
            feed = parse_feed(data, self._address)
        except Unreadable as error:
            return Batch(rejections=(error.rejection,))
        found = [parse(entry.alert, self._zone) for entry in feed.entries if entry.alert is not None]
        teller = Teller(
            self.name, self._zone, self._settings.language, timedelta(hours=self._settings.longest_hours), True,
            self._concern, lambda: len(self._leaves),
        )  # fmt: skip
        alerts = [one for one in found if isinstance(one, CapAlert)]
        records: list[Alarm]
        then = min(now, max((alert.sent.at for alert in alerts), default=now))
        records, _, ignored = teller.tell(alerts, {}, then)
        refused = tuple(one for one in found if isinstance(one, Rejection))
        return Batch(tuple(records), (*feed.rejections, *refused), ignored=ignored)

    async def close(self) -> None:
        for client in self._clients.values():
            await client.close()


def _target(parts: Any) -> str:
    return f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"


def _when(updated: str, zone_: Any) -> datetime | None:
    """The feed's own time, in the form of Atom or of RSS."""
    found = moment(updated, zone_) if updated else None
    if found is not None:
        return found.at
    try:
        at = parsedate_to_datetime(updated)
    except (ValueError, TypeError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=zone_)
