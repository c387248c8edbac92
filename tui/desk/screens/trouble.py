"""Shown after the desk failed several times in a minute: what happened, where the log is, and the way on."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen

from tui.desk import keys
from tui.desk.widgets.line import Line
from tui.desk.widgets.page import Page, Row
from tui.desk.widgets.strips import footer_parts
from tui.language import tr
from tui.text import wrap


class TroubleScreen(Screen[bool]):
    """Gives back True to open the desk again, False to leave."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("trouble")

    def __init__(self, reference: str) -> None:
        super().__init__()
        self.reference = reference
        self.page, self.foot = Page(), Line()

    def compose(self) -> ComposeResult:
        yield self.page
        yield self.foot

    def on_mount(self) -> None:
        self.say()

    def on_resize(self) -> None:
        self.say()

    def say(self) -> None:
        """All of it in the width there is; the log must be found, however long its path."""
        words = [
            tr("Log: {reference}", reference=self.reference),
            tr("No case was lost: everything confirmed is in the store, and the connectors go on."),
            tr("The line commands still work: griddesk queue, griddesk alerts."),
        ]
        lines: list[Row] = [((f" {tr('The desk failed several times in a minute')} ", "bad"),)]
        for text in words:
            lines += [(), *((line,) for line in wrap(text, self.app.size.width))]
        self.page.set_lines(lines)
        self.foot.say(*footer_parts(("trouble",), None, 80))

    def action_again(self) -> None:
        self.dismiss(True)

    def action_quit_now(self) -> None:
        self.dismiss(False)
