"""A store of any size, written past the actions but as they would have left it: rows, clocks, search text, chain."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from bench.store.bulk import carry, catch_up, put
from bench.store.cases import Maker
from bench.store.places import FileRaw, Ground, ServerRaw, raw
from bench.store.shape import A_DAY, NOW, Size, Tree, tree
from store import casetext
from store.actions.house.opening import Store, create_store, open_store
from store.actions.loop import newcases
from store.actions.people import officers
from store.actions.people.officers import FOUNDER
from store.journal import GENESIS, JOURNAL, NUMBERS, Entry, digest
from store.records.alert import Alert
from store.records.case import Case, CaseClock, OrderSlip
from store.records.event import Event, FeedHead
from store.records.grid import Grid, GridClosure, GridOutline
from store.records.patrol import PatrolVisit
from store.records.people import Unit

DUTY = "W1"
UNITS = 300
ALERTS = 200


def made(ground: Ground, size: Size, *, fresh: bool = False) -> str:
    """Location of the generated store; one that an earlier run left is taken as it is unless `fresh`.

    On a server it is carried over from its twin in a file, so that both engines hold the same rows.
    """
    if not fresh and ground.exists(size.name):
        return ground.location(size.name)
    twin = made(Ground("SQLite", ground.folder), size) if ground.server else ""
    began = time.monotonic()
    location = ground.empty(size.name)
    store = create_store(location, drill=True, centre="测量市", start=NOW, speed=0.0)
    store.write(officers.add, store.profile, FOUNDER, NOW, DUTY, "值班一", ("duty_officer", "administrator"))
    line = raw(location)
    try:
        _fast(line, on=True)
        if isinstance(line, ServerRaw):
            _carried(twin, line)
        else:
            plan = tree(size.districts)
            _places(line, plan)
            _people(line)
            _panels(line, plan, _cases(line, store, plan, size))
        _fast(line, on=False)
    finally:
        line.close()
        store.close()
    took, size_mb = time.monotonic() - began, ground.size(size.name) >> 20
    print(f"  {ground.engine}: {size.words} made in {took:.0f} s, {size_mb:,} MB", flush=True)
    return location


def _carried(twin: str, line: ServerRaw) -> None:
    source = FileRaw(twin)
    carry(source, line)
    catch_up(line)
    words = source.line.execute("SELECT id, title, address, text FROM cases ORDER BY id")
    texts = ((key, casetext._vector(newcases.searchable(title, body, address))) for key, title, address, body in words)
    with line.line.cursor() as cursor, cursor.copy("COPY case_text (id, grams) FROM STDIN") as copy:
        for row in texts:
            copy.write_row(row)
    source.close()


def opened(location: str) -> Store:
    """The store with its cases under the profile as it is now, though it was generated before a change to it."""
    store = open_store(location)
    line = raw(location)
    values = (store.profile.version, store.profile.version)
    line.run("UPDATE cases SET profile_version = ? WHERE closed_at IS NULL AND profile_version <> ?", values)
    line.close()
    return store


def _fast(line: FileRaw | ServerRaw, *, on: bool) -> None:
    """Loading needs no syncs: nobody is told that anything is stored before it is finished."""
    if isinstance(line, FileRaw):
        if on:
            line.run("PRAGMA synchronous=OFF")
            line.run("PRAGMA cache_size=-512000")
            line.run("BEGIN")
            return
        line.run("COMMIT")
        line.run("ANALYZE")
        line.run("PRAGMA synchronous=FULL")
        line.run("PRAGMA wal_checkpoint(TRUNCATE)")
        return
    if on:
        line.run("SET synchronous_commit = off")
        line.run("SET session_replication_role = replica")
    else:
        line.run("VACUUM ANALYZE")
        line.run("CHECKPOINT")


def _places(line: FileRaw, plan: Tree) -> None:
    put(
        line, Grid,
        (
            {"id": n.id, "parent_id": n.parent, "tier": n.depth, "code": n.code, "name": n.name, "kind": n.kind,
             "leaf": n.leaf}
            for n in plan.nodes
        ),
    )  # fmt: skip
    put(line, GridClosure, ({"ancestor_id": a, "grid_id": n.id} for n in plan.nodes for a in n.path))
    put(line, GridOutline, _outlines(plan))


def _outlines(plan: Tree) -> Iterator[dict[str, Any]]:
    for place, leaf in enumerate(plan.leaves):
        x, y = 120.0 + place % 150 * 0.01, 30.0 + place // 150 * 0.01
        ring = ((x, y), (x + 0.01, y), (x + 0.01, y + 0.01), (x, y + 0.01), (x, y))
        yield {
            "grid_id": leaf.id, "polygons": json.dumps([[ring]]).encode(), "lat": y + 0.005, "lon": x + 0.005,
        }  # fmt: skip


def _people(line: FileRaw) -> None:
    put(
        line, Unit,
        (
            {"id": 1000 + n, "code": f"U{n}", "name_zh": f"处置{n}队", "name_en": f"team {n}", "stationing": "resident",
             "duties": []}
            for n in range(1, UNITS + 1)
        ),
    )  # fmt: skip


def _cases(line: FileRaw, store: Store, plan: Tree, size: Size) -> int:
    """Writes cases day by day, events in the order in which they happened; returns the last case id."""
    maker = Maker(store.profile, store.timezone, plan, size)
    head = line.run("SELECT seq, hash, log_version, case_id FROM feed_head WHERE id = ?", (JOURNAL,))[0]
    chain = _Chain(int(head[0]), bytes(head[1]))
    first = int(head[3])
    ready = 0
    while ready < size.cases:
        day = [maker.case(first + n + 1, n) for n in range(ready, min(ready + A_DAY, size.cases))]
        put(line, Case, (made.row for made in day))
        put(line, CaseClock, (clock for made in day for clock in made.clocks))
        put(line, OrderSlip, (order for made in day for order in made.orders))
        put(line, Event, chain.link(_in_turn([made.entries for made in day])))
        line.line.executemany(
            "INSERT INTO case_text (rowid, grams) VALUES (?, ?)", [(made.row["id"], made.grams) for made in day]
        )
        ready += len(day)
    head_values = (chain.seq, chain.hash, first + size.cases)
    line.run("UPDATE feed_head SET seq = ?, hash = ?, case_id = ? WHERE id = 1", head_values)
    line.run("DELETE FROM feed_head WHERE id = ?", (NUMBERS,))
    put(line, FeedHead, [{"id": NUMBERS, "seq": 0, "hash": GENESIS, "case_id": first + size.cases, "log_version": 0}])
    return first + size.cases


def _in_turn(histories: list[list[Entry]]) -> Iterator[Entry]:
    """First everybody's first event, then everybody's second: a case's events lie a day apart in the journal."""
    for place in range(max(map(len, histories), default=0)):
        for entries in histories:
            if place < len(entries):
                yield entries[place]


