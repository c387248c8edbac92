"""The queue of the chosen node, most urgent first; rows are loaded for the window only, however long it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message
from textual.widget import Widget

from store.rules.tree import UNPLACED
from store.views.queue import QueueRow
from tui import standing, themes, wording
from tui.desk import keys
from tui.desk.panels.panel import Panel
from tui.desk.state import FILTERS, DeskState
from tui.desk.widgets.table import Cells, Column, Table
from tui.language import N_, tr
from tui.text import safe

COLUMNS = (
    Column("", 1),
    Column(N_("no."), 5, right=True),
    Column(N_("left"), 6, right=True),
    Column(N_("L#level"), 2, rank=2),
    Column(N_("step"), 4, rank=1),
    Column(N_("what"), 12, flexible=3),
    Column(N_("where"), 8, flexible=2, rank=3),
    Column(N_("unit"), 10, flexible=1, rank=4),
)


FILTER_NAMES = {
    "open": N_("all open"),
    "undispatched": N_("undispatched"),
    "near": N_("near due"),
    "overdue": N_("overdue"),
    "booked": N_("booked"),
    "closed": N_("closed"),
}

EMPTY = {
    "open": N_("Nothing open here. t changes the filter, n enters a report."),
    "undispatched": N_("All are dispatched. t changes the filter."),
    "near": N_("Nothing is near due. t changes the filter."),
    "overdue": N_("Nothing is overdue. t changes the filter."),
    "booked": N_("Nothing on the booked list. t changes the filter."),
    "closed": N_("Nothing closed yet. t changes the filter."),
    "search": N_("Nothing found. / searches again, Esc leaves the search."),
}


def mark_of(row: QueueRow, now: datetime) -> str:
    """The state letter of a case."""
    with_unit = row.unit is not None
    return wording.mark(row.due_at, row.near_at, now, closed=row.closed_at is not None, running=with_unit)


def what_of(row: QueueRow) -> str:
    """The title, or what kind of thing it is where the source gave none."""
    return safe(row.title) or wording.named(row.category, row.kind_name)


def without_place(words: str, *places: str) -> str:
    """`words` without a place they begin with: lists say the place beside them, and have no room to say it twice."""
    for place in places:
        rest = words.removeprefix(place).lstrip(" ,:，：、") if place else ""
        if rest and rest != words:
            return rest
    return words


def queue_cells(row: QueueRow, now: datetime, *, stale: bool = False, inside: bool = False) -> Cells:
    """The cells of one case in lists; `inside` a leaf the spot says more than the name of the grid."""
    grid, address = safe(row.grid_name) or safe(row.grid_code), safe(row.address)
    if row.grid_code == UNPLACED:
        grid = ""
    where = (address or grid if inside else grid or address) or tr("no place")
    mark = mark_of(row, now)
    if stale and mark in (" ", "P"):
        mark = "?"
    style = themes.STATES.get(mark, "")
    left = "" if row.closed_at else wording.time_left(row.due_at, now)
    return (
        (mark, style),
        str(row.id),
        (left, style if mark in "ON" else ""),
        safe(row.level_short),
        wording.step_short(row.step_id, row.step),
        " ".join(part for part in (standing.signs(row), without_place(what_of(row), address, grid)) if part),
        where,
        wording.named(row.unit_name, row.unit or ""),
    )


class QueuePanel(Panel):
    part = "queue"
    digit = "2"
    heading = N_("Queue")
    areas = ("table", "case", "queue")
    topics = frozenset({"queue"})
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("queue")

    class Stood(Message):
        """The cursor stands on another case, or on none."""

        def __init__(self, case_id: int | None) -> None:
            super().__init__()
            self.case_id = case_id

    class Opened(Stood):
        """Enter on a case."""

    class Filtered(Message):
        """Another filter is wanted."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    def __init__(self, desk_state: DeskState, now: Callable[[], datetime]) -> None:
        super().__init__(desk_state)
        self.now = now
        self.table = Table(COLUMNS, widget_id="queue-table", empty=EMPTY["open"])

    @property
    def body(self) -> Widget:
        return self.table

    def show_data(self) -> None:
        state, now = self.desk, self.now()
        stale = state.unknown("queue")
        self.table.empty_text = EMPTY["search" if state.search else state.which] if state.keys else ""
        grid = state.grid(state.grid_id)
        inside = grid is not None and grid.leaf
        cells = {key: queue_cells(row, now, stale=stale, inside=inside) for key, row in state.rows.items()}
        self.table.set_cells(cells, replace=True)
        self.table.set_keys(state.keys.ids if state.keys else ())

    def subject(self) -> str:
        state = self.desk
        count = len(state.keys.ids) if state.keys else 0
        at = self.table.cursor_at + 1 if count else 0
        if state.search:
            return tr("found: {words}  {at}/{count}", words=state.search, at=at, count=count)
        grid = state.grid(state.grid_id)
        place = tr("everywhere") if grid is None else tr("no place") if grid.unplaced else safe(grid.name) or grid.code
        name = tr(FILTER_NAMES[state.which])
        return f"{place} {name} {at}/{count}"

    def on_table_moved(self, event: Table.Moved) -> None:
        event.stop()
        self.show_head()
        self.post_message(self.Stood(event.key))

    def on_table_chosen(self, event: Table.Chosen) -> None:
        event.stop()
        self.post_message(self.Opened(event.key))

    def action_next_filter(self, step: int) -> None:
        self.post_message(self.Filtered(step))

    def next_filter(self, step: int) -> None:
        """The next of the filters, round and round."""
        self.desk.which = FILTERS[(FILTERS.index(self.desk.which) + step) % len(FILTERS)]
