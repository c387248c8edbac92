"""What the desk knows: the last good data of each part, how true it is, and what is half typed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from textual.dom import DOMNode
from textual.signal import Signal

from store.errors import GriddeskError
from store.views.alerts import Alerts
from store.views.case import CaseView
from store.views.devices import Devices
from store.views.grids import Board, GridRow
from store.views.header import Header
from store.views.intake import Intake
from store.views.intake import Which as IntakeWhich
from store.views.notices import Slip
from store.views.patrol import Patrol
from store.views.queue import Keys, QueueRow, Which
from store.views.sources import Sources
from store.views.warnings import Warnings

Part = Literal["header", "grids", "queue", "alerts", "patrol", "case", "devices", "intake", "warnings"]
PARTS: tuple[Part, ...] = ("header", "grids", "queue", "alerts", "patrol", "case", "devices", "intake", "warnings")
PAGES: tuple[Part, ...] = ("devices", "intake", "warnings")
"""Panels that take the whole screen; each is loaded only while it is shown."""
FILTERS: tuple[Which, ...] = ("open", "undispatched", "near", "overdue", "booked", "closed")

OLD_SECONDS = 5.0
"""Data older than this says so."""
UNKNOWN_SECONDS = 30.0
"""Data older than this is unknown (design.md, principle 6)."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One line about the last action; `good` False is a refusal or trouble."""

    text: str
    good: bool = True


@dataclass(slots=True)
class DeskState:
    monotonic: Callable[[], float] = time.monotonic
    header: Header | None = None
    board: Board | None = None
    keys: Keys | None = None
    rows: dict[int, QueueRow] = field(default_factory=dict)
    alerts: Alerts | None = None
    patrol: Patrol | None = None
    case: CaseView | None = None
    slips: tuple[Slip, ...] = ()
    """How far the orders of the case came."""
    typed: tuple[int, str] | None = None
    """(case, unit) of an order that is on its way into the store."""
    page: Part | None = None
    """The page that is shown in the place of the columns."""
    sources: Sources | None = None
    devices: Devices | None = None
    intake: Intake | None = None
    intake_which: IntakeWhich = "waiting"
    warnings: Warnings | None = None
    grid_id: int | None = None
    """Node whose queue is shown; None is all."""
    which: Which = "open"
    search: str = ""
    """Words searched for; while not empty the queue shows what was found."""
    everything: bool = False
    """Also acknowledged and cleared alerts."""
    case_id: int | None = None
    unfolded: set[int] = field(default_factory=set)
    drafts: dict[str, str] = field(default_factory=dict)
    """Half-typed text by field; outlives dialogs, language switches and a restart."""
    notice: Notice | None = None
    trouble: GriddeskError | None = None
    """Why the store does not answer; None while it does."""
    keeper: str = ""
    """State of the connectors' process."""
    verified: dict[Part, float] = field(default_factory=dict)
    failed: set[Part] = field(default_factory=set)
    """Parts whose last load did not succeed; the feed's word does not make them true."""
    _signal: Signal[frozenset[str]] | None = None

    def open_signal(self, owner: DOMNode) -> None:
        self._signal = Signal(owner, "desk-state")

    def subscribe(self, node: DOMNode, callback: Callable[[frozenset[str]], None]) -> None:
        if self._signal is not None:
            self._signal.subscribe(node, callback)

    def publish(self, *topics: str) -> None:
        """Tell every subscriber which parts differ from before."""
        if self._signal is not None:
            self._signal.publish(frozenset(topics))

    # --- how true it is -------------------------------------------------------------------------

    def confirm(self, *parts: Part, at: float | None = None) -> None:
        """These parts were true at `at` (default: this moment)."""
        moment = self.monotonic() if at is None else at
        for part in parts:
            self.verified[part] = max(moment, self.verified.get(part, moment))

    def age(self, part: Part) -> float | None:
        """Seconds since the part was known to be true; None when it never was."""
        return None if part not in self.verified else max(0.0, self.monotonic() - self.verified[part])

    def turn_to(self, page: Part | None) -> None:
        """Show a page, or the columns again; what a page held before is not known to be true any more."""
        for other in PAGES:
            if other != page:
                self.verified.pop(other, None)
                self.failed.discard(other)
        self.page = page

    def heard(self, at: float) -> None:
        """The store answered at `at` that nothing changed: what was loaded is still true."""
        self.confirm(*(part for part in PARTS if part in self.verified and part not in self.failed), at=at)

    def ages(self) -> tuple[object, ...]:
        """What of the ages is on screen; differs when something must be painted."""
        code = self.trouble.code if self.trouble else ""
        return (code, self.keeper, *((self.age_shown(part), self.unknown(part)) for part in PARTS))

    def unknown(self, part: Part) -> bool:
        age = self.age(part)
        return age is not None and age > UNKNOWN_SECONDS

    def age_shown(self, part: Part) -> float | None:
        """The age to show, in steps that do not repaint a slow line each second; None while it is young."""
        age = self.age(part)
        if age is None or age <= OLD_SECONDS:
            return None
        return age // 5 * 5 if age < 60 else age // 60 * 60

    # --- the tree -------------------------------------------------------------------------------

    def grid(self, grid_id: int | None) -> GridRow | None:
        rows = self.board.rows if self.board else ()
        return next((row for row in rows if row.id == grid_id), None)

    def worst_start(self) -> int | None:
        """The node to start on: the worst child of the root."""
        rows = self.board.rows if self.board else ()
        if not rows:
            return None
        root = rows[0]
        return next((row.id for row in rows if row.parent_id == root.id and not row.unplaced), root.id)
