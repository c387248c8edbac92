"""Alertmanager: its payloads, and Debian's own Alertmanager posting to a real port."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlmodel import col

from connectors.alertmanager.book import FIRING, Book
from connectors.alertmanager.parse import Message, Reading, listing, message
from connectors.alertmanager.receive import Alertmanager, Asking, build
from connectors.alertmanager.settings import AlertmanagerSettings
from connectors.base import Context, Polled, Retry, Site
from connectors.http import Client
from connectors.settings import read as settings_read
from store.errors import BadInput
from store.intake import Alarm, Heartbeat
from store.records.alert import Alert
from tests.conftest import Desk
from tests.connectors import port as ports
from tests.connectors.desks import Direct
from tests.connectors.fake import NOW, FakeIntake, FakeStore, until
from tests.connectors.port import Port, send
from tests.support import alertmanager as real

HOW = Reading("am", ("device", "instance"), "grid", "Watchdog", 900.0)
TYPE = {"Content-Type": "application/json"}


def alert(status: str = "firing", fingerprint: str = "f1", starts: str = "2026-03-04T17:00:00.123456789Z",
          ends: str = "0001-01-01T00:00:00Z", **labels: str) -> dict[str, Any]:  # fmt: skip
    return {
        "status": status, "labels": {"alertname": "WaterHigh", "device": "wl-1", **labels},
        "annotations": {"summary": "水位 1.4 m"}, "startsAt": starts, "endsAt": ends, "generatorURL": "http://prom/x",
        "fingerprint": fingerprint,
    }  # fmt: skip


def body(*alerts: Any, cut: int = 0, group: str = "{}:{a}", **more: Any) -> bytes:
    return json.dumps({
        "version": "4", "groupKey": group, "truncatedAlerts": cut, "status": "firing", "receiver": "griddesk",
        "alerts": list(alerts), **more,
    }).encode()  # fmt: skip


def one(**fields: Any) -> Alarm:
    (alarm,) = message(body(alert(**fields)), NOW, HOW).alarms
    return alarm


# Payloads


def test_the_captured_sample(samples: Path) -> None:
    found = message((samples / "alertmanager" / "webhook_firing_3.json").read_bytes(), NOW, HOW)
    assert [(a.device, a.kind, a.state, a.severity) for a in found.alarms] == [
        ("wl-019", "ManholeWaterHigh", "start", "minor"), ("wl-018", "ManholeWaterHigh", "start", "minor"),
        ("wl-017", "ManholeWaterHigh", "start", "critical"),
    ]  # fmt: skip
    assert found.alarms[0].observed_at == datetime(2026, 11, 21, 20, 11, 22, 664151, tzinfo=UTC)
    assert found.alarms[2].observed_at == datetime(2026, 11, 20, 19, 0, tzinfo=UTC)
    assert (found.cut, found.rejections) == (0, ())


def test_identity_is_fingerprint_and_start_in_any_zone() -> None:
    assert one().source_id == one(starts="2026-03-05T01:00:00.123456+08:00").source_id == (
        "f1@2026-03-04T17:00:00.123+00:00"
    )
    assert one(starts="2026-03-04T17:00:01Z").source_id != one().source_id
    ended = one(status="resolved", ends="2026-03-04T17:59:00Z")
    assert (ended.state, ended.source_id, ended.observed_at) == ("end", one().source_id, NOW - timedelta(minutes=1))


def test_the_year_one_is_not_a_time() -> None:
    assert one(status="resolved").observed_at == NOW
    bad = message(body(alert(starts="0001-01-01T00:00:00Z"), alert(fingerprint=""), 7, {"labels": 1}), NOW, HOW)
    assert [(bad.reason, bad.line) for bad in bad.rejections] == [
        ("no_id", 1), ("no_id", 2), ("not_an_object", 3), ("not_an_object", 4),
    ]  # fmt: skip


def test_an_alert_that_has_fired_for_days_still_opens() -> None:
    assert one(starts="2026-02-01T00:00:00Z").time_quality == "source"
    assert one(starts="2030-02-01T00:00:00Z").time_quality == "future"


def test_labels() -> None:
    found = one(severity="critical", grid="G1", lat="31.2", lon="121.4")
    assert (found.severity, found.grid_code, found.lat, found.place_quality) == ("critical", "G1", 31.2, "point")
    assert one(device="", instance="host:9100").device == "host:9100"
    assert one(device="").device == "WaterHigh"
    assert (one(severity="odd").severity, len(one(device="x" * 1_000_000).device)) == ("minor", 200)


def test_the_watchdog_is_a_heartbeat() -> None:
    found = message(body(alert(alertname="Watchdog"), alert(status="resolved", alertname="Watchdog")), NOW, HOW)
    assert found.alarms == () and [beat.alive for beat in found.beats] == ["up", "down"]
    assert found.beats[0].next_expected_s == 900.0


def test_a_group_of_hundreds_is_folded_by_identity() -> None:
    many = [alert(fingerprint=f"f{n % 300}") for n in range(900)]
    assert len(message(body(*many), NOW, HOW).alarms) == 300
    over = message(body(*[alert(fingerprint=f"f{n}") for n in range(5_001)]), NOW, HOW)
    assert (len(over.alarms), over.rejections[-1].reason) == (5_000, "too_many_items")


@pytest.mark.parametrize(
    ("raw", "reason"),
    [(b"[" * 10_000, "too_deep"), (b"\xff", "not_utf8"), (b"{", "not_json"), (b"[]", "not_alerts"),
     (b"{}", "not_alerts"), (b'{"version":"3","alerts":[]}', "bad_version")],
)  # fmt: skip
def test_hostile_bodies(raw: bytes, reason: str) -> None:
    assert message(raw, NOW, HOW).rejections[0].reason == reason


# What is remembered


def test_a_truncated_group_has_an_alarm_until_a_whole_message_comes() -> None:
    cut, whole = (message(body(alert(), cut=n), NOW, HOW) for n in (3, 0))
    other = message(body(alert(), group="{}:{b}"), NOW, HOW)
    book, (start,) = Book().after(cut, "am", NOW)
    assert (start.state, start.severity, start.text) == ("start", "major", "{}:{a}: 3")
    book, (again,) = book.after(cut, "am", NOW + timedelta(minutes=1))
    assert again.source_id == start.source_id
    book, told = book.after(other, "am", NOW)
    assert told == ()
    book, (end,) = Book.load(book.dump()).after(whole, "am", NOW + timedelta(minutes=2))
    assert (end.state, end.source_id) == ("end", start.source_id)
    assert book.after(whole, "am", NOW)[1] == ()
    later, (second,) = book.after(cut, "am", NOW + timedelta(minutes=9))
    assert second.source_id != start.source_id and later.cut


def test_what_two_lists_lack_has_ended() -> None:
    found = message(body(alert(), alert(fingerprint="f2")), NOW, HOW)
    book, _ = Book().after(found, "am", NOW)
    book, ended = book.listed(found.alarms[:1], "am", NOW)
    assert ended == ()
    book, (end,) = Book.load(book.dump()).listed(found.alarms[:1], "am", NOW)
    assert (end.source_id, end.state, end.device) == (found.alarms[1].source_id, "end", "wl-1")
    assert book.listed(found.alarms[:1], "am", NOW)[1] == ()


@pytest.mark.parametrize("text", [None, "", "rubbish", "[]", '{"firing": {"a": 1}}', '{"cut": 7}'])
def test_a_book_that_cannot_be_read_is_empty(text: str | None) -> None:
    assert Book.load(text) == Book()


def test_the_book_is_bounded() -> None:
    storm = Message(tuple(one(fingerprint=f"f{n}") for n in range(10)))
    book = Book(firing={f"x{n}": ("d", "k", 0) for n in range(FIRING - 1)})
    assert len(book.after(storm, "am", NOW)[0].firing) == FIRING


# The port


@asynccontextmanager
async def opened(store: Any, patience: float = 5.0, **settings: Any) -> AsyncIterator[tuple[Port, Alertmanager]]:
    source = build("am", {"port": 0, **settings}, Context(store, "Asia/Shanghai"))
    async with ports.opened(store, (source,), patience=patience) as port:
        yield port, source


async def test_what_cannot_be_read_is_kept_and_answered_since_it_would_be_dropped(intake: FakeIntake) -> None:
    async with opened(FakeStore(intake)) as (port, _):
        assert (await send(port, "POST", "/alertmanager", b"{", TYPE)).status_code == 200
        await until(lambda: [bad.reason for _, bad, _ in intake.rejections] == ["not_json"])
        assert dict(intake.rejections[0][1].context)["path"] == "/alertmanager"


async def test_a_credential(intake: FakeIntake) -> None:
    async with opened(FakeStore(intake), user="am", password="pw") as (port, _):
        assert (await send(port, "POST", "/alertmanager", body(alert()), TYPE)).status_code == 401
        assert (await send(port, "POST", "/alertmanager", body(alert()), auth=("am", "pw"))).status_code == 200
    with pytest.raises(BadInput):
        build("am", {"host": "0.0.0.0"}, Context(FakeStore(intake), "UTC"))


async def test_a_truncated_group_ends_after_a_restart_too(desk: Desk) -> None:
    store = Direct(desk)
    async with opened(store) as (port, _):
        assert (await send(port, "POST", "/alertmanager", body(alert(), cut=2), TYPE)).status_code == 200
    assert '"cut": {"' in (store.intake.cursor("am") or "")
    async with opened(store) as (port, _):
        assert (await send(port, "POST", "/alertmanager", body(alert()), TYPE)).status_code == 200
    assert '"cut": {}' in (store.intake.cursor("am") or "")
    with desk.store.read() as session:
        rows = session.execute(select(col(Alert.fields), col(Alert.cleared_at)).order_by(col(Alert.id))).all()
    cut = [row for row in rows if row.fields.get("alarm") == "truncated_alerts"]
    assert len(cut) == 1 and (cut[0].cleared_at is not None or "ended" in cut[0].fields)


async def test_a_storm_of_repeats_from_two_peers_is_one_alert(desk: Desk) -> None:
    store = Direct(desk)
    async with opened(store) as (port, _):
        sent = [body(alert(), externalURL=f"http://am{n % 2}") for n in range(40)]
        answers = await asyncio.gather(*(send(port, "POST", "/alertmanager", one, TYPE) for one in sent))
    assert {answer.status_code for answer in answers} == {200}
    with desk.store.read() as session:
        assert len(session.execute(select(col(Alert.id))).all()) == 1


def asking(store: Any, answer: Any) -> Asking:
    def handle(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/api/v2/alerts" and request.url.params["silenced"] == "true"
        return httpx.Response(200, stream=httpx.ByteStream(answer() if callable(answer) else answer))

    settings = settings_read(AlertmanagerSettings, {"url": "http://am.test"})
    client = Client("http://am.test", transport=httpx.MockTransport(handle))
    return Asking("am", settings, Context(store, "UTC"), client)


async def test_asking_fills_what_was_missed(intake: FakeIntake) -> None:
    silenced = {**alert(fingerprint="f2"), "status": {"state": "suppressed"}}
    listed = [{**alert(), "status": {"state": "active"}}, silenced]
    state = {"now": json.dumps(listed).encode()}
    source = asking(FakeStore(intake), lambda: state["now"])
    assert isinstance(source, Polled) and isinstance(source, Site)
    first = await source.fetch(None)
    assert [record.source_id for record in first.records] == [one().source_id] and first.cursor
    second = await source.fetch(first.cursor)
    assert (second.records, second.cursor) == ((), None)
    state["now"] = b"[]"
    assert (await source.fetch(first.cursor)).records == ()
    (end,) = (await source.fetch(first.cursor)).records
    assert isinstance(end, Alarm) and (end.state, end.source_id) == ("end", one().source_id)
    await source.close()


async def test_a_list_that_is_none(intake: FakeIntake) -> None:
    for text in (b"{", b"{}"):
        with pytest.raises(Retry):
            await asking(FakeStore(intake), text).fetch(None)
    assert listing(b"[7]", NOW, HOW).rejections[0].reason == "not_an_object"


def test_replay(intake: FakeIntake) -> None:
    source = build("am", {}, Context(FakeStore(intake), "UTC"))
    kinds = [r.kind if isinstance(r, Alarm) else "" for r in source.replay(body(alert(), cut=1), {}, NOW).records]
    assert kinds == ["truncated_alerts", "WaterHigh"]


# Debian's own


def alarms(intake: FakeIntake, state: str) -> set[str]:
    return {r.device for r in intake.records if isinstance(r, Alarm) and r.state == state}


async def test_a_real_one_fires_resolves_and_comes_again_after_503(intake: FakeIntake, tmp_path: Path) -> None:
    intake.at = datetime.now(UTC)
    async with opened(FakeStore(intake), patience=0.1) as (port, _), real.running(tmp_path, url(port)) as am:
        await am.fire("WaterHigh", device="wl-1", severity="critical")
        await am.fire("Watchdog")
        await until(lambda: alarms(intake, "start") == {"wl-1"}, 30)
        await until(lambda: any(isinstance(r, Heartbeat) for r in intake.records), 30)
        (found,) = {r.source_id for r in intake.records if isinstance(r, Alarm)}
        assert found.endswith(".123+00:00")
        intake.away = "store_full"
        await am.fire("WaterHigh", device="wl-2")
        await until(lambda: port.lanes["am"].vitals.state == "down", 30)
        intake.away = None
        await until(lambda: alarms(intake, "start") == {"wl-1", "wl-2"}, 30)
        await am.resolve("WaterHigh", device="wl-1", severity="critical")
        await until(lambda: alarms(intake, "end") == {"wl-1"}, 30)


async def test_a_real_one_that_cuts_its_message_and_is_asked(intake: FakeIntake, tmp_path: Path) -> None:
    intake.at = datetime.now(UTC)
    async with opened(FakeStore(intake)) as (port, _), real.running(tmp_path, url(port), most=2) as am:
        for n in range(3):
            await am.fire("WaterHigh", device=f"wl-{n}")
        await until(lambda: "alertmanager" in alarms(intake, "start"), 30)
        context = Context(FakeStore(intake), "UTC")
        asker = build("am", {"port": 0, "url": am.url}, context)
        assert isinstance(asker, Asking)
        batch = await asker.fetch(None)
        filled = {r.device for r in batch.records if isinstance(r, Alarm)}
        told = alarms(intake, "start") - {"alertmanager"}
        assert (len(told), len(filled), told | filled) == (2, 1, {"wl-0", "wl-1", "wl-2"})
        await am.silence({"device": "wl-1"})
        assert (await asker.fetch(batch.cursor)).records == ()
        await asker.close()
        await am.resolve("WaterHigh", device="wl-2")
        await until(lambda: "alertmanager" in alarms(intake, "end"), 30)


async def test_two_real_peers_tell_of_one_alert(desk: Desk, tmp_path: Path) -> None:
    store = Direct(desk)
    desk.store.set_now(datetime.now(UTC))
    async with (
        opened(store) as (port, _),
        real.running(tmp_path / "a", url(port)) as first,
        real.running(tmp_path / "b", url(port)) as second,
    ):
        taken = Counted(port)
        for am in (first, second):
            await am.fire("WaterHigh", device="wl-1")
        await until(lambda: taken.messages() >= 2, 30)
        assert len(_alerts(store)) == 1
        for am in (first, second):
            await am.resolve("WaterHigh", device="wl-1")
        await until(lambda: taken.messages() >= 4, 30)
        (row,) = _alerts(store)
        assert row.cleared_at is not None or "ended" in row.fields


class Counted:
    """How many messages the entrance of a port has answered."""

    def __init__(self, port: Port) -> None:
        self._count = 0
        lane = port.lanes["am"]
        put = lane.put

        async def counted(records: Any) -> None:
            await put(records)
            self._count += 1

        lane.put = counted  # type: ignore[method-assign]

    def messages(self) -> int:
        return self._count


def url(port: Port) -> str:
    return f"{port.address}/alertmanager"


def _alerts(store: Direct) -> list[Any]:
    with store.desk.store.read() as session:
        return list(session.execute(select(col(Alert.fields), col(Alert.cleared_at))).all())
