"""What came in by every channel and waits to be sorted; also what became of the rest (K03)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message
from textual.widget import Widget

from store.profiles.model import Profile
from store.views.intake import IntakeRow
from store.views.intake import Which as IntakeWhich
from tui import themes, wording
from tui.desk import keys
from tui.desk.panels.panel import Panel
from tui.desk.state import DeskState
from tui.desk.widgets.table import Cells, Column, Table
from tui.language import N_, label, tr
from tui.text import safe
from tui.wording import reaching

COLUMNS = (
    Column("", 1),
    Column(N_("no."), 5, right=True),
    Column(N_("left"), 6, right=True),
    Column(N_("since"), 5, rank=3),
    Column(N_("channel"), 8, flexible=1),
    Column(N_("what"), 16, flexible=4),
    Column(N_("where"), 10, flexible=2, rank=1),
    Column(N_("becomes"), 10, flexible=1, rank=2),
)
CHOICES: tuple[IntakeWhich, ...] = ("waiting", "today", "all")
NAMES: dict[str, str] = {"waiting": N_("waiting#filter"), "today": N_("today#filter"), "all": N_("all#filter")}


def item_cells(row: IntakeRow, now: datetime, zone: str, profile: Profile) -> Cells:
    """`O` past its time, `?` it may repeat an open case, `C` sorted."""
    sorted_out = row.state != "new"
    mark = "C" if sorted_out else wording.mark(row.due_at, None, now)
    if mark == " " and row.proposed:
        mark = "?"
    style = themes.STATES.get(mark, "")
    category = profile.category(row.category)
    proposed = label(category.label) if category else ""
    becomes = reaching.word(reaching.ITEM_STATES, row.state) if sorted_out else proposed
    place = row.grid_name or row.address or ""
    return (
        (mark, style), str(row.id), ("" if sorted_out else wording.time_left(row.due_at, now), style),
        wording.short_stamp(row.at, zone, now), label(row.channel_label) or safe(row.channel),
        safe(row.title or row.kind_name or row.text), safe(place) or tr("no place"), becomes,
    )  # fmt: skip


class IntakePanel(Panel):
    part = "intake"
    digit = "7"
    heading = N_("Intake")
    areas: ClassVar[tuple[str, ...]] = ("table", "intake")
    topics = frozenset({"intake"})
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("intake")

    class Stood(Message):
        """The cursor stands on another item."""

    class Filtered(Message):
        """Another choice of items is wanted."""

    class Opened(Message):
        """Enter on an item."""

        def __init__(self, item: IntakeRow) -> None:
            super().__init__()
            self.item = item

    class Sort(Message):
        """One verb of sorting on an item."""

        def __init__(self, verb: str, item: IntakeRow) -> None:
            super().__init__()
            self.verb, self.item = verb, item

    def __init__(self, desk_state: DeskState, now: Callable[[], datetime], zone: str, profile: Profile) -> None:
        super().__init__(desk_state)
        self.now, self.zone, self.profile = now, zone, profile
        self.table = Table(
            COLUMNS, widget_id="intake-table", empty=N_("Nothing waits. t shows what was sorted; n enters a report.")
        )

    @property
    def body(self) -> Widget:
        return self.table

    @property
    def chosen(self) -> IntakeRow | None:
        rows = self.desk.intake.rows if self.desk.intake else ()
        return next((row for row in rows if row.id == self.table.cursor_key), None)

    def show_data(self) -> None:
        now, rows = self.now(), self.desk.intake.rows if self.desk.intake else ()
        cells = {row.id: item_cells(row, now, self.zone, self.profile) for row in rows}
        self.table.set_cells(cells, replace=True)
        self.table.set_keys([row.id for row in rows])

    def subject(self) -> str:
        found = self.desk.intake
        words = tr(NAMES[self.desk.intake_which])
        if found is None:
            return words
        late = tr(", {n} past their time", n=found.late) if found.late else ""
        return f"{words}: {tr('{n} wait', n=found.waiting)}{late}"

    def detail(self) -> str:
        """The item under the cursor: where, and what it may repeat."""
        row = self.chosen
        if row is None:
            return ""
        words = [safe(row.source), safe(row.title), safe(row.address), safe(row.where_to), safe(row.note)]
        if row.number:
            words.append(safe(row.number))
        if row.proposed and row.state == "new":
            words.append(tr("may repeat case {cases}", cases=", ".join(str(case) for case in row.proposed)))
        return "  ".join(word for word in words if word)

    def on_table_moved(self, event: Table.Moved) -> None:
        event.stop()
        self.post_message(self.Stood())

    def on_table_chosen(self, event: Table.Chosen) -> None:
        event.stop()
        if (item := self.chosen) is not None:
            self.post_message(self.Opened(item))

    def action_sort(self, verb: str) -> None:
        if (item := self.chosen) is not None:
            self.post_message(self.Sort(verb, item))

    def action_next_which(self) -> None:
        self.desk.intake_which = CHOICES[(CHOICES.index(self.desk.intake_which) + 1) % len(CHOICES)]
        self.desk.intake = None
        self.desk.publish("intake")
        self.post_message(self.Filtered())
