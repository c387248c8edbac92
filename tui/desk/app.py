"""The full-screen desk: wires gateway, feed, state and screens together; rules and data live elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, ClassVar

from textual import events
from textual.app import App
from textual.binding import BindingType
from textual.filter import LineFilter, NoColor
from textual.geometry import Size
from textual.reactive import Reactive
from textual.screen import Screen
from textual.widgets import Input
from textual.worker import Worker, WorkerState

from tui import language, themes
from tui.desk import keys, lifecycle
from tui.desk.context import Context
from tui.desk.feed import Changed, Feed, FeedState, Pacer, Pause
from tui.desk.flows import Flows
from tui.desk.follow import Follow
from tui.desk.gateway import Gateway
from tui.desk.guard import Guard
from tui.desk.loader import Loader
from tui.desk.pageflows import PageFlows
from tui.desk.paste import HOLD, PasteDetector, Verdict
from tui.desk.screens.help import HelpScreen
from tui.desk.screens.main import DeskScreen
from tui.desk.screens.small import LEAST_HEIGHT, LEAST_WIDTH, SmallScreen
from tui.desk.screens.trouble import TroubleScreen
from tui.desk.state import PARTS, DeskState, Notice, Part
from tui.desk.widgets.dialog import Ask
from tui.language import N_, tr


class DeskApp(App[int], inherit_bindings=False):
    CSS_PATH = Path(__file__).with_name("desk.tcss")
    TITLE = "Griddesk"
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("app")
    theme: Reactive[str] = Reactive("ansi-dark")

    def __init__(self, context: Context, gateway: Gateway | None = None, pause: Pause = asyncio.sleep) -> None:
        themes.set_theme(context.theme)
        super().__init__()
        self.animation_level = "none"
        self.set_reactive(DeskApp.theme, "ansi-light" if context.theme == "light" else "ansi-dark")
        language.set_language(context.language)
        self.context = context
        self.desk = DeskState()
        self.desk.drafts.update({name: str(text) for name, text in context.kept.items()})
        if gateway is None:
            assert context.store is not None
            gateway = Gateway(context.store, context.officer)
        self.gateway = gateway
        gateway.config = context.config
        self.loader = Loader(gateway, self.desk)
        self.pacer = Pacer(self.loader.everything, pause)
        self.feed = Feed(gateway, self.post_message, pause)
        self.follow = Follow(self, self.loader, self.desk, context.follow_seconds)
        self.flows = Flows(self, gateway, self.desk, self.pacer.want)
        self.pages = PageFlows(self, gateway, self.desk, self.flows, self.pacer.want)
        self.paste = PasteDetector(enabled=context.paste_guard)
        self.held = 0
        """Keys that wait to be judged."""
        self.crash_reference = ""
        self._flow: Worker[Any] | None = None
        self._ages: tuple[object, ...] = ()
        self._unknown: list[Part] = []

    # --- life -----------------------------------------------------------------------------------

    def get_default_screen(self) -> Screen[Any]:
        return DeskScreen(self)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's own, no colour where none is wanted, and the guard last (B1, B7)."""
        plain = [NoColor()] if themes.theme() == "mono" else []
        return [*super().get_line_filters(), *plain, Guard()]

    @property
    def main(self) -> DeskScreen:
        screen = self.screen_stack[0]
        assert isinstance(screen, DeskScreen)
        return screen

    def on_mount(self) -> None:
        self.desk.open_signal(self)
        lifecycle.watch_signals(self)
        self.app_resume_signal.subscribe(self, lambda _: self.action_repaint())

    def on_ready(self) -> None:
        if self.context.notice:
            self.desk.notice = Notice(self.context.notice)
        if self.context.trouble:
            self.push_screen(TroubleScreen(self.context.trouble), self._after_trouble)
        self.background(self.pacer.run, "pacer")
        self.background(self.feed.run, "feed")
        if self.context.keeper is not None:
            self.context.keeper.tell = self._keeper_said
            self.background(self.context.keeper.run, "keeper")
        self.pacer.want()
        self._next_minute()
        self._check_size(self.size)

    def _after_trouble(self, again: bool | None) -> None:
        if not again:
            self.exit(lifecycle.DEFECT)

    async def on_unmount(self) -> None:
        self.context.kept = dict(self.desk.drafts)
        if self.context.keeper is not None:
            await self.context.keeper.stop()
        self.gateway.close()

    def _fatal_error(self) -> None:
        """Instead of a traceback with local variables on the terminal: a plain one in a file (B5)."""
        self.crash_reference = lifecycle.write_crash(self._exception)
        self._close_messages_no_wait()

    def background(self, work: Callable[[], Awaitable[Any]] | Coroutine[Any, Any, Any], group: str) -> Worker[Any]:
        return self.run_worker(work, group=group, exit_on_error=False)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.state is WorkerState.ERROR:
            reference = lifecycle.write_crash(event.worker.error)
            self.flows.say(tr("Something failed inside; log {reference}.", reference=reference), good=False)
            if event.worker.group in ("pacer", "feed"):
                again = self.pacer.run if event.worker.group == "pacer" else self.feed.run
                self.set_timer(1.0, lambda: self.background(again, event.worker.group))

    # --- truth and time -------------------------------------------------------------------------

    def on_changed(self, message: Changed) -> None:
        self.pacer.want()

    def on_feed_state(self, message: FeedState) -> None:
        self.desk.trouble = message.error
        if message.error is None and self.pacer.idle:
            self.desk.heard(message.at)
            if self.desk.failed:
                self.pacer.want()
        self._show_ages()

    def _show_ages(self) -> None:
        """Titles only where an age differs; whole panels where they became unknown, or known again."""
        ages, unknown = self.desk.ages(), [part for part in PARTS if self.desk.unknown(part)]
        if ages != self._ages:
            turned = set(unknown) ^ set(self._unknown)
            self._ages, self._unknown = ages, unknown
            self.desk.publish("age", *turned)

    def _keeper_said(self, state: str) -> None:
        self.desk.keeper = state
        self._show_ages()

    def _next_minute(self) -> None:
        """Wake at the next full minute of the store's clock, which may run fast."""
        now, speed = self.gateway.now(), max(1.0, self.gateway.speed)
        left = 60 - now.second - now.microsecond / 1e6
        self.set_timer(max(1.0, left / speed), self._minute)

    def _minute(self) -> None:
        self.desk.publish("minute")
        self.pacer.want()
        self._next_minute()

    # --- actions of the user --------------------------------------------------------------------

    def start_flow(self, work: Coroutine[Any, Any, Any]) -> None:
        """One at a time: a key pressed while another action is under way is told so."""
        if self._flow is not None and not self._flow.is_finished:
            work.close()
            self.flows.say(tr("Wait: the last action is not done yet."), good=False)
            return
        self._flow = self.background(work, "flow")

    def action_switch_language(self) -> None:
        language.set_language("en" if language.language() == "zh" else "zh")
        self.desk.notice = None
        self.desk.publish("language")

    def action_repaint(self) -> None:
        self.screen.refresh(layout=True)

    def action_leave(self) -> None:
        """Also while an action waits for a store that does not answer."""
        self.background(self._leave(), "leave")

    async def _leave(self) -> None:
        lines = [(tr("The connectors stop with this desk."),)] if self.desk.keeper == "running" else []
        answers = [("yes", N_("quit")), ("no", N_("stay"))]
        if await self.push_screen_wait(Ask(self.desk, N_("Leave the desk?"), lines, answers)) == "yes":
            self.exit(0)

    def action_help(self) -> None:
        self.push_screen(HelpScreen(self.desk, self.main.panels[self.main.active].areas))

    # --- keys before anybody sees them ----------------------------------------------------------

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key) and not event.is_forwarded and self._swallowed(event):
            return
        if isinstance(event, events.Paste) and not event.is_forwarded and not isinstance(self.focused, Input):
            self.flows.say(tr("Pasted text ignored."), good=False)
            return
        await super().on_event(event)

    def _swallowed(self, event: events.Key) -> bool:
        """Pasted text that arrives as keys is no keys (B6)."""
        character, enter = (event.character if event.is_printable else None), event.key == "enter"
        verdict = self.paste.feed(character, event.time, typing=isinstance(self.focused, Input), enter=enter)
        if verdict is Verdict.SWALLOW:
            self._say_pasted()
        elif verdict is Verdict.HOLD:
            # Behind the timer wait once more for the queue: keys that came meanwhile must have been judged.
            self.held += 1
            self.set_timer(HOLD, lambda: self.call_later(self._judge, event))
        return verdict is not Verdict.PASS

    async def _judge(self, event: events.Key) -> None:
        self.held -= 1
        if self.paste.alone(event.time):
            await super().on_event(event)
        else:
            self._say_pasted()

    def _say_pasted(self) -> None:
        self.flows.say(tr("Keys came too fast for a hand: ignored as pasted text."), good=False)

    def on_resize(self, event: events.Resize) -> None:
        self._check_size(event.size)

    def _check_size(self, size: Size) -> None:
        small = size.width < LEAST_WIDTH or size.height < LEAST_HEIGHT
        shown = isinstance(self.screen, SmallScreen)
        if small and not shown:
            self.push_screen(SmallScreen())
        elif shown and not small:
            self.pop_screen()


def run(context: Context) -> int:
    """Run the desk to its end and give back the exit status: 0, 2 wrong terminal, 70 defect, 129, 143."""
    return lifecycle.supervise(context, DeskApp)
