"""The key `m`: every other move of a case, its fields asked for, refused and in conflict like any other."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from store.errors import Refused
from store.rules.commands import Book, Call, Called, Extend, Merge, Note, StartPlan, Supervise
from tests.tui.fake_gateway import FakeGateway
from tui.desk import keys
from tui.desk.further import offers
from tui.moves import BY_VERB

if TYPE_CHECKING:
    from tests.tui.conftest import Opener


def test_every_verb_has_a_key_or_stands_behind_the_key_for_more() -> None:
    found = {verb for key in keys.KEYS for verb in key.verb.split(",") if verb}
    assert set(BY_VERB) <= found


async def test_offers_leave_out_the_moves_that_have_a_key() -> None:
    view = await FakeGateway().case(1042)
    verbs = [offer.verb for offer in offers(view)]
    assert verbs and not {"dispatch", "close", "escalate", "file"} & set(verbs)
    assert verbs == sorted(verbs, key=list(BY_VERB).index)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_booking_asks_for_what_it_needs_field_by_field(opened: Opener, size: tuple[int, int]) -> None:
    async with opened(size) as desk:
        await desk.press("2", "m")
        await desk.type("book")
        await desk.press("enter")
        assert "book 1042" in desk.text and "review day" in desk.text
        await desk.type("no spare part")
        await desk.press("enter")
        await desk.type("P3")
        await desk.press("enter")
        await desk.type("2026-03-31")
        await desk.press("enter", "enter")
        (_, case_id, command, version, _) = desk.gateway.actions[0]
        assert (case_id, command, version) == (1042, Book("no spare part", "P3", date(2026, 3, 31)), 3)
        assert desk.notice == "1042: book done."


async def test_in_chinese(opened: Opener) -> None:
    async with opened() as desk:
        await desk.press("L", "2", "m")
        assert "更多办理 1042" in desk.text and "挂账" in desk.text
        await desk.type("extend")
        await desk.press("enter")
        assert "延期 1042" in desk.text and "时间单位" in desk.text and "工作日" in desk.text
        await desk.type("3")
        await desk.press("enter")
        await desk.type("parts")
        await desk.press("enter", "enter")
        assert desk.gateway.actions[0][2] == Extend(3, "working_day", "parts", "close")


@pytest.mark.parametrize(
    ("word", "typed", "command"),
    [
        ("note", ("amount=100000, absconded=yes",), Note((("amount", 100000), ("absconded", True)))),
        (
            "call", ("P3, GAS:as_needed:close the valve:15",),
            Call((Called("P3"), Called("GAS", False, "close the valve", 15))),
        ),
        ("merge", ("1043",), Merge(1043, "", 3)),
        ("supervise", ("act by noon",), Supervise("act by noon")),
    ],
)  # fmt: skip
async def test_lists_facts_and_cases_are_read_as_they_are_typed(
    opened: Opener, word: str, typed: tuple[str, ...], command: object
) -> None:
    async with opened() as desk:
        await desk.press("2", "m")
        await desk.type(word)
        await desk.press("enter")
        for text in typed:
            await desk.type(text)
            await desk.press("enter")
        await desk.press("enter")
        assert desk.gateway.actions[0][2] == command


async def test_a_plan_is_chosen_from_those_of_the_profile(opened: Opener) -> None:
    async with opened() as desk:
        await desk.press("2", "m")
        await desk.type("plan")
        await desk.press("enter")
        assert "gas leak plan" in desk.text
        await desk.press("enter", "enter")
        assert desk.gateway.actions[0][2] == StartPlan("gas", False)


async def test_a_value_that_cannot_be_read_is_said_and_what_was_typed_stays(opened: Opener) -> None:
    async with opened() as desk:
        await desk.press("2", "m")
        await desk.type("book")
        await desk.press("enter")
        for text in ("why", "P3", "soon"):
            await desk.type(text)
            await desk.press("enter")
        await desk.press("enter")
        assert desk.gateway.actions == []
        assert desk.notice == "review day cannot be soon. Write it as 2026-03-31."
        await desk.press("m")
        await desk.type("book")
        await desk.press("enter")
        assert "why" in desk.text and "soon" in desk.text


async def test_a_refusal_is_a_sentence_where_the_user_is(opened: Opener) -> None:
    async with opened() as desk:
        desk.gateway.refuse = Refused("no_power", verb="supervise", power="supervise", officer="Z01")
        await desk.press("2", "m")
        await desk.type("supervise")
        await desk.press("enter")
        await desk.type("now")
        await desk.press("enter", "enter")
        assert desk.notice.startswith("Z01 may not supervise")


async def test_a_conflict_shows_what_changed(opened: Opener) -> None:
    async with opened() as desk:
        desk.gateway.conflict_at = 5
        await desk.press("2", "m")
        await desk.type("supervise")
        await desk.press("enter")
        await desk.type("now")
        await desk.press("enter", "enter")
        assert "Changed since you looked:" in desk.text
        await desk.press("down", "enter")
        assert [action[3] for action in desk.gateway.actions] == [3, 5]


async def test_escape_leaves_without_acting(opened: Opener) -> None:
    async with opened() as desk:
        await desk.press("2", "m", "escape", "m", "enter", "escape")
        assert desk.gateway.actions == [] and desk.app.main.active == "queue"


async def test_without_a_case_it_says_so(opened: Opener) -> None:
    async with opened() as desk:
        await desk.press("m")
        assert "Choose a case first" in desk.notice
