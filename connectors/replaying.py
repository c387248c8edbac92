"""A captured payload, or a refused item, through the parser of its kind; `--deliver` hands the records in."""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from connectors import registry
from connectors.base import (
    AnySource,
    Batch,
    Broken,
    Context,
    Denied,
    Message,
    Post,
    Replayable,
    Retry,
    Served,
    Site,
    Subscribed,
)
from connectors.delivery import Delivery
from connectors.door import Door
from connectors.settings import Config
from connectors.trying import Ground, shown, table_of
from store.errors import BadInput, Unavailable
from store.intake import Alarm, AnyRecord, Intake, Reading, RefusedItem, Rejection

LIMIT = 64 * 1024 * 1024
"""Bytes of a captured file that are read."""
TRIES = 6
PLACEHOLDERS: Mapping[str, Any] = {
    "url": "http://127.0.0.1:9", "host": "127.0.0.1", "path": ".", "token": "replayed", "password": "replayed",
    "secret": "replayed", "key": "replayed", "user": "replayed", "api_key": "replayed", "map": "nyc311",
    "broker": {"host": "127.0.0.1"},
}  # fmt: skip
"""What stands in for a required key that a parser does not look at."""


async def replay(config: Config, given: argparse.Namespace) -> dict[str, Any]:
    """The records and rejections as `trying.shown`; raises BadInput, with `--deliver` also what the store raises."""
    with Ground(config, given.store) as ground:
        item = await _item(ground, given.refused) if given.refused is not None else None
        data = item.raw if item else _bytes(given.file)
        name, kind, table = _table(config, given, item)
        beside = {"file": Path(given.file).name if given.file else "", **dict(item.context if item else ())}
        beside |= dict(_pair(words) for words in given.given)
        source = _built(name, kind, table, ground.context)
        now = ground.context.store.now()
        batch, said = await _read(source, data, beside, now)
    found = {"name": name, "kind": kind, "bytes": len(data), **shown(batch), **said}
    if item is not None:
        found |= {"refused": item.id, "cut": item.cut, "replayed_at": item.replayed_at}
    if given.deliver:
        found["delivered"] = await _deliver(given.store, name, kind, batch, item)
    return found


async def _item(ground: Ground, item_id: int) -> RefusedItem:
    if ground.door is None:
        raise Unavailable("store_missing")
    item = await ground.door.ask(lambda intake: intake.refused_item(item_id))
    if item is None:
        raise BadInput("unknown_refused", refused=item_id)
    return item


def _bytes(file: str | None) -> bytes:
    if not file:
        raise BadInput("replay_of_what", expected="FILE or --refused ID")
    try:
        with Path(file).open("rb") as opened:
            return opened.read(LIMIT)
    except OSError as error:
        raise BadInput("file_unreadable", file=file, expected=error.strerror or "a file") from None


def _table(config: Config, given: argparse.Namespace, item: RefusedItem | None) -> tuple[str, str, dict[str, Any]]:
    """Name, kind and settings: of the configured source where one is meant, else of the kind alone."""
    name = given.source or (item.source if item else "")
    known = {table.name for table in (*config.tables, *config.off)}
    if given.source or name in known:
        table = table_of(config, name)
        kind, values = table.kind, dict(table.values)
    else:
        kind = given.kind or (item.kind if item else "")
        name, values = name or "replay", {}
    if given.kind and given.kind != kind:
        raise BadInput("another_kind", kind=given.kind, expected=kind)
    if not kind:
        raise BadInput("unknown_kind", key="kind", expected=f"one of {', '.join(sorted(registry.KINDS))}")
    if given.map:
        values["map"] = given.map
    for words in given.keys:
        key, value = _pair(words)
        values[key] = _value(value)
    return name, kind, values


def _pair(words: str) -> tuple[str, str]:
    name, sign, value = words.partition("=")
    if not sign or not name:
        raise BadInput("not_a_pair", expected="NAME=VALUE")
    return name.strip(), value


