"""`python -m connectors list | check | replay | settings`: looking at the configuration and trying one part of it.

Everything that is found is one JSON line on standard output; nothing is stored but by `replay --deliver`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, TextIO, TypeVar

from connectors import settings
from connectors.base import Batch, Context
from connectors.door import Door
from connectors.log import safe
from connectors.settings import Config, Table
from store.errors import BadInput, GriddeskError, Refused, Unavailable
from store.intake import AnyRecord, Intake, Rejection

VERBS = ("list", "check", "replay", "settings")
FIRST = 5
"""Records and rejections that are shown."""
KEPT_BACK = frozenset({"raw", "call_back"})
"""Fields of a record that are never shown: bytes, and how to reach a person."""

T = TypeVar("T")


def arguments(verbs: Any) -> None:
    """Add the verbs to the parser of `connectors.commands`."""
    listing = verbs.add_parser("list", help="what the configuration declares")
    checking = verbs.add_parser("check", help="try one source or target, and store nothing")
    checking.add_argument("name")
    checking.add_argument("--fresh", action="store_true", help="from the beginning, not from where it had got to")
    replaying = verbs.add_parser("replay", help="run a captured payload through a parser")
    replaying.add_argument("file", nargs="?")
    replaying.add_argument("--refused", type=int)
    replaying.add_argument("--kind")
    replaying.add_argument("--source", help="a configured source whose settings are used")
    replaying.add_argument("--map")
    replaying.add_argument("--given", action="append", default=[], metavar="NAME=VALUE")
    replaying.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="keys")
    replaying.add_argument("--deliver", action="store_true")
    for verb in (listing, checking, replaying):
        verb.add_argument("--config")
        verb.add_argument("--store", default="")
    verbs.add_parser("settings", help="every key of every kind, as docs/connectors.md has them")


def main(given: argparse.Namespace, out: TextIO) -> int:
    """Exit status as of all commands; an error is a line `{"error": {code, fields}}`."""
    if given.verb == "settings":
        from connectors.reference import page

        print(page(), file=out)
        return 0
    try:
        config = settings.load(settings.find(given.config))
        if given.verb == "list":
            from connectors.inspecting import declared

            return _say(out, {"list": declared(config)})
        if given.verb == "check":
            from connectors.inspecting import check

            found = asyncio.run(check(config, given.name, given.store, fresh=given.fresh))
            return _say(out, {"check": found})
        from connectors.replaying import replay

        return _say(out, {"replay": asyncio.run(replay(config, given))})
    except GriddeskError as error:
        _say(out, {"error": {"code": error.code, "fields": dict(error.fields)}})
        return error.exit_status


def _say(out: TextIO, document: Mapping[str, Any]) -> int:
    print(json.dumps(document, ensure_ascii=True, default=str), file=out, flush=True)
    return 0


class Looking(Intake):
    """An intake that only answers: whoever would write through it is refused."""

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise Refused("only_looking")

    deliver = reject = health = note_file = note_replayed = lease = renew = keep_time = _refuse


class Nowhere:
    """`connectors.base.Store` where there is no store: the machine's time, and nothing to be asked."""

    async def ask(self, question: Any) -> Any:
        raise Unavailable("store_missing")

    def wait(self, question: Any) -> Any:
        raise Unavailable("store_missing")

    def now(self) -> datetime:
        return datetime.now(UTC)


class Ground:
    """The store that a trial looks into, or none where it cannot be had; use it with `with`."""

    def __init__(self, config: Config, location: str) -> None:
        self._config = config
        self._location = location
        self.door: Door | None = None
        self.context = Context(Nowhere(), "UTC", config.folder)

    def __enter__(self) -> Ground:
        if self._location:
            try:
                self.door = Door(lambda: Looking.open(self._location))
                self.context = Context(self.door, self.door.wait(lambda intake: intake.timezone()), self._config.folder)
            except Unavailable:
                self.door = None
        return self

    def __exit__(self, *_: object) -> None:
        if self.door is not None:
            self.door.close()


def table_of(config: Config, name: str) -> Table:
    """The table of a configured source or target, also one that is not enabled; raises BadInput."""
    for table in (*config.tables, *config.targets, *config.off):
        if table.name == name:
            return table
    for known, fault in (*config.faults, *config.target_faults):
        if known == name:
            raise fault
    names = sorted(table.name for table in (*config.tables, *config.targets, *config.off))
    raise BadInput("unknown_connector", name=name, expected=", ".join(names) or "–", file=str(config.path or ""))


def shown(batch: Batch) -> dict[str, Any]:
    """A batch as a trial shows it: counted by type, the first few written out."""
    counts: dict[str, int] = {}
    for record in batch.records:
        kind = type(record).__name__
        counts[kind] = counts.get(kind, 0) + 1
    return {
        "records": counts, "ignored": batch.ignored, "first": [plain(record) for record in batch.records[:FIRST]],
        "rejected": len(batch.rejections), "rejections": [refusal(one) for one in batch.rejections[:FIRST]],
        "doubt": batch.doubt,
    }  # fmt: skip


def plain(record: AnyRecord) -> dict[str, Any]:
    """A record's fields that say something."""
    values = {"type": type(record).__name__}
    for item in fields(record):
        value = getattr(record, item.name)
        if item.name in KEPT_BACK or value is None or value == "" or value == ():
            continue
        values[item.name] = value.isoformat() if isinstance(value, datetime) else value
    return values


def refusal(one: Rejection) -> dict[str, Any]:
    return {"reason": safe(one.reason), "line": one.line, "column": one.column, "expected": safe(one.expected)}
