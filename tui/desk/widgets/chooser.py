"""Choose one of a list: type to narrow it down, arrows to move, Enter to take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from tui.desk.state import DeskState
from tui.desk.widgets.dialog import Dialog, Title
from tui.desk.widgets.line import Line
from tui.desk.widgets.table import Cells, Column, Table
from tui.language import N_, tr


@dataclass(frozen=True, slots=True)
class Item:
    value: str
    cells: Cells
    words: str
    """What typing is matched against, lower case."""


class Chooser(Dialog[str]):
    """Gives back the value of the chosen item, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move(1)", show=False),
        Binding("up", "move(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
    ]

    def __init__(
        self, desk_state: DeskState, title: Title, columns: Sequence[Column], items: Sequence[Item], hint: str = ""
    ) -> None:
        super().__init__(desk_state, title)
        self.items = tuple(items)
        self.hint_text = hint
        self.hint = Line()
        self.filter = Input(compact=True, select_on_focus=False, max_length=60)
        self.filter.cursor_blink = False
        self.table = Table(columns, empty=N_("Nothing matches. Shorten what you typed."))
        self.table.can_focus = False
        self.table.styles.height = min(12, len(self.items)) + 1

    def body(self) -> ComposeResult:
        yield self.filter
        yield self.table
        yield self.hint

    def on_mount(self) -> None:
        self.table.set_cells({at: item.cells for at, item in enumerate(self.items)})
        self.table.set_keys(tuple(range(len(self.items))))
        self.filter.focus()

    def reword(self) -> None:
        super().reword()
        self.filter.placeholder = tr("type to narrow down")
        self.hint.say((tr(self.hint_text) if self.hint_text else "", "dim"))

    def on_input_changed(self, event: Input.Changed) -> None:
        words = event.value.lower().split()
        found = [at for at, item in enumerate(self.items) if all(word in item.words for word in words)]
        self.table.set_keys(tuple(found), found[0] if found else None)

    def action_move(self, step: int) -> None:
        self.table.action_step(step)

    def action_page(self, step: int) -> None:
        self.table.action_page(step)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if self.table.cursor_key is not None:
            self.dismiss(self.items[self.table.cursor_key].value)
