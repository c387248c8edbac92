"""Why is this due? The sum of a stored clock: its golden text, its profile version, its calendar, its owner."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlmodel import col

from store.actions.clocks import calendars
from store.actions.house.opening import create_store
from store.errors import BadInput, Refused
from store.profiles import almanac, loader
from store.records.governing import ProfileText
from store.rules.commands import Close, Extend, File, Pause, Resume
from store.views.calendars import calendar
from tests.conftest import Desk
from tests.support.timing import at, clock, end_of, filed, govern, limit, local, season, tick, told
from tui import wording
from tui.language import set_language

NOTICE = """
year = {year}
zh = "某年"
en = "some year"
hours = [[09:00:00, 17:00:00]]
make_up = []
[[rest]]
id = "spring_festival"
zh = "春节"
en = "Spring Festival"
first = {year}-02-05
last = {year}-02-12
"""


def add(desk: Desk, year: int, by: str = "gao") -> int:
    text = NOTICE.format(year=year)
    return desk.store.write(calendars.add, desk.store.profile, desk.actors[by], desk.now, text, f"{year}.toml")


def sentences(desk: Desk, case_id: int, lang: str) -> list[str]:
    set_language(lang)
    try:
        lines = told(desk, case_id).lines
        return [
            f"{wording.local_stamp(line.until, desk.store.timezone)}  "
            + wording.why(line.code, line.fields, desk.store.profile, desk.store.timezone)
            for line in lines
        ]
    finally:
        set_language("en")


def wage(desk: Desk) -> int:
    """15 working days from 10 February 2026, a pause in the holiday's week, an extension."""
    govern(desk, limit(15, "working_day", id="close.wage"))
    case_id = filed(desk, local(2026, 2, 10, 10))
    at(desk, local(2026, 2, 25, 9))
    desk.move(case_id, Pause("close", "等待银行流水"), by="wu")
    at(desk, local(2026, 2, 27, 9))
    desk.move(case_id, Resume("close"), by="wu")
    at(desk, local(2026, 3, 9, 9))
    desk.move(case_id, Extend(3, "working_day", "人数众多"), by="wu")
    return case_id


def test_the_wage_case_across_spring_festival_reads_line_by_line(desk: Desk) -> None:
    govern(desk, limit(15, "working_day", id="close.wage"))
    case_id = filed(desk, local(2026, 2, 10, 10))
    version = desk.store.profile.version
    lines = sentences(desk, case_id, "en")
    assert re.search(r" \[journal \d+\]$", lines[0])
    assert [re.sub(r" \[journal \d+\]$", "", line) for line in lines] == [
        "02-10 10:00  clock close runs from filing (rule close.wage)",
        f"02-10 10:00  limit: 15 working days (rule close.wage, profile street {version})",
        "02-14 00:00  2026-02-11 to 2026-02-13: 3 counted, 3 so far",
        "02-15 00:00  2026-02-14 to 2026-02-14: 1 make-up working days, 4 so far",
        "02-24 00:00  2026-02-15 to 2026-02-23: 9 rest days, not counted (Spring Festival)",
        "02-28 00:00  2026-02-24 to 2026-02-27: 4 counted, 8 so far",
        "03-01 00:00  2026-02-28 to 2026-02-28: 1 make-up working days, 9 so far",
        "03-02 00:00  2026-03-01 to 2026-03-01: 1 rest days, not counted",
        "03-07 00:00  2026-03-02 to 2026-03-06: 5 counted, 14 so far",
        "03-09 00:00  2026-03-07 to 2026-03-08: 2 rest days, not counted",
        "03-10 00:00  2026-03-09 to 2026-03-09: 1 counted, 15 so far",
        "03-10 00:00  due",
    ]


def test_pause_and_extension_stand_in_the_sum_in_both_languages(desk: Desk) -> None:
    case_id = wage(desk)
    # Two working days stood still: 9 March 24:00 becomes 11 March 24:00; three working days more end on 16 March.
    assert clock(desk, case_id).due_at == end_of(2026, 3, 16)
    english, chinese = sentences(desk, case_id, "en"), sentences(desk, case_id, "zh")
    paused = next(line for line in english if "stood still" in line)
    assert paused.startswith("03-12 00:00  stood still from 02-25 09:00 to 02-27 09:00, the time left is kept: 等待")
    extended = next(line for line in english if "extended" in line)
    assert "extended by 3 working days from 03-12 00:00: 人数众多 [journal " in extended
    assert any("暂停" in line for line in chinese) and any("春节" in line for line in chinese)
    assert english[-1] == "03-17 00:00  due"
    assert not any("?" in line or "{" in line for line in english + chinese)


def test_a_season_is_named_in_the_sum(desk: Desk) -> None:
    govern(desk, limit(15, "working_day"), modes=(season("wage", 7, "working_day", ("01-01", "spring_festival")),))
    case_id = filed(desk, local(2026, 2, 10, 10))
    lines = sentences(desk, case_id, "en")
    assert any("season wage: 7 working days from 02-10 10:00 come before 03-10 00:00" in line for line in lines)
    assert clock(desk, case_id).due_at == end_of(2026, 2, 26)


def test_old_cases_are_explained_by_the_version_they_were_filed_under(tmp_path: Path) -> None:
    store = create_store(tmp_path / "own.db", profile_id="labour", drill=True, start=local(2026, 2, 10, 9), speed=0.0)
    try:
        with store.read() as session:
            versions = session.execute(select(col(ProfileText.version))).scalars().all()
        assert store.profile.version in versions
    finally:
        store.close()


