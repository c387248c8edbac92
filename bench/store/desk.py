"""What a street's desk and the city wall read, beside the same questions in raw SQL (limits 1 to 6, 8, 19)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlmodel import Session

from bench.store.generate import DUTY, opened
from bench.store.limits import Limit, at_least, at_most, fact
from bench.store.measure import ms, side_by_side, watched
from bench.store.places import raw
from bench.store.shape import ROOT, Size, tree
from store import journal
from store.actions.house.opening import Store
from store.rules.state import Actor
from store.views import alerts, changes, grids, patrol, people, queue
from store.views import case as case_view

PAGE = 50
BELOW = "c.grid_id IN (SELECT grid_id FROM grid_closure WHERE ancestor_id = ?) AND c.closed_at IS NULL"
COUNTS = (
    "SELECT c.grid_id, count(*), sum(CASE WHEN c.unit IS NULL THEN 1 ELSE 0 END),"
    " sum(CASE WHEN c.due_at > ? AND c.near_at <= ? THEN 1 ELSE 0 END), sum(CASE WHEN c.due_at <= ? THEN 1 ELSE 0 END),"
    f" min(c.due_at) FROM cases c WHERE {BELOW} GROUP BY c.grid_id"
)
ROLL_UP = (
    "SELECT a.ancestor_id, sum(g.n), sum(g.late) FROM (SELECT grid_id, count(*) n,"
    " sum(CASE WHEN due_at <= ? THEN 1 ELSE 0 END) late FROM cases WHERE closed_at IS NULL GROUP BY grid_id) g"
    " JOIN grid_closure a ON a.grid_id = g.grid_id GROUP BY a.ancestor_id"
)
HEAD = "SELECT seq FROM feed_head WHERE id = 1"
ORDER = "ORDER BY c.due_at, c.level_rank, c.id"


class Desk:
    """One generated store, opened through the product and through its driver."""

    def __init__(self, location: str, size: Size) -> None:
        self.location, self.size = location, size
        self.store: Store = opened(location)
        self.line = raw(location)
        plan = tree(size.districts)
        self.street, self.district, self.root = plan.street, plan.district, ROOT
        self.now = self.store.now()
        self.officer: Actor
        with self.store.read() as session:
            self.officer = people.actor(session, self.store.profile, DUTY)
            ids = queue.keys(session, self.store.profile, self.now, self.street, "open").ids
            self.seq = journal.head(session)
        self.case = ids[len(ids) // 2]
        self.page = ids[:PAGE]

    def close(self) -> None:
        self.store.close()
        self.line.close()

    def queue(self, node: int | None) -> None:
        """Open and overdue cases of a node, the first page of each."""
        for which in ("open", "overdue"):
            with self.store.read() as session:
                ids = queue.keys(session, self.store.profile, self.now, node, which).ids
                queue.rows(session, self.store.profile, self.now, ids[:PAGE])

    def rest(self) -> None:
        """The case, the alerts, what is new, the header."""
        with self.store.read() as session:
            case_view.case(session, self.store.profile, self.now, self.case, self.officer)
        with self.store.read() as session:
            alerts.alerts(session, self.store.profile, self.now)
        with self.store.read() as session:
            changes.changes(session, self.seq)
        self.store.header()

    def refresh_street(self) -> None:
        with self.store.read() as session:
            grids.counts(session, self.now, self.street)
        self.queue(self.street)
        self.rest()

    def refresh_city(self) -> None:
        with self.store.read() as session:
            grids.board(session, self.store.profile, self.now)
        self.queue(None)
        with self.store.read() as session:
            patrol.patrol(session, self.store.profile, self.now, self.store.timezone)
        self.rest()

    # --- the same in raw SQL -----------------------------------------------------------------

    def raw_counts(self, node: int) -> list[Any]:
        at = self.line.at(self.now)
        return self.line.run(COUNTS, (at, at, at, node))

    def raw_keys(self, node: int) -> list[Any]:
        self.line.run(HEAD)
        return self.line.run(f"SELECT c.id FROM cases c WHERE {BELOW} {ORDER}", (node,))

    def raw_page(self) -> list[Any]:
        names = ", ".join(f"c.{column.name}" for column in queue.COLUMNS)
        marks = ", ".join("?" for _ in self.page)
        return self.line.run(
            f"SELECT {names}, g.code, g.name, u.name_zh, u.name_en FROM cases c JOIN grid g ON g.id = c.grid_id"
            f" LEFT JOIN unit u ON u.code = c.unit WHERE c.id IN ({marks})",
            self.page,
        )

    def raw_case(self) -> None:
        key = (self.case,)
        self.line.run(
            "SELECT c.*, g.code, g.name, u.name_zh, u.name_en FROM cases c JOIN grid g ON g.id = c.grid_id"
            " LEFT JOIN unit u ON u.code = c.unit WHERE c.id = ?", key,
        )  # fmt: skip
        self.line.run("SELECT * FROM case_clock WHERE case_id = ? ORDER BY id", key)
        self.line.run("SELECT * FROM event WHERE subject = 'case' AND subject_id = ? ORDER BY seq", key)
        self.line.run("SELECT timezone FROM store_meta WHERE id = 1")
        self.line.run("SELECT version FROM profile_text WHERE profile = 'street' AND current")
        self.line.run("SELECT code, name_zh, name_en FROM unit WHERE code = ?", (DUTY,))
        self.line.run("SELECT code, name, name FROM officer WHERE code = ?", (DUTY,))
        self.line.run("SELECT * FROM source_report WHERE case_id = ? ORDER BY id", key)
        self.line.run(HEAD)


def refreshes(desks: dict[str, Desk], rounds: int) -> dict[str, tuple[float, float]]:
    """Median seconds of (street desk, city wall) of each store, in turns."""
    street = side_by_side({name: desk.refresh_street for name, desk in desks.items()}, rounds)
    city = side_by_side({name: desk.refresh_city for name, desk in desks.items()}, max(10, rounds // 10), warm=1)
    return {name: (street[name], city[name]) for name in desks}


def growth(engine: str, desks: dict[str, Desk], rounds: int) -> list[Limit]:
    """Limits 1 to 3; `desks` by role: `small` (2,000 open), `base` (30,000 cases), then the large ones by size."""
    found = refreshes(desks, rounds)
    base, small = found["base"], found["small"]
    made: list[Limit] = []
    large = [name for name in desks if name not in ("base", "small")]
    for name in large:
        size = desks[name].size
        number, limit = ("1", 2) if size.cases <= 1_000_000 else ("2", 3)
        for place, what in ((0, "street desk"), (1, "city wall")):
            beside = f"{ms(found[name][place])} / {ms(base[place])}"
            words = f"{what} refresh, {size.cases:,} / {desks['base'].size.cases:,} cases, equally many open"
            made.append(at_most(number, words, engine, found[name][place] / base[place], limit, beside))
    first = found[large[0]]
    for place, what, limit in ((0, "street desk", 5), (1, "city wall", 4)):
        words = f"{what} refresh, ten times the open cases"
        beside = f"{ms(first[place])} / {ms(small[place])}"
        made.append(at_most("3", words, engine, first[place] / small[place], limit, beside))
    return made


def layers(engine: str, desk: Desk, rounds: int) -> list[Limit]:
    """Limits 4, 5, 6, 8, 19: what the product adds to the SQL, in a transaction that is already open."""
    with desk.store.read() as session:
        t = side_by_side(_questions(desk, session), rounds)

    def over(name: str) -> tuple[float, str]:
        return t[name] / t[f"{name} raw"], f"{ms(t[name])} / {ms(t[f'{name} raw'])}"

    made = [at_most("4", "counts of a district / of a street (13 times the grids)", engine,
                    t["district"] / t["street"], 20, f"{ms(t['district'])} / {ms(t['street'])}")]  # fmt: skip
    for name, what, limit in (
        ("street", "counts of a street", 6), ("district", "counts of a district", 6), ("keys", "queue of a street", 6),
        ("case", "one case with its history", 8),
    ):  # fmt: skip
        made.append(at_most("5", f"product / raw SQL: {what}", engine, over(name)[0], limit, over(name)[1]))
    made.append(at_most("6", "product / raw SQL: a page of 50 rows", engine, over("page")[0], 20, over("page")[1]))
    made.append(at_most("6", "product / raw SQL: 500 events", engine, over("feed")[0], 25, over("feed")[1]))
    made.append(_entities(engine, desk))
    made += [_open_set(engine, desk, rounds), _roll_up(engine, desk, rounds), _kept(engine, desk, rounds)]
    return made


def _questions(desk: Desk, session: Session) -> dict[str, Callable[[], object]]:
    """The product's functions, each with its raw twin."""
    profile, now = desk.store.profile, desk.now
    return {
        "street": lambda: grids.counts(session, now, desk.street),
        "street raw": lambda: desk.raw_counts(desk.street),
        "district": lambda: grids.counts(session, now, desk.district),
        "district raw": lambda: desk.raw_counts(desk.district),
        "keys": lambda: queue.keys(session, profile, now, desk.street, "open"),
        "keys raw": lambda: desk.raw_keys(desk.street),
        "page": lambda: queue.rows(session, profile, now, desk.page),
        "page raw": desk.raw_page,
        "case": lambda: case_view.case(session, profile, now, desk.case, desk.officer),
        "case raw": desk.raw_case,
        "feed": lambda: changes.changes(session, desk.seq - 501, 500),
        "feed raw": lambda: desk.line.run(
            "SELECT seq, subject, subject_id, version, kind, at, actor, data FROM event WHERE seq > ? ORDER BY seq"
            " LIMIT 500", (desk.seq - 501,)
        ),
    }  # fmt: skip


