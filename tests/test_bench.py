"""The bench of the store runs from end to end on small stores; what it measures is not judged here."""

from __future__ import annotations

from pathlib import Path

from bench import results
from bench.store import desk, lists
from bench.store.generate import made
from bench.store.limits import table
from bench.store.places import Ground
from bench.store.shape import Size, tree
from bench.table import Table
from store.actions.house import auditing
from store.actions.house.opening import open_store


def test_a_generated_store_is_one_the_product_would_have_written(tmp_path: Path) -> None:
    store = open_store(made(Ground("SQLite", tmp_path), Size(600, 200, 1)))
    try:
        checked = auditing.check(store)
        assert checked.fault is None and checked.events > 2_000
        assert store.header().open == 200
    finally:
        store.close()


def test_a_street_of_the_generated_city_has_113_grids() -> None:
    plan = tree(2)
    assert sum(plan.street in leaf.path for leaf in plan.leaves) == 113
    assert sum(plan.district in leaf.path for leaf in plan.leaves) == 13 * 113


def test_a_partial_run_replaces_its_own_sections_only(tmp_path: Path) -> None:
    path = tmp_path / "results.md"
    path.write_text("# Bench\n\nhere\n\n## Start\n\n| a |\n| --- |\n| 1 |\n\n## Store: old\n\nx\n", encoding="utf-8")
    for value in ("1", "2"):
        results.enter([Table("Store: old", ("b",), [(value,)])], "there", whole=False, path=path)
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# Bench\n\nhere\n\n## Start\n\n| a |")
    assert text.count("## Store: old") == 1 and "| 2 |" in text and "there" in text


def test_reading_is_measured_on_the_smallest_stores(tmp_path: Path) -> None:
    ground = Ground("SQLite", tmp_path)
    sizes = {"small": Size(200, 20, 1), "base": Size(400, 150, 1), "large": Size(600, 150, 1)}
    desks = {name: desk.Desk(made(ground, size), size) for name, size in sizes.items()}
    try:
        found = desk.growth("SQLite", desks, 5)
        found += desk.layers("SQLite", desks["large"], 5)
        found += lists.depth("SQLite", desks["large"], 5)
        found += lists.words("SQLite", desks["large"], desks["base"], 5)
    finally:
        for held in desks.values():
            held.close()
    assert {limit.number for limit in found} == {"1", "3", "4", "5", "6", "7", "8", "10", "19"}
    assert len(table(found, "all", "").rows) == len(found)
