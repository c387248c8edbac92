"""Every call of the store, off the event loop, in four threads of its own (B4); nothing else in the desk touches it."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from store.errors import GriddeskError, Refused, Unavailable

if TYPE_CHECKING:
    from store.actions.opening import Store
    from store.profiles.model import Profile
    from store.rules.commands import Command
    from store.rules.state import Actor
    from store.views.alerts import Alerts
    from store.views.case import CaseView
    from store.views.grids import Board
    from store.views.header import Header
    from store.views.patrol import Patrol
    from store.views.queue import Keys, QueueRow, Which
    from store.views.units import UnitRow
    from store.views.why import WhyLine

T = TypeVar("T")

THREADS = 4

log = logging.getLogger("griddesk.gateway")


def new_request() -> str:
    """A fresh request id: sent again with the same one, an action is done once."""
    return uuid.uuid4().hex


class Gateway:
    """Asynchronous face of one open store; every method may raise `GriddeskError` and nothing else."""

    under_way = 0
    """Calls of the store that have not come back yet."""

    def __init__(self, store: Store, officer: str) -> None:
        self._store = store
        self._officer = officer
        self._actor: Actor | None = None
        self._threads = ThreadPoolExecutor(THREADS, "gateway")
        self._watch = ThreadPoolExecutor(1, "feed")

    @property
    def profile(self) -> Profile:
        return self._store.profile

    @property
    def timezone(self) -> str:
        return self._store.timezone

    @property
    def speed(self) -> float:
        return self._store.speed

    def now(self) -> datetime:
        """The store's time, aware UTC; costs no call of the store."""
        return self._store.now()

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

    async def actor(self) -> Actor:
        """The officer at this desk with his powers; read again after every refusal for want of one."""
        if self._actor is None:
            from store.rules.state import Actor
            from store.views.people import actor

            if not self._officer:
                return Actor("", "", "officer", frozenset())
            self._actor = await self._view(actor, self.profile, self._officer)
        return self._actor

    async def move(self, case_id: int, command: Command, expected_version: int | None, request_id: str) -> int:
        from store.actions.cases import move

        return await self._act(move, case_id, command, expected_version=expected_version, request_id=request_id)

    async def report(self, request_id: str, **facts: Any) -> int:
        from store.actions.cases import report

        return await self._act(report, request_id=request_id, **facts)

    async def acknowledge(self, alert_id: int, request_id: str, note: str = "") -> None:
        from store.actions.alerts import acknowledge

        await self._act(acknowledge, alert_id, note=note, request_id=request_id)

    async def take_shift(self, request_id: str) -> None:
        from store.actions.shifts import start

        await self._act(start, self.timezone, request_id)

    def close(self) -> None:
        """Wait for nothing; calls under way end in their threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._watch.shutdown(wait=False, cancel_futures=True)

    async def _view(self, view: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        def read() -> T:
            with self._store.read() as session:
                return view(session, *args, **kwargs)

        return await self._call(read)

    async def _act(self, action: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        if not self._officer:
            raise Refused("nobody_here")
        actor = await self.actor()
        try:
            return await self._call(
                partial(self._store.write, action, self.profile, actor, self.now(), *args, **kwargs)
            )
        except Refused as refused:
            if refused.code == "no_power":
                self._actor = None
            raise

    async def _call(self, work: Callable[[], T], threads: ThreadPoolExecutor | None = None) -> T:
        self.under_way += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(threads or self._threads, work)
        except GriddeskError:
            raise
        except Exception as error:
            reference = uuid.uuid4().hex[:8]
            log.exception("reference %s", reference)
            raise Unavailable("defect", reference=reference, error=type(error).__name__) from None
        finally:
            self.under_way -= 1