class _Chain:
    """Numbers and links events as `store.journal.flush` does."""

    def __init__(self, seq: int, link: bytes) -> None:
        self.seq, self.hash = seq, link

    def link(self, entries: Iterator[Entry]) -> Iterator[dict[str, Any]]:
        for entry in entries:
            self.seq += 1
            self.hash = digest(self.hash, self.seq, entry, entry.version)
            yield {
                "seq": self.seq, "subject": entry.subject, "subject_id": entry.subject_id, "version": entry.version,
                "kind": entry.kind, "at": entry.at, "actor": entry.actor, "actor_kind": entry.actor_kind,
                "request_id": entry.request_id, "data": entry.data, "hash": self.hash,
            }  # fmt: skip


def _panels(line: FileRaw, plan: Tree, last_case: int) -> None:
    """Standing alerts, and visits of the running shift to every second leaf."""
    put(
        line, Alert,
        (
            {"id": n, "cause": f"bench:{n}", "kind": "overdue", "priority": 1 + n % 3, "code": "case_overdue",
             "fields": {"case": last_case, "number": "", "clock": "close", "due": 0, "title": "测量"},
             "grid_id": plan.leaves[n % len(plan.leaves)].id, "case_id": last_case,
             "raised_at": NOW - timedelta(minutes=n), "last_at": NOW}
            for n in range(1, ALERTS + 1)
        ),
    )  # fmt: skip
    shift = NOW.replace(hour=0)
    put(
        line, PatrolVisit,
        (
            {"id": n, "shift_start": shift, "grid_id": leaf.id, "point_id": 0, "unit": "P1",
             "first_at": NOW - timedelta(minutes=n % 110), "last_at": NOW - timedelta(minutes=n % 110)}
            for n, leaf in enumerate(plan.leaves[::2], start=1)
        ),
    )  # fmt: skip
