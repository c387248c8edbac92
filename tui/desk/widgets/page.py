"""A text of many lines with a scroll position and no cursor: case, help, the sum behind a due time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual.binding import BindingType
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tui.desk import keys
from tui.desk.widgets.line import Part, painted

Row = tuple[Part, ...]


class Page(Widget, can_focus=True):
    """Lines of parts; only lines that differ are painted."""

    DEFAULT_CSS = "Page { height: 1fr; width: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("page")

    def __init__(self, *, widget_id: str | None = None) -> None:
        super().__init__(id=widget_id)
        self.lines_shown: Sequence[Row] = ()
        self.top = 0

    def set_lines(self, lines: Sequence[Row], *, keep: bool = True) -> None:
        """Show `lines`; `keep` holds the scroll position."""
        before = list(self.lines_shown[self.top : self.top + self.size.height])
        self.lines_shown = list(lines)
        self.top = min(self.top, self.last_top) if keep else 0
        after = list(self.lines_shown[self.top : self.top + self.size.height])
        for y in range(max(len(before), len(after))):
            if before[y : y + 1] != after[y : y + 1]:
                self.refresh(Region(0, y, self.size.width, 1))

    @property
    def last_top(self) -> int:
        return max(0, len(self.lines_shown) - max(1, self.size.height))

    @property
    def more(self) -> bool:
        """Lines stand below the last one on screen."""
        return self.top < self.last_top

    def scroll_lines(self, to: int) -> None:
        to = max(0, min(to, self.last_top))
        if to != self.top:
            self.top = to
            self.refresh()

    def action_step(self, rows: int) -> None:
        self.scroll_lines(self.top + rows)

    def action_page(self, pages: int) -> None:
        self.scroll_lines(self.top + pages * max(1, self.size.height - 1))

    def action_first(self) -> None:
        self.scroll_lines(0)

    def action_last(self) -> None:
        self.scroll_lines(self.last_top)

    def on_show(self) -> None:
        """What changed while the page was hidden was painted nowhere."""
        self.refresh()

    def on_resize(self) -> None:
        self.top = min(self.top, self.last_top)

    def render_line(self, y: int) -> Strip:
        at, room = self.top + y, self.size.width
        row: Row = self.lines_shown[at] if at < len(self.lines_shown) else ()
        return Strip([*painted(row, room), Segment("", None)]).adjust_cell_length(room)
