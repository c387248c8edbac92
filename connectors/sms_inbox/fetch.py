"""Looking into the inbox of gammu-smsd; a message is moved away only after what it says is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from connectors.base import Batch, Context, Retry
from connectors.settings import read
from connectors.sms_inbox.parse import bare, name_parts, parse
from connectors.sms_inbox.settings import SmsInboxSettings
from store.intake import AnyRecord, Rejection

LIMIT = 64 * 1024
"""Bytes of a message that are read."""
ROUND = 200


def build(name: str, table: Mapping[str, Any], context: Context) -> SmsInbox:
    return SmsInbox(name, read(SmsInboxSettings, table, context.folder), context)


class SmsInbox:
    """A `Polled` source. What the last round gave is stored when the next one begins: then its files are moved."""

    kind = "sms_inbox"

    def __init__(self, name: str, settings: SmsInboxSettings, context: Context) -> None:
        self.name = name
        self.interval = settings.interval
        self._settings = settings
        self._context = context
        self._inbox = context.folder / Path(settings.path).expanduser()
        self._done = context.folder / Path(settings.done).expanduser() if settings.done else self._inbox / "done"
        self._senders = {bare(number, settings.country): unit for number, unit in settings.senders.items()}
        self._read: list[Path] = []

    async def fetch(self, cursor: str | None) -> Batch:
        return await asyncio.to_thread(self._round)

    def _round(self) -> Batch:
        try:
            self._away()
            files = sorted(path for path in self._inbox.iterdir() if name_parts(path.name) is not None)
        except OSError as error:
            raise Retry(f"folder_gone: {error.strerror}") from None
        read: list[Path] = []
        records: list[AnyRecord] = []
        rejections: list[Rejection] = []
        for path in files[:ROUND]:
            try:
                with path.open("rb") as opened:
                    data = opened.read(LIMIT)
            except OSError as error:
                raise Retry(f"unreadable: {error.strerror}") from None
            found = self.replay(data, {"file": path.name}, self._context.store.now())
            records += found.records
            rejections += found.rejections
            read.append(path)
        self._read = read
        return Batch(tuple(records), tuple(rejections), again=len(files) > ROUND)

    def _away(self) -> None:
        while self._read:
            path = self._read[0]
            self._done.mkdir(exist_ok=True)
            if path.exists():
                path.replace(self._done / path.name)
            del self._read[0]

    def replay(self, data: bytes, given: Mapping[str, str], now: datetime) -> Batch:
        return parse(
            data, given.get("file", ""), self.name, now, senders=self._senders, country=self._settings.country,
            zone=ZoneInfo(self._context.timezone),
        )  # fmt: skip

    async def close(self) -> None:
        """Files of the last round whose records are stored by now."""
