"""What the pages of the desk (devices, intake, warnings) and the keys beside a case's moves lead to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.screen import Screen

from tui.desk.panels.devices import DevicesPanel
from tui.desk.panels.intake import IntakePanel
from tui.desk.panels.warnings import WarningsPanel
from tui.desk.state import PAGES
from tui.language import tr

if TYPE_CHECKING:
    from tui.desk.app import DeskApp


class PagesScreen(Screen[None]):
    """The part of the desk's screen for what is shown in the place of the columns."""

    def __init__(self, desk_app: DeskApp) -> None:
        super().__init__()
        self.owner = desk_app
        self.desk = desk_app.desk
        self.active = "grids"
        """Name of the panel that has the keys."""

    def say_all(self) -> None:
        """Say the lines above and below anew."""

    def open_case(self, case_id: int) -> None:
        """Show a case."""

    def target(self) -> int | None:
        """The case that keys act on here."""
        return None

    # --- pages ----------------------------------------------------------------------------------

    @on(DevicesPanel.Stood)
    @on(IntakePanel.Stood)
    @on(WarningsPanel.Stood)
    def follow_page(self) -> None:
        if self.active in PAGES:
            self.desk.notice = None
            self.say_all()

    @on(DevicesPanel.Refused)
    def read_refused(self, event: DevicesPanel.Refused) -> None:
        self.owner.start_flow(self.owner.pages.refused(event.source))

    @on(DevicesPanel.Opened)
    def open_device(self, event: DevicesPanel.Opened) -> None:
        """To the case of its fault; without one what is known of it is read."""
        if event.device.fault_case is not None:
            self.open_case(event.device.fault_case)
        else:
            self.owner.start_flow(self.owner.pages.device(event.device))

    @on(IntakePanel.Sort)
    def sort_item(self, event: IntakePanel.Sort) -> None:
        self.owner.start_flow(self.owner.pages.sort(event.verb, event.item))

    @on(IntakePanel.Opened)
    def open_item(self, event: IntakePanel.Opened) -> None:
        """To its case; an item that is none is read."""
        if event.item.case_id is not None:
            self.open_case(event.item.case_id)
        else:
            self.owner.start_flow(self.owner.pages.item(event.item))

    @on(IntakePanel.Filtered)
    def refilter(self) -> None:
        self.owner.background(self.owner.loader.shown(), "page")

    @on(WarningsPanel.Asked)
    def warn(self, event: WarningsPanel.Asked) -> None:
        self.owner.start_flow(self.owner.pages.warning(event.verb, event.warning))

    @on(WarningsPanel.Opened)
    def open_warning(self, event: WarningsPanel.Opened) -> None:
        if event.warning.case_id is not None:
            self.open_case(event.warning.case_id)
        else:
            self.owner.start_flow(self.owner.pages.read_warning(event.warning))

    # --- beside a case --------------------------------------------------------------------------

    def beside(self, verb: str) -> None:
        """What is no move: its orders, cameras near it, the verdict on a rule that filed it."""
        case_id = self.target()
        if case_id is None:
            self.owner.flows.say(tr("Choose a case first (2 queue, / search)."), good=False)
        else:
            self.owner.start_flow(self.owner.pages.beside(verb, case_id))

    def action_orders(self) -> None:
        self.beside("orders")

    def action_cameras(self) -> None:
        self.beside("cameras")

    def action_judge(self) -> None:
        self.beside("judge")
