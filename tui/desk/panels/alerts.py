"""What wants an answer: one row a cause, unacknowledged and grave first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message
from textual.widget import Widget

from store.profiles.model import Profile
from store.rules.tree import UNPLACED
from store.views.alerts import AlertRow
from tui import wording
from tui.desk import keys
from tui.desk.panels.panel import Panel
from tui.desk.panels.queue import without_place
from tui.desk.state import DeskState
from tui.desk.widgets.table import Cells, Column, Table
from tui.language import N_, tr
from tui.text import safe

COLUMNS = (
    Column("", 1),
    Column("", 1),
    Column(N_("since"), 5, rank=1),
    Column(N_("alert"), 13, flexible=2),
    Column(N_("where"), 9, flexible=1),
    Column(N_("times"), 5, right=True, rank=2),
)


STYLES = {
    "overdue": "over", "near_due": "near", "device": "near", "gap": "near", "shortfall": "over", "order": "over",
    "outbox": "near",
}  # fmt: skip


def alert_cells(row: AlertRow, now: datetime, zone: str, profile: Profile | None = None) -> Cells:
    """`!` wants an acknowledgement; the letter says the kind."""
    place = row.grid_name or ""
    fields = {
        name: without_place(words, place) if isinstance(words, str) and name in ("title", "text") else words
        for name, words in row.fields.items()
    }
    waiting = row.acknowledged_by is None and row.cleared_at is None
    style = STYLES.get(row.kind, "unknown") if waiting else ""
    return (
        ("!" if waiting else "-" if row.cleared_at else "", "bad" if waiting else ""),
        (wording.ALERT_MARKS.get(row.kind, "?"), style),
        wording.short_stamp(row.raised_at, zone, now),
        (wording.alert(row.code, fields, profile), "head" if waiting and row.priority == 1 else ""),
        where(row),
        f"x{row.count}" if row.count > 1 else "",
    )


def where(row: AlertRow) -> str:
    """Name of the grid; a case without a place says so."""
    if row.grid_code == UNPLACED:
        return tr("no place")
    return safe(row.grid_name or row.grid_code or "")


class AlertsPanel(Panel):
    part = "alerts"
    digit = "3"
    heading = N_("Alerts")
    areas = ("table", "alerts", "case")
    topics = frozenset({"alerts"})
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("alerts")

    class Opened(Message):
        """Enter on an alert."""

        def __init__(self, alert: AlertRow) -> None:
            super().__init__()
            self.alert = alert

    class Acknowledge(Opened):
        """`a` on an alert."""

    class Everything(Message):
        """Acknowledged and cleared ones are wanted too, or no more."""

    class Stood(Message):
        """The cursor stands on another alert."""

    def __init__(self, desk_state: DeskState, now: Callable[[], datetime], zone: str, profile: Profile) -> None:
        super().__init__(desk_state)
        self.now, self.zone, self.profile = now, zone, profile
        self.table = Table(COLUMNS, widget_id="alert-table", empty=N_("No alerts. t shows acknowledged ones."))

    @property
    def body(self) -> Widget:
        return self.table

    @property
    def chosen(self) -> AlertRow | None:
        rows = self.desk.alerts.rows if self.desk.alerts else ()
        return next((row for row in rows if row.id == self.table.cursor_key), None)

    def show_data(self) -> None:
        alerts, now = self.desk.alerts, self.now()
        rows = alerts.rows if alerts else ()
        self.table.set_cells({row.id: alert_cells(row, now, self.zone, self.profile) for row in rows}, replace=True)
        self.table.set_keys([row.id for row in rows])

    def subject(self) -> str:
        alerts = self.desk.alerts
        if alerts is None:
            return ""
        words = tr("{n} to acknowledge", n=alerts.unacknowledged)
        return f"{words}, {tr('{n} in all', n=alerts.total)}" if self.desk.everything else words

    def detail(self) -> str:
        """The chosen alert in full, for the status line."""
        row = self.chosen
        if row is None:
            return ""
        said = wording.alert(row.code, row.fields, self.profile)
        at = wording.local_stamp(row.raised_at, self.zone, self.now())
        evidence = safe(str(row.fields.get("evidence") or ""))
        by = tr("acknowledged by {officer}", officer=row.acknowledged_by) if row.acknowledged_by else ""
        words = (str(row.id), at, tr(wording.ALERT_KINDS[row.kind]), safe(row.grid_name or ""), said, by, evidence)
        return "  ".join(word for word in words if word)

    def on_table_moved(self, event: Table.Moved) -> None:
        event.stop()
        self.post_message(self.Stood())

    def on_table_chosen(self, event: Table.Chosen) -> None:
        event.stop()
        if (alert := self.chosen) is not None:
            self.post_message(self.Opened(alert))

    def action_acknowledge(self) -> None:
        if (alert := self.chosen) is not None:
            self.post_message(self.Acknowledge(alert))

    def action_toggle_everything(self) -> None:
        self.post_message(self.Everything())
