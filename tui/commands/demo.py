"""`demo`: a drill street in mid-shift, and the desk on it.

A new drill store gets the fictional street (S46), officers and patrol teams; an evening from 20:00 to 02:40 is lived
in seconds, with an officer at work; then the clock goes on at `--speed` and the night is yours.
"""

from __future__ import annotations

import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from store.errors import BadInput
from tui.commands import desk
from tui.commands.place import without_password
from tui.language import tr

Advance = Callable[[], None]

if TYPE_CHECKING:
    from store.actions.house.opening import Store
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call

ZONE = ZoneInfo("Asia/Shanghai")
CENTRE = "望江街道网格中心"
BEGINS = time(20, 0)
LASTS = timedelta(hours=6, minutes=40)
STEP = timedelta(minutes=20)
SEED = 46
TERMINALS = "sim-patrol"
"""Source of the positions that the simulated patrol teams send (connectors/simulator)."""

NIGHT, EVENING = "ye", "lin"
OFFICERS = (
    (NIGHT, "叶知秋", ("duty_officer", "administrator")),
    (EVENING, "林晚舟", ("duty_officer",)),
    ("gu", "顾传达", ("dispatcher",)),
)
TEAMS = 6


def add(nouns: Nouns) -> None:
    leaf = nouns.command("demo", tr("a street that lives, and the desk on it"), run)
    leaf.add_argument("--speed", type=_speed, default=1.0, metavar="N", help=tr("the clock runs N times as fast (1)"))
    leaf.add_argument("--keep", metavar="PATH", help=tr("keep the store here (else it is removed at the end)"))
    leaf.add_argument("--seed", type=int, metavar="N", help=tr("another officer in the evening"))
    leaf.add_argument("--prepare-only", action="store_true", help=tr("make the store, open no desk, keep it"))


def _speed(text: str) -> float:
    speed = float(text)
    if not 0 <= speed <= 3600:
        raise ValueError(text)
    return speed


def run(call: Call) -> int:
    """With `--prepare-only`: `{"location", "start", "now", "speed", "officer"}`; else the exit status of the desk."""
    from store.actions.house.opening import create_store

    args = call.args
    if call.json and not args.prepare_only:
        raise BadInput("usage", message=tr("--json needs --prepare-only."), usage="griddesk demo --prepare-only --json")
    reason = None if args.prepare_only else desk.trouble()
    if reason is not None:
        print("griddesk: " + reason, file=sys.stderr)
        return 2
    keep = args.keep or (args.store if "://" in (args.store or "") else None)
    with _orderly_end(), _place(keep, kept=args.prepare_only) as location:
        start = datetime.combine(datetime.now(ZONE).date(), BEGINS, ZONE)
        store = create_store(location, centre=CENTRE, timezone=str(ZONE), drill=True, start=start)
        try:
            seed_store(store, start, args.seed, quiet=call.json)
            ends = start + LASTS
            store.set_clock(ends, args.speed)
            if args.prepare_only:
                return _prepared(call, store, start, ends)
        except BaseException:
            store.close()
            raise
        return desk.show(call, store, NIGHT, simulate=True)


@contextmanager
def _orderly_end() -> Iterator[None]:
    """Termination and hang-up unwind like any other end, so that nothing of the demo is left behind."""

    def end(number: int, frame: object) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _place(keep: str | None, *, kept: bool) -> Iterator[Path | str]:
    """The file or the database of the demo's store; a temporary folder goes away again unless the store is to stay."""
    if keep is not None and "://" in keep:
        yield without_password(keep)
        return
    if keep is not None:
        path = Path(keep).expanduser()
        path = path / "demo.db" if path.is_dir() else path
        yield path
        if not kept:
            print(tr("The demo's store lies at {path}.", path=path), file=sys.stderr)
        return
    folder = Path(tempfile.mkdtemp(prefix="griddesk-demo-"))
    done = False
    try:
        yield folder / "demo.db"
        done = kept
    finally:
        if not done:
            shutil.rmtree(folder, ignore_errors=True)
    if not kept:
        print(tr("The demo's store was removed; --keep PATH keeps it."), file=sys.stderr)


def seed_store(store: Store, start: datetime, seed: int | None, *, quiet: bool) -> None:
    """The street, its people, and its evening up to `start + LASTS`."""
    from store.actions.people import shifts
    from store.views import people
    from tui.commands.evening import Evening
    from tui.commands.life import Life

    _people(store, start)
    _street(store, start)
    with store.read() as session:
        evening, night = (people.actor(session, store.profile, code) for code in (EVENING, NIGHT))
    store.write(shifts.start, store.profile, evening, start, store.timezone, "demo-shift-evening")
    ends = start + LASTS
    officer = Evening(store, evening, ends, SEED if seed is None else seed, leaves=_leaves(store, start))
    steps = [start + STEP * number for number in range(1, LASTS // STEP + 1)]
    with Life(store.location) as life, _bar(len(steps), quiet=quiet) as advance:
        for now in steps:
            life.until(now)
            store.set_now(now)
            if now < ends:
                officer.round(now)
            advance()
    store.write(shifts.start, store.profile, night, ends, store.timezone, "demo-shift-night")


def _people(store: Store, at: datetime) -> None:
    from store.actions.people import officers

    for code, name, roles in OFFICERS:
        store.write(officers.add, store.profile, officers.FOUNDER, at, code, name, roles)


def _street(store: Store, at: datetime) -> None:
    """Boundaries, patrol teams that are at home in a community each, and the register of devices."""
    from store.actions.devices import devicelists
    from store.actions.people import units
    from store.actions.people.officers import FOUNDER
    from store.actions.places import grids
    from store.profiles.drill import drill_boundaries, drill_devices
    from store.rules import boundaries, devicefiles

    street = boundaries.read(drill_boundaries())
    store.write(grids.import_boundaries, store.profile, FOUNDER, at, street.areas, street.points)
    lines, _ = devicefiles.read(drill_devices())
    store.write(devicelists.take, store.profile, FOUNDER, at, lines, file="devices.csv")
    communities = [area.code for area in street.areas if area.parent is None]
    for number, home in zip(range(1, TEAMS + 1), communities, strict=False):
        code = f"P{number}"
        terminals = [(TERMINALS, code)]
        store.write(units.add, store.profile, FOUNDER, at, code, "", "", (), home, terminals)


def _leaves(store: Store, at: datetime) -> dict[str, str]:
    from store.views import grids

    with store.read() as session:
        rows = grids.board(session, store.profile, at).rows
    return {row.name: row.code for row in rows if row.leaf and not row.unplaced}


@contextmanager
def _bar(steps: int, *, quiet: bool) -> Iterator[Advance]:
    """A progress bar on standard error where that is a terminal."""
    if quiet or not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(tr("An evening on the street"), total=steps)
        yield lambda: progress.advance(task)


def _prepared(call: Call, store: Store, start: datetime, now: datetime) -> int:
    location, speed = store.location, call.args.speed
    store.close()
    if call.json:
        return call.document({"location": location, "start": start, "now": now, "speed": speed, "officer": NIGHT})
    return call.say(
        tr("Made a drill street at {location}; it is {time} there.", location=location, time=f"{now:%H:%M}"),
        tr("Open it: griddesk --store {location} --as {officer} desk --simulate", location=location, officer=NIGHT),
    )
