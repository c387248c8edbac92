"""Times of a scenario, absolute and relative, also across a change of the clocks."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from store.profiles import loader
from store.rehearsal.moments import moment, written

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
BEFORE = datetime(2026, 2, 13, 9, 0, tzinfo=SHANGHAI)
"""The Friday before Spring Festival; Saturday 14 February is worked, 15 to 23 rest."""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-02-13", "2026-02-12 24:00"),
        ("2026-02-13 24:00", "2026-02-13 24:00"),
        ("2026-02-13T10:30", "2026-02-13 10:30"),
        ("2026-02-13 10:30:05", "2026-02-13 10:30:05"),
        ("2026-02-13 10:30+00:00", "2026-02-13 18:30"),
        ("2026-02-13T02:30Z", "2026-02-13 10:30"),
        ("+0m", "2026-02-13 09:00"),
        ("+2h", "2026-02-13 11:00"),
        ("+1d 30m", "2026-02-14 09:30"),
        ("+90s", "2026-02-13 09:01:30"),
        ("+2 days", "2026-02-15 09:00"),
        ("+1 working day", "2026-02-14 09:00"),
        ("+3 working days", "2026-02-25 09:00"),
        ("+2wd 1h", "2026-02-24 10:00"),
        ("-110m", "2026-02-13 07:10"),
    ],
)
def test_times(text: str, shown: str) -> None:
    assert written(moment(text, BEFORE, SHANGHAI, loader.calendar()), SHANGHAI) == shown


@pytest.mark.parametrize(
    "text",
    ["", "+", "soon", "2026-13-01", "2026-02-30 10:00", "25:00", "+5", "+5x", "+1d30", "-1wd", "2026-02-13 24:01"],
)
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ValueError):
        moment(text, BEFORE, SHANGHAI, loader.calendar())


def test_hours_are_hours_where_the_clock_is_put_forward_and_days_keep_the_hour() -> None:
    before = datetime(2026, 3, 28, 12, 0, tzinfo=BERLIN)
    calendar = loader.calendar()
    assert moment("+24h", before, BERLIN, calendar).astimezone(UTC) == datetime(2026, 3, 29, 11, 0, tzinfo=UTC)
    assert moment("+1d", before, BERLIN, calendar).astimezone(UTC) == datetime(2026, 3, 29, 10, 0, tzinfo=UTC)


def test_years_far_away() -> None:
    calendar = loader.calendar()
    assert moment("1969-12-31 23:00", BEFORE, SHANGHAI, calendar).year == 1969
    assert moment("2040-01-19 03:14:08", BEFORE, SHANGHAI, calendar).year == 2040
