"""What a connector is. An interface's folder has `build(name, table, context)`, which returns one of these shapes:

- `Polled`: the runner asks it for a `Batch` at its own pace (`open311`, `cap`, `sensorthings`, `simulator`);
- `Streamed`: it gives batches as they come over a connection that never ends (`hikvision`);
- `Subscribed`: the MQTT client hands it one message after the other (`chirpstack`, `zigbee2mqtt`);
- `Served`: the HTTP intake server hands it what was sent (`webhook`, `owntracks`);
- `Site`: it answers requests in its own words (`open311_server`);
- `Watching`: it runs by itself until it is cancelled (`folder`).

Outgoing, a folder of `notices` has a `Target`. The runner owns retries, health and delivery; a connector only turns
what it got into records, or one notice into one call.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

from store.intake import AnyRecord, Intake, Rejection
from store.outbox import OwedNotice

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
    doubt: str = ""
    """A good round of a source that is suspect all the same, as a code: it is shown as unknown, not as up."""


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


class Denied(Exception):
    """A request is answered with `status` and nothing of it is kept; `code` is shown at the source.

    Only for what sending again can never help (4xx); our own trouble is an `Overload`.
    """

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


class Undeliverable(Exception):
    """A notice can never go this way (number unknown, refused by the target): the next way is tried at once."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


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
class Streamed(Source, Protocol):
    """Seconds of `interval` without any batch are a silence: the runner connects anew and the source is unknown."""

    def stream(self) -> AsyncIterator[Batch]:
        """Batches without end; each is durable before the next is asked for. Raises `Retry` or `Broken`.

        A batch without records is a sign of life. The end of the iteration counts as `Retry("ended")`.
        """
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Broker:
    """Where a subscription is; `client_id` is fixed, so that the broker keeps what comes while we are away."""

    host: str
    port: int = 1883
    client_id: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    tls: bool = False
    ca_file: str = ""
    keepalive: int = 15


@dataclass(frozen=True, slots=True)
class Message:
    """One MQTT message; `retained` ones say how things stood, not that something happened."""

    topic: str
    payload: bytes
    retained: bool
    received_at: datetime
    fresh: bool = True
    """False for what the broker kept for us while we were away longer than two minutes."""


@runtime_checkable
class Subscribed(Source, Protocol):
    @property
    def broker(self) -> Broker: ...

    @property
    def topics(self) -> tuple[str, ...]:
        """Filters, subscribed with QoS 1 and a persistent session."""
        ...

    def read(self, message: Message) -> Batch:
        """Bytes in, records or rejections out; no input or output."""
        ...

    async def catch_up(self, since: datetime | None) -> Batch:
        """Asked after every (re)connect: what may have been missed since the last message, over another way.

        And then every `check_every` seconds, where the source has that attribute (`connectors.mqtt.Checked`).
        """
        ...

    async def close(self) -> None: ...


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
    method: str = "POST"
    peer: str = ""
    """Address of the sender, for the log of unknown senders."""
    params: Mapping[str, str] = field(default_factory=dict)
    """What the path's `{names}` matched."""


@runtime_checkable
class Served(Source, Protocol):
    @property
    def listen(self) -> tuple[str, int]:
        """Address and port; sources with the same one share a server."""
        ...

    @property
    def path(self) -> str: ...

    @property
    def methods(self) -> tuple[str, ...]:
        """`("POST",)`, or with `GET` too."""
        ...

    @property
    def body_limit(self) -> int:
        """Bytes of a body that are read."""
        ...

    @property
    def answer(self) -> bytes:
        """JSON body of the 200 that says: it is durable."""
        ...

    @property
    def mute(self) -> bool:
        """Close the connection instead of answering an error, since the sender discards what got one."""
        ...

    def admits(self, headers: Mapping[str, str]) -> bool:
        """Whether the credentials are right, checked in constant time before the body is read."""
        ...

    def read(self, post: Post) -> Batch:
        """Bytes in, records or rejections out, no input or output; raises `Denied`, e.g. for a wrong signature."""
        ...


@dataclass(frozen=True, slots=True)
class Reply:
    """What a `Site` answers."""

    status: int
    body: bytes = b""
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


Put = Callable[[Batch], Awaitable[None]]
"""Returns once the batch is durable; raises `Overload`."""


@runtime_checkable
class Site(Source, Protocol):
    @property
    def listen(self) -> tuple[str, int]: ...

    @property
    def routes(self) -> tuple[tuple[str, str], ...]:
        """(method, path) pairs; a path may hold `{names}`."""
        ...

    @property
    def body_limit(self) -> int: ...

    async def respond(self, post: Post, put: Put) -> Reply:
        """The answer; raises `Denied`. `Overload` of `put` may pass through: it becomes a 503."""
        ...


@runtime_checkable
class Watching(Source, Protocol):
    async def run(self, vitals: Vitals) -> None:
        """Until cancelled; raises `Retry` or `Broken`, reports good rounds through `vitals`."""
        ...


@dataclass(frozen=True, slots=True)
class Sent:
    """A target has taken a notice."""

    reference: str = ""
    """What the target calls it."""
    seen: bool = False
    """True where taking it proves that the recipient has it."""


@runtime_checkable
class Target(Protocol):
    """One configured [notices.NAME]."""

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> str: ...

    @property
    def per_minute(self) -> float:
        """Messages a minute that the other side bears; the courier keeps below it and folds the rest."""
        ...

    @property
    def citizen_words(self) -> bool:
        """Whether the citizen's own words may go this way (`citizen_words = true`); else number and place only."""
        ...

    async def send(self, notice: OwedNotice) -> Sent:
        """One call. Raises `Retry` (with the wait it asked for), `Undeliverable`, or `Broken` (credential refused)."""
        ...

    async def check(self) -> str:
        """Whether the target can be reached, without telling anyone anything; raises as `send` does."""
        ...

    async def close(self) -> None: ...


@runtime_checkable
class Replayable(Protocol):
    """A source whose parser can be tried on a captured payload (`griddesk connector replay`).

    `Served` and `Subscribed` sources need not have it: their `read` is asked with the given path, headers, query or
    topic. One whose `read` checks a signature has it, and leaves the signature out.
    """

    def replay(self, data: bytes, given: Mapping[str, str], now: datetime) -> Batch:
        """What `data` would become; no input or output, no memory of earlier messages.

        `given` is a refused item's `context` or what the command line says: `topic`, `path`, `file` (a name, for its
        ending), `content_type`, `header:NAME`, `query:NAME`. Nothing in it is sure to be there. Raises `Denied`,
        `Retry` or `Broken` for a payload that cannot be read at all.
        """
        ...


AnySource = Polled | Streamed | Subscribed | Served | Site | Watching
Builder = Callable[[str, Mapping[str, Any], Context], AnySource]
"""`build(name, table, context)`; `table` is [connectors.NAME] without `kind` and `enabled`. Raises BadInput."""
TargetBuilder = Callable[[str, Mapping[str, Any], Context], Target]
"""`build(name, table, context)` of one [notices.NAME]. Raises BadInput."""
