"""Every call of the desk for what reports in and who is told, on a real store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import pytest

from store.actions.intake import intake
from store.errors import BadInput, GriddeskError, Refused
from store.intake import Health, Intake, Rejection
from store.rules.commands import Dispatch
from tests.conftest import Desk
from tests.store.told import box, take, way
from tui.desk.gateway import Gateway, new_request


@pytest.fixture
async def gateway(desk: Desk) -> AsyncIterator[Gateway]:
    made = Gateway(desk.store, "chen")
    yield made
    made.close()


async def refused(work: Coroutine[Any, Any, Any]) -> str:
    """Code of the refusal that the call must end in."""
    with pytest.raises(GriddeskError) as caught:
        await work
    assert caught.value.code != "defect"
    return caught.value.code


async def test_sources_with_their_refused_messages(desk: Desk, gateway: Gateway) -> None:
    door = Intake(desk.store)
    door.health(Health("lora", "chirpstack", "up"), ok=True)
    door.reject("lora", [Rejection("not_json", raw=b"\xff\x00", context=(("topic", "a/b"),))], "a/b")
    (row,) = (await gateway.sources()).rows
    assert (row.source, row.state, row.kept_refused) == ("lora", "up", 1)
    (item,) = await gateway.refused_items("lora")
    text = await gateway.refused_text(item.id)
    assert text is not None and "ff" in text.text and text.context == (("topic", "a/b"),)
    assert await gateway.refused_text(999) is None


async def test_devices_cameras_and_verdicts(desk: Desk, gateway: Gateway) -> None:
    case_id = desk.report(category="order.fight")
    assert (await gateway.devices()).rows == () and await gateway.cameras(case_id) == ()
    assert await gateway.filing_of(case_id) is None
    assert await refused(gateway.confirm_filing(case_id, new_request())) == "not_auto_filed"
    assert await refused(gateway.cancel_filing(case_id, "x", new_request())) == "not_auto_filed"


async def test_the_intake_list_and_its_moves(desk: Desk, gateway: Gateway) -> None:
    item_id = desk.store.write(
        intake.take, desk.store.profile, desk.actors["chen"], desk.now, channel="window", title="路面积水", text="x",
        grid="G0", request_id=desk.request(),
    )  # fmt: skip
    (row,) = (await gateway.intake("waiting")).rows
    assert row.id == item_id
    found = await gateway.intake_item(row.id)
    assert found.text == "x"
    facts = {"category": "water.flood", "grid": "G0", "level": 2, "title": row.title}
    assert await gateway.sort("file", row.id, row.version, new_request(), **facts) > 1000
    moves: tuple[tuple[str, dict[str, Any]], ...] = (
        ("answer", {"text": "x"}), ("hand_over", {"to": "nobody"}), ("advise", {"to": "nobody"}),
        ("duplicate", {"into": 1}),
    )  # fmt: skip
    for verb, more in moves:
        assert await refused(gateway.sort(verb, row.id, row.version + 1, new_request(), **more))
    assert (await gateway.intake("all")).rows[0].case_id is not None
    assert (await gateway.intake("today")).rows


async def test_warnings(desk: Desk, gateway: Gateway) -> None:
    assert (await gateway.warnings()).rows == ()
    assert await refused(gateway.assign_warning(1, "POL", 1, new_request())) == "unknown_warning"
    assert await refused(gateway.verify_warning(1, "confirmed", "x", None, 1, new_request())) == "unknown_warning"
    assert await refused(gateway.close_warning(1, "", 1, new_request())) == "unknown_warning"


async def test_slips_and_sending_again(desk: Desk, gateway: Gateway) -> None:
    way(desk, "POL", "robot")
    case_id = desk.report(category="order.fight")
    desk.move(case_id, Dispatch("POL"))
    outbox = box(desk, "robot")
    outbox.failed(take(outbox, "robot")[0].id, "blocked", final=True)
    (slip,) = await gateway.slips(case_id)
    assert (slip.stage, slip.why) == ("refused", "blocked")
    (row,) = await gateway.notices_of(case_id)
    await gateway.send_again(row.id, new_request())
    (slip,) = await gateway.slips(case_id)
    assert slip.stage == "stored"


async def test_a_refused_message_goes_through_its_parser_in_a_process_of_its_own(desk: Desk, gateway: Gateway) -> None:
    with pytest.raises((BadInput, Refused)) as caught:
        await asyncio.wait_for(gateway.replay(999), 60)
    assert caught.value.code == "unknown_refused"