def _entities(engine: str, desk: Desk) -> Limit:
    with watched() as seen:
        desk.refresh_street()
        desk.refresh_city()
    what = "mapped objects loaded by one refresh of desk and wall"
    measured = f"{seen.entities} in {len(seen.statements)} statements"
    return fact("6", what, engine, measured, "never more than 200", seen.entities <= 200)


def _open_set(engine: str, desk: Desk, rounds: int) -> Limit:
    """The whole open set as the product reads it, beside the same ids in raw SQL."""
    with desk.store.read() as session:
        t = side_by_side(
            {
                "keys": lambda: queue.keys(session, desk.store.profile, desk.now, None, "open"),
                "raw": lambda: desk.line.run(f"SELECT c.id FROM cases c WHERE c.closed_at IS NULL {ORDER}"),
            },
            max(10, rounds // 10),
        )
    beside = f"{ms(t['keys'])} / {ms(t['raw'])}"
    return at_most("6", "product / raw SQL: the whole open set", engine, t["keys"] / t["raw"], 20, beside)


def _roll_up(engine: str, desk: Desk, rounds: int) -> Limit:
    """Adding up the tree in SQL, beside counting by grid and adding up in the program."""
    parents = {node.id: node.parent for node in tree(desk.size.districts).nodes}
    at = desk.line.at(desk.now)

    def program() -> dict[int, int]:
        sums: dict[int, int] = {}
        for row in desk.raw_counts(desk.root):
            node: int | None = row[0]
            while node is not None:
                sums[node] = sums.get(node, 0) + row[1]
                node = parents.get(node)
        return sums

    t = side_by_side({"sql": lambda: desk.line.run(ROLL_UP, (at,)), "program": program}, max(10, rounds // 10))
    beside = f"{ms(t['sql'])} / {ms(t['program'])}"
    return at_least("8", "tree rolled up in SQL / in the program (as the product does)", engine,
                    t["sql"] / t["program"], 1, beside)  # fmt: skip


def _kept(engine: str, desk: Desk, rounds: int) -> Limit:
    """Counts of a district computed by the product's statement, beside counters kept in a table."""
    at = desk.line.at(desk.now)
    desk.line.run("DROP TABLE IF EXISTS bench_counter")
    desk.line.run("CREATE TABLE bench_counter (grid_id BIGINT PRIMARY KEY, n INT, waiting INT, near INT, late INT)")
    desk.line.run(
        "INSERT INTO bench_counter SELECT grid_id, count(*), 0, 0, sum(CASE WHEN due_at <= ? THEN 1 ELSE 0 END)"
        " FROM cases WHERE closed_at IS NULL GROUP BY grid_id", (at,),
    )  # fmt: skip
    kept = (
        "SELECT c.grid_id, c.n, c.waiting, c.near, c.late FROM bench_counter c WHERE c.grid_id IN"
        " (SELECT grid_id FROM grid_closure WHERE ancestor_id = ?)"
    )
    t = side_by_side(
        {"computed": lambda: desk.raw_counts(desk.district), "kept": lambda: desk.line.run(kept, (desk.district,))},
        rounds,
    )
    desk.line.run("DROP TABLE bench_counter")
    limit = 2 if engine == "SQLite" else 5
    beside = f"{ms(t['computed'])} / {ms(t['kept'])}"
    return at_most("19", "counts computed / kept (district)", engine, t["computed"] / t["kept"], limit, beside)


__all__ = ["PAGE", "Desk", "growth", "layers"]
