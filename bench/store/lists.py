"""Pages at any depth and text search (limits 7, 10, 11)."""

from __future__ import annotations

from collections.abc import Callable

from bench.store.cases import NOT_FOUND
from bench.store.desk import PAGE, Desk
from bench.store.limits import Limit, at_least, at_most, fact
from bench.store.measure import median, ms, side_by_side, timed, watched
from store.views import grids, queue, search

DEPTH = 10_000
WORDS = {
    "one character": "井", "two, frequent": "井盖", "two, no hit": NOT_FOUND, "four, frequent": "井盖松动",
    "street and number": "清波路13号", "two words": "望江 井盖", "four, no hit": "煤气泄漏",
}  # fmt: skip
REPEATS = 50


def depth(engine: str, desk: Desk, rounds: int) -> list[Limit]:
    """Limit 7: a page deep in the whole city's queue, beside the first; and that nothing is skipped by OFFSET."""
    store = desk.store
    with store.read() as session:
        ids = queue.keys(session, store.profile, desk.now, None, "open").ids
    start = min(DEPTH, len(ids) - PAGE)

    def page(first: int) -> Callable[[], object]:
        def run() -> object:
            with store.read() as session:
                return queue.rows(session, store.profile, desk.now, ids[first : first + PAGE])

        return run

    t = side_by_side({"first": page(0), "deep": page(start)}, rounds)
    with watched() as seen:
        page(start)()
        desk.refresh_city()
    beside = f"{ms(t['deep'])} / {ms(t['first'])}"
    what = f"page at depth {start:,} of the city's queue / first page"
    return [
        at_most("7", what, engine, t["deep"] / t["first"], 2.5, beside),
        fact("7", "statements with OFFSET in a refresh", engine, str(seen.offsets), "no OFFSET", seen.offsets == 0),
    ]


def words(engine: str, desk: Desk, smaller: Desk, rounds: int) -> list[Limit]:
    """Limits 10 and 11: `search` as `/` calls it; `smaller` is the store to grow from."""
    texts = WORDS | {"case number": _number(desk)}
    large = side_by_side({name: _search(desk, text) for name, text in texts.items()}, rounds)
    small = side_by_side({name: _search(smaller, text) for name, text in texts.items()}, rounds)
    slow, slow_before = max(large, key=lambda name: large[name]), max(small.values())
    like = median([timed(lambda: _like(desk, NOT_FOUND)) for _ in range(3)])
    with desk.store.read() as session:
        counts = side_by_side({"a3": lambda: grids.counts(session, desk.now)}, 10)["a3"]
    none = large["two, no hit"]
    shown = ", ".join(f"{name} {ms(value)}" for name, value in large.items())
    number = f"slowest word, {desk.size.cases:,} / {smaller.size.cases:,} cases"
    made = [
        at_least("10", "two characters without a hit: LIKE / product", engine, like / none, 500,
                 f"{ms(like)} / {ms(none)}"),
        at_most("10", number, engine, large[slow] / slow_before, 4, f"{slow}: {ms(large[slow])} / {ms(slow_before)}"),
        at_most("10", "slowest word / counts of all grids", engine, large[slow] / counts, 3,
                f"{ms(large[slow])} / {ms(counts)}"),
        fact("10", "all words", engine, shown),
    ]  # fmt: skip
    return [*made, *_repeated(engine, desk)]


def _repeated(engine: str, desk: Desk) -> list[Limit]:
    """The same search again and again must not meet a plan made for any word (PostgreSQL prepares after five)."""
    if engine == "SQLite":
        return []
    worst, which = 0.0, ""
    for name, text in WORDS.items():
        run = _search(desk, text)
        before = min(timed(run) for _ in range(3))
        for _ in range(REPEATS):
            run()
        ratio = min(timed(run) for _ in range(3)) / before
        if ratio > worst:
            worst, which = ratio, name
    return [at_most("11", f"search after {REPEATS} repeats / before, worst word", engine, worst, 3, which)]


def _search(desk: Desk, text: str) -> Callable[[], object]:
    def run() -> object:
        with desk.store.read() as session:
            return search.search(session, desk.store.profile, desk.now, text, PAGE)

    return run


def _like(desk: Desk, text: str) -> None:
    pattern = f"%{text}%"
    desk.line.run(
        "SELECT id FROM cases WHERE title LIKE ? OR address LIKE ? OR text LIKE ? ORDER BY id DESC LIMIT 50",
        (pattern, pattern, pattern),
    )


def _number(desk: Desk) -> str:
    return str(desk.line.run("SELECT number FROM cases WHERE id = ?", (desk.case,))[0][0])
