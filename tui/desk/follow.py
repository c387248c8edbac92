"""What the user stands on: the queue follows the tree, the case follows the queue, once the cursor rests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from textual.app import App
from textual.timer import Timer

from tui.desk.loader import Loader
from tui.desk.state import DeskState, Part


class Follow:
    def __init__(self, app: App[Any], loader: Loader, state: DeskState, rest_seconds: float) -> None:
        self._app, self._loader, self._state, self._rest = app, loader, state, rest_seconds
        self._waiting: dict[str, Timer] = {}

    def _later(self, name: str, seconds: float, callback: Callable[[], object]) -> None:
        """Once after `seconds`; called again under the same name it starts anew."""
        if name in self._waiting:
            self._waiting[name].stop()
        if seconds <= 0:
            callback()
        else:
            self._waiting[name] = self._app.set_timer(seconds, callback)

    def _load(self, part: Part, group: str, work: Callable[[], Awaitable[None]]) -> None:
        self._app.run_worker(self._loader.guarded(part, work()), group=group, exit_on_error=False)

    def scope_to(self, grid_id: int) -> None:
        """Show the queue of a node."""
        if (self._state.grid_id, self._state.search) != (grid_id, ""):
            self._state.grid_id, self._state.search = grid_id, ""
            self._later("queue", self._rest, self.requeue)

    def requeue(self) -> None:
        """Load the queue anew: another node, filter or search."""
        self._loader.window = ()
        self._load("queue", "queue", self._loader.queue)

    def find(self, words: str) -> None:
        """Show what a search finds; without words the queue of the node again."""
        self._state.search = words
        self.requeue()

    def stand_on(self, case_id: int | None, *, at_once: bool = False) -> None:
        """Show a case in the case panel."""
        if case_id != self._state.case_id:
            self._state.case_id = case_id
            self._later("case", 0 if at_once else self._rest, self._load_case)

    def _load_case(self) -> None:
        if self._state.case_id is None:
            self._state.case = None
            self._state.publish("case")
        else:
            self._load("case", "case", self._loader.case)

    def load_rows(self, window: tuple[int, ...], missing: tuple[int, ...]) -> None:
        """Rows that came on screen."""
        self._loader.window = window
        self._load("queue", "rows", lambda: self._loader.rows(missing))

    def toggle_everything(self) -> None:
        """Alerts with or without those acknowledged and cleared."""
        self._state.everything = not self._state.everything
        self._load("alerts", "alerts", self._loader.alerts)
