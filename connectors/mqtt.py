"""The one place that talks to MQTT brokers; needs the extra `griddesk[mqtt]` (aiomqtt), imported when it is used.

One subscription with a fixed client id and a session that the broker keeps, QoS 1, and acknowledgements of our own:
they go out when the records are durable. A client object is used once (empicano/aiomqtt#46).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import ssl
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from connectors.base import Broken, Message, Retry, Subscribed
from connectors.health import Vitals
from connectors.lane import Lane
from connectors.subscription import Link

if TYPE_CHECKING:
    import aiomqtt

KEPT_FOR = 7 * 86_400
"""Seconds that the broker keeps our session (MQTT 5)."""
WINDOW = 500
"""Messages that the broker may send before we acknowledge one (MQTT 5)."""
LARGEST = 4 * 1024 * 1024
"""Bytes of a packet that the broker may send (MQTT 5)."""
HEARD = 20
"""Messages that `probe` waits for."""

_REFUSED = {133: "bad_client_id", 134: "credential_refused", 135: "credential_refused", 138: "banned",
            140: "credential_refused"}  # fmt: skip
_OLD_BROKER = 132

log = logging.getLogger("connectors.mqtt")


@runtime_checkable
class Checked(Subscribed, Protocol):
    """A source whose `catch_up` is asked every `check_every` seconds too, not only after a connection."""

    @property
    def check_every(self) -> float: ...


@runtime_checkable
class Resumed(Subscribed, Protocol):
    """A source that remembers something in its cursor."""

    async def resume(self) -> None:
        """Called before the first connection: load it. Raises `Unavailable`."""
        ...


class Inbox(asyncio.Queue[Any]):
    """Stands in for the client's own queue, which has no bound or loses messages: hands each over as it comes."""

    def __init__(self, take: Callable[[Any], None], maxsize: int = 0) -> None:
        super().__init__(maxsize)
        self._take = take

    def put_nowait(self, item: Any) -> None:
        self._take(item)


async def listen(
    source: Subscribed,
    lane: Lane,
    vitals: Vitals,
    *,
    now: Callable[[], datetime],
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    chance: Callable[[], float] = random.random,
    steady: Callable[[], float] = time.monotonic,
) -> None:
    """Until cancelled, over as many connections as it takes; raises `Broken` when trying again cannot help."""
    library()
    from connectors.listener import Listener

    await Listener(source, lane, vitals, now=now, sleep=sleep, chance=chance, steady=steady).run()


async def probe(
    source: Subscribed, seconds: float, *, now: Callable[[], datetime] | None = None
) -> tuple[Message, ...]:
    """Up to 20 messages that come in `seconds`, under an id and with a session that are thrown away.

    Raises `Retry` or `Broken`; the real session and what the broker keeps for it stay untouched.
    """
    library()
    found: list[Message] = []
    enough = asyncio.Event()

    def take(message: aiomqtt.Message) -> None:
        payload = message.payload if isinstance(message.payload, bytes) else b""
        if len(found) < HEARD:
            at = now() if now is not None else datetime.now().astimezone()
            found.append(Message(str(message.topic), payload, message.retain, at))
        if len(found) >= HEARD:
            enough.set()

    client = new_client(source.broker, five=False, inbox=partial(Inbox, take), throwaway=True)
    async with connected(client, source.broker):
        await subscribe(client, source.topics)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(enough.wait(), seconds)
    return tuple(found)


class OldBroker(Exception):
    """The broker does not speak MQTT 5."""


def library() -> None:
    try:
        import aiomqtt  # noqa: F401
    except ImportError:
        raise Broken("missing_extra: pip install 'griddesk[mqtt]'") from None


def new_client(broker: Any, *, five: bool, inbox: Callable[..., Inbox], throwaway: bool = False) -> aiomqtt.Client:
    import aiomqtt
    from paho.mqtt.packettypes import PacketTypes
    from paho.mqtt.properties import Properties

    way: dict[str, Any] = {"clean_session": throwaway}
    if five:
        wishes: Any = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        wishes.SessionExpiryInterval = KEPT_FOR
        wishes.ReceiveMaximum = WINDOW
        wishes.MaximumPacketSize = LARGEST
        way = {"protocol": aiomqtt.ProtocolVersion.V5, "clean_start": False, "properties": wishes}
    try:
        secure = ssl.create_default_context(cafile=broker.ca_file or None) if broker.tls else None
    except (OSError, ssl.SSLError):
        raise Broken("bad_ca_file") from None
    return aiomqtt.Client(
        broker.host, broker.port, username=broker.user or None, password=broker.password or None,
        identifier=f"griddesk-check-{uuid.uuid4().hex[:12]}" if throwaway else broker.client_id,
        keepalive=broker.keepalive, timeout=min(10.0, float(broker.keepalive)), tls_context=secure, logger=log,
        queue_type=inbox, **way,  # type: ignore[arg-type]
    )  # fmt: skip


@contextlib.asynccontextmanager
async def connected(client: aiomqtt.Client, broker: Any) -> AsyncIterator[None]:
    """A connection; what goes wrong with it is a `Retry` or a `Broken` without address and secret."""
    import aiomqtt
    from aiomqtt.exceptions import MqttConnectError

    try:
        await client.__aenter__()
    except MqttConnectError as error:
        code: Any = getattr(error.rc, "value", error.rc)
        if code == _OLD_BROKER:
            raise OldBroker from None
        if code in _REFUSED:
            raise Broken(_REFUSED[code]) from None
        raise Retry(f"refused_{code}") from None
    except aiomqtt.MqttError as error:
        client._client.disconnect()
        raise Retry(_reason(str(error))) from None
    except BaseException:
        client._client.disconnect()
        raise
    try:
        yield
    except aiomqtt.MqttError:
        raise Retry("connection_lost") from None
    finally:
        with contextlib.suppress(aiomqtt.MqttError):
            await client.__aexit__(None, None, None)


def _reason(text: str) -> str:
    small = text.lower()
    if "certificate" in small or "ssl" in small or "tls" in small:
        return "tls"
    return "timeout" if "timed out" in small else "unreachable"


async def subscribe(client: aiomqtt.Client, topics: Sequence[str]) -> None:
    codes = await client.subscribe([(topic, 1) for topic in topics])
    for topic, code in zip(topics, codes, strict=False):
        number: Any = getattr(code, "value", code)
        if number >= 128:
            raise Broken(f"subscription_refused: {topic}")


async def ended(client: aiomqtt.Client) -> None:
    """Returns never; raises `Retry` when the connection ends."""
    import aiomqtt

    try:
        async for _ in client.messages:
            pass
    except aiomqtt.MqttError:
        raise Retry("connection_lost") from None


def pause(client: aiomqtt.Client, link: Link, on: bool) -> None:
    """Stop reading from the broker, or go on: it then has to keep what it has."""
    paho = client._client
    found = paho.socket()
    if found is None or found.fileno() < 0:
        return
    loop = asyncio.get_running_loop()
    if on:
        loop.remove_reader(found.fileno())
        return

    def read() -> None:
        try:
            paho.loop_read()
            while not link.paused and getattr(found, "pending", int)() > 0:
                paho.loop_read()
        except Exception:
            link.failed.set()

    loop.add_reader(found.fileno(), read)
