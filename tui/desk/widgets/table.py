"""A virtual table: any number of rows at one price, a cursor that stays with its row (B3).

Rows are known by integer keys; only rows on screen need their cells. The cursor is one marker cell, not a painted
row, so that a cursor key costs two cells (wire.md section 9).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType
from textual.cache import LRUCache
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tui import themes
from tui.desk import keys
from tui.language import tr
from tui.text import fit

Cell = str | tuple[str, str]
"""Data, or data with the name of a style."""
Cells = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    """Message id; empty for a mark column."""
    cells: int
    """Width; the least width when `flexible` is above 0."""
    flexible: int = 0
    """Share of the width that is left."""
    right: bool = False
    rank: int = 0
    """Where the width does not suffice, columns of the highest rank go first; 0 never goes."""


def arrange(columns: Sequence[Column], width: int) -> list[tuple[int, int]]:
    """(column index, cells) of the columns that fit into `width`, one blank between them."""
    shown = list(range(len(columns)))

    def need() -> int:
        return sum(columns[i].cells for i in shown) + max(0, len(shown) - 1)

    while need() > width and any(columns[i].rank for i in shown):
        shown.remove(max(shown, key=lambda i: (columns[i].rank, i)))
    left, shares = max(0, width - need()), sum(columns[i].flexible for i in shown)
    sizes = []
    for i in shown:
        more = left * columns[i].flexible // shares if shares else 0
        left, shares = left - more, shares - columns[i].flexible
        sizes.append((i, columns[i].cells + more))
    return sizes


class Table(Widget, can_focus=True):
    """Rows by key under a header line; tells of cursor moves, choices, and the window it needs cells for."""

    DEFAULT_CSS = "Table { height: 1fr; width: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("table")

    class Moved(Message):
        """The cursor stands on another row (None: the table is empty)."""

        def __init__(self, table: Table, key: int | None) -> None:
            super().__init__()
            self.table, self.key = table, key

        @property
        def control(self) -> Table:
            return self.table

    class Chosen(Moved):
        """Enter on a row."""

    class Window(Message):
        """Rows on screen without cells."""

        def __init__(self, table: Table, missing: tuple[int, ...]) -> None:
            super().__init__()
            self.table, self.missing = table, missing

        @property
        def control(self) -> Table:
            return self.table

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, Table.Window)

    def __init__(self, columns: Sequence[Column], *, widget_id: str | None = None, empty: str = "") -> None:
        super().__init__(id=widget_id)
        self.columns = tuple(columns)
        self.row_keys: Sequence[int] = ()
        self.row_cells: dict[int, Cells] = {}
        self.empty_text = empty
        self.cursor_at = 0
        self.top = 0
        self._strips: LRUCache[tuple[object, ...], Strip] = LRUCache(400)

    # --- content --------------------------------------------------------------------------------

    @property
    def cursor_key(self) -> int | None:
        return self.row_keys[self.cursor_at] if self.cursor_at < len(self.row_keys) else None

    @property
    def page(self) -> int:
        """Rows on screen below the header line."""
        return max(1, self.size.height - 1)

    def window(self) -> Sequence[int]:
        """Keys of the rows on screen."""
        return self.row_keys[self.top : self.top + self.page]

    def set_keys(self, row_keys: Sequence[int], cursor: int | None = None) -> None:
        """Show these rows in this order; the cursor stays with its row, or goes to `cursor`."""
        held = self.cursor_key if cursor is None else cursor
        before, at_before = list(self.window()), self.cursor_at - self.top
        same = row_keys is self.row_keys or row_keys == self.row_keys
        self.row_keys = row_keys
        if held is not None and not (same and self.cursor_key == held):
            try:
                self.cursor_at = row_keys.index(held)
            except ValueError:
                pass
        self.cursor_at = max(0, min(self.cursor_at, len(row_keys) - 1))
        self._scroll_to_cursor(keep=at_before)
        after, at_after = list(self.window()), self.cursor_at - self.top
        moved = {at_before, at_after} if at_before != at_after else set()
        for y in range(max(len(before), len(after))):
            if before[y : y + 1] != after[y : y + 1] or y in moved:
                self._refresh_line(y)
        if not before or not after or self.size.height < 2:
            self.refresh()
        if self.cursor_key != held:
            self.post_message(self.Moved(self, self.cursor_key))
        self._ask()

    def set_cells(self, cells: Mapping[int, Cells], *, replace: bool = False) -> None:
        """Give or renew the cells of rows; only lines that differ are painted."""
        old = self.row_cells
        self.row_cells = dict(cells) if replace else old | dict(cells)
        if len(self.row_cells) > 2000 and not replace:
            near = set(self.row_keys[max(0, self.top - 200) : self.top + self.page + 200])
            self.row_cells = {key: row for key, row in self.row_cells.items() if key in near}
        for y, key in enumerate(self.window()):
            if old.get(key) != self.row_cells.get(key):
                self._refresh_line(y)
        self._ask()

    def forget(self) -> None:
        """Drop all cells; they are asked for anew."""
        self.row_cells = {}
        self.refresh()

    def _ask(self) -> None:
        missing = tuple(key for key in self.window() if key not in self.row_cells)
        if missing and self.is_attached:
            self.post_message(self.Window(self, missing))

    # --- cursor ---------------------------------------------------------------------------------

    def move_to(self, index: int) -> None:
        """Put the cursor on the row at `index`, as near as there is one."""
        index = max(0, min(index, len(self.row_keys) - 1))
        if index == self.cursor_at or not self.row_keys:
            return
        old, top = self.cursor_at, self.top
        self.cursor_at = index
        self._scroll_to_cursor()
        if self.top != top:
            self.refresh()
            self._ask()
        else:
            for at in (old, index):
                self.refresh(Region(0, at - self.top + 1, 1, 1))
        self.post_message(self.Moved(self, self.cursor_key))

    def move_to_key(self, key: int) -> None:
        try:
            self.move_to(self.row_keys.index(key))
        except ValueError:
            pass

    def _scroll_to_cursor(self, keep: int | None = None) -> None:
        """Scroll by half pages, so that a step at the edge does not repaint the table each time."""
        if self.size.height < 2:
            return
        page, last = self.page, max(0, len(self.row_keys) - self.page)
        if keep is not None and self.top:
            self.top = self.cursor_at - keep
        if self.cursor_at < self.top or self.cursor_at >= self.top + page:
            up = self.cursor_at < self.top
            self.top = self.cursor_at - (page - 1 - page // 2 if up else page // 2)
        self.top = max(0, min(self.top, last))

    def action_step(self, rows: int) -> None:
        self.move_to(self.cursor_at + rows)

    def action_page(self, pages: int) -> None:
        self.move_to(self.cursor_at + pages * self.page)

    def action_first(self) -> None:
        self.move_to(0)

    def action_last(self) -> None:
        self.move_to(len(self.row_keys) - 1)

    def action_choose(self) -> None:
        if self.cursor_key is not None:
            self.post_message(self.Chosen(self, self.cursor_key))

    def on_focus(self) -> None:
        self.refresh(Region(0, self.cursor_at - self.top + 1, 1, 1))

    def on_blur(self) -> None:
        self.refresh(Region(0, self.cursor_at - self.top + 1, 1, 1))

    def on_resize(self) -> None:
        self._scroll_to_cursor()
        self._ask()

    def on_show(self) -> None:
        """What changed while the table was hidden was painted nowhere."""
        self._scroll_to_cursor()
        self.refresh()

    # --- paint ----------------------------------------------------------------------------------

    def _refresh_line(self, y: int) -> None:
        self.refresh(Region(0, y + 1, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y == 0:
            return self._painted(tuple((tr(c.title) if c.title else "", "head") for c in self.columns), " ", width)
        at = self.top + y - 1
        if at >= len(self.row_keys):
            return self._plain_line(y, width)
        key = self.row_keys[at]
        cells = self.row_cells.get(key)
        marker = (">" if self.has_focus or not self.can_focus else "-") if at == self.cursor_at else " "
        return self._painted(cells or (str(key),), marker, width)

    def _plain_line(self, y: int, width: int) -> Strip:
        words = tr(self.empty_text) if y == 2 and not self.row_keys and self.empty_text else ""
        return Strip([Segment(fit(" " + words if words else "", width), self._base())], width)

    def _base(self) -> Style:
        return self.rich_style

    def _painted(self, cells: Cells, marker: str, width: int) -> Strip:
        token = (cells, marker, width, themes.theme(), self.rich_style)
        strip = self._strips.get(token)
        if strip is None:
            strip = self._strips[token] = self._paint(cells, marker, width)
        return strip

    def _paint(self, cells: Cells, marker: str, width: int) -> Strip:
        base = self._base()
        parts: list[tuple[str, Style]] = [(marker, base + themes.style("cursor"))]
        loose = len(cells) == 1 and len(self.columns) > 1
        for place, (index, size) in enumerate([(0, width - 1)] if loose else arrange(self.columns, width - 1)):
            if place:
                parts.append((" ", base))
            cell: Cell = cells[index] if index < len(cells) else ""
            words, name = (cell, "") if isinstance(cell, str) else cell
            text = fit(words, size, right=self.columns[index].right and not loose)
            parts += _dressed(text, base, base + themes.style(name))
        return Strip(_joined(parts)).adjust_cell_length(width, base)


def _dressed(text: str, base: Style, style: Style) -> list[tuple[str, Style]]:
    """Only the words wear the style: padding of a reversed cell would shout."""
    words = text.strip()
    start = text.find(words)
    return [(text[:start], base), (words, style), (text[start + len(words) :], base)] if words else [(text, base)]


def _joined(parts: list[tuple[str, Style]]) -> list[Segment]:
    """Neighbours of one style in one segment: every segment costs its style and a reset."""
    segments: list[Segment] = []
    for text, style in parts:
        if segments and segments[-1].style == style:
            segments[-1] = Segment(segments[-1].text + text, style)
        elif text:
            segments.append(Segment(text, style))
    return segments