def _value(text: str) -> Any:
    """A value as TOML writes it; what is none is text."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (tomllib.TOMLDecodeError, KeyError):
        return text


def _built(name: str, kind: str, values: dict[str, Any], context: Context) -> AnySource:
    """The source, with something in each required key that the parser has no use for."""
    for _ in PLACEHOLDERS:
        try:
            return registry.build(name, kind, values, context)
        except BadInput as error:
            key = str(error.fields.get("key", ""))
            if error.code != "missing_key" or key not in PLACEHOLDERS or key in values:
                raise
            values[key] = PLACEHOLDERS[key]
    raise AssertionError("unreachable")


async def _read(
    source: AnySource, data: bytes, beside: Mapping[str, str], now: datetime
) -> tuple[Batch, dict[str, Any]]:
    """The batch, and what the source said beside it."""
    try:
        if isinstance(source, Replayable):
            return source.replay(data, beside, now), {}
        if isinstance(source, Subscribed):
            retained = beside.get("retained", "") == "true"
            return source.read(Message(beside.get("topic", ""), data, retained, now)), {}
        if isinstance(source, Served):
            return source.read(_post(source.path, data, beside, now)), {}
        if isinstance(source, Site):
            return await _answered(source, data, beside, now)
    except Denied as error:
        return Batch(rejections=(Rejection(error.code),)), {"status": error.status}
    except (Retry, Broken) as error:
        return Batch(rejections=error.rejections or (Rejection(error.code),)), {}
    raise BadInput("cannot_replay", kind=source.kind)


def _post(path: str, data: bytes, beside: Mapping[str, str], now: datetime, method: str = "POST") -> Post:
    def named(prefix: str) -> dict[str, str]:
        return {key.removeprefix(prefix): value for key, value in beside.items() if key.startswith(prefix)}

    headers = {name.lower(): value for name, value in named("header:").items()}
    if "content_type" in beside:
        headers["content-type"] = beside["content_type"]
    return Post(beside.get("path", path), headers, named("query:"), data, now, method)


async def _answered(
    source: Site, data: bytes, beside: Mapping[str, str], now: datetime
) -> tuple[Batch, dict[str, Any]]:
    batches: list[Batch] = []

    async def put(batch: Batch) -> None:
        batches.append(batch)

    method, path = source.routes[0]
    reply = await source.respond(_post(path, data, beside, now, beside.get("method", method)), put)
    records = tuple(record for batch in batches for record in batch.records)
    rejections = tuple(refused for batch in batches for refused in batch.rejections)
    return Batch(records, rejections), {"status": reply.status}


async def _deliver(location: str, name: str, kind: str, batch: Batch, item: RefusedItem | None) -> dict[str, int]:
    """Counts of the store's receipt. Alarms and readings go in as history: a replay must ring nowhere (K16)."""
    door = Door(lambda: Intake.open(location))
    try:
        records = [_history(record) for record in batch.records]
        receipt = await Delivery(door, tries=TRIES).deliver(_Hand(name, kind), records)
        if item is not None and records:
            await door.ask(lambda intake: intake.note_replayed(item.id))
    finally:
        door.close()
    return {field: getattr(receipt, field) for field in type(receipt).__slots__}


def _history(record: AnyRecord) -> AnyRecord:
    return replace(record, live=False) if isinstance(record, (Alarm, Reading)) else record


class _Hand:
    """A keeper of what a person hands in: its refusals are shown, not kept a second time."""

    def __init__(self, name: str, kind: str) -> None:
        self.name = name
        self.kind = kind

    async def down(self, detail: str) -> None:
        """The command waits and then says so itself."""

    async def reject(self, rejections: tuple[Rejection, ...], origin: str = "") -> None:
        if rejections:
            raise BadInput("store_refused", reason=rejections[0].reason)

    def took(self, count: int) -> None:
        """Nobody counts here."""
