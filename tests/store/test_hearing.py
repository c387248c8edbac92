"""Hearing of changes on PostgreSQL: at once where word comes, soon where it does not, never by hammering."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from store.actions.house import leases
from store.actions.house.opening import open_store
from store.clock import system_now
from store.engine.ear import LOOK_SECONDS, PAUSE_SECONDS, Ear
from store.engine.place import ServerPlace
from store.engine.postgres import connect
from store.errors import Unavailable
from store.intake import Intake
from tests.conftest import Desk
from tests.support.databases import CUT
from tests.support.engines import heard, raw

pytestmark = [pytest.mark.usefixtures("engine"), pytest.mark.parametrize("engine", ["postgresql"], indirect=True)]


def line_to(desk: Desk) -> psycopg.Connection[Any]:
    place = desk.store._database.place
    assert isinstance(place, ServerPlace)
    return connect(place, autocommit=True)


def test_only_what_changes_a_row_is_told(desk: Desk) -> None:
    other = open_store(desk.store.location)
    other.changed()
    desk.store.write(lambda session: session.execute(text("UPDATE lease SET holder = 'x' WHERE name = 'none'")))
    assert not other.changed()
    desk.store.write(lambda session: session.execute(text("UPDATE source SET detail = 'x'")))
    desk.store.write(lambda session: session.execute(text("INSERT INTO lease VALUES ('x', 'a', now())")))
    assert heard(other)
    other.close()


def test_a_quiet_minute_costs_twelve_statements(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked four times a second as the desk does, the server is asked once in five seconds."""
    clock, looks = [1000.0], 0
    listener = Ear(lambda: line_to(desk), "", lambda: clock[0])
    assert listener.heard()
    look = listener._look

    def counted(line: psycopg.Connection[Any], now: float) -> bool:
        nonlocal looks
        looks += 1
        return look(line, now)

    monkeypatch.setattr(listener, "_look", counted)
    for _ in range(240):
        clock[0] += 0.25
        assert not listener.heard()
    listener.close()
    assert looks == 60 / LOOK_SECONDS == 12


def test_a_word_that_got_lost_is_made_good_by_the_next_look(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    listener = Ear(lambda: line_to(desk), "", lambda: clock[0])
    listener.heard()
    monkeypatch.setattr(listener, "_drained", lambda line: False)
    desk.report()
    assert not listener.heard()
    clock[0] += LOOK_SECONDS
    assert listener.heard()
    assert not listener.heard()
    listener.close()


def test_a_standby_that_sends_no_word_is_looked_at_every_second(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    listener = Ear(lambda: line_to(desk), "", lambda: clock[0])
    monkeypatch.setattr(listener, "_listens", lambda line: False)
    listener.heard()
    desk.report()
    assert not listener.heard()
    clock[0] += 1.0
    assert listener.heard()
    listener.close()


def test_a_server_that_is_away_is_called_once_a_second() -> None:
    clock, calls = [1000.0], []

    def refuse() -> psycopg.Connection[Any]:
        calls.append(1)
        raise psycopg.OperationalError("connection failed")

    listener = Ear(refuse, "", lambda: clock[0])
    for _ in range(40):
        with pytest.raises(psycopg.OperationalError):
            listener.heard()
        clock[0] += 0.25
    assert len(calls) == 10 * PAUSE_SECONDS


def test_another_store_in_the_same_place_is_noticed(desk: Desk) -> None:
    desk.store.changed()
    raw(desk.store.location, "UPDATE store_meta SET store_id = 'another'")
    raw(desk.store.location, CUT)
    with pytest.raises(Unavailable, match="store_moved"):
        desk.store.changed()


def test_a_host_whose_clock_is_wrong_takes_no_lease_from_the_others(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Intake(desk.store).lease("connectors", "elsewhere:1:a", 30.0)
    ahead = system_now() + timedelta(hours=1)
    monkeypatch.setattr(leases, "system_now", lambda: ahead)
    assert not Intake(desk.store).lease("connectors", Intake.holder(), 30.0)
