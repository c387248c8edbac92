"""Times as people type them, and a store opened with its clock set to one."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from store.errors import BadInput

if TYPE_CHECKING:
    from store.actions.house.opening import Store

EXPECTED = "2026-03-01T22:30 or 2026-03-01T22:30+08:00"


def parse(text: str, zone: str) -> datetime:
    """ISO 8601; without an offset it is the time of `zone`. Raises `BadInput` `bad_time`."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInput("bad_time", value=text, expected=EXPECTED) from error
    return at if at.tzinfo is not None else at.replace(tzinfo=ZoneInfo(zone))


def opened(location: str, now: str | None) -> Store:
    """The store at `location`; `now` stops a drill's clock, and is `Refused` `now_on_real_store` elsewhere."""
    from store.actions.house.opening import open_store

    store = open_store(location)
    if now is not None:
        try:
            store.set_now(parse(now, store.timezone))
        except BaseException:
            store.close()
            raise
    return store
