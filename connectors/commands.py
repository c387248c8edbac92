"""`python -m connectors run | import | backfill`: the process beside the desk (contract, processes)."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from connectors import settings
from connectors.base import AnySource, Context, Served
from connectors.delivery import Delivery
from connectors.door import Door
from connectors.log import to_stderr
from connectors.orderfiles.importing import FileChanged, Imported, import_file
from connectors.orderfiles.maps import OrderMap, load_map
from connectors.settings import Config, Table
from store.errors import BadInput, GriddeskError
from store.intake import Intake, Rejection

if TYPE_CHECKING:
    from connectors.runner import Runner

TRIES = 6
"""Tries of a command with a store that is away, about ten seconds."""
SHOWN = 20
"""Refused rows that the last line names."""

log = logging.getLogger("connectors")


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 done, 1 refused, 2 wrong input, 3 no store."""
    parser = argparse.ArgumentParser(prog="python -m connectors")
    verbs = parser.add_subparsers(dest="verb", required=True)
    run_verb = verbs.add_parser("run", help="all enabled sources and the timekeeper")
    run_verb.add_argument("--config")
    run_verb.add_argument("--simulate", action="store_true")
    run_verb.add_argument("--until-eof", action="store_true", help="end when standard input closes: beside a desk")
    import_verb = verbs.add_parser("import", help="one order file")
    import_verb.add_argument("file")
    import_verb.add_argument("--map", required=True)
    for verb in (run_verb, import_verb, verbs.add_parser("backfill", help="seed a drill store")):
        verb.add_argument("--store", required=True)
    given = parser.parse_args(arguments)
    to_stderr()
    if given.verb == "run":
        return run(given.store, given.config, simulate=given.simulate, until_eof=given.until_eof)
    if given.verb == "import":
        return import_one(given.file, given.map, given.store, sys.stdout)
    from connectors.simulator import backfill

    return backfill.main(given.store)


def run(location: str, config_path: str | None, *, simulate: bool, until_eof: bool = False) -> int:
    """Until a signal ends it; 0 at once when another process holds the lease."""
    try:
        config = settings.load(settings.find(config_path))
        door = Door(lambda: Intake.open(location))
    except GriddeskError as error:
        log.error("%s", error)
        return error.exit_status
    try:
        return asyncio.run(_run(door, config, location, Intake.holder(), simulate=simulate, until_eof=until_eof))
    except GriddeskError as error:
        log.error("%s", error)
        return error.exit_status
    finally:
        door.close()


async def _run(
    door: Door, config: Config, location: str, holder: str, *, simulate: bool, until_eof: bool = False
) -> int:
    from connectors.runner import LEASE, LEASE_SECONDS, Runner

    if not await door.ask(lambda intake: intake.lease(LEASE, holder, LEASE_SECONDS)):
        log.info("the connectors of this store run already")
        return 0
    context = Context(door, await door.ask(lambda intake: intake.timezone()), config.folder)
    sources, faults = build_all(config, _tables(config, location, simulate=simulate), context)
    runner = Runner(door, sources, holder=holder, faults=faults)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(number, runner.stop)
        except NotImplementedError:
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(runner.stop))
    if until_eof:
        loop.add_reader(sys.stdin.fileno(), _end_with, runner)
    log.info("%d sources run", len(sources))
    await runner.run()
    return 0


def _end_with(runner: Runner) -> None:
    """A desk holds the other end of standard input: when it is gone, however it went, so is its child."""
    if not os.read(sys.stdin.fileno(), 4096):
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        runner.stop()


def _tables(config: Config, location: str, *, simulate: bool) -> list[Table]:
    """The configured tables and those of the simulated street; a configured name goes first."""
    tables = {table.name: table for table in config.tables}
    if simulate:
        from connectors.simulator.source import tables as simulated

        for name, values in simulated(location).items():
            rest: Mapping[str, Any] = {key: value for key, value in values.items() if key != "kind"}
            tables.setdefault(name, Table(name, str(values["kind"]), rest))
    return list(tables.values())


