"""Text, numbers, places and times from outside."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from connectors.document import Unreadable, compact, read_json
from connectors.log import safe
from connectors.moment import moment, stamp
from connectors.spot import spot
from connectors.text import clean, number, visible
from tests.connectors.fake import NOW

SHANGHAI, NEW_YORK = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")


def test_text_is_capped_and_says_so() -> None:
    notes: list[str] = []
    assert len(clean("a" * 1_000_000, 8_000, notes)) == 8_000
    assert notes == ["text_cut"]


def test_text_loses_nul_and_lone_surrogates_and_keeps_escape_sequences_for_the_display_layer() -> None:
    notes: list[str] = []
    assert clean("a\x00b\ud800c\x1b[31m", warnings=notes) == "ab\ufffdc\x1b[31m"
    assert notes == ["nul_removed", "bad_characters"]
    clean("\ud800").encode("utf-8")


def test_text_is_composed_and_its_blank_edges_go() -> None:
    assert clean("\n\t\u3000 cafe\u0301 \u3000") == "caf\u00e9"
    assert clean(None) == ""
    assert clean(0) == "0"


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1.5", 1.5), (2, 2.0), (" -1 ", -1.0), ("nan", None), ("inf", None), (True, None), ("", None), ([], None),
     (10**400, None), ("1" * 100, None)],
)  # fmt: skip
def test_numbers(value: object, expected: float | None) -> None:
    assert number(value) == expected


def test_names_of_files_are_shown_without_control_characters() -> None:
    assert visible("a\x1b]0;x\x07\n.csv") == "a\\x1b]0;x\\x07\\n.csv"
    assert visible(b"\xff.csv".decode("utf-8", "surrogateescape")) == "\\udcff.csv"
    assert visible("订单.csv") == "订单.csv"


@pytest.mark.parametrize(
    ("lat", "lon", "expected", "warning"),
    [
        ("40.7", "-73.9", (40.7, -73.9), None),
        (0, 0, None, "zero_coordinates"),
        ("121.47", "31.23", (31.23, 121.47), "swapped_coordinates"),
        ("31.23", "121.47", (31.23, 121.47), None),
        ("121.47", "131.2", None, "coordinates_out_of_range"),
        ("40.7", "-190", None, "coordinates_out_of_range"),
        ("190", "40", None, "coordinates_out_of_range"),
        ("40.7", "", None, "half_coordinates"),
        ("north", "west", None, "bad_coordinates"),
        ("nan", "1", None, "bad_coordinates"),
        ("", None, None, None),
    ],
)
def test_places(lat: object, lon: object, expected: tuple[float, float] | None, warning: str | None) -> None:
    found = spot(lat, lon)
    assert ((found.lat, found.lon) if found.lat is not None else None) == expected
    assert found.warnings == ((warning,) if warning else ())
    assert found.quality("a street") == ("point" if expected else "address_only")


def test_a_time_without_zone_takes_the_sources_and_says_so() -> None:
    found = moment("2019/4/25 9:32:09", SHANGHAI, ("%Y/%m/%d %H:%M:%S",))
    assert found is not None
    assert found.at == datetime(2019, 4, 25, 1, 32, 9, tzinfo=UTC)
    assert found.warnings == ("assumed_zone",)
    assert found.quality(NOW) == "assumed_zone"


def test_a_time_with_offset_is_taken_as_it_is_up_to_nine_decimals() -> None:
    found = moment("2026-03-04T10:00:00.123456789+08:00", NEW_YORK)
    assert found is not None
    assert found.at == datetime(2026, 3, 4, 2, 0, 0, 123456, tzinfo=UTC)
    assert found.warnings == ()


def test_the_repeated_hour_is_read_as_the_first_and_the_missing_hour_is_moved_on() -> None:
    repeated = moment("2026-11-01T01:30:00", NEW_YORK)
    missing = moment("2026-03-08T02:30:00", NEW_YORK)
    assert repeated is not None and missing is not None
    assert repeated.at == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    assert "repeated_hour" in repeated.warnings
    assert missing.at == datetime(2026, 3, 8, 7, 30, tzinfo=UTC)
    assert "missing_hour" in missing.warnings


def test_future_and_stale_times() -> None:
    ahead = moment((NOW + timedelta(minutes=6)).isoformat(), UTC)
    near = moment((NOW + timedelta(minutes=4)).isoformat(), UTC)
    old = moment((NOW - timedelta(days=2)).isoformat(), UTC)
    assert ahead is not None and near is not None and old is not None
    assert ahead.quality(NOW) == "future"
    assert near.quality(NOW) == "source"
    assert old.quality(NOW, timedelta(days=1)) == "stale"


@pytest.mark.parametrize(
    "value", ["", "yesterday", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59", "2026-02-30", 5, None]
)
def test_no_time(value: object) -> None:
    assert moment(value, SHANGHAI) is None


def test_epochs_in_seconds_milliseconds_and_text() -> None:
    for value in (1709970594, "1709970594", 1709970594000):
        found = moment(value, UTC, ("epoch",))
        assert found is not None and found.at == datetime(2024, 3, 9, 7, 49, 54, tzinfo=UTC)
    assert moment(float("inf"), UTC, ("epoch",)) is None
    assert moment(1e30, UTC, ("epoch",)) is None


def test_stamps_sort_as_their_times_do() -> None:
    early = datetime(2026, 3, 4, 23, 0, tzinfo=ZoneInfo("Asia/Tokyo"))
    assert stamp(None) < stamp(early) < stamp(datetime(2026, 3, 4, 18, 0, tzinfo=UTC))


def test_json_errors_have_a_line_and_never_escape() -> None:
    with pytest.raises(Unreadable) as bad:
        read_json(b'[\n {"a": 1},\n {"a": 006}\n]')
    assert (bad.value.rejection.reason, bad.value.rejection.line) == ("not_json", 3)
    with pytest.raises(Unreadable) as deep:
        read_json(b"[" * 200_000)
    assert deep.value.rejection.reason == "too_deep"
    with pytest.raises(Unreadable) as latin:
        read_json(b'{"a":\n"\xe9"}')
    assert (latin.value.rejection.reason, latin.value.rejection.line) == ("not_utf8", 2)
    assert read_json(b"[NaN, Infinity]") == [None, None]
    assert read_json(b"[12.50e3]", exact=True) == ["12.50e3"]
    assert compact({"a": "\u4e2d", "b": 1}) == b'{"a":"\\u4e2d","b":1}'


def test_no_secret_and_no_control_character_reaches_the_log() -> None:
    line = safe("GET https://me:p%40ss@host:8971/api/review?token=abc&x=1#f failed\x1b[2J\nBearer abcdef123456")
    assert line == "GET https://host:8971/api/review failed [2J Bearer …"
