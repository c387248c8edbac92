"""Polling an Open311 endpoint by windows of time (research/connectors.md 3.2).

The standard has no pages: an answer as long as the endpoint's limit may be cut, so its window is halved and asked
for again; windows grow by a tenth while they fit. Windows filter by the time of report, so the last days are read
again now and then for changes of status.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from connectors.base import Batch, Broken, Context, Retry
from connectors.http import Client, client_for
from connectors.open311.parse import Answer, parse
from connectors.open311.settings import Open311Settings
from connectors.settings import read, zone
from store.intake import Rejection

GROW, LEAP = 1.1, 2.0
"""A window that fitted grows by a tenth, one that was nearly empty doubles."""
SHORTEST = 1.0
"""Seconds of the narrowest window; an answer at the limit is then taken as it is, and said."""
LONGEST = 90 * 86_400.0
"""The standard answers at most 90 days."""
NOT_HERE = frozenset({400, 404, 405, 406, 415, 501})
"""Statuses that `auto` takes to mean: not in this format."""


def build(name: str, table: Mapping[str, Any], context: Context) -> Open311:
    settings = read(Open311Settings, table)
    return Open311(name, settings, context, client_for(settings.url, settings.token, settings.deadline))


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the reading is. Times are POSIX seconds."""

    until: float
    """End of the last complete window."""
    span: float
    """Width of the next one, in seconds."""
    swept: float
    """When the last days were last begun anew."""
    done: float = 0.0
    """1 when the last round reached its own present; the next one begins with the overlap."""

    def dump(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, text: str | None) -> Cursor | None:
        """None for no cursor, and for one that is not ours."""
        try:
            return cls(**{name: float(value) for name, value in json.loads(text or "").items()})
        except (ValueError, TypeError, AttributeError):
            return None


class Open311:
    """A `Polled` source; one request in flight."""

    kind = "open311"

    def __init__(self, name: str, settings: Open311Settings, context: Context, client: Client) -> None:
        self.name = name
        self.interval = settings.interval
        self._settings = settings
        self._context = context
        self._client = client
        self._zone = zone(settings.timezone or context.timezone)
        self._format = "json" if settings.format == "auto" else settings.format
        self._unreadable: Rejection | None = None

    async def fetch(self, cursor: str | None) -> Batch:
        """The next window that fits under the limit."""
        now = self._context.store.now()
        at = now.timestamp()
        place = self._place(Cursor.load(cursor), at)
        start = place.until
        answer, end, note = await self._window(start, min(start + place.span, at), now)
        fits = place.span if end >= at else self._next_span(end - start, answer.count)
        following = replace(place, until=end, span=fits, done=float(end >= at))
        notes = (Rejection(note, expected=f"fewer than {self._settings.limit} at once"),) if note else ()
        return Batch(answer.reports, answer.rejections + notes, following.dump(), again=end < at)

    def _place(self, place: Cursor | None, at: float) -> Cursor:
        """Where to go on: at the start of all, behind the last round, or back by the last days to look again."""
        settings = self._settings
        if place is None:
            return Cursor(at - settings.since_days * 86_400, settings.window_hours * 3600, at)
        if settings.recheck_days and at - place.swept >= settings.recheck_hours * 3600:
            first = at - min(settings.recheck_days, settings.since_days) * 86_400
            return replace(place, until=min(place.until, first), swept=at)
        until = min(place.until, at)
        return replace(place, until=until - settings.overlap_minutes * 60 if place.done else until)

    def _next_span(self, asked: float, count: int) -> float:
        if asked <= SHORTEST:
            return self._settings.window_hours * 3600
        return min(asked * (LEAP if count * 4 < self._settings.limit else GROW), LONGEST)

    async def _window(self, start: float, end: float, now: datetime) -> tuple[Answer, float, str]:
        """The answer for `start` up to `end`, or up to an earlier end where that is all that fits; and what to say."""
        while True:
            answer = await self._ask(start, end, now)
            if answer.count < self._settings.limit:
                return answer, end, ""
            if _elsewhere(answer, start, end):
                return answer, now.timestamp(), "window_ignored"
            if end - start <= SHORTEST:
                return answer, end, "window_at_limit"
            end = start + max((end - start) / 2, SHORTEST)

    async def _ask(self, start: float, end: float, now: datetime) -> Answer:
        params = {"start_date": self._time(start), "end_date": self._time(end)}
        if self._settings.jurisdiction:
            params["jurisdiction_id"] = self._settings.jurisdiction
        if self._settings.status:
            params["status"] = self._settings.status
        try:
            body = (await self._client.get(f"requests.{self._format}", params)).body
        except Retry as trouble:
            other = self._settings.format == "auto" and self._format == "json"
            if not other or (trouble.status not in NOT_HERE and trouble.code != "html_not_data"):
                raise
            body = (await self._client.get("requests.xml", params)).body
            self._format = "xml"
        return self._judge(parse(body, self.name, self._zone, now))

    def _judge(self, answer: Answer) -> Answer:
        if answer.error in ("401", "403"):
            raise Broken(f"error_{answer.error}: the credential was refused")
        if answer.error:
            raise Retry(f"error_{answer.error}")
        if answer.count == 0 and answer.rejections:
            known = answer.rejections[0] == self._unreadable
            self._unreadable = answer.rejections[0]
            raise Retry(answer.rejections[0].reason, rejections=() if known else answer.rejections)
        if answer.count >= 3 and not answer.reports:
            raise Broken("changed_schema", answer.rejections)
        self._unreadable = None
        return answer

    def _time(self, at: float) -> str:
        """Whole seconds: decimals make a known endpoint fail."""
        when = datetime.fromtimestamp(int(at), UTC)
        if self._settings.omit_timezone:
            return when.astimezone(self._zone).replace(tzinfo=None).isoformat()
        return when.isoformat().replace("+00:00", "Z")

    async def close(self) -> None:
        await self._client.close()


def _elsewhere(answer: Answer, start: float, end: float) -> bool:
    """Whether the endpoint pays no heed to the window: nothing it gave is within a day of it."""
    times = [report.observed_at.timestamp() for report in answer.reports if report.observed_at]
    return bool(times) and not any(start - 86_400 <= at <= end + 86_400 for at in times)
