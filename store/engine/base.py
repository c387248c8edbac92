"""What the rest of the store may ask of an engine."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from sqlmodel import Session

from store.engine.place import Place

F = TypeVar("F", bound=Callable[..., Any])


def beside_others(function: F) -> F:
    """Mark a transaction whose checks rest on rows that it locks and on unique keys alone (`Database.writing`)."""
    function.beside_others = True  # type: ignore[attr-defined]
    return function


def may_run_beside_others(function: Callable[..., Any]) -> bool:
    """Whether `function` carries the mark of `beside_others`."""
    return bool(getattr(function, "beside_others", False))


class Database(ABC):
    """One store's transactions. Thread-safe; every method may raise `Unavailable`."""

    read_only = False
    """True where nothing can be written: a read-only file, a role without the right, a standby server."""

    def __init__(self, place: Place) -> None:
        self.place = place

    @abstractmethod
    def reading(self) -> AbstractContextManager[Session]:
        """A read transaction on one unchanging state of the store; keep it short."""

    @abstractmethod
    def writing(self, *, beside: bool = False) -> AbstractContextManager[Session]:
        """A write transaction that is durable once the block ends without an error.

        Nobody else writes meanwhile, so what was checked inside still holds at the end. With `beside` others that say
        the same may run next to it where the engine can: for what rests on rows it locks and on unique keys alone.
        """

    @abstractmethod
    def changed(self) -> bool:
        """Whether any commit happened since the last call; costs microseconds. One caller thread."""

    @abstractmethod
    def schema(self) -> str | None:
        """Version of the schema found; None where the place holds no store yet."""

    @abstractmethod
    def close(self) -> None: ...
