"""`doctor`: is everything there to work with; each line ok, warn or bad with what to do."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from store.errors import GriddeskError
from tui.commands import fault
from tui.commands.device import STATES as STATES_OF_SOURCES
from tui.commands.table import coloured, styled
from tui.language import N_, tr
from tui.text import fit, safe, width

if TYPE_CHECKING:
    from store.views.header import Header
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call

State = Literal["ok", "warn", "bad"]
STYLE = {"ok": "good", "warn": "warn", "bad": "bad"}
STATES = {"ok": N_("ok"), "warn": N_("warn"), "bad": N_("bad")}

DISK_BAD, DISK_WARN = 100 * 2**20, 2**30
"""Bytes free below which a store soon cannot write, and below which someone should clear up."""
LEAST_CELLS = (80, 24)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, how it is, and what to do about it."""

    subject: str
    state: State
    text: str
    advice: str = ""


def add(nouns: Nouns) -> None:
    leaf = nouns.command("doctor", tr("check store, calendar, terminal, connectors and disk"), run)
    leaf.set_defaults(lenient=True)


def run(call: Call) -> int:
    """`{"findings": [{subject, state: "ok" | "warn" | "bad", text, advice}…], "worst": state}`.

    Subjects: `settings`, `store`, `officers`, `grids`, `calendar`, `connectors`, `disk` or `server`, `terminal`; text
    and advice are in the chosen language. Exit status 3 when anything is bad.
    """
    findings = list(look(call))
    worst = max((item.state for item in findings), key=("ok", "warn", "bad").index)
    if call.json:
        call.document({"findings": findings, "worst": worst})
    else:
        colour = coloured(sys.stdout)
        size = max(width(tr(word)) for word in STATES.values())
        for item in findings:
            mark = styled(fit(tr(STATES[item.state]), size), STYLE[item.state], colour)
            print(f"{mark}  {safe(item.text)}")
            if item.advice:
                print(" " * size + "  " + safe(item.advice))
    return 3 if worst == "bad" else 0


def look(call: Call) -> Iterator[Finding]:
    """All findings; a check that cannot run is itself a finding."""
    settings = _tried("settings", lambda: _settings(call))
    yield from settings
    if any(item.state == "bad" for item in settings):
        yield from _terminal()
        return
    opened = _tried("store", lambda: _store(call))
    yield from opened
    if all(item.state != "bad" for item in opened):
        yield from _tried("officers", lambda: _officers(call))
        yield from _tried("grids", lambda: _grids(call))
        yield from _tried("calendar", lambda: _calendar(call))
        yield from _tried("connectors", lambda: _connectors(call.store.header()))
    if "://" not in call.location:
        yield from _tried("disk", lambda: _disk(Path(call.location)))
    elif all(item.state != "bad" for item in opened):
        yield from _tried("server", lambda: _server(call))
    yield from _terminal()


def _tried(subject: str, check: Callable[[], Iterator[Finding]]) -> list[Finding]:
    try:
        return list(check())
    except GriddeskError as error:
        return [Finding(subject, "bad", fault.sentence(error))]


def _settings(call: Call) -> Iterator[Finding]:
    file = call.settings.file
    said = tr("no configuration file: the defaults hold") if file is None else tr("settings from {file}", file=file)
    yield Finding("settings", "ok", said)


def _store(call: Call) -> Iterator[Finding]:
    store = call.store
    header = store.header()
    kind = tr("drill store") if store.drill else tr("store")
    said = N_("{kind} {location}, schema as expected, {events} events")
    yield Finding("store", "ok", tr(said, kind=kind, location=store.shown, events=header.seq))
    if store.read_only:
        yield Finding("store", "warn", tr("the store can only be read"), tr("Check who owns the file and the medium."))


def _officers(call: Call) -> Iterator[Finding]:
    from store.views import people

    active = [row for row in call.read(people.officers) if row.active]
    if active:
        yield Finding("officers", "ok", tr("{n} officers", n=len(active)))
    else:
        yield Finding(
            "officers", "warn", tr("no officers: nobody may act"),
            tr("griddesk officer add CODE --name NAME --role duty_officer --role administrator"),
        )  # fmt: skip


def _grids(call: Call) -> Iterator[Finding]:
    from store.views import grids

    leaves = sum(row.leaf and not row.unplaced for row in call.read(grids.board, call.profile, call.now).rows)
    if leaves:
        yield Finding("grids", "ok", tr("{n} grids", n=leaves))
    else:
        yield Finding(
            "grids",
            "warn",
            tr("no grids: every case waits under no place"),
            tr("griddesk grid import FILE.geojson"),
        )


