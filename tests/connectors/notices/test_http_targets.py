"""Targets told by HTTP, against a real server that behaves badly: success is only what the body says."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest

from connectors.base import Broken, Retry, Target, Undeliverable
from store.errors import BadInput
from store.outbox import OwedNotice
from tests.connectors.notices.conftest import NOTICE, Make
from tests.connectors.otherside import OtherSide, Say

Notice = Callable[..., OwedNotice]


def table(kind: str, url: str) -> dict[str, Any]:
    """The least settings of each kind."""
    return {
        "webhook": {"url": f"{url}/hook"},
        "ntfy": {"url": url, "topic": "office"},
        "gotify": {"url": url, "token": "apptoken"},
        "dingtalk": {"url": f"{url}/robot/send?access_token=tok"},
        "wecom": {"url": f"{url}/cgi-bin/webhook/send?key=tok"},
        "feishu": {"url": f"{url}/open-apis/bot/v2/hook/tok"},
    }[kind]


GOOD: dict[str, dict[str, Any]] = {
    "webhook": {}, "ntfy": {"id": "abc"}, "gotify": {"id": 25}, "dingtalk": {"errcode": 0, "errmsg": "ok"},
    "wecom": {"errcode": 0, "errmsg": "ok"}, "feishu": {"code": 0, "msg": "success"},
}  # fmt: skip
ROBOTS = ("dingtalk", "wecom", "feishu")


async def sent(target: Target, one: OwedNotice = NOTICE) -> Any:
    try:
        return await target.send(one)
    finally:
        await target.close()


@pytest.mark.parametrize("kind", GOOD)
async def test_a_good_answer_is_success_and_the_text_names_the_order(make: Make, kind: str) -> None:
    async with OtherSide(Say(GOOD[kind])) as side:
        done = await sent(make(kind, **table(kind, side.url)))
    assert done.seen is False
    assert done.reference == {"ntfy": "abc", "gotify": "25"}.get(kind, "")
    (got,) = side.got
    assert got.method == "POST" and "GD20260304-0007" in got.body.decode()


@pytest.mark.parametrize("kind", GOOD)
@pytest.mark.parametrize(
    ("say", "code"),
    [
        (Say(b"", 500), "http_500"),
        (Say(b"", 429, {"Retry-After": "77"}), "http_429"),
        (Say(b"<!doctype html><html>sign in</html>"), "html_not_data"),
        (Say(b"", 302, {"Location": "http://127.0.0.1:1/"}), "redirected_302"),
        (Say({"a": "b" * 200}, cut=True), "cut_short"),
    ],
)
async def test_what_may_pass_is_tried_again(make: Make, kind: str, say: Say, code: str) -> None:
    async with OtherSide(say) as side:
        with pytest.raises(Retry) as found:
            await sent(make(kind, **table(kind, side.url)))
    assert found.value.code == code
    if code == "http_429":
        assert found.value.after == 77.0


@pytest.mark.parametrize("kind", GOOD)
@pytest.mark.parametrize(
    ("status", "outcome"), [(401, Broken), (403, Broken), (404, Undeliverable), (413, Undeliverable)]
)
async def test_what_cannot_pass_goes_another_way(
    make: Make, kind: str, status: int, outcome: type[Exception]
) -> None:
    async with OtherSide(Say(b"{}", status)) as side:
        with pytest.raises(outcome):
            await sent(make(kind, **table(kind, side.url)))


@pytest.mark.parametrize("kind", GOOD)
async def test_a_call_that_is_never_answered_ends_at_the_deadline(make: Make, kind: str) -> None:
    async with OtherSide(Say(never=True)) as side:
        with pytest.raises(Retry, match=r"deadline|timeout"):
            await sent(make(kind, deadline=0.2, **table(kind, side.url)))
        assert len(side.got) == 1, "it may have arrived"


@pytest.mark.parametrize("kind", GOOD)
async def test_nobody_there(make: Make, kind: str) -> None:
    target = make(kind, **table(kind, "http://127.0.0.1:9"))
    with pytest.raises(Retry, match="unreachable"):
        await target.check()
    with pytest.raises(Retry, match="unreachable"):
        await sent(target)


@pytest.mark.parametrize("kind", ["ntfy", "gotify", *ROBOTS])
@pytest.mark.parametrize("body", [b"ok", b"[]", b"{}", b"", b"\xff\xfe", b"[" * 100_000])
async def test_a_200_that_says_nothing_is_no_success(make: Make, kind: str, body: bytes) -> None:
    async with OtherSide(Say(body)) as side:
        with pytest.raises(Retry):
            await sent(make(kind, **table(kind, side.url)))


@pytest.mark.parametrize(
    ("kind", "body", "outcome", "after"),
    [
        ("dingtalk", {"errcode": 130101, "errmsg": "send too fast"}, Retry, 600.0),
        ("dingtalk", {"errcode": 310000, "errmsg": "sign not match"}, Broken, None),
        ("dingtalk", {"errcode": 400105, "errmsg": "unsupported msgtype"}, Undeliverable, None),
        ("dingtalk", {"errcode": -1, "errmsg": "busy"}, Retry, 30.0),
        ("wecom", {"errcode": 45009, "errmsg": "api freq out of limit"}, Retry, 120.0),
        ("wecom", {"errcode": 93000, "errmsg": "invalid webhook url"}, Broken, None),
        ("feishu", {"code": 9499, "msg": "too many request"}, Retry, 60.0),
        ("feishu", {"code": 19021, "msg": "sign match fail"}, Broken, None),
        ("feishu", {"code": 19001, "msg": "token invalid"}, Broken, None),
        ("feishu", {"code": False}, Retry, None),
        ("wecom", {"errcode": "0"}, Retry, None),
    ],
)
async def test_a_200_with_a_code_is_what_the_code_says(
    make: Make, kind: str, body: dict[str, Any], outcome: type[Exception], after: float | None
) -> None:
    async with OtherSide(Say(body)) as side:
        with pytest.raises(outcome) as found:
            await sent(make(kind, **table(kind, side.url)))
    assert getattr(found.value, "after", None) == after
    assert "tok" not in str(found.value).replace("token", "")


async def test_ntfy_that_limits_without_a_time_is_left_for_minutes(make: Make) -> None:
    async with OtherSide(Say(b"", 429)) as side:
        with pytest.raises(Retry) as found:
            await sent(make("ntfy", **table("ntfy", side.url)))
    assert found.value.after == 300.0


async def test_ntfy_says_topic_priority_and_stays_below_the_attachment(make: Make, notice: Notice) -> None:
    long = notice(text="字" * 3_000, address="unit-p3", priority=1)
    async with OtherSide(Say({"id": "x"}), Say({"healthy": True}), Say({"healthy": False})) as side:
        target = make("ntfy", url=side.url, token="tk_x", tags=["office"])
        await target.send(long)
        assert await target.check() == "healthy"
        with pytest.raises(Retry, match="not_healthy"):
            await target.check()
        await target.close()
    document = side.got[0].json
    assert (document["topic"], document["priority"], document["tags"]) == ("unit-p3", 5, ["office"])
    assert len(document["message"].encode()) <= 4_000 and document["message"].endswith("…")
    assert side.got[0].headers["authorization"] == "Bearer tk_x"
    with pytest.raises(Undeliverable, match="no_topic"):
        await sent(make("ntfy", url=side.url))


async def test_gotify_shows_its_key_in_a_header(make: Make) -> None:
    async with OtherSide(Say({"id": 3}), Say({"health": "green"})) as side:
        target = make("gotify", **table("gotify", side.url))
        await target.send(NOTICE)
        assert await target.check() == "healthy"
        await target.close()
    assert side.got[0].headers["x-gotify-key"] == "apptoken"
    assert side.got[0].path == "/message" and side.got[0].json["priority"] == 5


async def test_the_webhook_is_signed_and_carries_its_id(make: Make) -> None:
    async with OtherSide(Say({"reference": "ticket 5", "seen": True}), Say(b"thanks"), Say(b"", 204)) as side:
        target = make("webhook", secret="s3cret-of-ours", token="bear", **table("webhook", side.url))
        first = await target.send(NOTICE)
        assert (first.reference, first.seen) == ("ticket 5", True)
        assert (await target.send(NOTICE)).reference == ""
        await target.send(NOTICE)
        await target.close()
    got = side.got[0]
    stamp = got.headers["x-griddesk-timestamp"]
    wanted = hmac.new(b"s3cret-of-ours", stamp.encode() + b"." + got.body, hashlib.sha256).hexdigest()
    assert got.headers["x-griddesk-signature"] == f"sha256={wanted}"
    assert {one.headers["idempotency-key"] for one in side.got} == {"1a2b3c4d-order:17"}
    assert got.headers["authorization"] == "Bearer bear"
    assert (got.json["id"], got.json["recipient"], got.json["folded"]) == ("1a2b3c4d-order:17", "P3", 0)


async def test_dingtalk_signs_time_and_secret_and_calls_on_a_number(make: Make, notice: Notice) -> None:
    async with OtherSide(Say(GOOD["dingtalk"])) as side:
        await sent(make("dingtalk", secret="SECabc", **table("dingtalk", side.url)), notice(address="13900000000"))
    query = side.got[0].query
    key = f"{query['timestamp']}\nSECabc"
    assert query["sign"] == base64.b64encode(hmac.new(b"SECabc", key.encode(), hashlib.sha256).digest()).decode()
    assert len(query["timestamp"]) == 13 and query["access_token"] == "tok"
    assert side.got[0].json["at"] == {"atMobiles": ["13900000000"]}


async def test_feishu_signs_the_other_way_round(make: Make) -> None:
    async with OtherSide(Say({"StatusCode": 0, "StatusMessage": "success"})) as side:
        await sent(make("feishu", secret="abc", **table("feishu", side.url)))
    document = side.got[0].json
    key = f"{document['timestamp']}\nabc"
    assert document["sign"] == base64.b64encode(hmac.new(key.encode(), b"", hashlib.sha256).digest()).decode()
    assert side.got[0].path.endswith("/hook/tok")


async def test_wecom_stays_below_its_length_with_whole_characters(make: Make, notice: Notice) -> None:
    async with OtherSide(Say(GOOD["wecom"])) as side:
        await sent(make("wecom", **table("wecom", side.url)), notice(text="字" * 5_000, address="139"))
    text = side.got[0].json["text"]
    assert len(text["content"].encode()) <= 2_048
    assert text["content"].startswith("派单 GD20260304-0007\n字") and text["mentioned_mobile_list"] == ["139"]


@pytest.mark.parametrize("kind", ROBOTS)
async def test_a_robot_whose_address_is_none_is_not_built(make: Make, kind: str) -> None:
    with pytest.raises(BadInput) as bad:
        make(kind, url="not an address")
    assert bad.value.fields["key"] == "url"
    async with OtherSide(Say(b"hello", 404)) as side:
        target = make(kind, **table(kind, side.url))
        assert "http_404" in await target.check()
        assert side.got[0].path == "/" and side.got[0].method == "GET", "a check tells nobody anything"
        await target.close()


UPDATE = {
    "service_request_id": "1007", "update_id": "1007-3", "status": "FIXED", "description": "已处置 & 完毕",
    "updated_datetime": "2026-03-05T02:00:00+08:00", "source": "fms",
}  # fmt: skip


async def test_fixmystreet_takes_an_update_and_already_exists_is_success(make: Make, notice: Notice) -> None:
    exists = Say(b"<errors><error><description>Update already exists</description></error></errors>", 400)
    async with OtherSide(Say(b"<ok/>"), exists, Say(b"<errors>bad status</errors>", 400), Say(b"", 503)) as side:
        target = make("fixmystreet", url=f"{side.url}/open311/v2", api_key="k", jurisdiction="wangjiang")
        update = notice(kind="update", payload=UPDATE, line="case:7")
        assert (await target.send(update)).reference == "1007-3"
        assert (await target.send(update)).reference == "1007-3"
        with pytest.raises(Undeliverable, match="bad status"):
            await target.send(update)
        with pytest.raises(Retry) as later:
            await target.send(update)
        assert later.value.after == 1_800.0
        with pytest.raises(Undeliverable, match="update_id"):
            await target.send(notice(payload={**UPDATE, "update_id": ""}))
        await target.close()
    got = side.got[0]
    assert got.path == "/open311/v2/servicerequestupdates.xml"
    assert got.headers["content-type"] == "application/x-www-form-urlencoded"
    form = {key: values[0] for key, values in parse_qs(got.body.decode()).items()}
    assert form == {
        "api_key": "k", "jurisdiction_id": "wangjiang", **{key: UPDATE[key] for key in UPDATE if key != "source"}
    }  # fmt: skip


@pytest.mark.parametrize("kind", [*GOOD, "fixmystreet"])
def test_the_citizens_words_go_nowhere_unless_it_is_said(make: Make, kind: str) -> None:
    settings = {"url": "http://x", "api_key": "k"} if kind == "fixmystreet" else table(kind, "http://x")
    assert make(kind, **settings).citizen_words is False
    assert make(kind, citizen_words=True, **settings).citizen_words is True
