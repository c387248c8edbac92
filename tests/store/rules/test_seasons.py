"""K06: windows of a year, by date and by lunar name, and the stricter of two modes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from store.profiles import loader
from store.profiles.timing import Mode, Overlay, Window
from store.rules.calendars import WEEKDAYS
from store.rules.labels import Label
from store.rules.seasons import Active, fitting, settings, span_at, spans, stricter, unresolved

ZONE = ZoneInfo("Asia/Shanghai")
CN = loader.calendar("cn")


def mode(*windows: tuple[str, str], **more: object) -> Mode:
    spans_ = tuple(Window(first, last) for first, last in windows)
    return Mode("m", Label("模式", "mode"), spans_, **more)  # type: ignore[arg-type]


def days(*windows: tuple[str, str], year: int = 2026) -> list[tuple[date, date]]:
    """First and last day of every window that begins in a year."""
    found = [
        (span.starts_at.astimezone(ZONE).date(), (span.ends_at - timedelta(seconds=1)).astimezone(ZONE).date())
        for span in spans(mode(*windows), CN, ZONE, year)
    ]
    return [pair for pair in found if pair[0].year == year]


def active(one: Mode, *nodes: str) -> Active:
    return Active(one, nodes, datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))


def test_K06_R2_new_year_to_spring_festival_ends_with_the_holiday() -> None:
    expected = {2024: date(2024, 2, 17), 2025: date(2025, 2, 4), 2026: date(2026, 2, 23), 2027: date(2027, 2, 10)}
    for year, last in expected.items():
        assert days(("01-01", "spring_festival"), year=year) == [(date(year, 1, 1), last)]


def test_K06_R2_a_holiday_alone_is_all_its_days() -> None:
    assert days(("national_day", "national_day")) == [(date(2026, 10, 1), date(2026, 10, 7))]
    assert days(("mid_autumn", "mid_autumn"), year=2025) == [(date(2025, 10, 6), date(2025, 10, 6))]
    assert days(("laba", "lantern")) == [(date(2026, 1, 26), date(2026, 3, 3))]


def test_a_window_across_the_new_year_ends_in_the_next() -> None:
    assert days(("12-20", "01-05"), year=2025) == [(date(2025, 12, 20), date(2026, 1, 5))]
    found = span_at(mode(("12-20", "01-05")), CN, ZONE, datetime(2026, 1, 3, 12, tzinfo=ZONE))
    assert found is not None and found.starts_at == datetime(2025, 12, 20, tzinfo=ZONE)
    assert days(("12-15", "spring_festival"), year=2025) == [(date(2025, 12, 15), date(2026, 2, 23))]


def test_the_leap_day_is_where_the_year_has_it() -> None:
    assert days(("02-01", "02-29"), year=2024) == [(date(2024, 2, 1), date(2024, 2, 29))]
    assert days(("02-01", "02-29"), year=2026) == [(date(2026, 2, 1), date(2026, 2, 28))]
    assert days(("02-29", "03-05"), year=2026) == [(date(2026, 2, 28), date(2026, 3, 5))]
    assert days(("02-29", "02-29"), year=2024) == [(date(2024, 2, 29), date(2024, 2, 29))]
    assert days(("02-29", "02-29"), year=2026) == [(date(2026, 2, 28), date(2026, 2, 28))]


def test_overlapping_and_touching_windows_are_one() -> None:
    assert days(("03-01", "03-20"), ("03-10", "04-02")) == [(date(2026, 3, 1), date(2026, 4, 2))]
    assert days(("03-01", "03-20"), ("03-21", "04-02")) == [(date(2026, 3, 1), date(2026, 4, 2))]
    assert len(days(("03-01", "03-20"), ("03-22", "04-02"))) == 2


def test_a_name_without_a_date_leaves_the_window_out_and_is_told() -> None:
    one = mode(("01-01", "spring_festival"), ("03-01", "03-05"))
    assert unresolved([one], CN, 2026) == ()
    assert unresolved([one], CN, 2030) == unresolved([one], WEEKDAYS, 2026) == ("spring_festival",)
    assert len([s for s in spans(one, CN, ZONE, 2030) if s.starts_at.astimezone(ZONE).year == 2030]) == 1


@pytest.mark.parametrize("year", [1, 1900, 1969, 2038, 2100, 9998])
def test_no_year_breaks_a_window(year: int) -> None:
    for span in spans(mode(("12-20", "01-05"), ("02-29", "02-29")), CN, ZONE, year):
        assert span.starts_at < span.ends_at


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/Havana"])
def test_a_window_begins_and_ends_at_local_midnight(zone: str) -> None:
    here = ZoneInfo(zone)
    for day in ("03-08", "03-29", "04-05", "10-04", "10-25", "11-01"):
        span = next(s for s in spans(mode((day, day)), CN, here, 2026) if s.starts_at.astimezone(here).year == 2026)
        first = span.starts_at.astimezone(here)
        assert f"{first:%m-%d}" == day
        assert f"{span.starts_at - timedelta(seconds=1):%s}" != f"{span.starts_at:%s}"
        assert (span.starts_at - timedelta(seconds=1)).astimezone(here).date() < first.date()


@pytest.mark.parametrize(
    ("name", "one", "other", "wins"),
    [
        ("zero_report", "weekly", "daily", "daily"),
        ("zero_report", "daily", "never", "daily"),
        ("patrol_minimum", 2, 3, 3),
        ("sampling", 0.1, 0.25, 0.25),
        ("patrol_interval_minutes", 60, 30, 30),
        ("task_every_days", 7, 1, 1),
        ("leader_led", False, True, True),
        ("office", "joint", "single", "joint"),
    ],
)
def test_K06_R3_the_stricter_value_wins(name: str, one: object, other: object, wins: object) -> None:
    assert stricter(name, one, other) == wins  # type: ignore[arg-type]
    if name != "office":
        assert stricter(name, other, one) == wins  # type: ignore[arg-type]


def test_K06_R1_settings_hold_where_the_mode_is_for() -> None:
    here = active(mode(settings=(("zero_report", "daily"), ("patrol_minimum", 2))), "T1")
    everywhere = active(mode(settings=(("zero_report", "weekly"), ("patrol_minimum", 4))))
    wage = active(mode(settings=(("sampling", 1.0),), categories=("wage",)))
    on = [here, everywhere, wage]
    assert settings(on, {"G1", "T1", "ROOT"}) == {"zero_report": "daily", "patrol_minimum": 4}
    assert settings(on, {"G9", "T2", "ROOT"}, "wage.arrears") == {
        "zero_report": "weekly", "patrol_minimum": 4, "sampling": 1.0,
    }  # fmt: skip


def test_an_overlay_is_for_its_workflow_category_and_level() -> None:
    overlays = (
        Overlay("a", "close", "day", 1, workflow="W-STD"),
        Overlay("b", "close", "day", 1, category="wage"),
        Overlay("c", "close", "day", 1, level=1),
    )
    one = active(mode(overlays=overlays))

    def found(**facts: object) -> list[str]:
        given: dict[str, object] = {"workflow": "W-X", "category": "noise", "level": 3} | facts
        return [overlay.id for overlay in fitting(one, {"G1"}, **given)]  # type: ignore[arg-type]

    assert found() == []
    assert found(workflow="W-STD") == ["a"]
    assert found(category="wage.arrears") == ["b"]
    assert found(level=1, category="wages") == ["c"]
    assert [*fitting(active(one.mode, "T1"), {"G1"}, workflow="W-STD", category="wage", level=1)] == []
