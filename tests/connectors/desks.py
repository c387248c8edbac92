"""A desk's store as a connector sees it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from store.errors import Unavailable
from store.intake import Intake
from tests.conftest import Desk

T = TypeVar("T")


class Direct:
    """`connectors.base.Store` on a desk's store, without a thread; `away` makes it unavailable."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.intake = Intake(desk.store)
        self.away = False

    async def ask(self, question: Callable[[Intake], T]) -> T:
        return self.wait(question)

    def wait(self, question: Callable[[Intake], T]) -> T:
        if self.away:
            raise Unavailable("store_full")
        return question(self.intake)

    def now(self) -> datetime:
        return self.desk.now
