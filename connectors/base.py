"""What a connector is. An interface's folder has `build(name, table, context)`, which returns one of three shapes:

- `Polled`: the runner asks it for a `Batch` at its own pace (`open311`, `frigate`, `simulator`);
- `Served`: the HTTP intake server hands it what was posted (`owntracks`);
- `Watching`: it runs by itself until it is cancelled (`folder`).

The runner owns retries, health and delivery; a connector only turns what it got into records.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

from store.intake import AnyRecord, Intake, Rejection

if TYPE_CHECKING:
    from connectors.health import Vitals

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Batch:
    """What one round brought. `cursor` is stored in the same transaction as the last of `records`.

    Records are delivered under their own `source`; usually that is the connector's name.
    """

    records: tuple[AnyRecord, ...] = ()
    rejections: tuple[Rejection, ...] = ()
    cursor: str | None = None
    """Where the next round goes on; None leaves the stored one as it is."""
    again: bool = False
    """More is waiting: ask again without the usual wait."""
    ignored: int = 0
    """Well-formed items that mean nothing to us."""


class Retry(Exception):
    """The other side cannot serve us now; the runner waits `after` seconds, or backs off."""

    def __init__(
        self, code: str, after: float | None = None, *, status: int | None = None,
        rejections: tuple[Rejection, ...] = (),
    ) -> None:  # fmt: skip
        super().__init__(code)
        self.code = code
        self.after = after
        self.status = status
        self.rejections = rejections


class Broken(Exception):
    """Trying again cannot help (bad credential, changed schema): this source stops and shows, others go on."""

    def __init__(self, code: str, rejections: tuple[Rejection, ...] = ()) -> None:
        super().__init__(code)
        self.code = code
        self.rejections = rejections


class Overload(Exception):
    """Nothing was stored, the sender must keep what it has; `dropped` says whether it was counted as lost."""

    def __init__(self, code: str, *, dropped: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.dropped = dropped


class Store(Protocol):
    """The store as a connector sees it; see `connectors.door.Door`."""

    async def ask(self, question: Callable[[Intake], T]) -> T:
        """Run `question` on the one thread that talks to the store; raises `Unavailable`."""
        ...

    def wait(self, question: Callable[[Intake], T]) -> T:
        """The same from a worker thread; never call it on the event loop."""
        ...

    def now(self) -> datetime:
        """The store's time, aware UTC, without asking the store."""
        ...


@dataclass(frozen=True, slots=True)
class Context:
    """What a builder may use."""

    store: Store
    timezone: str
    """IANA zone of the centre, for sources whose times have none."""
    folder: Path = field(default_factory=Path)
    """Relative paths of the configuration start here."""
    sleep: Callable[[float], Awaitable[None]] | None = None
    """Replaces asyncio.sleep in tests."""


class Source(Protocol):
    """What all shapes share."""

    @property
    def name(self) -> str:
        """The configured name: `source` of every record, key of cursor and health."""
        ...

    @property
    def kind(self) -> str: ...

    @property
    def interval(self) -> float:
        """Seconds between good rounds; of a served source, the longest silence that is normal."""
        ...


@runtime_checkable
class Polled(Source, Protocol):
    async def fetch(self, cursor: str | None) -> Batch:
        """One round; raises `Retry` or `Broken`. A bad item is a `Rejection`, never an exception."""
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Post:
    """One request to the intake server, its body complete; header names are lower case."""

    path: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    received_at: datetime


@runtime_checkable
class Served(Source, Protocol):
    @property
    def listen(self) -> tuple[str, int]:
        """Address and port; sources with the same one share a server."""
        ...

    @property
    def path(self) -> str: ...

    @property
    def answer(self) -> bytes:
        """JSON body of the 200 that says: it is durable."""
        ...

    @property
    def mute(self) -> bool:
        """Close the connection instead of answering an error, since the sender discards what got one."""
        ...

    def admits(self, headers: Mapping[str, str]) -> bool:
        """Whether the credentials are right, checked in constant time."""
        ...

    def read(self, post: Post) -> Batch:
        """Pure: bytes in, records or rejections out."""
        ...


@runtime_checkable
class Watching(Source, Protocol):
    async def run(self, vitals: Vitals) -> None:
        """Until cancelled; raises `Retry` or `Broken`, reports good rounds through `vitals`."""
        ...


AnySource = Polled | Served | Watching
Builder = Callable[[str, Mapping[str, Any], Context], AnySource]
"""`build(name, table, context)`; `table` is [connectors.NAME] without `kind` and `enabled`. Raises BadInput."""
