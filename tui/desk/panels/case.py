"""One case whole: fields, clocks with time left, next moves, history with who and when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import ClassVar

from textual.widget import Widget

from store.profiles.model import Profile
from tui.desk.panels.casetext import case_lines
from tui.desk.panels.panel import Panel
from tui.desk.state import DeskState
from tui.desk.widgets.page import Page
from tui.language import N_, tr


class CasePanel(Panel):
    part = "case"
    digit = "5"
    heading = N_("Case")
    areas: ClassVar[tuple[str, ...]] = ("case", "page")
    topics = frozenset({"case"})

    def __init__(self, desk_state: DeskState, now: Callable[[], datetime], zone: str, profile: Profile) -> None:
        super().__init__(desk_state)
        self.now, self.zone, self.profile = now, zone, profile
        self.text = Page(widget_id="case-text")
        self._shown: int | None = None

    @property
    def body(self) -> Widget:
        return self.text

    def on_resize(self) -> None:
        self.call_after_refresh(self.show_data)

    def show_data(self) -> None:
        case = self.desk.case
        if case is None or case.row.id != self.desk.case_id:
            empty = "" if self.desk.case_id else tr("No case. Choose one in the queue, or n enters a report.")
            if self.desk.case_id is None or case is None:
                self.text.set_lines([(empty,)], keep=False)
            return
        width = max(20, self.text.size.width)
        typed = self.desk.typed
        going = typed[1] if typed is not None and typed[0] == case.row.id else ""
        lines = case_lines(case, self.now(), self.zone, width, self.profile, self.desk.slips, going)
        self.text.set_lines(lines, keep=self._shown == case.row.id)
        self._shown = case.row.id

    def subject(self) -> str:
        case = self.desk.case
        return case.row.number if case is not None and case.row.id == self.desk.case_id else ""
