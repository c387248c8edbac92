"""Patrol coverage of the shift: visited of planned points, gaps, strength against the minimum (K15-R2, R5, R6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import ClassVar

from textual.message import Message
from textual.widget import Widget

from store.views.patrol import PatrolRow
from tui import wording
from tui.desk.panels.panel import Panel
from tui.desk.state import DeskState
from tui.desk.widgets.table import Cells, Column, Table
from tui.language import N_, label, tr
from tui.text import safe

COLUMNS = (
    Column("", 4),
    Column(N_("grid"), 8, flexible=2),
    Column(N_("points"), 6, right=True),
    Column(N_("last"), 6, right=True),
    Column(N_("staff"), 7, right=True, rank=1),
    Column(N_("not visited"), 14, flexible=3, rank=2),
)


def patrol_cells(row: PatrolRow, now: datetime, *, stale: bool) -> Cells:
    """`G` no visit for too long, `S3` three staff fewer than the minimum (K15-T1)."""
    marks = ("G" if row.gap else "") + (f"S{row.short}" if row.short else "")
    style = "over" if row.short else "near" if row.gap else ""
    if stale and not marks:
        marks, style = "?", "unknown"
    since = wording.span(now - row.last_visit) if row.last_visit else tr("never")
    if not row.minimum:
        staff = str(row.present or "")
    elif row.short:
        staff = tr("{n} short", n=row.short)
    else:
        staff = f"{row.present}/{row.minimum}"
    return (
        (marks, style),
        safe(row.name) or safe(row.code),
        f"{row.visited}/{row.planned}",
        (since, "near" if row.gap else ""),
        (staff, "over" if row.short else ""),
        safe(", ".join(row.unvisited)),
    )


class PatrolPanel(Panel):
    part = "patrol"
    digit = "4"
    heading = N_("Patrol")
    areas: ClassVar[tuple[str, ...]] = ("table",)
    topics = frozenset({"patrol"})

    class Opened(Message):
        """Enter on a grid: the tree goes there."""

        def __init__(self, grid_id: int) -> None:
            super().__init__()
            self.grid_id = grid_id

    class Stood(Message):
        """The cursor stands on another grid."""

    def __init__(self, desk_state: DeskState, now: Callable[[], datetime]) -> None:
        super().__init__(desk_state)
        self.now = now
        self.table = Table(COLUMNS, widget_id="patrol-table", empty=N_("No patrol points: griddesk grid points FILE"))

    @property
    def body(self) -> Widget:
        return self.table

    def show_data(self) -> None:
        rows, now = self.desk.patrol.rows if self.desk.patrol else (), self.now()
        stale = self.desk.unknown("patrol")
        self.table.set_cells({row.grid_id: patrol_cells(row, now, stale=stale) for row in rows}, replace=True)
        self.table.set_keys([row.grid_id for row in rows])

    def subject(self) -> str:
        patrol = self.desk.patrol
        if patrol is None:
            return ""
        gaps = sum(row.gap for row in patrol.rows)
        words = f"{label(patrol.shift)} {patrol.visited}/{patrol.planned}"
        words += f" {tr('{n} gaps', n=gaps)}" if gaps else ""
        if patrol.positions_age is None:
            return f"{words} {tr('no positions')}"
        silent = (self.now() - patrol.positions_age).total_seconds()
        return f"{words} {tr('positions {age} old', age=wording.age(silent))}" if silent > 600 else words

    def detail(self) -> str:
        """The points of the chosen grid that nobody visited (K15-T4)."""
        rows = self.desk.patrol.rows if self.desk.patrol else ()
        row = next((row for row in rows if row.grid_id == self.table.cursor_key), None)
        if row is None or not row.unvisited:
            return ""
        return f"{safe(row.name)}  {tr('not visited: {points}', points=', '.join(row.unvisited))}"

    def on_table_moved(self, event: Table.Moved) -> None:
        event.stop()
        self.post_message(self.Stood())

    def on_table_chosen(self, event: Table.Chosen) -> None:
        event.stop()
        if event.key is not None:
            self.post_message(self.Opened(event.key))
