"""Polling a Traccar server: the latest of each unit, and what lies between where it has jumped.

Forwarding (`transport = "forward"`) is in `receive.py`; with an address to ask it uses this to fill what was lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.base import Batch, Context, Retry
from connectors.document import Unreadable
from connectors.http import Client, client_for
from connectors.settings import read
from connectors.traccar import parse
from connectors.traccar.parse import Device, Fix
from connectors.traccar.receive import Filled, Forwarded
from connectors.traccar.settings import TraccarSettings
from connectors.traccar.ways import OVERLAP, Cursor, Gap, Ways
from store.intake import AnyRecord, Heartbeat, Rejection

CALLS = 12
"""Calls for what lies between, in one round."""
FULL = 5_000
"""Positions after which a round is long enough."""
GROUP = 100
"""Units named in one call for events."""
PER_SECOND = 50
"""Units whose events are asked for in a second at most: a fleet of 10,000 is asked about every 200 seconds.

A call for help does not wait for that, since its position carries it.
"""
DEVICES_EVERY = 60.0
BEAT_EVERY = 300.0
"""Seconds after which a unit's unchanged state is told again."""
GONE = frozenset({400, 404, 410})
"""A unit that the server does not know any more."""
TRIES = 5
"""Times that a gap is asked for before it is given up."""


def build(name: str, table: Mapping[str, Any], context: Context) -> Traccar | Forwarded:
    settings = read(TraccarSettings, table, context.folder)
    poller = Traccar(name, settings, context, _client(settings)) if settings.url else None
    if settings.transport == "poll":
        assert poller is not None
        return poller
    return Forwarded(name, settings) if poller is None else Filled(name, settings, poller)


def _client(settings: TraccarSettings) -> Client:
    return client_for(
        settings.url, settings.api_token, settings.deadline, user=settings.api_user, password=settings.api_password
    )


