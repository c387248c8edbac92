"""Every call of the store, off the event loop; nothing else in the desk touches it."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from tui.desk.reporting import Reporting

if TYPE_CHECKING:
    from store.rules.commands import Command
    from store.views.alerts import Alerts
    from store.views.case import CaseView
    from store.views.grids import Board
    from store.views.header import Header
    from store.views.patrol import Patrol
    from store.views.queue import Keys, QueueRow, Which
    from store.views.units import UnitRow
    from store.views.why import WhyLine


def new_request() -> str:
    """A fresh request id: sent again with the same one, an action is done once."""
    return uuid.uuid4().hex


class Gateway(Reporting):
    """Asynchronous face of one open store; every method may raise `GriddeskError` and nothing else."""

    async def changed(self) -> bool:
        return await self._call(self._store.changed, threads=self._watch)

    async def header(self) -> Header:
        return await self._call(self._store.header)

    async def board(self, opened: Collection[int] = ()) -> Board:
        """The tree; of a large one only the root and the nodes below `opened`."""
        from store.views.gridpages import board

        return await self._view(board, self.profile, self.now(), frozenset(opened))

    async def keys(self, grid_id: int | None, which: Which) -> Keys:
        from store.views.queue import keys

        return await self._view(keys, self.profile, self.now(), grid_id, which)

    async def rows(self, ids: Sequence[int]) -> tuple[QueueRow, ...]:
        from store.views.queue import rows

        return await self._view(rows, self.profile, self.now(), tuple(ids))

    async def alerts(self, *, everything: bool = False) -> Alerts:
        from store.views.alerts import alerts

        return await self._view(alerts, self.profile, self.now(), everything=everything)

    async def patrol(self) -> Patrol:
        from store.views.patrol import patrol

        return await self._view(patrol, self.profile, self.now(), self.timezone)

    async def case(self, case_id: int) -> CaseView:
        from store.views.case import case

        return await self._view(case, self.profile, self.now(), case_id, await self.actor())

    async def why(self, case_id: int, clock: str | None = None) -> tuple[WhyLine, ...]:
        from store.views.why import why

        return await self._view(why, self.profile, case_id, clock, self.timezone)

    async def find(self, text: str) -> int:
        from store.views.case import find

        return await self._view(find, text)

    async def proposals(self, case_id: int | None) -> tuple[UnitRow, ...]:
        from store.views.units import proposals

        return await self._view(proposals, self.profile, case_id)

    async def search(self, text: str) -> tuple[QueueRow, ...]:
        from store.views.search import search

        return await self._view(search, self.profile, self.now(), text)

    async def move(self, case_id: int, command: Command, expected_version: int | None, request_id: str) -> int:
        from store.actions.loop.cases import move

        return await self._act(move, case_id, command, expected_version=expected_version, request_id=request_id)

    async def report(self, request_id: str, **facts: Any) -> int:
        from store.actions.loop.cases import report

        return await self._act(report, request_id=request_id, **facts)

    async def acknowledge(self, alert_id: int, request_id: str, note: str = "") -> None:
        from store.actions.loop.alerts import acknowledge

        await self._act(acknowledge, alert_id, note=note, request_id=request_id)

    async def take_shift(self, request_id: str) -> None:
        from store.actions.people.shifts import start

        await self._act(start, self.timezone, request_id)
