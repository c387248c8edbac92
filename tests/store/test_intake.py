"""What comes in: nothing twice, nothing lost, and every odd thing where a person can see it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlmodel import col

from store.actions.people import units
from store.intake import Alarm, Answer, Health, Heartbeat, Intake, Position, Reading, Rejection, Report
from store.outbox import Outbox
from store.rules.commands import Dispatch, File
from store.views import alerts, patrol, queue, search
from store.views import case as case_view
from tests.conftest import START, Desk

REPORT = Report(
    source="open311", source_id="0", version="2026-03-04T18:00:00Z", title="Pothole", kind_name="Pothole",
    text="deep", lat=0.5, lon=1.5, observed_at=START,
)  # fmt: skip


@pytest.fixture
def intake(desk: Desk) -> Iterator[Intake]:
    yield Intake(desk.store)


def standing(desk: Desk) -> alerts.Alerts:
    with desk.store.read() as session:
        return alerts.alerts(session, desk.store.profile, desk.now)


def ids(desk: Desk, which: queue.Which = "open", grid_id: int | None = None) -> tuple[int, ...]:
    with desk.store.read() as session:
        return queue.keys(session, desk.store.profile, desk.now, grid_id, which).ids


def test_a_report_becomes_one_case_however_often_it_comes(desk: Desk, intake: Intake) -> None:
    assert intake.deliver("open311", [REPORT]).new == 1
    assert intake.deliver("open311", [REPORT, REPORT]).unchanged == 2
    assert len(ids(desk)) == 1


def test_id_zero_is_an_id(desk: Desk, intake: Intake) -> None:
    assert REPORT.source_id == "0"
    intake.deliver("open311", [REPORT])
    assert intake.deliver("open311", [replace(REPORT, source_id="00")]).new == 1


def test_duplicates_inside_one_delivery_are_counted(desk: Desk, intake: Intake) -> None:
    receipt = intake.deliver("open311", [REPORT, REPORT, replace(REPORT, source_id="1")])
    assert (receipt.new, receipt.unchanged) == (2, 1)


def test_a_newer_copy_updates_and_an_older_one_does_not(desk: Desk, intake: Intake) -> None:
    intake.deliver("open311", [REPORT])
    newer = replace(REPORT, version="2026-03-04T19:00:00Z", text="deeper")
    assert intake.deliver("open311", [newer]).updated == 1
    older = replace(REPORT, version="2026-03-04T17:00:00Z", text="shallow")
    assert intake.deliver("open311", [older]).unchanged == 1
    with desk.store.read() as session:
        seen = case_view.case(session, desk.store.profile, desk.now, ids(desk)[0], desk.actors["chen"])
    assert seen.text == "deeper"


def test_an_untouched_case_closes_with_its_source_and_a_dispatched_one_does_not(desk: Desk, intake: Intake) -> None:
    other = replace(REPORT, source_id="1")
    intake.deliver("open311", [REPORT, other])
    first, second = sorted(ids(desk))
    with desk.store.read() as session:
        held = case_view.case(session, desk.store.profile, desk.now, second, desk.actors["chen"])
    if held.row.unit is None:
        desk.move(second, Dispatch("P3"))
    if ids(desk, "undispatched") != (first,):
        pytest.fail("the first case should wait for an officer")
    done = [replace(r, version="2026-03-05", status="closed", status_text="filled") for r in (REPORT, other)]
    assert intake.deliver("open311", done).updated == 2
    assert ids(desk) == (second,)


def test_a_report_that_arrives_closed_is_kept_as_closed(desk: Desk, intake: Intake) -> None:
    receipt = intake.deliver("open311", [replace(REPORT, status="closed", status_text="fixed")])
    assert (receipt.new, receipt.closed) == (1, 1)
    assert ids(desk) == ()
    assert len(ids(desk, "closed")) == 1


@pytest.mark.parametrize(
    ("lat", "lon"), [(None, None), (50.0, 50.0), (0.0, 0.0)], ids=["no place", "outside every grid", "on a corner"]
)
def test_a_report_without_a_certain_leaf_waits_in_the_no_place_queue(
    desk: Desk, intake: Intake, lat: float | None, lon: float | None
) -> None:
    if lat == 0.0:
        lat, lon = -5.0, -5.0
    receipt = intake.deliver("open311", [replace(REPORT, lat=lat, lon=lon)])
    assert (receipt.located, receipt.unplaced) == (0, 1)
    case_id = ids(desk)[0]
    desk.move(case_id, File(grid="G2"))
    with desk.store.read() as session:
        assert queue.rows(session, desk.store.profile, desk.now, [case_id])[0].grid_code == "G2"


def test_the_cursor_is_stored_with_the_records(desk: Desk, intake: Intake) -> None:
    intake.deliver("open311", [REPORT], cursor="page-2", kind="open311")
    assert intake.cursor("open311") == "page-2"
    assert intake.cursor("other") is None


def test_an_unknown_category_keeps_the_sources_own_word(desk: Desk, intake: Intake) -> None:
    receipt = intake.deliver("open311", [replace(REPORT, kind_name="Zzyzx", title="Zzyzx", category="no.such")])
    assert receipt.uncategorised == 1
    with desk.store.read() as session:
        row = queue.rows(session, desk.store.profile, desk.now, ids(desk))[0]
    assert row.category is None
    assert row.kind_name == "Zzyzx"


def test_hostile_text_is_kept_as_it_came(desk: Desk, intake: Intake) -> None:
    text = "\x1b]0;pwned\x07[@click=app.quit]x[/] \u202e 井盖 " + "x" * 20000
    intake.deliver("open311", [replace(REPORT, text=text, title=text)])
    with desk.store.read() as session:
        found = search.search(session, desk.store.profile, desk.now, "井盖")
    assert len(found) == 1
    assert found[0].title.startswith("\x1b]0;pwned")


def test_search_syntax_in_a_query_is_only_text(desk: Desk, intake: Intake) -> None:
    intake.deliver("open311", [REPORT])
    for words in ('"', "a OR b", "NEAR(", "*", "'; DROP TABLE cases; --", "title:x", "-", "()"):
        with desk.store.read() as session:
            search.search(session, desk.store.profile, desk.now, words)


ALARM = Alarm(
    source="frigate", source_id="1", version="1", device="cam1", kind="car", state="start", severity="major",
    grid_code="G1", observed_at=START,
)  # fmt: skip


def test_K16_R3_repeats_of_one_device_and_kind_join_one_alert(desk: Desk, intake: Intake) -> None:
    for n in range(30):
        intake.deliver("frigate", [replace(ALARM, source_id=str(n))])
    rows = standing(desk).rows
    assert [(row.kind, row.count) for row in rows] == [("device", 30)]


def test_an_alarm_state_moves_forward_only(desk: Desk, intake: Intake) -> None:
    intake.deliver("frigate", [replace(ALARM, state="end", version="2")])
    assert intake.deliver("frigate", [ALARM]).unchanged == 1
    assert standing(desk).rows == ()


def test_an_ended_alarm_stays_until_it_is_acknowledged(desk: Desk, intake: Intake) -> None:
    from store.actions.loop import alerts as acts

    intake.deliver("frigate", [ALARM])
    intake.deliver("frigate", [replace(ALARM, state="end", version="2")])
    (row,) = standing(desk).rows
    assert row.fields["ended"]
    desk.store.write(
        acts.acknowledge, desk.store.profile, desk.actors["chen"], desk.now, row.id, request_id=desk.request()
    )
    assert standing(desk).rows == ()


def test_replayed_and_stale_alarms_open_nothing(desk: Desk, intake: Intake) -> None:
    intake.deliver("frigate", [replace(ALARM, live=False), replace(ALARM, source_id="2", time_quality="stale")])
    assert standing(desk).rows == ()


def position(terminal: str = "mk/phone", **fields: object) -> Position:
    base = Position(
        source="owntracks", source_id="", terminal=terminal, observed_at=START, lat=0.5, lon=0.5, accuracy_m=10.0
    )
    return replace(base, **fields)  # type: ignore[arg-type]


def give_terminal(desk: Desk) -> None:
    desk.store.write(
        units.add, desk.store.profile, desk.actors["gao"], desk.now, "P3", "", "", terminals=[("owntracks", "mk/phone")]
    )


def coverage(desk: Desk) -> dict[str, patrol.PatrolRow]:
    with desk.store.read() as session:
        return {r.code: r for r in patrol.patrol(session, desk.store.profile, desk.now, desk.store.timezone).rows}


def test_a_trusted_position_is_a_visit(desk: Desk, intake: Intake) -> None:
    give_terminal(desk)
    assert intake.deliver("owntracks", [position()]).new == 1
    assert (coverage(desk)["G0"].visited, coverage(desk)["G1"].visited) == (1, 0)
    assert coverage(desk)["G0"].present == 1


def test_a_coarse_position_proves_nothing(desk: Desk, intake: Intake) -> None:
    give_terminal(desk)
    intake.deliver("owntracks", [position(accuracy_m=3000.0)])
    assert coverage(desk)["G0"].visited == 0
    assert coverage(desk)["G0"].present == 0


def test_the_same_fix_again_and_late_fixes_never_move_the_marker_back(desk: Desk, intake: Intake) -> None:
    give_terminal(desk)
    desk.wait(minutes=30)
    intake.deliver("owntracks", [position(observed_at=desk.now, lon=2.5)])
    receipt = intake.deliver("owntracks", [position(observed_at=desk.now, lon=2.5), position(lon=1.5)])
    assert (receipt.new, receipt.unchanged) == (1, 1)
    assert coverage(desk)["G2"].present == 1
    assert coverage(desk)["G1"].visited == 1


def test_a_clock_years_ahead_does_not_freeze_the_marker(desk: Desk, intake: Intake) -> None:
    give_terminal(desk)
    intake.deliver("owntracks", [position(observed_at=START + timedelta(days=900), time_quality="future", lon=3.5)])
    desk.wait(minutes=1)
    intake.deliver("owntracks", [position(observed_at=desk.now, lon=1.5)])
    assert coverage(desk)["G1"].present == 1


def test_an_unknown_sender_is_shown_and_its_places_are_not_kept(desk: Desk, intake: Intake) -> None:
    receipt = intake.deliver("owntracks", [position("stranger/1"), position("stranger/1")])
    assert receipt.quarantined == 2
    assert [row.code for row in standing(desk).rows] == ["unknown_terminal"]
    assert coverage(desk)["G0"].visited == 0
    desk.store.write(
        units.add, desk.store.profile, desk.actors["gao"], desk.now, "P3", "", "",
        terminals=[("owntracks", "stranger/1")],
    )  # fmt: skip
    assert standing(desk).rows == ()


def test_units_answer_their_orders(desk: Desk, intake: Intake) -> None:
    case_id = desk.report()
    desk.move(case_id, Dispatch("P3", "去看看"))
    outbox = Outbox(desk.store)
    (order,) = outbox.open_orders()
    assert (order.case_id, order.unit, order.text) == (case_id, "P3", "去看看")
    answer = Answer(source="terminals", source_id="a1", case_id=case_id, unit="P3", state="accepted")
    assert intake.deliver("terminals", [answer]).updated == 1
    intake.deliver("terminals", [replace(answer, source_id="a2", unit="MUN", state="done")])
    done = replace(answer, source_id="a3", state="done", text="好了")
    intake.deliver("terminals", [done])
    intake.deliver("terminals", [done])
    with desk.store.read() as session:
        seen = case_view.case(session, desk.store.profile, desk.now, case_id, desk.actors["chen"])
    assert [line.kind for line in seen.history] == ["reported", "filed", "dispatched", "accepted", "fed_back"]
    assert seen.history[-1].actor == "P3"
    assert outbox.open_orders() == ()


def test_a_source_that_fails_raises_one_alert_and_recovery_clears_it(desk: Desk, intake: Intake) -> None:
    for _ in range(3):
        intake.health(Health("open311", "open311", "down", "timeout"), ok=False)
    assert [(row.code, row.count) for row in standing(desk).rows] == [("source_down", 1)]
    intake.health(Health("open311", "open311", "up"), ok=True)
    assert standing(desk).rows == ()


def test_readings_keep_the_newest_and_heartbeats_raise_and_clear(desk: Desk, intake: Intake) -> None:
    reading = Reading(source="s", source_id="1", device="w1", metric="depth", value=1.0, observed_at=START)
    assert intake.deliver("s", [reading, replace(reading, observed_at=START - timedelta(hours=1))]).quarantined == 2
    intake.deliver("s", [Heartbeat(source="s", source_id="h", device="w1", alive="down")])
    assert [row.code for row in standing(desk).rows] == ["device_down"]
    intake.deliver("s", [Heartbeat(source="s", source_id="h", device="w1", alive="up")])
    assert standing(desk).rows == ()


def test_refused_items_are_bounded(desk: Desk, intake: Intake) -> None:
    from store.actions.house.sources import KEPT_REFUSED
    from store.records.source import RefusedItem

    for _ in range(3):
        intake.reject("s", [Rejection("bad", line=n, raw=b"x" * 100) for n in range(500)], "file.csv")
    with desk.store.read() as session:
        assert len(session.execute(select(col(RefusedItem.id))).all()) == KEPT_REFUSED


def test_a_lease_has_one_holder(desk: Desk, intake: Intake) -> None:
    assert intake.lease("connectors", "a", 30)
    assert not intake.lease("connectors", "b", 30)
    assert intake.lease("connectors", "a", 30)
    intake.release("connectors", "a")
    assert intake.lease("connectors", "b", 30)


def test_a_lease_whose_holder_died_on_this_host_is_free_at_once(desk: Desk, intake: Intake) -> None:
    import multiprocessing
    import socket

    process = multiprocessing.get_context("spawn").Process(target=print)
    process.start()
    process.join()
    assert intake.lease("connectors", f"{socket.gethostname()}:{process.pid}:x", 30)
    assert intake.lease("connectors", "b", 30)
