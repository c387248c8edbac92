"""Whole screens as text, read in review: both sizes, both languages, without colour (B8)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.screen import check_golden

if TYPE_CHECKING:
    from tests.tui.conftest import Opener

GOLDEN = Path(__file__).parent / "golden"

SCREENS: dict[str, tuple[str, ...]] = {
    "start": (),
    "queue": ("k", "2"),
    "case": ("k", "2", "j", "enter"),
    "alerts": ("3", "j"),
    "patrol": ("4", "j"),
    "dispatch": ("2", "d"),
    "close": ("2", "c"),
    "help": ("question_mark",),
    "devices": ("6",),
    "intake": ("7",),
    "warnings": ("8",),
    "slips": ("k", "2", "j", "enter"),
}


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", SCREENS)
async def test_screen(opened: Opener, name: str, lang: str, size: tuple[int, int]) -> None:
    async with opened(size, lang) as desk:
        await desk.press(*SCREENS[name])
        check_golden(desk.text, GOLDEN / f"{name}-{size[0]}x{size[1]}-{lang}.txt")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_without_colour_every_state_has_its_letter(opened: Opener, size: tuple[int, int]) -> None:
    """The same text as in colour: no state is shown by colour alone (K22-R6)."""
    async with opened(size, "zh", theme="mono") as desk:
        check_golden(desk.text, GOLDEN / f"start-{size[0]}x{size[1]}-zh.txt")
        colours = {
            segment.style.color.name
            for strip in desk.app.screen._compositor.render_strips()
            for segment in strip
            if segment.style is not None and segment.style.color is not None
        }
        assert colours <= {"default"}