def test_a_rule_that_is_gone_from_the_profile_in_force_is_still_told(desk: Desk) -> None:
    base = loader.load("street")
    case_id = filed(desk, local(2026, 3, 5, 10), level=2)
    before = told(desk, case_id, "close")
    assert before.rule == "close.level2" and before.profile_version == base.version
    # A newer version without the rule comes into force: the case keeps its own.
    desk.store.profile = replace(base, version="newer", clocks=())
    after = told(desk, case_id, "close")
    assert after == before


def test_without_a_name_the_clock_that_runs_out_first_is_told(desk: Desk) -> None:
    slow = limit(5, "day", id="slow", clock="slow")
    govern(desk, limit(3, "day"), slow)
    case_id = filed(desk, local(2026, 3, 5, 10))
    assert told(desk, case_id).clock == "close"
    desk.move(case_id, Pause("close", "等待"), by="wu")
    assert told(desk, case_id).clock == "slow"
    assert told(desk, case_id, "close").lines[-1].code == "paused_now"
    desk.move(case_id, Close("重复", outcome="void"))
    assert told(desk, case_id, "close").state == "met"
    with pytest.raises(Refused) as caught:
        told(desk, case_id, "frob")
    assert caught.value.code == "no_clock"
    with pytest.raises(Refused) as caught:
        told(desk, 999_999)
    assert caught.value.code == "unknown_case"


# --- the calendar -------------------------------------------------------------------------------


def test_K05_R14_a_calendar_given_to_the_store_takes_the_shipped_ones_place(desk: Desk) -> None:
    govern(desk, limit(5, "working_day"))
    before = filed(desk, local(2027, 2, 3, 10))
    assert clock(desk, before).due_at == end_of(2027, 2, 16)
    at(desk, local(2027, 2, 3, 12))
    assert add(desk, 2027) == 2027
    after = filed(desk, local(2027, 2, 3, 13))
    assert clock(desk, after).due_at == end_of(2027, 2, 18)
    # What was set before is explained by the calendar of its day.
    assert told(desk, before).due_at == end_of(2027, 2, 16)
    with desk.store.read() as session:
        found = almanac.calendar_of(session, "cn")
        view = calendar(session, desk.store.profile, 2027)
    assert 2027 not in found.provisional and 2026 in found.years
    assert (view.years[0].source, view.years[0].provisional) == ("store", False)
    with pytest.raises(Refused) as caught:
        add(desk, 2028, by="wu")
    assert caught.value.code == "no_power"
    with pytest.raises(BadInput):
        desk.store.write(calendars.add, desk.store.profile, desk.actors["gao"], desk.now, "year = 1", "bad.toml")


def test_K05_R14_a_missing_year_is_a_warning_and_weekdays_count(desk: Desk) -> None:
    govern(desk, limit(5, "working_day"))
    case_id = filed(desk, local(2030, 2, 4, 10))
    assert clock(desk, case_id).due_at == end_of(2030, 2, 11)
    tick(desk)
    assert _warned(desk) == [2030]
    add(desk, 2030)
    desk.store.keep_time()
    assert _warned(desk) == []


def _warned(desk: Desk) -> list[int]:
    from store.views import alerts

    with desk.store.read() as session:
        rows = alerts.alerts(session, desk.store.profile, desk.now).rows
    return [row.fields["year"] for row in rows if row.kind == "calendar"]


@pytest.mark.parametrize("year", [1900, 1969, 2038, 2100])
def test_no_year_breaks_a_stored_clock(desk: Desk, year: int) -> None:
    govern(desk, limit(15, "working_day"), limit(40, "working_hour", id="w", clock="w"))
    case_id = filed(desk, local(year, 6, 1, 10))
    at(desk, local(year, 6, 3, 10))
    desk.move(case_id, Pause("close", "等待"), by="wu")
    at(desk, local(year, 7, 3, 10))
    desk.move(case_id, Resume("close"), by="wu")
    desk.move(case_id, Extend(2, "month", "等待"), by="wu")
    for name in ("close", "w"):
        told(desk, case_id, name)
    tick(desk)


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe"])
def test_a_stored_clock_across_a_change_of_the_clocks(tmp_path: Path, zone: str) -> None:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from store.actions.loop import cases
    from store.actions.people import officers
    from store.views import people
    from store.views.why import explain

    here = ZoneInfo(zone)
    day = {"America/New_York": date(2026, 11, 1), "Europe/Berlin": date(2026, 3, 29)}.get(zone, date(2026, 4, 5))
    start = datetime(day.year, day.month, day.day, 12, tzinfo=here) - timedelta(days=2)
    store = create_store(tmp_path / "z.db", timezone=zone, drill=True, start=start, speed=0.0)
    try:
        store.profile = replace(loader.load("street"), clocks=(limit(4, "day"), limit(96, "hour", id="h", clock="h")))
        store.write(officers.add, store.profile, officers.FOUNDER, start, "chen", "陈", ("duty_officer",), None)
        with store.read() as session:
            chen = people.actor(session, store.profile, "chen")
        case_id = store.write(cases.report, store.profile, chen, start, title="灯", request_id="1")
        command = File(category="order.fight", grid=None)
        with pytest.raises(Refused):
            store.write(cases.move, store.profile, chen, start, case_id, command, expected_version=None, request_id="2")
        store.profile = replace(
            store.profile, clocks=tuple(replace(rule, start="reported") for rule in store.profile.clocks)
        )
        case_id = store.write(cases.report, store.profile, chen, start, title="灯", request_id="3")
        with store.read() as session:
            days = explain(session, store.profile, case_id, "close", zone)
            hours = explain(session, store.profile, case_id, "h", zone)
        assert f"{days.due_at.astimezone(here):%Y-%m-%d %H:%M}" == f"{day + timedelta(days=3)} 00:00"
        assert hours.due_at - hours.started_at == timedelta(hours=96)
        assert days.lines[-1].until == days.due_at
    finally:
        store.close()
