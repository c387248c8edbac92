"""Shown instead of the desk where the terminal is too small to read it."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.screen import Screen

from tui.desk.widgets.line import Line
from tui.language import tr

LEAST_WIDTH, LEAST_HEIGHT = 60, 18


class SmallScreen(Screen[None]):
    """Takes no keys; it goes when the terminal grows."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.sizes = Line(), Line()

    def compose(self) -> ComposeResult:
        yield self.words
        yield self.sizes

    def on_mount(self) -> None:
        self.say()

    def on_resize(self) -> None:
        self.say()

    def say(self) -> None:
        self.words.say((tr("Too small: make it larger."), "bad"))
        here = f"{self.app.size.width}x{self.app.size.height}"
        self.sizes.say(tr("{here}, needs {least}", here=here, least=f"{LEAST_WIDTH}x{LEAST_HEIGHT}"))
