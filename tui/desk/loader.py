"""Loads what is shown through the gateway into the state; the last good data stays when the store does not answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterable

from store.errors import GriddeskError, Refused
from tui.desk.gateway import Gateway
from tui.desk.state import DeskState, Part


class Loader:
    def __init__(self, gateway: Gateway, state: DeskState) -> None:
        self._gateway, self._state = gateway, state
        self.window: tuple[int, ...] = ()
        """Ids of the queue rows on screen; a refresh renews these and no other."""

    async def everything(self) -> None:
        """One refresh of all parts, each on its own: one that fails keeps its last data and ages."""
        if self._state.board is None:
            await self._part("grids", self._board())
        else:
            await asyncio.gather(self._part("grids", self._board()), self._part("queue", self.queue()))
        await asyncio.gather(
            self._part("header", self._header()),
            self._part("alerts", self.alerts()),
            self._part("patrol", self._patrol()),
            self._part("case", self.case()),
            *((self.shown(),) if self._state.page is not None else ()),
        )

    async def _part(self, part: Part, work: Awaitable[None]) -> None:
        at = self._state.monotonic()
        try:
            await work
        except GriddeskError as error:
            self._state.failed.add(part)
            self._state.trouble = error
            self._state.publish("age")
        else:
            said = part not in self._state.verified or self._state.age_shown(part) is not None
            unknown = self._state.unknown(part)
            self._state.failed.discard(part)
            self._state.confirm(part, at=at)
            if said:
                self._state.publish("age", *((part,) if unknown else ()))

    async def guarded(self, part: Part, work: Awaitable[None]) -> None:
        """One part at the wish of the user, with the same care as a refresh."""
        await self._part(part, work)

    async def shown(self) -> None:
        """The page in the place of the columns, if there is one."""
        match self._state.page:
            case "devices":
                await self._part("devices", self._devices())
            case "intake":
                await self._part("intake", self._intake())
            case "warnings":
                await self._part("warnings", self._warnings())
            case _:
                pass

    async def _devices(self) -> None:
        state = self._state
        state.sources, state.devices = await asyncio.gather(self._gateway.sources(), self._gateway.devices())
        state.publish("devices")

    async def _intake(self) -> None:
        which = self._state.intake_which
        found = await self._gateway.intake(which)
        if which == self._state.intake_which:
            self._state.intake = found
            self._state.publish("intake")

    async def _warnings(self) -> None:
        self._state.warnings = await self._gateway.warnings()
        self._state.publish("warnings")

    async def _header(self) -> None:
        header = await self._gateway.header()
        if self._state.header != header:
            self._state.header = header
            self._state.publish("header")

    async def _board(self) -> None:
        board = await self._gateway.board(frozenset(self._state.unfolded))
        first = self._state.board is None
        differs = first or self._state.board is None or self._state.board.rows != board.rows
        self._state.board = board
        if first and self._state.grid_id is None:
            self._state.grid_id = self._state.worst_start()
            root = board.rows[0].id if board.rows else None
            if root is not None:
                self._state.unfolded.add(root)
            self._state.publish("grids", "scope")
            await self._part("queue", self.queue())
        elif differs:
            self._state.publish("grids")

    async def board(self) -> None:
        """The tree again, after a node of a large one was opened."""
        await self._part("grids", self._board())

    async def queue(self) -> None:
        """Ids of the chosen node and filter, and the rows of the window among them."""
        state = self._state
        if state.search:
            await self._search(state.search)
            return
        scope = (state.grid_id, state.which)
        keys = await self._gateway.keys(*scope)
        if scope != (state.grid_id, state.which) or state.search:
            return
        if state.keys is not None and state.keys.ids == keys.ids:
            keys = type(keys)(state.keys.ids, keys.seq, keys.as_of)
        state.keys = keys
        present = set(keys.ids)
        shown = [case_id for case_id in self.window if case_id in present] or list(keys.ids[:50])
        got = await self._gateway.rows(shown) if shown else ()
        if scope == (state.grid_id, state.which):
            state.rows = {row.id: row for row in got}
            state.publish("queue")

    async def _search(self, words: str) -> None:
        from store.views.queue import Keys

        found = await self._gateway.search(words)
        if self._state.search != words:
            return
        self._state.rows = {row.id: row for row in found}
        self._state.keys = Keys(tuple(row.id for row in found), 0, self._gateway.now())
        self._state.publish("queue")

    async def rows(self, ids: Iterable[int]) -> None:
        """Rows that came on screen; a refresh drops all others, so that none is shown older than the panel says."""
        got = await self._gateway.rows(tuple(ids))
        self._state.rows = self._state.rows | {row.id: row for row in got}
        self._state.publish("queue")

    async def alerts(self) -> None:
        alerts = await self._gateway.alerts(everything=self._state.everything)
        old, self._state.alerts = self._state.alerts, alerts
        if old is None or (old.rows, old.total, old.unacknowledged) != (
            alerts.rows,
            alerts.total,
            alerts.unacknowledged,
        ):
            self._state.publish("alerts")

    async def _patrol(self) -> None:
        patrol = await self._gateway.patrol()
        old, self._state.patrol = self._state.patrol, patrol
        if old is None or old.rows != patrol.rows or old.positions_age != patrol.positions_age:
            self._state.publish("patrol")

    async def case(self) -> None:
        """The case the user stands on; one that is gone leaves the panel empty."""
        wanted = self._state.case_id
        if wanted is None:
            return
        try:
            case, slips = await asyncio.gather(self._gateway.case(wanted), self._gateway.slips(wanted))
        except Refused:
            case, slips = None, ()
        if wanted != self._state.case_id:
            return
        self._state.case, self._state.slips = case, slips
        self._state.publish("case")
