"""Word to the service manager over $NOTIFY_SOCKET: ready, still alive, stopping (sd_notify(3), without a library)."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.door import Door

PATIENCE = 0.5
"""Part of the watchdog's time within which the store's thread has to answer."""


class Manager:
    """Says nothing where there is no manager (`address` is "") or where it does not listen."""

    def __init__(self, address: str, watchdog: float | None = None) -> None:
        """`watchdog`: seconds within which the manager wants a sign of life; None when it does not."""
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self.watchdog = watchdog

    @classmethod
    def found(cls, environ: Mapping[str, str] = os.environ) -> Manager:
        """The manager that started this process."""
        microseconds = environ.get("WATCHDOG_USEC", "")
        ours = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        watchdog = int(microseconds) / 1e6 if microseconds.isdigit() and int(microseconds) and ours else None
        return cls(environ.get("NOTIFY_SOCKET", ""), watchdog)

    def ready(self, status: str) -> None:
        self._say(f"READY=1\nSTATUS={status}")

    def status(self, text: str) -> None:
        self._say(f"STATUS={text}")

    def stopping(self) -> None:
        self._say("STOPPING=1")

    async def feed(self, door: Door, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Signs of life for as long as this loop turns and the store's thread answers; a store that is away is no
        reason to be started anew, a thread that hangs is one."""
        if self.watchdog is None:
            return
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.watchdog * PATIENCE):
                    await door.ask(lambda intake: None)
                    self._say("WATCHDOG=1")
            await sleep(self.watchdog / 4)

    def _say(self, message: str) -> None:
        if not self._address:
            return
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.setblocking(False)
            out.sendto(message.encode("utf-8"), self._address)
