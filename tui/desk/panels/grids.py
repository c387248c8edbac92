"""The tree of the street: what waits, what is late, where patrol has been; the worst on top (K22-R3)."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message
from textual.widget import Widget

from store.views.grids import GridRow
from tui import themes
from tui.desk import keys
from tui.desk.panels.panel import Panel
from tui.desk.state import DeskState
from tui.desk.widgets.table import Cells, Column, Table
from tui.language import N_, tr
from tui.text import safe

NOTHING = "."
"""Shown for zero, so that numbers stand out."""

COLUMNS = (
    Column("", 1),
    Column(N_("grid"), 12, flexible=1),
    Column(N_("open#count"), 4, right=True),
    Column(N_("new#count"), 4, right=True, rank=1),
    Column(N_("near#count"), 4, right=True),
    Column(N_("over#count"), 4, right=True),
    Column(N_("cov.#"), 4, right=True, rank=2),
)


def coverage(row: GridRow, stale: bool) -> tuple[str, str]:
    """Visited of planned points in percent, rounded down: 100 % is all of them (K15-R5)."""
    if not row.planned:
        return ("", "")
    return ("?", "unknown") if stale else (f"{100 * row.visited // row.planned}%", "")


class GridsPanel(Panel):
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("grids")
    part = "grids"
    digit = "1"
    heading = N_("Grids")
    areas = ("grids", "table")
    topics = frozenset({"grids"})

    class Scoped(Message):
        """The cursor stands on another node."""

        def __init__(self, grid_id: int) -> None:
            super().__init__()
            self.grid_id = grid_id

    class Leaf(Message):
        """Enter on a leaf: its queue is wanted."""

    class Opened(Message):
        """A node was unfolded whose children are not here yet."""

    def __init__(self, desk_state: DeskState) -> None:
        super().__init__(desk_state)
        self._into: int | None = None
        """The node whose worst child the cursor goes to once it is here."""
        self.table = Table(COLUMNS, widget_id="grid-table", empty=N_("No grids yet: griddesk grid import FILE"))

    @property
    def body(self) -> Widget:
        return self.table

    def visible_rows(self) -> list[GridRow]:
        """Rows whose ancestors are all unfolded."""
        rows = self.desk.board.rows if self.desk.board else ()
        shown: list[GridRow] = []
        visible: set[int | None] = {None}
        for row in rows:
            if row.parent_id in visible:
                shown.append(row)
                if row.id in self.desk.unfolded:
                    visible.add(row.id)
        return shown

    def show_data(self) -> None:
        rows = self.visible_rows()
        stale = self.desk.unknown("grids")
        parents = {row.parent_id for row in (self.desk.board.rows if self.desk.board else ())}
        self.table.set_cells(
            {row.id: self.cells(row, row.inner or row.id in parents, stale) for row in rows}, replace=True
        )
        self.table.set_keys([row.id for row in rows], self.desk.grid_id if self.table.cursor_key is None else None)
        child = self._child(self._into)
        if child is not None:
            self._into = None
            self.table.move_to_key(child.id)

    def _child(self, node: int | None) -> GridRow | None:
        """The worst child of a node, if it is here."""
        rows = self.desk.board.rows if self.desk.board and node is not None else ()
        return next((row for row in rows if row.parent_id == node), None)

    def cells(self, row: GridRow, inner: bool, stale: bool) -> Cells:
        counts = row.counts
        mark = "O" if counts.overdue else "N" if counts.near else "?" if stale else ""
        sign = ("-" if row.id in self.desk.unfolded else "+") if inner else " "
        name = tr("no place") if row.unplaced else safe(row.name) or safe(row.code)
        zero = "?" if stale else NOTHING

        def number(count: int, style: str = "") -> tuple[str, str]:
            return (str(count), style) if count else (zero, "dim")

        return (
            (mark, themes.STATES.get(mark, "")),
            (f"{' ' * max(0, row.depth - 1)}{sign}{name}", "head" if inner and row.depth == 0 else ""),
            number(counts.open),
            number(counts.undispatched, "head"),
            number(counts.near, "near"),
            number(counts.overdue, "over"),
            coverage(row, stale),
        )

    def subject(self) -> str:
        rows = self.desk.board.rows if self.desk.board else ()
        leaves = sum(1 for row in rows if row.leaf and not row.unplaced)
        if self.desk.board is not None and not self.desk.board.whole:
            leaves = self.desk.board.leaves
        return tr("{n} grids", n=leaves) if rows else ""

    # --- in, out --------------------------------------------------------------------------------

    def on_table_moved(self, event: Table.Moved) -> None:
        event.stop()
        if event.key is not None:
            self.post_message(self.Scoped(event.key))

    def on_table_chosen(self, event: Table.Chosen) -> None:
        event.stop()
        self.go_in()

    def go_in(self) -> None:
        """Unfold and step to the worst child; on a leaf ask for its queue."""
        here = self.desk.grid(self.table.cursor_key)
        if here is None:
            return
        child = self._child(here.id)
        if child is None and not here.inner:
            self.post_message(self.Leaf())
            return
        self.desk.unfolded.add(here.id)
        if child is None:
            self._into = here.id
            self.post_message(self.Opened())
            return
        self.show_data()
        self.table.move_to_key(child.id)

    def go_out(self) -> bool:
        """Step to the parent and fold it; False at the top."""
        here = self.desk.grid(self.table.cursor_key)
        parent = self.desk.grid(here.parent_id) if here else None
        if parent is None:
            return False
        if parent.parent_id is not None:
            self.desk.unfolded.discard(parent.id)
        self.table.move_to_key(parent.id)
        self.show_data()
        return True

    def action_fold(self) -> None:
        here = self.table.cursor_key
        if here is not None:
            self.desk.unfolded.symmetric_difference_update({here})
            self.show_data()
            row = self.desk.grid(here)
            if here in self.desk.unfolded and row is not None and row.inner and self._child(here) is None:
                self.post_message(self.Opened())

    def show_node(self, grid_id: int) -> None:
        """Unfold the way to a node and put the cursor on it."""
        row = self.desk.grid(grid_id)
        while row is not None and row.parent_id is not None:
            self.desk.unfolded.add(row.parent_id)
            row = self.desk.grid(row.parent_id)
        self.show_data()
        self.table.move_to_key(grid_id)
