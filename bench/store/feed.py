"""The change feed and the idle desk (limits 16 to 18)."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence

from bench.store import bare
from bench.store.generate import opened
from bench.store.limits import Limit, at_least, at_most, fact, none_of
from bench.store.measure import median, ms, share, side_by_side, watched
from bench.store.writers import Crew, dispatched, run
from store import journal
from store.actions.house.opening import Store
from store.views import changes
from tui.desk.feed import POLL_SECONDS

WRITERS = 8
HOLD = 0.3
"""Seconds that a straggler keeps every tenth write open."""


def limits(engine: str, location: str, seconds: float, commits: int) -> list[Limit]:
    """Limits 16 to 18 on a store that nobody else has open."""
    ids = dispatched(location)
    store = opened(location)
    try:
        made = _missed(engine, store, location, ids, seconds)
        made += _idle(engine, store)
        made += _seen(engine, store, location, ids, commits)
    finally:
        store.close()
    return made + _order(engine, location, ids, seconds)


def _missed(engine: str, store: Store, location: str, ids: Sequence[int], seconds: float) -> list[Limit]:
    """A reader that asks for what is new while eight write, one of them slowly."""
    with store.read() as session:
        first = last = journal.head(session)
    seen: list[int] = []
    crew = Crew(WRITERS)
    try:
        futures = crew.start(location, "product", ids, seconds, hold=HOLD)
        while True:
            done = all(future.done() for future in futures)
            with store.read() as session:
                new = [change.seq for change in changes.changes(session, last)]
            seen += new
            last = new[-1] if new else last
            if done and not new:
                break
            time.sleep(0.01)
        told = [future.result() for future in futures]
    finally:
        crew.close()
    with store.read() as session:
        final = journal.head(session)
    missed = (final - first) - len(set(seen))
    disorder = sum(b != a + 1 for a, b in zip([first, *seen], seen, strict=False))
    failed = sum(len(t.failures) for t in told)
    beside = f"of {final - first:,} events, {failed} writes failed"
    what = f"events missed by a reader, {WRITERS} writers, a straggler of {HOLD} s among them"
    return [
        none_of("16", what, engine, missed, beside),
        none_of("16", "holes or disorder in what it read", engine, disorder),
    ]


def _order(engine: str, location: str, ids: Sequence[int], seconds: float) -> list[Limit]:
    """What the head row costs in raw SQL, and what the product makes of eight writers."""
    bare.prepare(location)
    rate = {way: run(location, way, ids, WRITERS, seconds).rate for way in ("whole", "bare", "product")}
    bare.clear(location)
    return [
        at_least("16", f"head row with chain / plain key in raw SQL, tx/s, {WRITERS} writers", engine,
                 rate["whole"] / rate["bare"], 0.2, f"{rate['whole']:.0f} / {rate['bare']:.0f}"),
        fact("16", f"the product's dispatch, tx/s, {WRITERS} writers", engine, f"{rate['product']:.0f}"),
    ]  # fmt: skip


def _seen(engine: str, store: Store, location: str, ids: Sequence[int], commits: int) -> list[Limit]:
    """From the commit in another process to its event in the hands of this one, asking as the desk does."""
    delays, took = _delays(store, location, ids, commits, POLL_SECONDS)
    p95 = share(delays, 0.95)
    made = [at_most("17", "commit to seen, p95 / the desk's poll interval", engine, p95 / POLL_SECONDS, 1.1,
                    f"{ms(p95)} / {ms(POLL_SECONDS)}, p50 {ms(median(delays))}, {len(delays)} commits")]  # fmt: skip
    if engine != "SQLite":
        delays, took = _delays(store, location, ids, commits, 0.001)
        p50 = median(delays)
        made.append(at_most("17", "word by LISTEN, p50 / p50 of a commit (asked every millisecond)", engine,
                            p50 / median(took), 5, f"{ms(p50)} / {ms(median(took))}"))  # fmt: skip
    return made


def _delays(
    store: Store, location: str, ids: Sequence[int], commits: int, poll: float
) -> tuple[list[float], list[float]]:
    """(seconds from each commit to its event, seconds of each write)."""
    rate = 4.0
    with store.read() as session:
        last = journal.head(session)
    found: list[float] = []
    crew = Crew(1)
    dice = random.Random(3)
    try:
        futures = crew.start(location, "product", ids, commits / rate, per_second=rate * dice.uniform(0.9, 1.1))
        due = time.monotonic()
        while not futures[0].done():
            due += poll
            time.sleep(max(0.0, due - time.monotonic()))
            if store.changed():
                with store.read() as session:
                    new = changes.changes(session, last)
                at = time.monotonic()
                found += [at] * len({(c.subject_id) for c in new if c.subject == "case"})
                last = new[-1].seq if new else last
        told = futures[0].result()
    finally:
        crew.close()
    return [seen - at for seen, at in zip(found, told.at, strict=False)], told.took


def _idle(engine: str, store: Store) -> list[Limit]:
    """What asking costs when nothing happens, and that nothing else is asked."""
    with store.read() as session:
        last = journal.head(session)

    def ask() -> None:
        with store.read() as session:
            changes.changes(session, last)

    store.changed()
    t = side_by_side({"changed": store.changed, "feed": ask}, 200)
    with watched() as seen:
        woken = sum(store.changed() for _ in range(200))
    what = "statements and mapped objects of 200 idle asks"
    return [
        fact("18", "wake cost / the feed asked through the product", engine,
             f"{t['changed'] * 1e6:.1f} us / {t['feed'] * 1e6:.0f} us = 1/{t['feed'] / t['changed']:.0f}",
             "wake cheaper", t["changed"] < t["feed"]),
        none_of("18", what, engine, len(seen.statements) + seen.entities),
        none_of("18", "refreshes asked for by 200 idle asks", engine, woken),
    ]  # fmt: skip
