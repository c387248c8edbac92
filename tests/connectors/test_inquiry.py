"""The inquiry page over a real port on a real store (K03-R7, T3)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from connectors.base import Context
from connectors.inquiry import page
from connectors.inquiry.serve import build
from store.errors import BadInput
from store.intake import Report
from store.records.case import Case
from store.rules import querycodes
from store.rules.commands import Close, File
from tests.conftest import Desk
from tests.connectors import port as ports
from tests.connectors.desks import Direct
from tests.connectors.port import Port, send


@asynccontextmanager
async def site(desk: Desk, **settings: Any) -> AsyncIterator[tuple[Port, Direct]]:
    store = Direct(desk)
    async with ports.opened(store, (build("q", {"port": 0, **settings}, Context(store, "Asia/Shanghai")),)) as port:
        yield port, store


def reported(desk: Desk, text: str = "路灯不亮") -> tuple[str, int]:
    """A report of the hotline: its query code and its case."""
    store = Direct(desk)
    mark = desk.request()
    report = Report(source="hotline", source_id=mark, text=text, category="order.fight", lat=0.5, lon=0.5)
    store.intake.deliver("hotline", [report])
    code = store.intake.code("hotline", mark)
    with desk.store.read() as session:
        case_id = session.execute(select(func.max(col(Case.id)))).scalar_one()
    assert code is not None
    return code, int(case_id)


async def test_K03_R7_a_code_says_received_in_progress_and_the_result(desk: Desk) -> None:
    code, case_id = reported(desk)
    async with site(desk) as (port, _):

        async def asked() -> dict[str, Any]:
            answer = await send(port, "GET", f"/q/{code}", headers={"Accept": "application/json"})
            assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
            found: dict[str, Any] = answer.json()
            return found

        assert (await asked())["stage"] == "received"
        desk.move(case_id, File(category="order.fight"))
        desk.wait(minutes=5)
        assert (await asked())["stage"] == "in_progress"
        desk.move(case_id, Close(result="已修复\x1b[2J\n第二行"))
        found = await asked()
        assert (found["stage"], found["stage_text"], found["may_rate"]) == ("result", "已办结", True)
        text = (await send(port, "GET", f"/q/{querycodes.shown(code).lower()}")).text
        assert "已办结" in text and "已修复 [2J 第二行" in text and "\x1b" not in text
        english = await send(port, "GET", f"/q/{code}", headers={"Accept-Language": "en-GB,zh;q=0.5"})
        assert "Stage: Result" in english.text and english.headers["content-language"] == "en"
        assert "路灯" not in text + english.text + json.dumps(found, ensure_ascii=False)


async def test_K03_R7_the_reporter_urges_and_rates(desk: Desk) -> None:
    code, case_id = reported(desk)
    desk.move(case_id, File(category="order.fight"))
    async with site(desk) as (port, _):
        english = {"Accept-Language": "en"}
        first = await send(port, "POST", f"/q/{code}/urge", headers=english)
        assert (first.status_code, first.text) == (200, "It was urged\n")
        assert (await send(port, "POST", f"/q/{code}/urge")).status_code == 409
        assert (await send(port, "POST", f"/q/{code}/rate", b"answer=satisfied")).status_code == 409
        desk.move(case_id, Close(result="已修复"))
        for body in (b"answer=lovely", b"answer=satisfied&stars=9", b"answer=satisfied&stars=x", b"", b"\xff"):
            assert (await send(port, "POST", f"/q/{code}/rate", body)).status_code == 400
        body = json.dumps({"answer": "satisfied", "stars": 5}).encode()
        rated = await send(port, "POST", f"/q/{code}/rate", body, {"Content-Type": "application/json"})
        assert (rated.status_code, rated.text) == (200, "谢谢您的评价\n")
        assert (await send(port, "POST", f"/q/{code}/rate", b"answer=satisfied")).status_code == 409


async def test_K03_T3_no_other_code_ever_opens_a_report(desk: Desk) -> None:
    codes = [reported(desk, f"第{n}件")[0] for n in range(3)]
    async with site(desk, wrong_codes=1_000) as (port, _):
        for code in codes:
            answer = await send(port, "GET", f"/q/{code}", headers={"Accept": "application/json"})
            assert answer.json()["code"].replace("-", "") == code
        wrong = [codes[0][:-1] + ("3" if codes[0][-1] != "3" else "4"), codes[0][1:] + codes[0][0], querycodes.new(),
                 "1", "1001", "%00", "..%2f..", "x" * 500]  # fmt: skip
        for code in wrong:
            answer = await send(port, "GET", f"/q/{code}")
            assert answer.status_code == 404, code
            assert (await send(port, "POST", f"/q/{code}/urge")).status_code == 404


async def test_K03_T3_codes_cannot_be_found_by_trying(desk: Desk) -> None:
    code, _ = reported(desk)
    async with site(desk, wrong_codes=3, proxied=True) as (port, _):
        mallory, li = {"X-Forwarded-For": "6.6.6.6"}, {"X-Forwarded-For": "forged, 2001:db8::7"}
        for number in range(6):
            answer = await send(port, "GET", f"/q/{querycodes.new()}", headers=mallory)
            assert answer.status_code == (404 if number < 3 else 429)
        assert (await send(port, "GET", f"/q/{code}", headers=mallory)).status_code == 429
        assert (await send(port, "GET", f"/q/{code}", headers=li)).status_code == 200
        assert int(answer.headers["retry-after"]) == 600
        desk.wait(minutes=11)
        assert (await send(port, "GET", f"/q/{code}", headers=mallory)).status_code == 200


async def test_questions_are_bounded_and_a_store_that_is_away_says_so(desk: Desk) -> None:
    code, _ = reported(desk)
    async with site(desk, asks_per_minute=2) as (port, store):
        assert [(await send(port, "GET", f"/q/{code}")).status_code for _ in range(3)] == [200, 200, 429]
        desk.wait(minutes=2)
        store.away = True
        assert (await send(port, "GET", f"/q/{code}")).status_code == 503


@pytest.mark.parametrize(
    ("accept", "expected"),
    [("", "zh"), ("en", "en"), ("de, en;q=0.3", "en"), ("zh-CN,zh;q=0.9,en;q=0.8", "zh"), ("en;q=x, zh;q=0.1", "zh"),
     ("fr", "zh"), ("en;q=0.1, zh;q=0.2", "zh")],
)  # fmt: skip
def test_languages(accept: str, expected: str) -> None:
    assert page.language(accept) == expected


def test_a_page_for_everybody_is_meant_to_be_one(desk: Desk) -> None:
    context = Context(Direct(desk), "Asia/Shanghai")
    with pytest.raises(BadInput):
        build("q", {"host": "0.0.0.0"}, context)
    assert build("q", {"host": "0.0.0.0", "public": True}, context).listen[0] == "0.0.0.0"
