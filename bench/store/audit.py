"""Verifying the journal, and five attacks on it (limit 21)."""

from __future__ import annotations

import json
import multiprocessing
import resource
import time
from collections.abc import Callable

from bench.store.limits import Limit, fact
from bench.store.places import FileRaw, Ground, ServerRaw, raw
from bench.store.shape import Size
from bench.table import Table
from store import chain
from store.actions.house import auditing
from store.actions.house.opening import open_store
from store.journal import Entry, Mark, digest
from store.records.columns import from_ms

MILLION = 1_000_000


def speed(located: dict[str, str]) -> Table:
    """The first million events of each engine's store, in a process of its own."""
    made = Table(
        "Store: audit verify",
        ("engine", "events", "seconds", "events a second", "peak memory over the open store, MB", "found"),
        note="Piece by piece with `chain.piece`, as `griddesk audit verify` does: every hash of the chain.",
    )
    context = multiprocessing.get_context("spawn")
    for engine, location in located.items():
        with context.Pool(1) as pool:
            events, seconds, grown, whole = pool.apply(_verified, (location,))
        found = "nothing wrong" if whole else "a fault"
        made.add(engine, f"{events:,}", f"{seconds:.1f}", f"{events / seconds:,.0f}", f"{grown / 1024:.0f}", found)
    return made


def _verified(location: str) -> tuple[int, float, int, bool]:
    store = open_store(location)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began, mark, fits, more = time.perf_counter(), chain.START, True, True
    while fits and more and mark.seq < MILLION:
        with store.read() as session:
            part = chain.piece(session, mark)
        mark, fits, more = part.mark, part.fits, part.full
    took = time.perf_counter() - began
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    store.close()
    return mark.seq, took, grown, fits


# --- attacks ----------------------------------------------------------------------------------


def attacks(ground: Ground, size: Size) -> list[Limit]:
    """Each on a fresh copy; anchors are what somebody wrote down elsewhere before."""
    makers: dict[str, Callable[[FileRaw | ServerRaw], None]] = {
        "an event edited": _edit, "an event removed from the middle": _remove,
        "the newest event of a case removed, its row repaired": _remove_newest,
        "a whole case removed": _remove_case, "an event edited and every hash after it computed anew": _recompute,
    }  # fmt: skip
    made = []
    for what, attack in makers.items():
        with ground.copied("attacked", size.name) as location:
            anchors = _anchors(location)
            line = raw(location)
            attack(line)
            line.close()
            store = open_store(location)
            checked = auditing.check(store, anchors)
            store.close()
        found = checked.fault
        shown = f"{found.fault} at {found.seq:,}" + (", by the anchor" if checked.by_anchor else "") if found else "no"
        made.append(fact("21", what, ground.engine, shown, "seen", found is not None))
    return made


def _anchors(location: str) -> list[Mark]:
    """Every 5,000th event and the newest."""
    line = raw(location)
    rows = line.run("SELECT seq, hash FROM event WHERE seq % 5000 = 0 ORDER BY seq" if isinstance(line, FileRaw) else
                    "SELECT seq, hash FROM event WHERE mod(seq, 5000) = 0 ORDER BY seq")  # fmt: skip
    line.close()
    store = open_store(location)
    with store.read() as session:
        newest = chain.head(session)
    store.close()
    return [*(Mark(int(seq), bytes(link)) for seq, link in rows), newest]


def _middle(line: FileRaw | ServerRaw) -> int:
    return int(line.run("SELECT max(seq) / 2 FROM event WHERE subject = 'case'")[0][0])


def _edit(line: FileRaw | ServerRaw) -> None:
    line.run("UPDATE event SET actor = 'W2' WHERE seq = ?", (_middle(line),))


def _remove(line: FileRaw | ServerRaw) -> None:
    line.run("DELETE FROM event WHERE seq = ?", (_middle(line),))


def _remove_newest(line: FileRaw | ServerRaw) -> None:
    case, version = line.run("SELECT id, version FROM cases WHERE closed_at IS NULL AND version > 1 LIMIT 1")[0]
    line.run("DELETE FROM event WHERE subject = 'case' AND subject_id = ? AND version = ?", (case, version))
    line.run("UPDATE cases SET version = version - 1 WHERE id = ?", (case,))


def _remove_case(line: FileRaw | ServerRaw) -> None:
    case = line.run("SELECT id FROM cases WHERE closed_at IS NULL LIMIT 1")[0][0]
    line.run("DELETE FROM event WHERE subject = 'case' AND subject_id = ?", (case,))
    for table, key in (("case_clock", "case_id"), ("order_slip", "case_id"), ("cases", "id")):
        line.run(f"DELETE FROM {table} WHERE {key} = ?", (case,))


def _recompute(line: FileRaw | ServerRaw) -> None:
    """The owner of the database, with all the time in the world."""
    start = _middle(line)
    _edit(line)
    link = bytes(line.run("SELECT hash FROM event WHERE seq = ?", (start - 1,))[0][0])
    line.run("BEGIN")
    for row in line.run(
        "SELECT seq, subject, subject_id, version, kind, at, actor, actor_kind, request_id, data FROM event"
        " WHERE seq >= ? ORDER BY seq", (start,),
    ):  # fmt: skip
        at = from_ms(row[5]) if isinstance(row[5], int) else row[5]
        data = json.loads(row[9]) if isinstance(row[9], str) else row[9]
        entry = Entry(row[1], row[2], row[3], row[4], at, row[6], row[7], data, row[8])
        link = digest(link, row[0], entry, row[3])
        line.run("UPDATE event SET hash = ? WHERE seq = ?", (link, row[0]))
    line.run("UPDATE feed_head SET hash = ? WHERE id = 1", (link,))
    line.run("COMMIT")
