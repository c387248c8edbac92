"""What the configuration declares, and one try of one source or target that stores nothing."""

from __future__ import annotations

import asyncio
import errno
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from connectors import registry
from connectors.base import (
    AnySource,
    Batch,
    Broken,
    Message,
    Polled,
    Retry,
    Served,
    Site,
    Streamed,
    Subscribed,
    Target,
    Undeliverable,
    Watching,
)
from connectors.log import safe
from connectors.settings import Config, Table
from connectors.trying import Ground, refusal, shown, table_of
from store.errors import BadInput, GriddeskError

DEADLINE = 60.0
"""Seconds of a whole check."""
LISTEN = 10.0
"""Seconds that a check listens to what is only heard: a topic, a stream."""


def declared(config: Config) -> list[dict[str, Any]]:
    """Every [connectors.NAME] and [notices.NAME] with its line, and what is wrong with it."""
    rows = [_row(table, enabled=True, fault=_fault(config, table)) for table in (*config.tables, *config.targets)]
    rows += [_row(table, enabled=False, fault=None) for table in config.off]
    for section, faults in (("connectors", config.faults), ("notices", config.target_faults)):
        for name, fault in faults:
            table = Table(name, "", {}, section, int(fault.fields.get("line", 1)))
            rows.append(_row(table, enabled=True, fault=fault))
    return sorted(rows, key=lambda row: (row["section"], row["line"], row["name"]))


def _row(table: Table, *, enabled: bool, fault: BadInput | None) -> dict[str, Any]:
    wrong = None if fault is None else {"code": fault.code, "fields": dict(fault.fields)}
    return {
        "section": table.section, "name": table.name, "kind": table.kind, "enabled": enabled, "line": table.line,
        "fault": wrong,
    }  # fmt: skip


def _fault(config: Config, table: Table) -> BadInput | None:
    with Ground(config, "") as ground:
        try:
            if table.section == "notices":
                registry.target(table.name, table.kind, table.values, ground.context)
            else:
                registry.build(table.name, table.kind, table.values, ground.context)
        except BadInput as error:
            return config.place(error, table.name, table.section)
    return None


async def check(config: Config, name: str, location: str, *, fresh: bool = False) -> dict[str, Any]:
    """What one source or target says; raises BadInput where it cannot be built.

    `ok` is false where it cannot be used now, and `code` says why; `seconds` is the time of the whole exchange.
    """
    table = table_of(config, name)
    with Ground(config, location) as ground:
        try:
            made: AnySource | Target
            if table.section == "notices":
                made = registry.target(table.name, table.kind, table.values, ground.context)
            else:
                made = registry.build(table.name, table.kind, table.values, ground.context)
        except BadInput as error:
            raise config.place(error, name, table.section) from None
        found: dict[str, Any] = {"name": name, "kind": table.kind, "section": table.section, "ok": True, "code": ""}
        began = time.monotonic()
        try:
            async with asyncio.timeout(DEADLINE):
                found |= await _tried(made, ground, fresh=fresh)
        except (Retry, Broken) as error:
            found |= {"ok": False, "code": error.code, "rejections": [refusal(one) for one in error.rejections[:5]]}
        except Undeliverable as error:
            found |= {"ok": False, "code": error.code}
        except TimeoutError:
            found |= {"ok": False, "code": "deadline"}
        except GriddeskError as error:
            found |= {"ok": False, "code": f"store_unavailable: {error.code}"}
        finally:
            closing = getattr(made, "close", None)
            if closing is not None:
                with suppress(Exception):
                    await closing()
        found["code"] = safe(str(found["code"]))
        return {**found, "seconds": round(time.monotonic() - began, 3)}


async def _tried(made: AnySource | Target, ground: Ground, *, fresh: bool) -> Mapping[str, Any]:
    if isinstance(made, Target):
        return {"detail": await made.check()}
    if isinstance(made, Polled):
        cursor = None
        if ground.door is not None and not fresh:
            cursor = await ground.door.ask(lambda intake: intake.cursor(made.name))
        batch = await made.fetch(cursor)
        return {**shown(batch), "again": batch.again, "from": "start" if cursor is None else "cursor"}
    if isinstance(made, Streamed):
        return await _streamed(made)
    if isinstance(made, Subscribed):
        return await _subscribed(made, ground)
    if isinstance(made, (Served, Site)):
        return {"detail": await asyncio.to_thread(_port, made.listen)}
    checking = getattr(made, "check", None)
    if isinstance(made, Watching) and checking is not None:
        return {"detail": await checking()}
    return {"detail": "nothing_to_try"}


async def _streamed(source: Streamed) -> Mapping[str, Any]:
    try:
        async with asyncio.timeout(LISTEN):
            async for batch in source.stream():
                return shown(batch)
    except TimeoutError:
        raise Retry(f"silent for {LISTEN:.0f} s") from None
    raise Retry("ended")


async def _subscribed(source: Subscribed, ground: Ground) -> Mapping[str, Any]:
    from connectors.mqtt import probe

    heard: tuple[Message, ...] = await probe(source, LISTEN, now=ground.context.store.now)
    whole = Batch()
    for message in heard:
        batch = source.read(message)
        whole = Batch(
            whole.records + batch.records, whole.rejections + batch.rejections, ignored=whole.ignored + batch.ignored
        )
    return {**shown(whole), "messages": len(heard), "detail": "" if heard else "connected, and heard nothing"}


def _port(listen: tuple[str, int]) -> str:
    """Whether the port is ours to take, or whether somebody answers there."""
    family = socket.AF_INET6 if ":" in listen[0] else socket.AF_INET
    try:
        socket.create_server(listen, family=family).close()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise Retry(f"port_not_free: {error.strerror}") from None
    else:
        return "port_free"
    try:
        socket.create_connection(listen, timeout=5.0).close()
    except OSError as error:
        raise Retry(f"port_not_free: {error.strerror}") from None
    return "port_answers"
