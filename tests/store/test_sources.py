"""Sources with their health, and the messages that were refused, as the desk and `connector` show them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from store.errors import GriddeskError
from store.intake import Health, Intake, Rejection
from store.views import sources
from tests.conftest import Desk
from tests.store.test_intake import intake

__all__ = ["intake"]


def row(desk: Desk, name: str = "city") -> sources.SourceRow:
    with desk.store.read() as session:
        return next(row for row in sources.sources(session, desk.now).rows if row.source == name)


def test_taken_adds_up_and_the_rate_is_the_last_one(desk: Desk, intake: Intake) -> None:
    intake.health(Health("city", "open311", "up", taken=5, rate=1.0, last_record_at=desk.now), ok=True)
    first = desk.now
    desk.wait(minutes=1)
    intake.set_now(desk.now)
    intake.health(Health("city", "open311", "up", taken=0, rate=0.4), ok=True)
    assert (row(desk).taken, row(desk).rate, row(desk).last_record_at) == (5, 0.4, first)
    intake.health(Health("city", "open311", "up", taken=2, rate=0.8), ok=True)
    assert (row(desk).taken, row(desk).last_record_at) == (7, desk.now)


def test_silence_is_unknown_and_shows_no_rate(desk: Desk, intake: Intake) -> None:
    intake.health(Health("city", "open311", "up", interval_s=60, rate=3.0), ok=True)
    desk.wait(minutes=4)
    assert (row(desk).state, row(desk).detail, row(desk).rate) == ("unknown", "silent", 0.0)


def test_the_troubled_come_first(desk: Desk, intake: Intake) -> None:
    for name, state in (("a", "up"), ("b", "down"), ("c", "broken"), ("d", "unknown")):
        intake.health(Health(name, "test", state), ok=state == "up")  # type: ignore[arg-type]
    with desk.store.read() as session:
        assert [row.source for row in sources.sources(session, desk.now).rows] == ["c", "b", "d", "a"]


def test_refused_items_are_listed_read_and_marked_once(desk: Desk, intake: Intake) -> None:
    text = '{"水": 1'
    bad = Rejection("not_json", 3, "depth", "a number", text.encode(), (("topic", "a/b"),))
    intake.health(Health("lora", "chirpstack", "up"), ok=True)
    intake.reject("lora", [bad], "mqtt")
    intake.reject("cam", [Rejection("not_xml", raw=b"\x00\xff" * 20)])
    with desk.store.read() as session:
        newest, oldest = sources.refused(session)
        assert (newest.source, newest.size, oldest.source, oldest.reason, oldest.line) == (
            "cam", 40, "lora", "not_json", 3,
        )  # fmt: skip
        assert sources.refused(session, "lora") == (oldest,)
        found = sources.refused_text(session, oldest.id)
        assert found is not None and (found.text, found.context) == (text, (("topic", "a/b"),))
        shown = sources.refused_text(session, newest.id)
        assert shown is not None and shown.text.startswith("00000000  00 ff 00 ff")
        assert sources.refused_text(session, 99) is None
    item = intake.refused_item(oldest.id)
    assert item is not None
    assert (item.kind, item.raw, item.context, item.cut) == ("chirpstack", text.encode(), (("topic", "a/b"),), False)
    assert intake.refused_item(99) is None
    intake.note_replayed(oldest.id)
    first = desk.now
    intake.set_now(first + timedelta(hours=1))
    intake.note_replayed(oldest.id)
    again = intake.refused_item(oldest.id)
    assert again is not None and again.replayed_at == first
    assert desk.store.verify() is None


def test_a_character_that_was_cut_is_still_text(desk: Desk, intake: Intake) -> None:
    intake.reject("city", [Rejection("too_long", raw=("字" * 30_000).encode())])
    with desk.store.read() as session:
        (only,) = sources.refused(session)
        found = sources.refused_text(session, only.id)
    assert found is not None and set(found.text) == {"字"}
    item = intake.refused_item(only.id)
    assert item is not None and item.cut


def test_a_source_that_is_long_unknown_raises_an_alert_and_one_that_was_stopped_does_not(
    desk: Desk, intake: Intake
) -> None:
    from store.timekeeper import keep
    from tests.store.test_intake import standing

    for name, detail in (("cam", "silent for 30 s"), ("old", "stopped")):
        intake.health(Health(name, "hikvision", "up"), ok=True)
        intake.health(Health(name, "hikvision", "unknown", detail), ok=False)
    desk.wait(hours=2)
    keep(desk.store)
    assert [alert.fields["source"] for alert in standing(desk).rows if alert.code == "source_silent"] == ["cam"]


@pytest.mark.parametrize("wrong", [-1, 2**40])
def test_numbers_of_nothing(desk: Desk, intake: Intake, wrong: int) -> None:
    try:
        assert intake.refused_item(wrong) is None
    except GriddeskError as error:
        raise AssertionError(error.code) from error
