"""What reports in and who is told, on the desk: pages 6 to 8, order slips, cameras, verdicts; hostile text harmless."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from store.errors import Refused, Unavailable
from store.rules.commands import Dispatch
from store.views.devices import Devices
from store.views.intake import Intake
from store.views.sources import Sources
from store.views.warnings import Warnings
from tests.tui.fake_gateway import FakeGateway
from tests.tui.fake_reports import HOSTILE, made

if TYPE_CHECKING:
    from tests.tui.conftest import Opener

SIZES = [(80, 24), (120, 40)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("page", ["6", "7", "8"])
async def test_hostile_text_of_sources_devices_items_and_warnings_is_harmless(
    opened: Opener, page: str, lang: str, size: tuple[int, int]
) -> None:
    async with opened(size, lang) as desk:
        await desk.press(page, "j", "j")
        strips = "".join(s.text for strip in desk.app.screen._compositor.render_strips() for s in strip)
        assert "\x1b" not in strips and "\x07" not in strips and "\u202e" not in strips
        assert "␛" in desk.text


async def test_a_source_is_read_by_word_and_never_up_when_its_state_is_old(opened: Opener) -> None:
    async with opened() as desk:
        await desk.press("6")
        lines = [line for line in desk.text.splitlines() if "hotline" in line]
        assert "up" in lines[0].split()
        desk.app.desk.verified["devices"] -= 40
        desk.app._show_ages()
        await desk.settle()
        lines = [line for line in desk.text.splitlines() if "hotline" in line]
        assert "unknown" in lines[0] and "UNKNOWN" in desk.text


async def test_a_page_says_that_it_waits_until_it_was_loaded_and_is_loaded_only_while_shown(opened: Opener) -> None:
    gateway = FakeGateway()
    asked: list[str] = []
    plain = gateway.intake

    async def intake(which: str) -> Intake:
        asked.append(which)
        return await plain(which)  # type: ignore[arg-type]

    gateway.intake = intake  # type: ignore[method-assign]
    async with opened(gateway=gateway) as desk:
        assert asked == [] and desk.app.desk.age("intake") is None
        await desk.press("7")
        assert asked == ["waiting"]
        await desk.refresh()
        assert len(asked) == 2
        await desk.press("1")
        await desk.refresh()
        assert len(asked) == 2 and desk.app.desk.age("intake") is None


async def test_a_page_keeps_its_last_rows_and_says_their_age_while_the_store_is_away(opened: Opener) -> None:
    async with opened() as desk:
        await desk.press("7")
        desk.gateway.fail = Unavailable("store_failed", error="x")
        await desk.refresh()
        assert "501" in desk.text and "intake" in desk.app.desk.failed


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(("page", "says"), [("6", "griddesk connect"), ("7", "t"), ("8", "")])
async def test_empty_pages_say_what_to_do(opened: Opener, page: str, says: str, lang: str) -> None:
    gateway = FakeGateway()
    told = gateway.reports_in
    told.sources, told.devices = made(Sources), made(Devices)
    told.intake, told.warnings = made(Intake), made(Warnings)
    async with opened((80, 24), lang, gateway) as desk:
        await desk.press(page)
        body = "".join(desk.text.splitlines()[3:-2])
        assert body.strip() and says in body


async def test_a_refused_message_is_read_and_handed_in_anew(opened: Opener) -> None:
    async with opened() as desk:
        await desk.press("6", "j", "enter")
        assert "not_json" in desk.text and "71" in desk.text
        await desk.press("enter")
        assert "␛[2J" in desk.text and "topic: application/" in desk.text
        await desk.press("tab", "enter")
        assert ("replay", 71) in desk.gateway.actions and "1 records were read" in desk.notice


async def test_a_source_without_refused_messages_says_so(opened: Opener) -> None:
    async with opened() as desk:
        await desk.press("6", "r")
        assert "duty-robot has refused nothing" in desk.notice


async def test_enter_on_a_faulty_device_goes_to_its_case_and_on_another_reads_it(opened: Opener) -> None:
    async with opened() as desk:
        await desk.press("6", "G", "enter")
        assert "water_level 31.5 cm" in desk.text
        await desk.press("escape", "k", "k", "enter")
        assert desk.app.main.active == "case" and desk.app.desk.case_id == 1044


@pytest.mark.parametrize(
    ("keys", "asked"),
    [
        (("d", "enter", "enter"), ("duplicate", 501, 1, {"into": 1042})),
        (("a", "o", "k", "enter", "enter"), ("answer", 501, 1, {"text": "ok"})),
        (("f", "enter", "enter", "enter", "enter", "enter"),
         ("file", 501, 1, {"category": "water.flood", "grid": "C1-1-1", "level": 1, "title": "路面积水，车过不去"})),
    ],
)  # fmt: skip
async def test_items_are_sorted_by_key(
    opened: Opener, keys: tuple[str, ...], asked: tuple[object, ...]
) -> None:
    async with opened() as desk:
        await desk.press("7", *keys)
        assert asked in desk.gateway.actions and "501" in desk.notice


async def test_what_is_not_ours_is_passed_on_by_the_profiles_list(opened: Opener) -> None:
    async with opened() as desk:
        offices = desk.app.gateway.profile.advice
        await desk.press("7", "b")
        if not offices:
            assert desk.notice
            return
        await desk.press("enter", "enter", "enter")
        verb, item, _, facts = desk.gateway.actions[-1]
        assert (verb, item) == ("advise", 501) and facts["to"] in {one.id for one in offices}


async def test_a_refused_sorting_says_why_and_changes_nothing(opened: Opener) -> None:
    gateway = FakeGateway()
    gateway.refuse = Refused("no_power", verb="file", power="divert", officer="Z01")
    async with opened(gateway=gateway) as desk:
        await desk.press("7", "d", "enter", "enter")
        assert desk.notice and not desk.app.desk.notice.good  # type: ignore[union-attr]


async def test_the_item_is_read_and_the_list_turned_over(opened: Opener) -> None:
    async with opened() as desk:
        await desk.press("7", "G", "enter")
        assert "call-back handle" in desk.text
        await desk.press("escape", "t")
        assert "501" not in desk.text and desk.app.desk.intake_which == "today"


async def test_a_warning_is_assigned_verified_and_closed(opened: Opener) -> None:
    async with opened() as desk:
        await desk.press("8", "a", "enter")
        assert desk.gateway.actions[-1][:2] == ("assign", 31)
        await desk.press("v", "s", "e", "e", "n", "shift+tab", "right", "enter", "enter", "enter", "enter")
        assert desk.gateway.actions[-1] == ("verify", 31, "hidden_risk", "seen", 12.0, 1)
        await desk.press("c")
        assert desk.gateway.actions[-1] == ("close_warning", 31, 1)
        await desk.press("enter")
        assert "before: 3" in desk.text


async def test_order_slips_say_how_far_each_order_came(opened: Opener) -> None:
    async with opened(lang="zh") as desk:
        await desk.press("k", "2", "j", "enter")
        assert desk.app.desk.case_id == 1043
        for words in ("派单", "被拒", "已发出", "sms", "没有通知渠道：请打电话"):
            assert words in desk.text
        assert "␛[2J" in desk.text


async def test_an_order_is_shown_as_typed_until_the_store_has_it(opened: Opener) -> None:
    async with opened() as desk:
        seen: list[str] = []
        plain = desk.gateway.move

        async def move(case_id: int, command: object, version: int | None, request: str) -> int:
            for _ in range(40):
                await desk.pilot.pause()
            seen.append(desk.text)
            return await plain(case_id, command, version, request)  # type: ignore[no-any-return]

        desk.gateway.move = move
        await desk.press("k", "2", "j", "enter")
        assert await desk.app.flows.direct(1043, Dispatch("P1"))
        assert "typed" in seen[0] and desk.app.desk.typed is None
        await desk.settle()
        assert "typed" not in desk.text


async def test_one_key_shows_the_nearest_cameras(opened: Opener) -> None:
    async with opened() as desk:
        await desk.press("2", "i")
        assert "东门球机" in desk.text and "42" in desk.text and "unknown" in desk.text
        await desk.press("enter")
        assert "rtsp://10.0.0.9/1" in desk.text
        await desk.press("escape")
        desk.gateway.reports_in.cameras = ()
        await desk.press("i")
        assert "No camera" in desk.notice


async def test_a_rules_case_is_confirmed_or_cancelled(opened: Opener) -> None:
    async with opened() as desk:
        await desk.press("2", "y", "enter")
        assert desk.gateway.actions[-1] == ("confirm", 1042)
        await desk.press("y", "down", "enter", "n", "o", "enter", "enter")
        assert desk.gateway.actions[-1] == ("cancel", 1042, "no")
        desk.gateway.reports_in.filing = None
        await desk.press("y")
        assert "was not filed by a rule" in desk.notice


async def test_an_order_is_sent_again_from_its_case(opened: Opener) -> None:
    async with opened() as desk:
        await desk.press("2", "o")
        assert "given up" in desk.text and "unknown_target" not in desk.text
        await desk.press("enter", "down", "enter")
        assert desk.gateway.actions[-1] == ("send_again", 81)
        desk.gateway.reports_in.notices = ()
        await desk.press("o")
        assert "no way is set up" in desk.notice


async def test_tab_goes_round_all_eight_panels(opened: Opener) -> None:
    async with opened((80, 24)) as desk:
        seen = []
        for _ in range(8):
            seen.append(desk.app.main.active)
            await desk.press("tab")
        assert len(set(seen)) == 8 and desk.app.main.active == seen[0]
        assert desk.app.desk.page is None


async def test_a_state_nobody_knows_is_shown_as_it_came(opened: Opener) -> None:
    gateway = FakeGateway()
    row = gateway.reports_in.devices.rows[0]
    gateway.reports_in.devices = replace(gateway.reports_in.devices, rows=(replace(row, state=HOSTILE),))
    async with opened(gateway=gateway) as desk:
        await desk.press("6")
        assert "␛[2J" in desk.text
