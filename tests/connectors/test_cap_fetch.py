"""A pretended issuer of warnings: indexes, links, updates, cancels, exercises, feeds that stand still."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from connectors.base import Broken, Context, Retry
from connectors.cap.fetch import Cap, build
from connectors.cap.settings import CapSettings
from store.intake import Alarm, Place
from tests.connectors.cap_feed import HOST, Issuer, Poller, at, ref
from tests.connectors.fake import NOW, FakeIntake
from tests.connectors.test_cap_parse import cap


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


async def test_a_warning_begins_once_and_ends_in_its_time(issuer: Issuer, context: Context, intake: FakeIntake) -> None:
    issuer.alerts = [cap("1")]
    poll = Poller(issuer, context)
    batch = await poll.round()
    (alarm,) = batch.records
    assert isinstance(alarm, Alarm)
    assert (alarm.device, alarm.kind, alarm.severity, alarm.state, alarm.live) == (
        "North", "Flood", "major", "start", True,
    )  # fmt: skip
    assert alarm.source_id == "met@example.org|1|2026-03-04T17:00:00.000000+00:00"
    assert alarm.text == "Flood warning · North · until 2026-03-05 08:00"
    assert (batch.doubt, batch.again, batch.rejections) == ("", False, ())
    assert await poll() == []
    poll.restart()
    assert await poll() == []
    intake.at = NOW + timedelta(hours=6, minutes=1)
    issuer.updated = intake.at.isoformat()
    assert await poll() == [("end", "1", False)]
    poll.restart()
    assert await poll() == []


async def test_an_update_takes_the_place_of_what_it_names(issuer: Issuer, context: Context) -> None:
    sent = at(hours=1)
    issuer.alerts = [cap("1", sent=sent)]
    poll = Poller(issuer, context)
    await poll()
    issuer.alerts = [cap("1", sent=sent), cap("2", sent=at(minutes=5), kind="Update", references=ref("1", sent))]
    issuer.updated = at(minutes=1)
    assert await poll() == [("end", "1", False), ("start", "2", True)]
    assert await poll() == []


async def test_a_cancel_and_an_all_clear_end_and_begin_nothing(issuer: Issuer, context: Context) -> None:
    sent = at(hours=1)
    issuer.alerts = [cap("1", sent=sent), cap("2", sent=sent)]
    poll = Poller(issuer, context)
    await poll()
    clear = "<responseType>AllClear</responseType>"
    issuer.alerts += [
        cap("3", sent=at(minutes=3), kind="Cancel", references=ref("1", sent), info=""),
        cap("4", sent=at(minutes=2), kind="Update", references=ref("2", sent), more=clear),
    ]
    assert await poll() == [("cancelled", "1", False), ("end", "2", False)]


async def test_an_older_copy_that_comes_after_its_update_never_begins(issuer: Issuer, context: Context) -> None:
    sent = at(hours=1)
    issuer.alerts = [cap("2", sent=at(minutes=5), kind="Update", references=ref("1", sent))]
    poll = Poller(issuer, context)
    assert await poll() == [("end", "1", False), ("start", "2", True)]
    issuer.alerts.append(cap("1", sent=sent))
    assert await poll() == []
    both = Issuer()
    both.alerts = list(reversed(issuer.alerts))
    assert await Poller(both, context)() == [("start", "2", True)]


async def test_an_exercise_is_shown_as_such_and_never_pages_nor_ends_a_real_one(
    issuer: Issuer, context: Context
) -> None:
    sent = at(hours=1)
    issuer.alerts = [cap("1", sent=sent)]
    poll = Poller(issuer, context)
    await poll()
    issuer.alerts += [
        cap("2", status="Exercise", sent=at(minutes=9)),
        cap("3", status="Exercise", kind="Cancel", references=ref("1", sent), sent=at(minutes=8)),
        cap("4", status="Test", sent=at(minutes=7)), cap("5", status="Draft"), cap("6", status="System"),
        cap("7", kind="Ack"), cap("8", kind="Error"),
    ]  # fmt: skip
    batch = await poll.round()
    alarms = [record for record in batch.records if isinstance(record, Alarm)]
    assert [(a.source_id.split("|")[1], a.live, a.text[:6]) for a in alarms] == [
        ("2", False, "[EXERC"), ("4", False, "[TEST]"),
    ]  # fmt: skip
    assert batch.ignored == 5


async def test_one_warning_twelve_times_is_one(issuer: Issuer, context: Context) -> None:
    issuer.alerts = [cap("1")] * 12
    assert await Poller(issuer, context)() == [("start", "1", True)]


async def test_the_wanted_language(issuer: Issuer, context: Context) -> None:
    english = cap("1")
    chinese = cap("1", language="zh-CN", event="暴雨", area="<areaDesc>城关</areaDesc>")
    both = english.replace("</alert>", chinese[chinese.index("<info>") :])
    issuer.alerts = [both]
    (alarm,) = (await Poller(issuer, context, language="zh").round()).records
    assert isinstance(alarm, Alarm)
    assert (alarm.kind, alarm.device, alarm.text) == ("暴雨", "城关", "暴雨 warning · 城关 · 至2026-03-05 08:00")


async def test_what_it_means_for_our_grids(issuer: Issuer, context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    leaves = (Place("A1", "one", 30.5, 120.5), Place("A2", "two", 30.6, 120.6))
    monkeypatch.setattr(FakeIntake, "places", lambda _: leaves)
    square = "<polygon>30,120 30,121 31,121 31,120 30,120</polygon>"
    issuer.alerts = [
        cap("1", area=f"<areaDesc>North</areaDesc>{square}"),
        cap("2", area="<areaDesc>Corner</areaDesc><circle>30.5,120.5 2</circle>"),
        cap("3", area="<areaDesc>Far</areaDesc><circle>50,10 2</circle>"),
        cap("4", area="<areaDesc>By words</areaDesc>"),
    ]
    batch = await Poller(issuer, context).round()
    alarms = {a.source_id.split("|")[1]: a for a in batch.records if isinstance(a, Alarm)}
    assert "2 of our 2 grids" in alarms["1"].text and alarms["1"].grid_code is None
    assert alarms["2"].grid_code == "A1"
    assert "3" not in alarms and batch.ignored == 1
    assert alarms["4"].text.startswith("Flood warning · By words")
    assert len((await Poller(issuer, context, elsewhere="keep").round()).records) == 4


async def test_an_update_that_moves_away_from_us_ends_what_stood_here(
    issuer: Issuer, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeIntake, "places", lambda _: (Place("A1", "one", 30.5, 120.5),))
    sent = at(hours=1)
    issuer.alerts = [cap("1", sent=sent, area="<circle>30.5,120.5 5</circle>")]
    poll = Poller(issuer, context)
    await poll()
    away = cap("2", kind="Update", references=ref("1", sent), area="<circle>50,10 5</circle>", sent=at(minutes=1))
    issuer.alerts.append(away)
    assert await poll() == [("end", "1", False)]


async def test_links_are_followed_once_and_a_storm_of_163_comes_in_parts(issuer: Issuer, context: Context) -> None:
    for number in range(163):
        issuer.files[f"/{number}.cap"] = (200, cap(str(number)).encode())
    issuer.links(*(f"{number}.cap" for number in range(163)))
    poll = Poller(issuer, context)
    assert len(await poll()) == 163
    assert issuer.paths.count("/feed") == 1 and len(issuer.paths) == 164
    assert await poll() == []
    assert len(issuer.paths) == 165


async def test_a_link_that_fails_is_tried_again_and_costs_the_others_nothing(issuer: Issuer, context: Context) -> None:
    issuer.files = {"/1.cap": (500, b""), "/2.cap": (200, cap("2").encode()), "/3.cap": (200, b"<html>no")}
    issuer.links("1.cap", "2.cap", "3.cap", "https://elsewhere.test/4.cap", "file:///etc/passwd")
    poll = Poller(issuer, context)
    assert await poll() == [("start", "2", True)]
    assert [bad.reason for bad in poll.last.rejections] == ["http_500", "html_not_data", "foreign_host", "foreign_host"]
    issuer.files["/1.cap"] = (200, cap("1").encode())
    assert await poll() == [("start", "1", True)]


async def test_a_dead_link_is_given_up_after_some_rounds(issuer: Issuer, context: Context) -> None:
    issuer.links("gone.cap")
    poll = Poller(issuer, context)
    for _ in range(8):
        await poll()
    assert issuer.paths.count("/gone.cap") == 5
    assert poll.last.doubt == "no_cap_in_index"


async def test_a_link_that_ails_in_whatever_way_holds_no_other_up(
    issuer: Issuer, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is endless, one that asks to wait, one whose host is away: the warnings behind them come through."""
    monkeypatch.setattr("connectors.cap.fetch.ALERT_LIMIT", 2_000)
    issuer.files = {"/big": (200, b"x" * 3_000), "/2.cap": (200, cap("2").encode())}
    issuer.links("big", "wait", "http://other.test/away", "2.cap")
    handle = issuer.handle

    def odd(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/wait":
            return httpx.Response(429, headers={"Retry-After": "9"}, stream=httpx.ByteStream(b""))
        if request.url.path == "/away":
            raise httpx.ConnectError("no route")
        return handle(request)

    monkeypatch.setattr(issuer, "handle", odd)
    poll = Poller(issuer, context, hosts=("other.test",))
    found: list[tuple[str, str, bool]] = []
    waits: list[float | None] = []
    for _ in range(8):
        try:
            found += await poll()
        except Retry as trouble:
            waits.append(trouble.after)
    assert found == [("start", "2", True)]
    assert set(waits) == {9.0}


async def test_other_hosts_when_they_are_named_and_never_with_our_credential(context: Context) -> None:
    issuer = Issuer()
    issuer.files["/1.cap"] = (200, cap("1").encode())
    issuer.links("http://other.test/1.cap")
    assert await Poller(issuer, context, hosts=("other.test",))() == [("start", "1", True)]
    source = build("met", {"url": f"{HOST}/feed", "user": "u", "password": "p", "contact": "ops@here"}, context)
    own, other = source._client(f"{HOST}/x"), source._client("http://other.test/x")
    assert own._client.auth is not None and other._client.auth is None
    assert own._client.headers["user-agent"] == "griddesk (ops@here)"
    await source.close()


async def test_an_index_without_cap_is_suspect(issuer: Issuer, context: Context) -> None:
    issuer.files = {"/a": (200, b"<catalog/>"), "/b": (200, b"<catalog/>")}
    issuer.links("a", "b")
    poll = Poller(issuer, context)
    assert await poll() == []
    assert (poll.last.doubt, len(poll.last.rejections)) == ("no_cap_in_index", 2)


async def test_an_empty_feed_is_a_good_round(issuer: Issuer, context: Context) -> None:
    poll = Poller(issuer, context)
    assert await poll() == []
    assert (poll.last.doubt, poll.last.rejections) == ("", ())


async def test_a_feed_that_stands_still_for_a_day_is_suspect(
    issuer: Issuer, context: Context, intake: FakeIntake
) -> None:
    poll = Poller(issuer, context)
    await poll()
    intake.at = NOW + timedelta(hours=23)
    await poll()
    assert poll.last.doubt == ""
    intake.at = NOW + timedelta(hours=25)
    await poll()
    assert poll.last.doubt == "feed_stands_still"
    issuer.updated = intake.at.isoformat()
    await poll()
    assert poll.last.doubt == ""
    issuer.updated = ""
    await poll()
    intake.at += timedelta(hours=25)
    poll.restart()
    await poll()
    assert poll.last.doubt == "feed_stands_still"
    patient = Poller(issuer, context, stale_hours=0)
    issuer.updated = at(days=400)
    await patient()
    assert patient.last.doubt == ""


async def test_an_unchanged_feed_is_not_sent_again_and_time_still_ends_warnings(
    issuer: Issuer, context: Context, intake: FakeIntake
) -> None:
    issuer.alerts, issuer.etag = [cap("1")], '"v1"'
    poll = Poller(issuer, context)
    await poll()
    assert await poll() == []
    assert issuer.asked[-1].headers["if-none-match"] == '"v1"'
    intake.at = NOW + timedelta(hours=7)
    assert await poll() == [("end", "1", False)]


async def test_what_has_left_a_feed_that_lists_all_is_over_after_two_rounds(issuer: Issuer, context: Context) -> None:
    issuer.alerts = [cap("1"), cap("2")]
    all_, latest = Poller(issuer, context, listed="all"), Poller(issuer, context)
    await all_()
    await latest()
    issuer.alerts.pop()
    assert await all_() == [] and await latest() == []
    assert await all_() == [("end", "2", False)] and await latest() == []


async def test_a_warning_without_an_end_ends_after_the_longest_time(
    issuer: Issuer, context: Context, intake: FakeIntake
) -> None:
    issuer.alerts = [cap("1", expires="")]
    poll = Poller(issuer, context, longest_hours=2)
    (alarm,) = (await poll.round()).records
    assert alarm.warnings == ("end_assumed",)
    intake.at = NOW + timedelta(hours=2)
    assert await poll() == [("end", "1", False)]


@pytest.mark.parametrize(
    ("status", "body", "error", "code"),
    [
        (500, b"", Retry, "http_500"),
        (200, b"<!doctype html><p>sorry", Retry, "html_not_data"),
        (200, b"<feed><entry>", Retry, "not_xml"),
        (200, b"<!DOCTYPE f [<!ENTITY a 'b'>]><feed>&a;</feed>", Retry, "forbidden_xml"),
        (401, b"", Broken, "http_401: the credential was refused"),
    ],
)
async def test_trouble_with_the_index(
    issuer: Issuer, context: Context, status: int, body: bytes, error: type[Exception], code: str
) -> None:
    issuer.status, issuer.feed = status, body
    with pytest.raises(error) as found:
        await Poller(issuer, context)()
    assert getattr(found.value, "code") == code  # noqa: B009


@pytest.mark.parametrize("cursor", ["", "rubbish", "[]", '{"open": 1}', '{"open": {"a": [1]}, "mark": "", "since": 0}'])
async def test_a_cursor_that_is_not_ours_begins_anew(issuer: Issuer, context: Context, cursor: str) -> None:
    issuer.alerts = [cap("1")]
    poll = Poller(issuer, context)
    poll.cursor = cursor
    assert await poll() == [("start", "1", True)]


def test_a_captured_payload_can_be_replayed(context: Context, samples: Path) -> None:
    source = Cap("met", CapSettings(url=f"{HOST}/feed"), context)
    body = (samples / "cap" / "weather.atom").read_bytes()
    (watch,) = source.replay(body, {}, NOW).records
    assert isinstance(watch, Alarm) and (watch.kind, watch.severity) == ("Flash Flood Watch", "major")
    (alarm,) = source.replay(cap("1").encode(), {}, NOW).records
    assert isinstance(alarm, Alarm) and alarm.kind == "Flood"
    assert source.replay(b"<a>", {}, NOW).rejections[0].reason == "not_xml"


def test_settings_say_what_is_wrong(context: Context) -> None:
    from store.errors import BadInput

    values: Mapping[str, Mapping[str, Any]] = {
        "url": {"url": "feed"}, "timezone": {"url": f"{HOST}/x", "timezone": "Mars"}, "x": {"url": f"{HOST}/x", "x": 1},
    }  # fmt: skip
    for key, table in values.items():
        with pytest.raises(BadInput) as error:
            build("met", table, context)
        assert error.value.fields["key"] == key
