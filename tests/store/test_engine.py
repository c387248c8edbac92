"""What holds for a store wherever it lies: it is made once, opened by its own programs, and keeps one time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import insert, select
from sqlmodel import col

from store import journal, migrations
from store.actions.house import making
from store.actions.house.opening import create_store, open_store
from store.engine.place import place
from store.engine.words import cleaned, kept
from store.errors import GriddeskError, Refused, Unavailable
from store.intake import Alarm, Intake, Report
from store.journal import Entry
from store.records.columns import NEVER
from store.records.source import Lease
from store.views import changes, search
from tests.conftest import START, Desk
from tests.support.engines import new_place, raw


def test_a_store_that_is_not_there(engine: str, tmp_path: Path) -> None:
    with new_place(engine, tmp_path) as location, pytest.raises(Unavailable) as error:
        open_store(location)
    assert error.value.code == "store_missing"


def test_a_second_init_changes_nothing(desk: Desk) -> None:
    before = desk.store.header().seq
    with pytest.raises(Refused) as error:
        create_store(desk.store.location)
    assert error.value.code == "store_exists"
    assert desk.store.header().seq == before


def test_of_two_that_make_the_same_store_one_is_told_that_it_is_there(engine: str, tmp_path: Path) -> None:
    ends: list[str] = []

    def make(location: str) -> None:
        try:
            create_store(location).close()
            ends.append("made")
        except GriddeskError as error:
            ends.append(error.code)

    with new_place(engine, tmp_path) as location:
        makers = [Thread(target=make, args=(location,)) for _ in range(2)]
        for maker in makers:
            maker.start()
        for maker in makers:
            maker.join()
        assert sorted(ends) == ["made", "store_exists"]
        store = open_store(location)
        assert store.verify() is None
        store.close()


def test_a_store_whose_making_fails_is_not_there(engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise Unavailable("store_full")

    monkeypatch.setattr(making, "found", fail)
    with new_place(engine, tmp_path) as location:
        with pytest.raises(Unavailable, match="store_full"):
            create_store(location)
        with pytest.raises(Unavailable, match="store_missing"):
            open_store(location)


def test_two_first_openers_of_an_older_store_bring_it_up_once(engine: str, tmp_path: Path) -> None:
    troubles: list[Exception] = []

    def migrate(location: str) -> None:
        try:
            migrations.migrate(place(location))
        except Exception as error:
            troubles.append(error)

    with new_place(engine, tmp_path) as location:
        openers = [Thread(target=migrate, args=(location,)) for _ in range(3)]
        for opener in openers:
            opener.start()
        for opener in openers:
            opener.join()
        assert troubles == []
        assert raw(location, "SELECT version_num FROM alembic_version") == [(migrations.HEAD,)]


def test_a_real_store_refuses_another_time(engine: str, tmp_path: Path) -> None:
    with new_place(engine, tmp_path) as location:
        create_store(location).close()
        with pytest.raises(Refused) as error:
            open_store(location, now=START)
    assert error.value.code == "now_on_real_store"


def test_a_newer_schema_is_left_alone(desk: Desk) -> None:
    raw(desk.store.location, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Unavailable) as error:
        open_store(desk.store.location)
    assert error.value.code == "store_too_new"


def test_the_clock_of_a_drill_is_the_same_in_every_process(desk: Desk) -> None:
    desk.store.set_clock(START + timedelta(hours=1), 60.0)
    other = open_store(desk.store.location)
    assert abs((other.now() - desk.store.now()).total_seconds()) < 120
    assert other.speed == 60.0
    other.close()


INSTANTS = (
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    datetime(1900, 2, 28, 4, 5, 6, 7000, tzinfo=timezone(timedelta(hours=8, minutes=5, seconds=43))),
    datetime(2038, 1, 19, 3, 14, 8, 123456, tzinfo=UTC),
    datetime(2026, 3, 4, 2, 0, 0, 999, tzinfo=timezone(timedelta(hours=8))),
    NEVER,
    datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
)


@pytest.mark.parametrize("at", INSTANTS)
def test_an_instant_comes_back_as_whole_milliseconds_in_utc(desk: Desk, at: datetime) -> None:
    desk.store.write(lambda session: session.execute(insert(Lease).values(name="t", holder="h", until=at)))
    with desk.store.read() as session:
        found = session.execute(select(col(Lease.until)).where(col(Lease.name) == "t")).scalar_one()
        same = session.execute(select(col(Lease.name)).where(col(Lease.until) == at)).scalars().all()
    assert found == at.astimezone(UTC).replace(microsecond=at.microsecond // 1000 * 1000)
    assert found.tzinfo is UTC
    assert same == ["t"]


def test_the_chain_holds_over_numbers_and_texts_that_an_engine_might_write_its_own_way(desk: Desk) -> None:
    data = {
        "z": 1.0, "a": 1e100, "big": 2**70, "small": 5e-324, "neg": -0.0, "nothing": None, "list": [1, 1.5, "x", []],
        "中": "井\u2028\u00a0\U0001f6a8", "quote": "\\\"'", "control": "\x01\x1f\x7f", "twice": {"b": 1, "a": {"": 0}},
    }  # fmt: skip
    for number, at in enumerate(INSTANTS):
        entry = Entry("source", number, 0, "odd", at, "machine:test", "machine", {**data, "n": number})
        desk.store.write(journal.append, [entry])
    assert desk.store.verify() is None
    with desk.store.read() as session:
        last = changes.changes(session, desk.store.header().seq - 1)[0]
    assert last.data == {**data, "n": len(INSTANTS) - 1}


BROKEN = "坏\x00灯\ud800杆\udfff"


def test_text_that_no_engine_can_keep_is_taken_in_without_it(desk: Desk) -> None:
    intake = Intake(desk.store)
    report = Report(source="s", source_id="1\0", title=BROKEN, text=BROKEN, address=BROKEN, media=(BROKEN,), raw=b"\0")
    assert intake.deliver("s", [report], cursor=BROKEN).new == 1
    assert intake.deliver("s", [report]).unchanged == 1
    intake.deliver("s", [Alarm(source="s", source_id=BROKEN, device=BROKEN, kind="tilt", state="start", text=BROKEN)])
    assert intake.cursor("s") == "坏灯杆"
    case = desk.report(title=BROKEN, address="\ud83d")
    with desk.store.read() as session:
        assert [row.title for row in search.search(session, desk.store.profile, desk.now, "灯杆\x00")] == ["坏灯杆"] * 2
        assert case in {row.id for row in search.search(session, desk.store.profile, desk.now, "坏灯\ud800")}
    assert desk.store.verify() is None


def test_only_what_needs_it_is_made_anew() -> None:
    report = Report(source="s", source_id="1", title="路灯", media=("a", "b"))
    assert cleaned(report) is report
    assert cleaned((report, "x", 1, None)) == (report, "x", 1, None)
    assert kept("\ud83d\ude00 ok") == " ok"


def test_two_who_want_the_same_lease_at_once(desk: Desk) -> None:
    """Holders on other hosts: nobody can see whether their processes live."""
    won: list[str] = []
    stores = [open_store(desk.store.location) for _ in range(4)]

    def take(number: int) -> None:
        if Intake(stores[number]).lease("connectors", f"host{number}:1:a", 30.0):
            won.append(f"host{number}")

    takers = [Thread(target=take, args=(number,)) for number in range(4)]
    for taker in takers:
        taker.start()
    for taker in takers:
        taker.join()
    assert len(won) == 1
    for store in stores:
        store.close()
