"""A city that answers Open311 queries with a limit, for the tests of fetching."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.base import Context
from connectors.open311.fetch import Open311
from connectors.open311.settings import Open311Settings
from tests.connectors.endpoint import Endpoint, Reply


@dataclass
class City:
    """Requests by the second; answers at most `limit`, the newest first, as real ones do."""

    limit: int = 20
    times: dict[str, datetime] = field(default_factory=dict)
    status: dict[str, str] = field(default_factory=dict)
    heeds: bool = True

    def add(self, number: int, at: datetime) -> None:
        self.times[str(number)] = at

    def answer(self, path: str, params: Mapping[str, str]) -> Reply:
        start, end = (datetime.fromisoformat(params[name]) for name in ("start_date", "end_date"))
        found = [key for key, at in self.times.items() if not self.heeds or start <= at <= end]
        newest = sorted(found, key=lambda key: self.times[key], reverse=True)[: self.limit]
        return 200, json.dumps(
            [
                {
                    "service_request_id": key, "status": self.status.get(key, "open"),
                    "requested_datetime": self.times[key].isoformat(),
                }
                for key in newest
            ]
        ).encode()  # fmt: skip


def source(endpoint: Endpoint, context: Context, **values: Any) -> Open311:
    settings = Open311Settings(url="http://endpoint.test/base", limit=20, **values)
    return Open311("city", settings, context, endpoint.client())


async def read_all(open311: Open311, cursor: str | None = None, most: int = 400) -> tuple[set[str], str, int]:
    """All ids until nothing more waits, the last cursor, and how many rounds it took."""
    ids: set[str] = set()
    for count in range(1, most + 1):
        batch = await open311.fetch(cursor)
        ids |= {record.source_id for record in batch.records}
        cursor = batch.cursor
        if not batch.again:
            assert cursor is not None
            return ids, cursor, count
    raise AssertionError("never caught up")
