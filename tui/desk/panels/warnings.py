"""Early warnings: to assign, to verify in the field, to close with what was found (K17)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message
from textual.widget import Widget

from store.profiles.model import Profile
from store.views.warnings import WarningRow
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
    Column(N_("L#level"), 2),
    Column(N_("state"), 9),
    Column(N_("warning"), 14, flexible=3),
    Column(N_("where"), 10, flexible=2),
    Column(N_("size"), 7, right=True),
    Column(N_("since"), 5, rank=1),
    Column(N_("left"), 6, right=True, rank=2),
    Column(N_("unit"), 8, flexible=1, rank=3),
)


def warning_cells(row: WarningRow, now: datetime, zone: str, profile: Profile) -> Cells:
    """`O` its time to be verified is over."""
    done = row.state in ("verified", "closed")
    mark = "C" if done else wording.mark(row.due_at, None, now)
    style = themes.STATES.get(mark, "")
    shorts = {level.number: level.short for level in profile.levels}
    state = row.finding if row.finding in reaching.FINDINGS else row.state
    words = reaching.FINDINGS if state in reaching.FINDINGS else reaching.WARNING_STATES
    units = {unit.code: unit.label for unit in profile.units}
    return (
        (mark, style), str(row.id), shorts.get(row.level, str(row.level)), reaching.word(words, state),
        label(row.label), safe(row.place or row.grid_name or row.grid_code or "") or tr("no place"),
        "" if row.size is None else f"{row.size:g}", wording.short_stamp(row.raised_at, zone, now),
        ("" if done else wording.time_left(row.due_at, now), style),
        label(units[row.unit]) if row.unit in units else safe(row.unit or ""),
    )  # fmt: skip


class WarningsPanel(Panel):
    part = "warnings"
    digit = "8"
    heading = N_("Warnings")
    areas: ClassVar[tuple[str, ...]] = ("table", "warnings")
    topics = frozenset({"warnings"})
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("warnings")

    class Stood(Message):
        """The cursor stands on another warning."""

    class Opened(Message):
        """Enter on a warning."""

        def __init__(self, warning: WarningRow) -> None:
            super().__init__()
            self.warning = warning

    class Asked(Message):
        """One verb on a warning."""

        def __init__(self, verb: str, warning: WarningRow) -> None:
            super().__init__()
            self.verb, self.warning = verb, warning

    def __init__(self, desk_state: DeskState, now: Callable[[], datetime], zone: str, profile: Profile) -> None:
        super().__init__(desk_state)
        self.now, self.zone, self.profile = now, zone, profile
        self.table = Table(COLUMNS, widget_id="warning-table", empty=N_("No warning is open."))

    @property
    def body(self) -> Widget:
        return self.table

    @property
    def chosen(self) -> WarningRow | None:
        rows = self.desk.warnings.rows if self.desk.warnings else ()
        return next((row for row in rows if row.id == self.table.cursor_key), None)

    def show_data(self) -> None:
        now, rows = self.now(), self.desk.warnings.rows if self.desk.warnings else ()
        cells = {row.id: warning_cells(row, now, self.zone, self.profile) for row in rows}
        self.table.set_cells(cells, replace=True)
        self.table.set_keys([row.id for row in rows])

    def subject(self) -> str:
        found = self.desk.warnings
        if found is None:
            return ""
        verified = sum(rule.verified for rule in found.rules)
        held = sum(rule.confirmed + rule.hidden_risk for rule in found.rules)
        words = tr("{n} open", n=found.open)
        if verified:
            words += f"  {tr('{held} of {verified} verified held', held=held, verified=verified)}"
        return words

    def detail(self) -> str:
        row = self.chosen
        if row is None:
            return ""
        facts = "  ".join(f"{name} {value}" for name, value in row.facts.items() if value not in (None, "", [], {}))
        words = (label(row.label), safe(row.grid_name or ""), safe(row.place), safe(facts, 120), safe(row.note))
        return "  ".join(word for word in words if word)

    def on_table_moved(self, event: Table.Moved) -> None:
        event.stop()
        self.post_message(self.Stood())

    def on_table_chosen(self, event: Table.Chosen) -> None:
        event.stop()
        if (warning := self.chosen) is not None:
            self.post_message(self.Opened(warning))

    def action_assign(self) -> None:
        self._ask("assign")

    def action_verify_warning(self) -> None:
        self._ask("verify")

    def action_close_warning(self) -> None:
        self._ask("close")

    def _ask(self, verb: str) -> None:
        if (warning := self.chosen) is not None:
            self.post_message(self.Asked(verb, warning))
