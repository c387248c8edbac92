"""The one-line input at the bottom: `:` takes commands, `/` searches; errors show above it and it stays open."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input

from tui.desk import keys
from tui.desk.widgets.line import Line


class Bar(Horizontal):
    """Hidden until opened; keeps what was sent, newest last, for each prompt."""

    DEFAULT_CSS = "Bar { height: 1; display: none; } Bar.-open { display: block; } Bar Line { width: 2; }"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("bar")

    class Sent(Message):
        """Enter on a line."""

        def __init__(self, prompt: str, line: str) -> None:
            super().__init__()
            self.prompt, self.line = prompt, line

    class Left(Message):
        """Escape."""

    def __init__(self) -> None:
        super().__init__()
        self.sign = Line()
        self.entry = Input(compact=True, select_on_focus=False, max_length=500)
        self.entry.cursor_blink = False
        self.prompt = ":"
        self.sent: dict[str, list[str]] = {":": [], "/": []}
        self._recalled = 0

    def compose(self) -> ComposeResult:
        yield self.sign
        yield self.entry

    @property
    def open(self) -> bool:
        return self.has_class("-open")

    def start(self, prompt: str) -> None:
        """Open with an empty line and take the keys."""
        self.prompt = prompt
        self._recalled = len(self.sent[prompt])
        self.sign.say((prompt, "head"))
        self.entry.value = ""
        self.add_class("-open")
        self.entry.focus()

    def stop(self) -> None:
        self.remove_class("-open")

    def action_cancel(self) -> None:
        self.post_message(self.Left())

    def action_confirm(self) -> None:
        """Enter is the entry's own."""

    def action_recall(self, step: int) -> None:
        lines = self.sent[self.prompt]
        self._recalled = max(0, min(self._recalled + step, len(lines)))
        self.entry.value = lines[self._recalled] if self._recalled < len(lines) else ""
        self.entry.cursor_position = len(self.entry.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        line = event.value.strip()
        lines = self.sent[self.prompt]
        if line and lines[-1:] != [line]:
            lines.append(line)
            del lines[:-50]
        self._recalled = len(lines)
        self.post_message(self.Sent(self.prompt, line))
