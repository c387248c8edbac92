"""OwnTracks messages into positions, calls for help and heartbeats. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.base import Batch
from connectors.document import Unreadable, compact, read_json
from connectors.moment import EPOCH, moment
from connectors.text import clean
from connectors.tracking import Sighting, known, share
from store.intake import AnyRecord, Rejection

ITEMS = 5_000
"""Messages of one post that are read; an app that was away for a day sends some thousands."""
QUIET = frozenset({"waypoint", "waypoints", "card", "cmd", "steps", "configuration", "beacon", "request"})
"""Types that say nothing of where a terminal is."""
READ = frozenset({"location", "transition", "lwt", "status"})
FIELDS = ("_type", "tst", "lat", "lon", "acc", "vel", "batt", "t", "topic")
"""Fields that are read and kept; names of networks, regions and pictures are left behind."""
BY_HAND = "u"
"""Trigger of a message that its bearer sent by hand."""
KILOMETRE_AN_HOUR = 1 / 3.6
"""Metres a second."""

_TOPIC = re.compile(r"owntracks/([^/]+)/([^/]+)")


def parse(
    body: bytes,
    source: str,
    now: datetime,
    *,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    topic: str = "",
    stale: timedelta = timedelta(hours=24),
    manual_is_sos: bool = True,
) -> Batch:
    """The records of one message or of a list of them; an empty body is nothing.

    The terminal is `user/device` of the headers X-Limit-U and X-Limit-D, else of `u` and `d` in the query, else of
    the topic. A message sent by hand is a call for help unless `manual_is_sos` is off.
    """
    if not body.strip():
        return Batch(ignored=1)
    try:
        document = read_json(body)
    except Unreadable as error:
        return Batch(rejections=(error.rejection,))
    items = document if isinstance(document, list) else [document]
    sender = _sender(headers or {}, query or {})
    records: list[AnyRecord] = []
    rejections: list[Rejection] = []
    ignored = 0
    for line, item in enumerate(items[:ITEMS], 1):
        found = _message(item, line, source, now, sender, topic, stale, manual_is_sos)
        if isinstance(found, Rejection):
            rejections.append(found)
        else:
            ignored += not found
            records += found
    if len(items) > ITEMS:
        rejections.append(Rejection("too_many_items", line=ITEMS + 1, expected=f"at most {ITEMS} messages"))
    return Batch(tuple(records), tuple(rejections), ignored=ignored)


def _sender(headers: Mapping[str, str], query: Mapping[str, str]) -> str:
    for user, device in (
        (headers.get("x-limit-u"), headers.get("x-limit-d")), (query.get("u"), query.get("d"))
    ):  # fmt: skip
        if user:
            return f"{user}/{device}" if device else user
    return ""


def _message(
    item: Any, line: int, source: str, now: datetime, sender: str, topic: str, stale: timedelta, manual_is_sos: bool
) -> tuple[AnyRecord, ...] | Rejection:
    if not isinstance(item, dict):
        return Rejection("not_an_object", line=line, expected="a message with _type")
    kind = item.get("_type")
    if isinstance(kind, str) and kind in QUIET:
        return ()
    raw = compact({name: item[name] for name in FIELDS if name in item})
    if kind == "encrypted":
        return Rejection("encrypted", line=line, expected="a message without payload encryption")
    if not isinstance(kind, str) or kind not in READ:
        return () if isinstance(kind, str) and kind else Rejection("no_type", line=line, column="_type", raw=raw)
    named = _TOPIC.match(clean(item.get("topic"), 400) or topic)
    terminal = clean(sender or ("/".join(named.groups()) if named else ""), 200)
    if not terminal:
        return Rejection("no_terminal", line=line, expected="X-Limit-U and X-Limit-D, or a topic", raw=raw)
    seen = Sighting(source, terminal, now, moment(item.get("tst"), UTC, (EPOCH,)), stale, raw, line)
    if kind == "lwt":
        return (seen.life(None, "connection lost"),)
    if kind == "status":
        return (seen.life(True),)
    if kind == "transition" and item.get("lat") is None and item.get("lon") is None:
        return (seen.life(True),)
    speed = known(item.get("vel"))
    help_wanted = manual_is_sos and kind == "location" and item.get("t") == BY_HAND
    position = seen.position(
        item.get("lat"), item.get("lon"), accuracy=known(item.get("acc")), battery=share(item.get("batt")),
        speed=None if speed is None else speed * KILOMETRE_AN_HOUR,
    )  # fmt: skip
    if isinstance(position, Rejection):
        return (seen.help(None, None),) if help_wanted else position
    return (position, seen.help(item.get("lat"), item.get("lon"))) if help_wanted else (position,)
