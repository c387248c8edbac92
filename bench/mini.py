"""The least that a Textual application with a table can be: the yardstick of the screen bench.

`python -m bench.mini` shows 200 rows; up and down move the cursor, `q` leaves. Stock driver, stock widgets.
"""

from __future__ import annotations

from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.widgets import DataTable, Footer, Header

ROWS = 200


class Mini(App[int]):
    BINDINGS: ClassVar[list[BindingType]] = [("q", "quit", "quit"), ("question_mark", "help", "help")]

    def compose(self) -> ComposeResult:
        yield Header()
        yield DataTable(cursor_type="row")
        yield Footer()

    def on_mount(self) -> None:
        table: DataTable[str] = self.query_one(DataTable)
        table.add_columns("no.", "left", "level", "step", "what", "where")
        for n in range(ROWS):
            table.add_row(str(1000 + n), f"{n}m", f"L{n % 3 + 1}", "new", f"路灯不亮 {n}", f"望江花园 {n % 22} 栋")

    def action_help(self) -> None:
        self.notify("keys: up, down, q")


if __name__ == "__main__":
    Mini().run()
