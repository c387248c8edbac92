"""Text messages through the spool folders of gammu-smsd: `kind = "sms_spool"` (research/connectors.md 3.4)."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC
from pathlib import Path
from typing import Any

from pydantic import Field

from connectors.base import Broken, Context, Retry, Sent, Undeliverable
from connectors.notices.posting import TargetSettings
from connectors.settings import read
from connectors.text import clean
from store.outbox import OwedNotice

NUMBER = re.compile(r"\+?[0-9]{3,20}")
LOOK = 0.5
"""Seconds between two looks for what became of a file."""
PRIORITIES = {1: "A", 2: "J", 3: "S"}
"""Letters by which the daemon sorts."""


class SmsSpoolSettings(TargetSettings):
    """[notices.NAME] of kind `sms_spool`. The address of a recipient is a telephone number."""

    outbox: str
    """`outboxpath` of the daemon."""
    sent: str
    """`sentsmspath`, where it puts what has gone."""
    error: str
    """`errorsmspath`, where it puts what could not go."""
    length: int = Field(default=335, ge=70, le=1_000)
    """Characters of a message at most; 67 Chinese characters make one part."""
    patience: float = Field(default=20.0, ge=0, le=30)
    """Seconds to wait for the outcome before it is looked up again in the next round."""
    per_minute: float = Field(default=12.0, gt=0, le=600)
    """What the modem bears."""


def build(name: str, table: Mapping[str, Any], context: Context) -> SmsSpool:
    settings = read(SmsSpoolSettings, table, context.folder)
    return SmsSpool(name, settings, context.folder, context.sleep or asyncio.sleep)


class SmsSpool:
    """A target. The name of a file comes from the notice's id, so that a second try finds the first one's file."""

    kind = "sms_spool"

    def __init__(
        self, name: str, settings: SmsSpoolSettings, folder: Path, sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        self.name = name
        self.per_minute = settings.per_minute
        self.citizen_words = settings.citizen_words
        self._settings = settings
        self._sleep = sleep
        self._outbox, self._sent, self._error = (
            folder / Path(path).expanduser() for path in (settings.outbox, settings.sent, settings.error)
        )

    async def send(self, notice: OwedNotice) -> Sent:
        """Returns when the daemon has sent it; raises `Retry` `in_the_spool` while it lies there."""
        number = notice.address.replace(" ", "").replace("-", "")
        if not NUMBER.fullmatch(number):
            raise Undeliverable("no_telephone_number")
        name = self._named(notice, number)
        await asyncio.to_thread(self._spool, name, self._text(notice))
        until = time.monotonic() + self._settings.patience
        while True:
            outcome = await asyncio.to_thread(self._outcome, name)
            if outcome == "sent":
                return Sent(name)
            if outcome == "error":
                raise Undeliverable("modem_refused")
            if time.monotonic() >= until:
                raise Retry("in_the_spool", 30.0)
            await self._sleep(LOOK)

    def _named(self, notice: OwedNotice, number: str) -> str:
        stamp = notice.made_at.astimezone(UTC).strftime("%Y%m%d_%H%M%S")
        mark = hashlib.sha256(notice.dedupe_key.encode()).hexdigest()[:12]
        return f"OUT{PRIORITIES.get(notice.priority, 'J')}{stamp}_00_{number}_{mark}.txt"

    def _text(self, notice: OwedNotice) -> str:
        text = clean(notice.text or notice.title)
        return text if len(text) <= self._settings.length else text[: self._settings.length - 1] + "…"

    def _spool(self, name: str, text: str) -> None:
        """Put the file there in one step, unless it is there or has been; UTF-16 is what the daemon reads anywhere."""
        if self._outcome(name) != "none":
            return
        half = self._outbox / f".{name}.part"
        try:
            with half.open("wb") as file:
                file.write(b"\xff\xfe" + text.encode("utf-16-le"))
                file.flush()
                os.fsync(file.fileno())
            half.rename(self._outbox / name)
        except OSError as error:
            with contextlib.suppress(OSError):
                half.unlink(missing_ok=True)
            raise Retry(f"spool_not_writable: {error.strerror}") from None

    def _outcome(self, name: str) -> str:
        for outcome, folder in (("sent", self._sent), ("error", self._error), ("waiting", self._outbox)):
            if (folder / name).exists():
                return outcome
        return "none"

    async def check(self) -> str:
        """Whether the folders are there and ours to write; whether the daemon runs shows when files move."""
        return await asyncio.to_thread(self._look)

    def _look(self) -> str:
        for folder in (self._outbox, self._sent, self._error):
            if not folder.is_dir():
                raise Retry(f"folder_gone: {folder.name}")
        if not os.access(self._outbox, os.W_OK | os.X_OK):
            raise Broken("spool_not_writable")
        waiting = [path for path in self._outbox.iterdir() if path.name.startswith("OUT")]
        return f"{len(waiting)} in the spool"

    async def close(self) -> None:
        """Nothing is held open."""