class Traccar:
    """A `Polled` source."""

    kind = "traccar"

    def __init__(self, name: str, settings: TraccarSettings, context: Context, client: Client) -> None:
        self.name = name
        self.interval = settings.interval
        self._settings = settings
        self._context = context
        self._client = client
        self._stale = timedelta(hours=settings.stale_hours)
        self._live = timedelta(minutes=settings.live_minutes)
        self._devices: dict[str, Device] = {}
        self._devices_at = float("-inf")
        self._told: dict[str, tuple[str, float]] = {}
        self._latest: dict[str, str] = {}
        """Newest position's id by the server's number of the unit."""
        self._ways = Ways(settings.fill_minutes * 60, settings.gap_hours * 3_600)
        self._events_at = float("-inf")
        self._resting = False
        """A gap could not be filled: one round for what is new, then on."""

    def note(self, device: Device, at: float) -> None:
        """A fix was posted to us: what lies between it and the one before it is asked for where that is long.

        Before the first round nothing is noted, or what was missed before our start would be forgotten.
        """
        if self._devices:
            self._ways.fix(device.id, at, at)

    async def fetch(self, cursor: str | None) -> Batch:
        now = self._context.store.now()
        at = now.timestamp()
        held = Cursor.load(cursor)
        outside = dict(held.outside) if held else {}
        records: list[AnyRecord] = []
        rejections: list[Rejection] = []
        doubt = ""
        if at - self._devices_at >= DEVICES_EVERY:
            await self._register(at, rejections)
        if self._ways.gaps and not self._resting:
            records += await self._fill(now, rejections)
        else:
            self._resting = False
            records += await self._positions(held, now, rejections)
            try:
                records += await self._events(held.until if held else at, outside, now, rejections)
            except Retry as trouble:
                # What is known of places must not be lost with it: it would not be new in the next round.
                rejections += trouble.rejections
                doubt = f"events: {trouble.code}"
        records += self._beats(now)
        behind = held is not None and (bool(self._ways.gaps) or bool(doubt))
        until = held.until if held is not None and behind else at
        again = bool(self._ways.gaps) and not self._resting
        return Batch(tuple(records), tuple(rejections), Cursor(until, outside).dump(), again=again, doubt=doubt)

    async def _get(self, path: str, rejections: list[Rejection]) -> list[Any]:
        answer = await self._client.get(f"api/{path}", headers={"Accept": "application/json"})
        try:
            return parse.items(answer.body)
        except Unreadable as error:
            raise Retry(error.rejection.reason, rejections=(*rejections, error.rejection)) from None

    async def _register(self, at: float, rejections: list[Rejection]) -> None:
        self._devices, refused = parse.devices(await self._get("devices", rejections))
        self._devices_at = at
        rejections += refused

    def _beats(self, now: datetime) -> list[Heartbeat]:
        """What the server says of each unit, when it changes and now and then."""
        at = now.timestamp()
        beats: list[Heartbeat] = []
        for device in self._devices.values():
            status, told = self._told.get(device.id, ("", float("-inf")))
            if status == device.status and at - told < BEAT_EVERY:
                continue
            self._told[device.id] = device.status, at
            beats.append(_beat(device, self.name, self._settings.offline, now))
        return beats

    async def _positions(self, held: Cursor | None, now: datetime, rejections: list[Rejection]) -> list[AnyRecord]:
        """The latest of each unit that is new; a jump is remembered as a gap."""
        records: list[AnyRecord] = []
        for line, item in enumerate(await self._get("positions", rejections), 1):
            number = str(item.get("deviceId", "")) if isinstance(item, dict) else ""
            device = self._devices.get(number)
            if device is None or self._latest.get(number) == str(item.get("id")):
                if device is not None and self._ways.stuck(number):
                    self._ways.hidden(number, now.timestamp(), held)
                continue
            self._latest[number] = str(item.get("id"))
            records += parse.calls(item, device.unique, self.name, now, self._live)
            found = parse.fix(item, device.unique, self.name, now, self._stale, line)
            if isinstance(found, Rejection):
                rejections.append(found)
            elif found is not None:
                records.append(found.position)
                self._judge(device, found, held, now)
        return records

    def _judge(self, device: Device, found: Fix, held: Cursor | None, now: datetime) -> None:
        """Whether something lies between this fix and the one before it."""
        if found.at is not None:
            self._ways.fix(device.id, found.at, now.timestamp(), held)
        elif "future_fix" in found.position.warnings:
            self._ways.hidden(device.id, now.timestamp(), held)

    async def _fill(self, now: datetime, rejections: list[Rejection]) -> list[AnyRecord]:
        records: list[AnyRecord] = []
        for _ in range(CALLS):
            if not self._ways.gaps or len(records) >= FULL:
                break
            gap = self._ways.gaps[0]
            device = self._devices.get(gap.device)
            if device is None:
                self._ways.gaps.popleft()
                continue
            path = f"positions?deviceId={gap.device}&from={_iso(gap.start)}&to={_iso(gap.stop)}"
            try:
                found = await self._get(path, rejections)
            except Retry as trouble:
                if trouble.code not in ("answer_too_large", "deadline") or not gap.narrow():
                    self._put_off(gap, trouble, rejections)
                    break
                continue
            for line, item in enumerate(found, 1):
                one = parse.fix(item, device.unique, self.name, now, self._stale, line)
                if isinstance(one, Rejection):
                    rejections.append(one)
                elif one is not None and one.at is not None:
                    records.append(one.position)
            if gap.went_on(len(found)):
                self._ways.gaps.popleft()
        return records

    def _put_off(self, gap: Gap, trouble: Retry, rejections: list[Rejection]) -> None:
        """A gap that cannot be filled now: others go first, and what is new goes before all of them."""
        self._resting = True
        self._ways.gaps.popleft()
        gap.tries += 1
        if trouble.status in GONE or gap.tries >= TRIES:
            rejections.append(Rejection(f"gap_given_up: {trouble.code}", column="deviceId", line=int(gap.start)))
        else:
            self._ways.gaps.append(gap)

    async def _events(
        self, since: float, outside: dict[str, str], now: datetime, rejections: list[Rejection]
    ) -> list[AnyRecord]:
        """Events since the last round, also of the time that we were away."""
        if not self._settings.events or not self._devices:
            return []
        at = now.timestamp()
        patience = len(self._devices) / PER_SECOND
        if at - self._events_at < patience:
            return []
        since = min(since, self._events_at) if self._events_at > 0 else since
        start = max(since - OVERLAP - patience, at - self._settings.gap_hours * 3_600)
        records: list[AnyRecord] = []
        numbers = list(self._devices)
        for first in range(0, len(numbers), GROUP):
            named = "".join(f"deviceId={number}&" for number in numbers[first : first + GROUP])
            found = await self._get(f"reports/events?{named}from={_iso(start)}&to={_iso(at)}", rejections)
            for item in sorted(found, key=_order):
                device = self._devices.get(str(item.get("deviceId", ""))) if isinstance(item, dict) else None
                told = parse.event(
                    item, device.unique if device else "", self.name, now, self._live,
                    self._settings.events if device else (), outside,
                )  # fmt: skip
                if isinstance(told, Rejection):
                    rejections.append(told)
                else:
                    records += told
        self._events_at = at
        return records

    def replay(self, data: bytes, given: Mapping[str, str], now: datetime) -> Batch:
        """An answer of `/api/positions`; each unit is named by the server's number for it."""
        try:
            found = parse.items(data)
        except Unreadable as error:
            return Batch(rejections=(error.rejection,))
        told = [
            parse.fix(item, f"device-{item.get('deviceId')}" if isinstance(item, dict) else "", self.name, now,
                      self._stale, line)
            for line, item in enumerate(found, 1)
        ]  # fmt: skip
        fixes = tuple(one.position for one in told if isinstance(one, Fix))
        refused = tuple(one for one in told if isinstance(one, Rejection))
        return Batch(fixes, refused, ignored=len(told) - len(fixes) - len(refused))

    async def close(self) -> None:
        await self._client.close()


def _beat(device: Device, source: str, offline: str, now: datetime) -> Heartbeat:
    alive = {"online": "up", "offline": offline}.get(device.status, "unknown")
    return Heartbeat(
        source=source, source_id=device.unique, observed_at=device.seen.at if device.seen else now,
        time_quality="source" if device.seen else "receipt", device=device.unique,
        alive=alive, detail="" if alive == "up" else device.status,  # type: ignore[arg-type]
    )  # fmt: skip


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _order(item: Any) -> str:
    return str(item.get("eventTime", "")) if isinstance(item, dict) else ""
