"""The last step before the terminal: control and bidi characters are deleted from every segment (B1, layer 3)."""

from __future__ import annotations

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

DELETED: dict[int, None] = dict.fromkeys(
    [*range(0x20), *range(0x7F, 0xA0), 0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
)


class Guard(LineFilter):
    """Deleting keeps columns aligned: these characters were measured as no cell wide."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            segment
            if segment.text.isascii() and segment.text.isprintable()
            else Segment(segment.text.translate(DELETED), segment.style, segment.control)
            for segment in segments
        ]