def build_all(
    config: Config, tables: Sequence[Table], context: Context
) -> tuple[list[AnySource], list[tuple[str, str, str]]]:
    """Every source that can be built, and for each other one its name, kind and what is wrong, which is logged."""
    from connectors import registry

    sources: list[AnySource] = []
    faults = [(name, "", error) for name, error in config.faults]
    paths: set[tuple[object, ...]] = set()
    for table in tables:
        try:
            source = registry.build(table.name, table.kind, table.values, context)
            if isinstance(source, Served):
                if (source.listen, source.path) in paths and source.listen[1]:
                    raise BadInput("path_taken", key="path", expected="a path that no other source has")
                paths.add((source.listen, source.path))
            sources.append(source)
        except BadInput as error:
            faults.append((table.name, table.kind, config.place(error, table.name)))
    for name, _, fault in faults:
        log.error("[connectors.%s] %s", name, fault)
    return sources, [(name, kind, f"bad_settings: {fault}") for name, kind, fault in faults]


class _Quiet:
    """A keeper that writes no health: an import by hand is no source that could fall silent."""

    kind = "orderfile"

    def __init__(self, name: str, door: Door) -> None:
        self.name = name
        self._door = door

    async def down(self, detail: str) -> None:
        log.warning("%s", detail)

    async def reject(self, rejections: tuple[Rejection, ...], origin: str = "") -> None:
        if rejections:
            await self._door.ask(lambda intake: intake.reject(self.name, rejections, origin))


def import_one(file: str, map_name: str, location: str, out: TextIO) -> int:
    """Progress, then the outcome, as JSON lines on `out`."""
    door: Door | None = None
    try:
        order_map = load_map(map_name)
        door = Door(lambda: Intake.open(location))
        done = asyncio.run(_import(Path(file), order_map, door, out))
    except GriddeskError as error:
        _say(out, {"error": {"code": error.code, "fields": dict(error.fields)}})
        return error.exit_status
    except FileChanged as error:
        _say(out, {"error": {"code": "file_changing", "fields": {"file": str(error)}}})
        return 2
    except KeyboardInterrupt:
        _say(out, {"error": {"code": "interrupted", "fields": {"file": file}}})
        return 130
    finally:
        if door is not None:
            door.close()
    _say(out, {"done": outcome(done)})
    return 0


async def _import(path: Path, order_map: OrderMap, door: Door, out: TextIO) -> Imported:
    def progress(done: int, total: int | None) -> None:
        _say(out, {"progress": done, "total": total})

    timezone = await door.ask(lambda intake: intake.timezone())
    keeper = _Quiet(order_map.name, door)
    return await import_file(path, order_map, door, keeper, Delivery(door, tries=TRIES), timezone, progress)


def outcome(done: Imported) -> dict[str, Any]:
    """The counts of a finished import as the last JSON line carries them."""
    receipt = done.receipt
    counts = {name: getattr(receipt.receipt, name) for name in type(receipt.receipt).__slots__}
    return {
        "name": receipt.name, "map": receipt.map_id, "sha256": receipt.sha256, "rows": receipt.rows, **counts,
        "refused": receipt.refused, "already": done.already, "warnings": dict(done.warnings.most_common()),
        "notes": [{"line": note.line, "reason": note.reason} for note in done.notes],
        "rejections": [
            {"line": bad.line, "column": bad.column, "reason": bad.reason, "expected": bad.expected}
            for bad in receipt.rejections[:SHOWN]
        ],
    }  # fmt: skip


def _say(out: TextIO, document: Mapping[str, Any]) -> None:
    """Write one line. Where the reader has gone the work goes on unheard: a file half read helps nobody."""
    try:
        print(json.dumps(document, ensure_ascii=True, default=str), file=out, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())
