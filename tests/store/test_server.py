"""A store on PostgreSQL: who is let in, what is asked of the database, and what a broken line may cost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import text
from sqlmodel import Session

from store import casetext, journal
from store.actions.house import writing
from store.actions.house.opening import create_store, open_store
from store.engine.postgres import ServerDatabase
from store.errors import Unavailable
from store.intake import Intake
from store.journal import Entry
from store.rules.inbound import Report
from store.views import search
from tests.conftest import START, Desk
from tests.support import postgres
from tests.support.databases import CUT
from tests.support.engines import heard, needed_server, new_place, raw

pytestmark = [pytest.mark.usefixtures("engine"), pytest.mark.parametrize("engine", ["postgresql"], indirect=True)]

ENTRY = Entry("source", 0, 0, "tried", START, "machine:test", "machine", {})


@pytest.fixture
def server() -> postgres.Server:
    return needed_server()


def at(url: str, **changes: str) -> str:
    """The URL with some of its parts changed; "" takes a part away."""
    parts = {name: str(value) for name, value in conninfo_to_dict(url).items()} | changes
    return "postgresql:///?" + urlencode({name: value for name, value in parts.items() if value}, quote_via=quote)


# --- who is let in, and to what ----------------------------------------------------------------------------------


def test_a_database_or_an_account_that_is_not_there(server: postgres.Server) -> None:
    with pytest.raises(Unavailable) as error:
        open_store(at(server.url, dbname="griddesk_no_such"))
    assert error.value.code == "store_missing"
    with pytest.raises(Unavailable) as error:
        create_store(at(server.url, dbname="griddesk_no_such"))
    assert (error.value.code, error.value.fields["database"]) == ("store_no_database", "griddesk_no_such")
    with pytest.raises(Unavailable) as error:
        open_store(at(server.url, user="griddesk_nobody", password="s3cret"))
    assert error.value.code == "store_login_refused"
    assert "s3cret" not in str(error.value)


def test_a_database_in_another_encoding_is_refused(server: postgres.Server) -> None:
    url = server.new()
    name = sql.Identifier(str(conninfo_to_dict(url)["dbname"]))
    server.drop(url)
    words = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'").format(name)
    with psycopg.connect(server.url, autocommit=True) as line:
        line.execute(words)
    try:
        with pytest.raises(Unavailable, match="store_wrong_database"):
            create_store(url)
    finally:
        server.drop(url)


@pytest.fixture
def reader(desk: Desk, server: postgres.Server) -> Iterator[str]:
    """A URL of the desk's store under a role that may only read."""
    role = desk.store.location.rpartition("/")[2].partition("?")[0] + "_ro"
    raw(desk.store.location, f"CREATE ROLE {role} LOGIN")
    raw(desk.store.location, f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
    yield at(desk.store.location, user=role)
    raw(desk.store.location, f"DROP OWNED BY {role}")
    raw(desk.store.location, f"DROP ROLE {role}")


def test_a_role_without_the_right_to_write_opens_for_reading(desk: Desk, reader: str) -> None:
    number = desk.report()
    try:
        store = open_store(reader)
    except Unavailable as error:
        if error.code == "store_login_refused":
            pytest.skip("this server lets in no new role without a password")
        raise
    assert store.read_only
    assert store.header().read_only
    with store.read() as session:
        assert search.search(session, store.profile, store.now(), str(number))[0].id == number
    with pytest.raises(Unavailable, match="store_read_only"):
        store.write(journal.append, [ENTRY])
    assert store.changed()
    assert store.keep_time() == 0
    store.close()


# --- lines that break --------------------------------------------------------------------------------------------


def cut(location: str) -> None:
    """End every connection to the store but our own."""
    raw(location, CUT)


def database_of(desk: Desk) -> ServerDatabase:
    found = desk.store._database
    assert isinstance(found, ServerDatabase)
    return found


def events(desk: Desk) -> int:
    return desk.store.header().seq


def test_lines_cut_while_idle_cost_nobody_anything(desk: Desk) -> None:
    desk.report()
    desk.store.changed()
    cut(desk.store.location)
    assert desk.store.header().open == 1
    assert desk.report() > 0
    assert desk.store.changed(), "what happened meanwhile was not heard, so something may have"
    assert not desk.store.changed()
    desk.report()
    assert heard(desk.store)


def test_a_line_cut_in_mid_write_is_taken_up_again_and_happens_once(desk: Desk) -> None:
    before, runs = events(desk), 0

    def work(session: Session) -> str:
        nonlocal runs
        runs += 1
        journal.append(session, [ENTRY])
        if runs == 1:
            cut(desk.store.location)
        return "done"

    assert desk.store.write(work) == "done"
    assert (runs, events(desk)) == (2, before + 1)
    assert desk.store.verify() is None


@pytest.mark.parametrize(("stored", "runs"), [(True, 1), (False, 2)])
def test_a_commit_without_an_answer_happens_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, stored: bool, runs: int
) -> None:
    """The line breaks in the very commit; whether it was stored is asked of the journal."""
    dialect = database_of(desk)._write.dialect
    commit: Callable[[Any], None] = dialect.do_commit
    before, calls = events(desk), 0

    def work(session: Session) -> None:
        nonlocal calls
        calls += 1
        journal.append(session, [ENTRY])

    def break_off(connection: Any) -> None:
        monkeypatch.setattr(dialect, "do_commit", commit)
        if stored:
            commit(connection)
        connection.dbapi_connection.close()
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(dialect, "do_commit", break_off)
    desk.store.write(work)
    assert (calls, events(desk)) == (runs, before + 1)
    assert desk.store.verify() is None


