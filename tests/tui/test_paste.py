"""Pasted text triggers nothing, with and without bracketed paste; fast fingers are not taken for it (B6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual import events

from tui.desk.paste import GAP, HOLD, PasteDetector, Verdict

if TYPE_CHECKING:
    from tests.tui.conftest import Desk, Opener


def judged(text: str, gap: float, *, typing: bool = False) -> list[bool]:
    """Which keys of `text` count in the end."""
    detector = PasteDetector()
    first = [
        detector.feed(None if c == "\n" else c, n * gap, typing=typing, enter=c == "\n") for n, c in enumerate(text)
    ]
    return [
        verdict is Verdict.PASS or (verdict is Verdict.HOLD and detector.alone(n * gap))
        for n, verdict in enumerate(first)
    ]


@pytest.mark.parametrize("text", ["cacac", "d\n", "uu", "d2", "e\nx\n", "q\n"])
def test_of_a_burst_nothing_counts(text: str) -> None:
    assert not any(judged(text, 0.001))


@pytest.mark.parametrize("gap", [GAP, 0.03, 0.06, 0.2])
def test_fingers_are_not_a_burst(gap: float) -> None:
    assert all(judged("dcacacacu\n", gap * 1.001))


def test_a_held_cursor_key_that_arrives_in_lumps_still_moves() -> None:
    assert all(judged("jjjjjjjjkkkk", 0.0))


def test_a_letter_in_a_lump_of_cursor_keys_does_not_count() -> None:
    assert judged("jjd", 0.001) == [True, True, False]


def test_a_letter_waits_longer_than_the_gap_that_would_undo_it() -> None:
    assert HOLD > GAP


def test_text_for_an_input_comes_through_but_not_its_enter() -> None:
    assert judged("swept\n", 0.001, typing=True) == [True] * 5 + [False]


def test_switched_off_it_lets_everything_pass() -> None:
    detector = PasteDetector(enabled=False)
    assert {detector.feed("d", 0.0) for _ in range(20)} == {Verdict.PASS}


async def burst(desk: Desk, text: str, start: float = 1e9) -> None:
    """Keys as a terminal without bracketed paste delivers them: all at once."""
    names = {"\n": "enter", ".": "full_stop", ":": "colon", " ": "space", "/": "slash"}
    for n, letter in enumerate(text):
        event = events.Key(names.get(letter, letter), None if letter == "\n" else letter)
        event.time = start + n * 0.0005
        event.set_sender(desk.app)
        desk.app.post_message(event)
    await desk.settle()
    await desk.judged()


HOSTILE = [
    "cacac",
    "d\n",
    "uaua",
    "3aaaa",
    "e\nreason\n\n\n",
    ":D.P3.1042\n",
    "q\n",
    "c swept\n\n\n\n",
    "3ja",
    "2u",
    "ud\n\n\n",
    "/x\ncc\n\n",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("panel", ["1", "2", "3"])
async def test_unbracketed_paste_acts_on_nothing(opened: Opener, text: str, panel: str) -> None:
    async with opened(paste_guard=True) as desk:
        await desk.press("k", panel)
        await burst(desk, text)
        assert desk.gateway.actions == []
        assert desk.app.return_value is None and desk.app.is_running


async def test_a_burst_opens_nothing_and_it_is_said(opened: Opener) -> None:
    async with opened(paste_guard=True) as desk:
        await desk.press("2")
        await burst(desk, "cacacacac")
        assert len(desk.app.screen_stack) == 1
        assert desk.notice == "Keys came too fast for a hand: ignored as pasted text."


async def test_bracketed_paste_outside_an_input_is_ignored(opened: Opener) -> None:
    async with opened() as desk:
        await desk.press("2")
        desk.app.post_message(events.Paste("d\nc\nu"))
        await desk.settle()
        assert desk.gateway.actions == [] and len(desk.app.screen_stack) == 1
        assert desk.notice == "Pasted text ignored."


async def test_bracketed_paste_into_a_note_is_text(opened: Opener) -> None:
    async with opened() as desk:
        await desk.press("2", "c")
        desk.app.post_message(events.Paste("cleared by team"))
        await desk.settle()
        assert "cleared by team" in desk.text and desk.gateway.actions == []


async def test_single_keys_still_act_under_the_guard(opened: Opener) -> None:
    async with opened(paste_guard=True) as desk:
        await desk.press("3")
        await desk.press("j", "a")
        assert desk.gateway.actions[0][:2] == ("acknowledge", 2)
