"""Polling an Open311 endpoint by windows of time (research/connectors.md 3.2).

The standard has no pages: an answer as long as the endpoint's limit may be cut, so its window is halved and asked
for again; windows grow by a tenth while they fit. Windows filter by the time of report, so changes of older requests
are found in three ways: the last days are read again now and then, those still open here are asked for by number,
and where the endpoint can tell what changed since, it is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

from connectors.base import Batch, Broken, Context, Retry
from connectors.http import Client, client_for
from connectors.open311.cursor import Cursor
from connectors.open311.parse import Answer, parse
from connectors.open311.settings import Open311Settings
from connectors.settings import read, zone
from store.intake import Rejection, Report

GROW, LEAP = 1.1, 2.0
"""A window that fitted grows by a tenth, one that was nearly empty doubles."""
SHORTEST = 1.0
"""Seconds of the narrowest window; an answer at the limit is then taken as it is, and said."""
LONGEST = 90 * 86_400.0
"""The standard answers at most 90 days."""
NOT_HERE = frozenset({400, 404, 405, 406, 415, 501})
"""Statuses that `auto` takes to mean: not in this format."""
CALLS = 10
"""Calls by number in one round."""
PATIENCE = 3
"""Rounds in which the same window fails before narrower ones are tried."""
NARROW = 3_600.0
"""Seconds of the narrowest window that is left out, when it fails and the one behind it does not."""
UNREAD = frozenset({"not_json", "not_xml", "not_utf8", "too_deep", "forbidden_xml", "not_a_list", "bad_encoding"})
"""What one bad request of many makes of a whole answer."""


class _Span(NamedTuple):
    """Names of the two parameters of a window, and which time of a request they filter."""

    start: str
    end: str


REPORTED = _Span("start_date", "end_date")
CHANGED = _Span("updated_after", "updated_before")


class _Failing(NamedTuple):
    """Which window fails, for how many rounds, and how wide the next try may be (seconds)."""

    start: float = float("-inf")
    rounds: int = 0
    width: float = LONGEST


def build(name: str, table: Mapping[str, Any], context: Context) -> Open311:
    settings = read(Open311Settings, table, context.folder)
    return Open311(name, settings, context, client_for(settings.url, settings.token, settings.deadline))


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
        self._follows = settings.follow > 0
        self._failing = _Failing()

    async def fetch(self, cursor: str | None) -> Batch:
        """The next window that fits under the limit; once nothing more waits, what became of older requests too."""
        now = self._context.store.now()
        at = now.timestamp()
        place = self._place(Cursor.load(cursor), at)
        start = place.until
        answer, end, note = await self._past_bad_ones(start, min(start + place.span, at), now)
        fits = place.span if end >= at else self._next_span(end - start, answer.count)
        following = replace(place, until=end, span=fits, done=float(end >= at))
        batch = Batch(answer.reports, answer.rejections + self._note(note), again=end < at)
        if not batch.again:
            batch, following = await self._older(batch, following, now)
        return replace(batch, cursor=following.dump())

    async def _older(self, batch: Batch, place: Cursor, now: datetime) -> tuple[Batch, Cursor]:
        """`batch` and what became of older requests; trouble there costs nothing of what is read already."""
        try:
            if self._settings.updated_after:
                batch, place = await self._changes(batch, place, now)
            if self._follows:
                batch, place = await self._follow(batch, place, now)
        except Retry as trouble:
            note = Rejection(f"older_requests: {trouble.code}")
            batch = replace(batch, rejections=(*batch.rejections, *trouble.rejections, note))
        return batch, place

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

    async def _past_bad_ones(self, start: float, end: float, now: datetime) -> tuple[Answer, float, str]:
        """As `_window`; a range on which the endpoint fails, round after round, is narrowed down and left out.

        Bad data at one place must not hide all that follows it; an endpoint that fails everywhere is just down.
        """
        failing = self._failing
        if abs(failing.start - start) < NARROW:
            end = min(end, start + failing.width)
        try:
            found = await self._window(REPORTED, start, end, now)
        except Retry as trouble:
            if trouble.status != 500 and trouble.code not in UNREAD:
                raise
            rounds = failing.rounds + 1 if abs(failing.start - start) < NARROW else 1
            self._failing = _Failing(start, rounds, end - start)
            if rounds < PATIENCE:
                raise
            if end - start > NARROW:
                self._failing = _Failing(start, rounds, max((end - start) / 8, NARROW))
                raise
            await self._window(REPORTED, end, min(end + NARROW, now.timestamp()), now)
            found = Answer(), end, "window_left_out"
        self._failing = _Failing()
        return found

    async def _window(self, span: _Span, start: float, end: float, now: datetime) -> tuple[Answer, float, str]:
        """The answer for `start` up to `end`, or up to an earlier end where that is all that fits; and what to say."""
        while True:
            try:
                answer = await self._ask({span.start: self._time(start), span.end: self._time(end)}, now)
            except Retry as trouble:
                if trouble.code != "answer_too_large" or end - start <= SHORTEST:
                    raise
                end = start + max((end - start) / 2, SHORTEST)
                continue
            if answer.count < self._settings.limit:
                return answer, end, ""
            if _elsewhere(answer, span, start, end):
                return answer, now.timestamp(), "window_ignored"
            if end - start <= SHORTEST:
                return answer, end, "window_at_limit"
            end = start + max((end - start) / 2, SHORTEST)

    async def _changes(self, batch: Batch, place: Cursor, now: datetime) -> tuple[Batch, Cursor]:
        at = now.timestamp()
        since = place.changed or at - min(self._settings.recheck_days or 1.0, self._settings.since_days) * 86_400
        start = min(since, at) - self._settings.overlap_minutes * 60
        answer, end, note = await self._window(CHANGED, start, at, now)
        if end < at and end <= since:
            # The overlap alone fills an answer: go on behind it, or the same would be read for ever.
            batch = replace(batch, records=(*batch.records, *answer.reports))
            answer, end, note = await self._window(CHANGED, since, at, now)
        found = replace(
            batch, records=(*batch.records, *answer.reports), again=end < at,
            rejections=(*batch.rejections, *answer.rejections, *self._note(note)),
        )  # fmt: skip
        return found, replace(place, changed=end)

    async def _follow(self, batch: Batch, place: Cursor, now: datetime) -> tuple[Batch, Cursor]:
        """Ask for those still open here by number, some calls a round, from the first to the last and then rest."""
        at = now.timestamp()
        if not place.asked:
            if at - place.lap < self._settings.follow_hours * 3600:
                return batch, place
            place = replace(place, lap=at)
        for _ in range(CALLS):
            ids, asked = await self._open(place.asked)
            if ids:
                try:
                    answer = await self._ask({"service_request_id": ",".join(ids)}, now)
                except Retry as trouble:
                    if trouble.status not in NOT_HERE:
                        raise
                    return self._no_numbers(batch), replace(place, asked="")
                if answer.count and not {report.source_id for report in answer.reports} & set(ids):
                    return self._no_numbers(batch), replace(place, asked="")
                batch = replace(batch, records=(*batch.records, *answer.reports))
            place = replace(place, asked=asked)
            if not asked:
                break
        return batch, place

    async def _open(self, after: str) -> tuple[tuple[str, ...], str]:
        size = min(self._settings.follow, self._settings.limit)
        return await self._context.store.ask(lambda intake: intake.following(self.name, after, size))

    def _no_numbers(self, batch: Batch) -> Batch:
        """The endpoint pays no heed to numbers: it is not asked that way again until the next start."""
        self._follows = False
        note = Rejection("numbers_ignored", expected="an endpoint that gives requests by service_request_id")
        return replace(batch, rejections=(*batch.rejections, note))

    async def _ask(self, params: Mapping[str, str], now: datetime) -> Answer:
        asked = dict(params)
        if self._settings.jurisdiction:
            asked["jurisdiction_id"] = self._settings.jurisdiction
        if self._settings.status and "service_request_id" not in params:
            asked["status"] = self._settings.status
        try:
            body = (await self._client.get(f"requests.{self._format}", asked)).body
        except Retry as trouble:
            other = self._settings.format == "auto" and self._format == "json" and "service_request_id" not in params
            if not other or (trouble.status not in NOT_HERE and trouble.code != "html_not_data"):
                raise
            body = (await self._client.get("requests.xml", asked)).body
            self._format = "xml"
        return self._judge(parse(body, self.name, self._zone, now, self._settings.own))

    def _judge(self, answer: Answer) -> Answer:
        if answer.error in ("401", "403"):
            raise Broken(f"error_{answer.error}: the credential was refused")
        if answer.error:
            raise Retry(f"error_{answer.error}")
        if answer.count == 0 and answer.rejections:
            known = answer.rejections[0] == self._unreadable
            self._unreadable = answer.rejections[0]
            raise Retry(answer.rejections[0].reason, rejections=() if known else answer.rejections)
        if answer.foreign >= 3 and answer.foreign == answer.count:
            raise Broken("changed_schema", answer.rejections)
        self._unreadable = None
        return answer

    def _note(self, code: str) -> tuple[Rejection, ...]:
        return (Rejection(code, expected=f"fewer than {self._settings.limit} at once"),) if code else ()

    def _time(self, at: float) -> str:
        """Whole seconds: decimals make a known endpoint fail."""
        when = datetime.fromtimestamp(int(at), UTC)
        if self._settings.omit_timezone:
            return when.astimezone(self._zone).replace(tzinfo=None).isoformat()
        return when.isoformat().replace("+00:00", "Z")

    def replay(self, data: bytes, given: Mapping[str, str], now: datetime) -> Batch:
        answer = self._judge(parse(data, self.name, self._zone, now, self._settings.own))
        return Batch(answer.reports, answer.rejections)

    async def close(self) -> None:
        await self._client.close()


def _elsewhere(answer: Answer, span: _Span, start: float, end: float) -> bool:
    """Whether the endpoint pays no heed to the window: nothing it gave is within a day of it."""
    times = [at for report in answer.reports if (at := _time_of(report, span)) is not None]
    return bool(times) and not any(start - 86_400 <= at <= end + 86_400 for at in times)


def _time_of(report: Report, span: _Span) -> float | None:
    if span is REPORTED:
        return report.observed_at.timestamp() if report.observed_at else None
    return datetime.fromisoformat(report.version).timestamp() if report.version else None