def test_a_server_that_stays_away_is_told_after_five_tries(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "LOST_PAUSE_SECONDS", 0.001)
    calls = []

    def work(session: Session) -> None:
        calls.append(1)
        session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(Unavailable) as error:
        desk.store.write(work)
    assert (error.value.code, len(calls)) == ("store_gone", 5)


def test_a_row_that_two_enter_at_once_is_found_by_the_second(desk: Desk) -> None:
    calls = []

    def work(session: Session) -> None:
        calls.append(1)
        if len(calls) == 1:
            session.execute(text("INSERT INTO lease (name, holder, until) VALUES ('x', 'a', now()), ('x', 'b', now())"))

    desk.store.write(work)
    assert len(calls) == 2


def test_a_slow_statement_and_a_wait_for_others_have_an_end(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = "-c statement_timeout=200ms -c lock_timeout=100ms"
    hurried = open_store(at(desk.store.location, options=limits))
    with pytest.raises(Unavailable, match="store_slow"), hurried.read() as session:
        session.execute(text("SELECT pg_sleep(5)"))
    monkeypatch.setattr(writing, "TRIES", 2)
    with database_of(desk).writing(), pytest.raises(Unavailable, match="store_busy"):
        hurried.write(journal.append, [ENTRY])
    hurried.close()
    assert desk.report() > 0


# --- searching ---------------------------------------------------------------------------------------------------


def test_a_search_is_as_fast_the_sixtieth_time_as_the_first(tmp_path: Path) -> None:
    """A plan made once for every word would read the whole table for a rare one (research/store.md, limit 11)."""
    with new_place("postgresql", tmp_path) as location:
        store = create_store(location, drill=True, start=START)
        raw(
            location,
            "INSERT INTO case_text SELECT n, CAST('''路灯'':1 ''灯杆'':2 ''第' || n || '号'':3' AS tsvector)"
            " FROM generate_series(1, 60000) n",
        )
        raw(location, "ANALYZE case_text")
        spans = []
        with store.read() as session:
            for _ in range(60):
                began = time.perf_counter()
                assert casetext.matching(session, "煤气", 50) == []
                assert casetext.matching(session, "路灯杆", 50) == list(range(60000, 59950, -1))
                spans.append(time.perf_counter() - began)
        store.close()
    assert min(spans[-10:]) <= 3 * min(spans[:5])


def test_reports_are_found_by_words_with_and_without_marks(desk: Desk) -> None:
    desk.report(title="Café Zoë 井盖破损")
    for words in ("cafe", "CAFÉ", "zoe", "井盖", "盖破", "caf", "ｃａｆｅ"):
        with desk.store.read() as session:
            assert len(search.search(session, desk.store.profile, desk.now, words)) == 1, words


def test_a_run_of_letters_longer_than_a_lexeme_is_taken_in(desk: Desk) -> None:
    long = Report(source="s", source_id="1", title="x", text="ж" * 2000)
    assert Intake(desk.store).deliver("s", [long]).new == 1
