"""Calls of the store, off the event loop, in four threads of its own (B4)."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from store.errors import GriddeskError, Refused, Unavailable

if TYPE_CHECKING:
    from store.actions.house.opening import Store
    from store.profiles.model import Profile
    from store.rules.state import Actor

T = TypeVar("T")

THREADS = 4

log = logging.getLogger("griddesk.gateway")


class Calls:
    """One open store and who acts on it; every method may raise `GriddeskError` and nothing else."""

    config = ""
    """The settings file of this desk, where it was given one."""
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

    async def actor(self) -> Actor:
        """The officer at this desk with his powers; read again after every refusal for want of one."""
        if self._actor is None:
            from store.rules.state import Actor
            from store.views.people import actor

            if not self._officer:
                return Actor("", "", "officer", frozenset())
            self._actor = await self._view(actor, self.profile, self._officer)
        return self._actor

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
