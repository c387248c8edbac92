"""Whether a message tells of now: what is retained, replayed or old sets a state and opens no alarm. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from connectors.moment import Moment


def live(
    at: Moment | None, received_at: datetime, window: timedelta, *, retained: bool = False, fresh: bool = True
) -> bool:
    """Whether what happened `at` may open an alarm.

    A time of its own decides; where the message has none, or one that lies ahead of our clock, it counts as new when
    it is `fresh`: the broker did not keep it for us.
    """
    if retained:
        return False
    if at is None or at.at > received_at:
        return fresh
    return received_at - at.at <= window
