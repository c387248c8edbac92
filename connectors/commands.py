"""`python -m connectors run | import | backfill`: the process beside the desk (contract, processes)."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from connectors import settings, trying
from connectors.base import AnySource, Context, Served, Site, Target
from connectors.delivery import Delivery
from connectors.door import Door
from connectors.log import to_stderr
from connectors.orderfiles.importing import FileChanged, Imported, import_file
from connectors.orderfiles.maps import OrderMap, load_map
from connectors.settings import Config, Table
from store.errors import BadInput, GriddeskError, Unavailable
from store.intake import Intake, Rejection

if TYPE_CHECKING:
    from connectors.runner import Runner
    from connectors.systemd import Manager

TRIES = 6
"""Tries of a command with a store that is away, about ten seconds."""
STANDBY_EVERY = 2.0
"""Seconds between two tries for the lease of a process that stands by."""
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
    run_verb.add_argument("--standby", action="store_true", help="wait while another process runs them, then take over")
    import_verb = verbs.add_parser("import", help="one order file")
    import_verb.add_argument("file")
    import_verb.add_argument("--map", required=True)
    for verb in (run_verb, import_verb, verbs.add_parser("backfill", help="seed a drill store")):
        verb.add_argument("--store", required=True)
    trying.arguments(verbs)
    given = parser.parse_args(arguments)
    to_stderr()
    if given.verb == "run":
        return run(given.store, given.config, simulate=given.simulate, until_eof=given.until_eof, standby=given.standby)
    if given.verb == "import":
        return import_one(given.file, given.map, given.store, sys.stdout)
    if given.verb in trying.VERBS:
        return trying.main(given, sys.stdout)
    from connectors.simulator import backfill

    return backfill.main(given.store)


def run(
    location: str, config_path: str | None, *, simulate: bool, until_eof: bool = False, standby: bool = False
) -> int:
    """Until a signal ends it; where another process holds the lease, 0 at once, or with `standby` after waiting."""
    try:
        config = settings.load(settings.find(config_path))
        door = Door(lambda: Intake.open(location))
    except GriddeskError as error:
        log.error("%s", error)
        return error.exit_status
    try:
        return asyncio.run(_run(door, config, location, simulate=simulate, until_eof=until_eof, standby=standby))
    except GriddeskError as error:
        log.error("%s", error)
        return error.exit_status
    finally:
        door.close()


async def _run(door: Door, config: Config, location: str, *, simulate: bool, until_eof: bool, standby: bool) -> int:
    """One turn as the holder of the lease after the other; without `standby` there is only one."""
    from connectors.runner import Runner
    from connectors.systemd import Manager

    ending = _Ending(until_eof)
    manager = Manager.found()
    while not ending.asked:
        holder = Intake.holder()
        if not await _lease(door, holder, manager if standby else None, ending):
            if not standby:
                log.info("the connectors of this store run already")
            return 0
        context = Context(door, await door.ask(lambda intake: intake.timezone()), config.folder)
        sources, faults = build_all(config, _tables(config, location, simulate=simulate), context)
        targets, more = build_targets(config, context)
        runner = Runner(door, sources, holder=holder, targets=targets, faults=[*faults, *more], manager=manager)
        ending.runner = runner
        log.info("%d sources run, %d targets", len(sources), len(targets))
        await runner.run()
        ending.runner = None
        if not standby:
            return 0
    return 0


async def _lease(door: Door, holder: str, manager: Manager | None, ending: _Ending) -> bool:
    """Whether the lease was had; with a `manager` to tell, this waits for it until the end is asked for."""
    from connectors.runner import LEASE, LEASE_SECONDS

    feeding = asyncio.create_task(manager.feed(door)) if manager else None
    said = False
    try:
        while not ending.asked:
            try:
                if await door.ask(lambda intake: intake.lease(LEASE, holder, LEASE_SECONDS)):
                    return True
            except Unavailable as error:
                if manager is None:
                    raise
                log.warning("the lease cannot be asked for: %s", error.code)
            if manager is None:
                return False
            if not said:
                said = True
                log.info("another process runs the connectors of this store; standing by")
                manager.ready("standing by: another process runs the connectors")
            await ending.within(STANDBY_EVERY)
        return False
    finally:
        if feeding is not None:
            feeding.cancel()


class _Ending:
    """Whether this process was asked to end: by a signal, or by the desk that holds its standard input."""

    def __init__(self, until_eof: bool) -> None:
        self.runner: Runner | None = None
        self._event = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            try:
                self._loop.add_signal_handler(number, self.ask)
            except NotImplementedError:
                signal.signal(number, lambda *_: self._loop.call_soon_threadsafe(self.ask))
        if until_eof:
            self._loop.add_reader(sys.stdin.fileno(), self._read)

    @property
    def asked(self) -> bool:
        return self._event.is_set()

    def ask(self) -> None:
        self._event.set()
        if self.runner is not None:
            self.runner.stop()

    def _read(self) -> None:
        """A desk holds the other end of standard input: when it is gone, however it went, so is its child."""
        if not os.read(sys.stdin.fileno(), 4096):
            self._loop.remove_reader(sys.stdin.fileno())
            self.ask()

    async def within(self, seconds: float) -> None:
        """Wait so long, or until the end is asked for."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._event.wait(), seconds)


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
            own = _doors(source)
            if any(door in paths for door in own):
                raise BadInput("path_taken", key="path", expected="a path that no other source has")
            paths |= own
            sources.append(source)
        except BadInput as error:
            faults.append((table.name, table.kind, config.place(error, table.name)))
    return sources, _told("connectors", faults)


def _doors(source: AnySource) -> set[tuple[object, ...]]:
    """The addresses that only one source can have; port 0 is any free one, so nobody else has it."""
    if not isinstance(source, (Served, Site)) or not source.listen[1]:
        return set()
    if isinstance(source, Site):
        return {(source.listen, method, path) for method, path in source.routes}
    return {(source.listen, method, source.path) for method in source.methods}


def build_targets(config: Config, context: Context) -> tuple[list[Target], list[tuple[str, str, str]]]:
    """Every [notices.NAME] that can be built, and what is wrong with each other one."""
    from connectors import registry

    targets: list[Target] = []
    faults = [(name, "", error) for name, error in config.target_faults]
    for table in config.targets:
        try:
            targets.append(registry.target(table.name, table.kind, table.values, context))
        except BadInput as error:
            faults.append((table.name, f"notices.{table.kind}", config.place(error, table.name, "notices")))
    return targets, _told("notices", faults)


def _told(section: str, faults: Sequence[tuple[str, str, BadInput]]) -> list[tuple[str, str, str]]:
    for name, _, fault in faults:
        log.error("[%s.%s] %s", section, name, fault)
    return [(name, kind or section, f"bad_settings: {fault}") for name, kind, fault in faults]


class _Quiet:
    """A keeper that writes no health: an import by hand is no source that could fall silent."""

    kind = "orderfile"

    def __init__(self, name: str, door: Door) -> None:
        self.name = name
        self._door = door

    async def down(self, detail: str) -> None:
        log.warning("%s", detail)

    def took(self, count: int) -> None:
        """Nobody counts here: the outcome says it."""

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