def _calendar(call: Call) -> Iterator[Finding]:
    from store.views.calendars import calendar

    lines = {line.year: line for line in call.read(calendar, call.profile).years}
    soon = call.now + timedelta(days=60)
    needed = sorted({call.now.year, soon.year})
    missing = [year for year in needed if year not in lines]
    covered = ", ".join(str(year) for year in sorted(lines))
    if missing:
        yield Finding(
            "calendar", "warn",
            tr("calendar covers {years}, not {missing}", years=covered, missing=", ".join(map(str, missing))),
            tr("Working days are counted by the weekday rule in the missing years (K05-R14)."),
        )  # fmt: skip
    else:
        yield Finding("calendar", "ok", tr("calendar covers {years}", years=covered))
    for line in (lines[year] for year in needed if year in lines):
        if line.provisional:
            yield Finding(
                "calendar", "warn", tr("calendar {year} is provisional: it has no make-up days", year=line.year),
                tr("Add the file of the yearly notice: griddesk calendar add FILE"),
            )  # fmt: skip
        if line.unresolved:
            names = ", ".join(line.unresolved)
            yield Finding(
                "calendar", "warn", tr("calendar {year} has no date for {names}", year=line.year, names=names),
                tr("Windows of modes that name them are left out that year."),
            )  # fmt: skip


def _connectors(header: Header) -> Iterator[Finding]:
    if not header.sources:
        yield Finding("connectors", "warn", tr("no connector has ever reported"), tr("griddesk connect starts them."))
    for line in header.sources:
        state: State = "ok" if line.state == "up" else "warn" if line.state in ("unknown", "quarantine") else "bad"
        text = tr(
            "connector {source}: {state} {detail}",
            source=line.source,
            state=tr(STATES_OF_SOURCES.get(line.state, line.state)),
            detail=line.detail,
        )
        advice = "" if state == "ok" else tr("griddesk devices shows more.")
        yield Finding("connectors", state, text.strip(), advice)


def _disk(path: Path) -> Iterator[Finding]:
    folder = path if path.is_dir() else path.parent
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    state: State = "bad" if free < DISK_BAD else "warn" if free < DISK_WARN else "ok"
    text = tr("{free} MB free at {folder}", free=free // 2**20, folder=folder)
    yield Finding("disk", state, text, "" if state == "ok" else tr("Clear up, or move the store."))


def _server(call: Call) -> Iterator[Finding]:
    from store.views import server

    facts = call.read(server.server)
    if facts is None:
        return
    said = tr(
        "PostgreSQL {version}, {size} MB, {used} of {connections} connections in use",
        version=facts.version, size=facts.size // 2**20, used=facts.used, connections=facts.connections,
    )  # fmt: skip
    crowded = facts.used > facts.connections * 4 // 5
    advice = tr("Raise max_connections, or close desks.") if crowded else ""
    yield Finding("server", "warn" if crowded else "ok", said, advice)
    if not facts.durable:
        yield Finding(
            "server",
            "bad",
            tr("the server answers before it has stored ({settings})", settings=facts.settings),
            tr("Switch fsync, full_page_writes and synchronous_commit on."),
        )


def _terminal() -> Iterator[Finding]:
    term = os.environ.get("TERM", "")
    if not sys.stdout.isatty():
        yield Finding("terminal", "ok", tr("standard output is no terminal: the line commands work, the desk does not"))
        return
    if term in ("", "dumb"):
        text = tr("TERM is {term}: the desk cannot draw", term=term or '""')
        yield Finding("terminal", "bad", text, tr("Set TERM, e.g. xterm-256color."))
        return
    size = shutil.get_terminal_size()
    utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    small = size.columns < LEAST_CELLS[0] or size.lines < LEAST_CELLS[1]
    text = tr(
        "terminal {term}, {columns} x {lines}, {encoding}", term=term, columns=size.columns, lines=size.lines,
        encoding=sys.stdout.encoding,
    )  # fmt: skip
    advice = []
    if small:
        advice.append(tr("The desk wants 80 x 24 or more."))
    if not utf8:
        advice.append(tr("Chinese needs UTF-8: set LANG, e.g. C.UTF-8."))
    yield Finding("terminal", "warn" if advice else "ok", text, " ".join(advice))
