"""One line of text that is painted only when it differs."""

from __future__ import annotations

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from tui import themes
from tui.text import cut, width

Part = str | tuple[str, str]
"""Data, or data with the name of a style."""


class Line(Widget):
    """Parts from the left; what `tail` holds stands at the right end and is kept when the width does not suffice."""

    DEFAULT_CSS = "Line { height: 1; width: 1fr; }"

    def __init__(self, *, widget_id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=widget_id, classes=classes)
        self.parts: tuple[Part, ...] = ()
        self.tail: tuple[Part, ...] = ()

    def say(self, *parts: Part, tail: tuple[Part, ...] = ()) -> None:
        """Show these parts."""
        if (parts, tail) != (self.parts, self.tail):
            self.parts, self.tail = parts, tail
            self.refresh()

    def render_line(self, y: int) -> Strip:
        room = self.size.width
        end = painted(self.tail, room)
        used = sum(width(segment.text) for segment in end)
        start = painted(self.parts, max(0, room - used - 1) if used else room)
        gap = room - used - sum(width(segment.text) for segment in start)
        return Strip([*start, Segment(" " * max(0, gap), None), *end]).adjust_cell_length(room)


def painted(parts: tuple[Part, ...], room: int) -> list[Segment]:
    """Segments of `parts` in at most `room` cells."""
    segments = []
    for part in parts:
        words, name = (part, "") if isinstance(part, str) else part
        text = cut(words, room)
        room -= width(text)
        if text:
            segments.append(Segment(text, themes.style(name)))
    return segments
