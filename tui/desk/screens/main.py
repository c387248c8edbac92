"""The desk: three columns where there is room, one panel at a time where there is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical

from store.errors import GriddeskError
from store.views.alerts import AlertRow
from tui.desk import keys
from tui.desk.orders import parse
from tui.desk.panels.alerts import AlertsPanel
from tui.desk.panels.case import CasePanel
from tui.desk.panels.devices import DevicesPanel
from tui.desk.panels.grids import GridsPanel
from tui.desk.panels.intake import IntakePanel
from tui.desk.panels.panel import Panel
from tui.desk.panels.patrol import PatrolPanel
from tui.desk.panels.queue import QueuePanel
from tui.desk.panels.warnings import WarningsPanel
from tui.desk.screens.pages import PagesScreen
from tui.desk.state import PAGES
from tui.desk.typed import carry_out
from tui.desk.widgets.bar import Bar
from tui.desk.widgets.line import Line
from tui.desk.widgets.strips import footer_parts, header_parts, tab_parts
from tui.desk.widgets.table import Table
from tui.language import tr

if TYPE_CHECKING:
    from tui.desk.app import DeskApp

ORDER = ("grids", "queue", "case", "alerts", "patrol", "devices", "intake", "warnings")
"""Tab goes round in this order."""


class DeskScreen(PagesScreen):
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("desk", "case")
    AUTO_FOCUS = "#grid-table"

    def __init__(self, desk_app: DeskApp) -> None:
        super().__init__(desk_app)
        gateway = desk_app.gateway
        now, zone, profile = gateway.now, gateway.timezone, gateway.profile
        self.grids = GridsPanel(self.desk)
        self.queue = QueuePanel(self.desk, now)
        self.case = CasePanel(self.desk, now, zone, profile)
        self.alerts = AlertsPanel(self.desk, now, zone, profile)
        self.patrol = PatrolPanel(self.desk, now)
        self.devices = DevicesPanel(self.desk, now)
        self.intake = IntakePanel(self.desk, now, zone, profile)
        self.warnings = WarningsPanel(self.desk, now, zone, profile)
        self.panels: dict[str, Panel] = {
            "grids": self.grids, "queue": self.queue, "alerts": self.alerts, "patrol": self.patrol, "case": self.case,
            "devices": self.devices, "intake": self.intake, "warnings": self.warnings,
        }  # fmt: skip
        self.came_from = "queue"
        self.head, self.tabs, self.status, self.foot = Line(), Line(widget_id="tabs"), Line(), Line()
        self.bar = Bar()

    def compose(self) -> ComposeResult:
        yield self.head
        yield self.tabs
        with Horizontal(id="columns"):
            with Vertical(id="left"):
                yield self.grids
            with Vertical(id="middle"):
                yield self.queue
                yield self.case
            with Vertical(id="right"):
                yield self.alerts
                yield self.patrol
        with Vertical(id="pages"):
            yield self.devices
            yield self.intake
            yield self.warnings
        yield self.status
        yield self.bar
        yield self.foot

    def on_mount(self) -> None:
        self.desk.subscribe(self, self.on_topics)
        self.set_class(True, "-at-grids")
        self.say_all()

    def on_resize(self) -> None:
        self.call_after_refresh(self.say_all)

    def on_topics(self, topics: frozenset[str]) -> None:
        self.say_all()

    # --- lines above and below ------------------------------------------------------------------

    def say_all(self) -> None:
        gateway = self.owner.gateway
        officer = self.owner.context.officer
        left, right = header_parts(self.desk, gateway.now(), gateway.timezone, self.size.width, officer)
        self.head.say(*left, tail=right)
        self.tabs.say(*tab_parts(self.desk, self.active, [(n, p.digit, p.heading) for n, p in self.panels.items()]))
        self.say_keys()
        self.say_status()

    def say_status(self) -> None:
        """The last notice; without one the row under the cursor in full."""
        notice = self.desk.notice
        if notice is not None:
            self.status.say((notice.text, "" if notice.good else "bad"))
        else:
            self.status.say(self.panels[self.active].detail() or self._unmanned())

    def _unmanned(self) -> str:
        header = self.desk.header
        return tr("Nobody has this shift: S takes it.") if header and header.shift.officer is None else ""

    def on_screen_suspend(self) -> None:
        self.say_keys(asked=True)

    def on_screen_resume(self) -> None:
        self.say_keys()

    def say_keys(self, *, asked: bool | None = None) -> None:
        """The keys that work right now; while a dialog is open, its keys."""
        dialog = len(self.app.screen_stack) > 1 if asked is None else asked
        areas = ("dialog",) if dialog else ("bar",) if self.bar.open else (*self.panels[self.active].areas, "desk")
        self.foot.say(*footer_parts(areas, self.moves(), self.size.width))

    def moves(self) -> tuple[str, ...] | None:
        """Moves of the case the user stands on; None while there is none."""
        case, target = self.desk.case, self.target()
        return case.moves if case is not None and target is not None and case.row.id == target else None

    def target(self) -> int | None:
        """The case that keys act on here."""
        if self.active == "queue":
            return self.queue.table.cursor_key
        if self.active == "alerts":
            alert = self.alerts.chosen
            return alert.case_id if alert else None
        if self.active == "warnings":
            warning = self.warnings.chosen
            return warning.case_id if warning else None
        return self.desk.case_id if self.active == "case" else None

    # --- panels ---------------------------------------------------------------------------------

    def show(self, name: str) -> None:
        """Make a panel the active one and give it the keys."""
        if name == "case" and self.active != "case":
            self.came_from = self.active
        for other in self.panels:
            self.set_class(other == name, f"-at-{other}")
        self.active = name
        page = next((page for page in PAGES if page == name), None)
        if page != self.desk.page:
            self.desk.turn_to(page)
            self.owner.background(self.owner.loader.shown(), "page")
        self.panels[name].body.focus()
        self.call_after_refresh(self.hold_focus)
        if name == "alerts":
            self.follow_alert()
        elif name == "queue":
            self.owner.follow.stand_on(self.queue.table.cursor_key)
        self.say_all()

    def on_descendant_focus(self) -> None:
        self.hold_focus()

    def hold_focus(self) -> None:
        """The active panel has the keys, also where Textual moved the focus because a panel was hidden."""
        body = self.panels[self.active].body
        if not self.bar.open and not body.has_focus and body.focusable:
            body.focus()

    def action_show_panel(self, name: str) -> None:
        self.show(name)

    def action_next_panel(self, step: int) -> None:
        self.show(ORDER[(ORDER.index(self.active) + step) % len(ORDER)])

    def action_go_in(self) -> None:
        body = self.panels[self.active].body
        if isinstance(body, Table):
            body.action_choose()

    def action_go_back(self) -> None:
        if self.active == "grids":
            self.grids.go_out()
        elif self.active == "case":
            self.show(self.came_from)
        elif self.active == "queue" and self.desk.search:
            self.owner.follow.find("")
        else:
            self.show("grids")

    @on(GridsPanel.Scoped)
    def scope(self, event: GridsPanel.Scoped) -> None:
        self.owner.follow.scope_to(event.grid_id)

    @on(GridsPanel.Leaf)
    def to_queue(self) -> None:
        self.show("queue")

    @on(GridsPanel.Opened)
    def fetch_children(self) -> None:
        self.owner.background(self.owner.loader.board(), "board")

    @on(QueuePanel.Stood)
    def stand(self, event: QueuePanel.Stood) -> None:
        if self.active in ("queue", "grids"):
            self.owner.follow.stand_on(event.case_id)

    @on(QueuePanel.Opened)
    def open_row(self, event: QueuePanel.Opened) -> None:
        if event.case_id is not None:
            self.open_case(event.case_id)

    def open_case(self, case_id: int) -> None:
        self.owner.follow.stand_on(case_id, at_once=True)
        self.show("case")

    @on(QueuePanel.Filtered)
    def filter(self, event: QueuePanel.Filtered) -> None:
        self.queue.next_filter(event.step)
        self.owner.follow.requeue()

    @on(Table.Window)
    def load_rows(self, event: Table.Window) -> None:
        if event.table is self.queue.table:
            self.owner.follow.load_rows(tuple(self.queue.table.window()), event.missing)

    @on(AlertsPanel.Stood)
    def follow_alert(self) -> None:
        if self.active == "alerts" and (alert := self.alerts.chosen) and alert.case_id is not None:
            self.owner.follow.stand_on(alert.case_id)
        if self.active == "alerts":
            self.desk.notice = None
            self.say_status()
        self.say_keys()

    @on(AlertsPanel.Opened)
    def open_alert(self, event: AlertsPanel.Opened) -> None:
        """To its case; without one to its grid."""
        if event.alert.case_id is not None:
            self.open_case(event.alert.case_id)
            return
        rows = self.desk.board.rows if self.desk.board else ()
        self.open_grid(next((row.id for row in rows if row.code == event.alert.grid_code), None))

    @on(PatrolPanel.Stood)
    def follow_patrol(self) -> None:
        if self.active == "patrol":
            self.desk.notice = None
            self.say_status()

    @on(PatrolPanel.Opened)
    def open_patrol(self, event: PatrolPanel.Opened) -> None:
        self.open_grid(event.grid_id)

    def open_grid(self, grid_id: int | None) -> None:
        if grid_id is not None:
            self.grids.show_node(grid_id)
            self.show("grids")

    @on(AlertsPanel.Acknowledge)
    def acknowledge(self, event: AlertsPanel.Acknowledge) -> None:
        self.owner.start_flow(self.owner.flows.acknowledge(event.alert.id))

    @on(AlertsPanel.Everything)
    def everything(self) -> None:
        self.owner.follow.toggle_everything()

    # --- moves ----------------------------------------------------------------------------------

    def act(self, verb: str) -> None:
        """One move on the case the user stands on."""
        case_id = self.target()
        if case_id is None:
            self.owner.flows.say(tr("Choose a case first (2 queue, / search)."), good=False)
        else:
            self.owner.start_flow(self.owner.flows.move(verb, case_id))

    def action_dispatch(self) -> None:
        self.act("dispatch")

    def action_escalate(self) -> None:
        self.act("escalate")

    def action_close_case(self) -> None:
        self.act("close")

    def action_verify(self) -> None:
        self.act("verify")

    def action_urge(self) -> None:
        self.act("urge")

    def action_record(self) -> None:
        self.act("record")

    def action_file(self) -> None:
        self.act("file")

    def action_reopen(self) -> None:
        self.act("reopen")

    def action_more(self) -> None:
        case_id = self.target()
        if case_id is None:
            self.owner.flows.say(tr("Choose a case first (2 queue, / search)."), good=False)
        else:
            self.owner.start_flow(self.owner.flows.more(case_id))

    def action_why(self) -> None:
        case_id = self.target()
        if case_id is not None:
            self.owner.start_flow(self.owner.flows.why(case_id))

    def action_report(self) -> None:
        alert = self.alerts.chosen if self.active == "alerts" else None
        grid = self.desk.grid(self.desk.grid_id)
        code = grid.code if grid is not None and grid.leaf and not grid.unplaced else ""
        self.owner.start_flow(self._report(code, alert))

    async def _report(self, code: str, alert: AlertRow | None) -> None:
        case_id = await self.owner.flows.report(code, alert)
        if case_id is not None:
            self.owner.follow.stand_on(case_id, at_once=True)

    def action_take_shift(self) -> None:
        self.owner.start_flow(self.owner.flows.take_shift())

    def action_sources(self) -> None:
        self.owner.start_flow(self.owner.flows.sources())

    # --- command line ---------------------------------------------------------------------------

    def action_command_bar(self) -> None:
        self.bar.start(":")
        self.say_keys()

    def action_search(self) -> None:
        self.bar.start("/")
        self.say_keys()

    @on(Bar.Left)
    def leave_bar(self) -> None:
        self.bar.stop()
        self.panels[self.active].body.focus()
        self.say_keys()

    @on(Bar.Sent)
    def sent(self, event: Bar.Sent) -> None:
        if event.prompt == "/":
            self.leave_bar()
            self.owner.follow.find(event.line)
            self.show("queue")
            return
        try:
            order = parse(event.line)
        except GriddeskError as error:
            self.owner.flows.refuse(error)
            return
        self.owner.start_flow(carry_out(order, self.owner, self))
