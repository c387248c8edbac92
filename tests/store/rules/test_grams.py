"""Full-text search over grams, through SQLite's own FTS5."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from store.rules.grams import grams, query

TEXTS = {
    1: "A3区含浦镇马路卫生很差",
    2: "路灯坏了，灯杆编号 LD-1042",
    3: "Noise - Residential: loud music at 120 Main St.",
    4: "Ｂ市601小区钻石新村２０栋楼下网吧扰民",
    5: "灯路",
    6: "ガス漏れ 가스 누출 𠮷野家",
    7: "Café Ünïcode naïve",
}


@pytest.fixture(scope="module")
def index() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE t USING fts5(g, tokenize='unicode61')")
    connection.executemany("INSERT INTO t (rowid, g) VALUES (?, ?)", [(n, grams(text)) for n, text in TEXTS.items()])
    yield connection
    connection.close()


def hits(index: sqlite3.Connection, text: str) -> set[int]:
    match = query(text)
    assert match is not None
    return {row[0] for row in index.execute("SELECT rowid FROM t WHERE t MATCH ?", (match,))}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("路灯", {2}),
        ("灯", {2, 5}),
        ("路", {1, 2, 5}),
        ("路灯坏", {2}),
        ("路坏灯", set()),
        ("含浦镇马路", {1}),
        ("a3区", {1}),
        ("1042", {2}),
        ("ld-104", {2}),
        ("NOISE", {3}),
        ("resid", {3}),
        ("main noise", {3}),
        ("main 路灯", set()),
        ("20栋", {4}),
        ("Ｂ市", {4}),
        ("钻石 扰民", {4}),
        ("ガス", {6}),
        ("누출", {6}),
        ("cafe", {7}),
        ("naïve", {7}),
    ],
)
def test_what_is_found(index: sqlite3.Connection, text: str, found: set[int]) -> None:
    assert hits(index, text) == found


@pytest.mark.parametrize(
    "text",
    [
        'a" OR "b',
        "路灯 OR 灯",
        "NOT noise",
        "noise AND",
        "g : noise",
        "{g} : noise",
        "^noise",
        "noise*",
        "(noise",
        'noise"',
        "noise NEAR(main, 2)",
        "-noise",
        "noise; DROP TABLE t",
        "'; --",
        "\x00noise",
        "noise\\",
        "a" * 10_000,
        "灯" * 10_000,
        " ".join(f"w{n}" for n in range(500)),
        "𠮷",
        "½ ﷽ İ",
    ],
)
def test_nothing_typed_breaks_out_of_the_expression(index: sqlite3.Connection, text: str) -> None:
    match = query(text)
    if match is not None:
        index.execute("SELECT rowid FROM t WHERE t MATCH ?", (match,)).fetchall()
        assert len(match) < 2000


def test_operators_are_words(index: sqlite3.Connection) -> None:
    assert query("noise OR music") == '"noise"* "or"* "music"*'
    assert hits(index, "noise OR music") == set()


@pytest.mark.parametrize("text", ["", "   ", '"', "*", "--", "！？", "___", "\x00"])
def test_nothing_to_search_for(text: str) -> None:
    assert query(text) is None


def test_grams_are_pairs_then_characters() -> None:
    assert grams("路灯坏") == "路灯 灯坏 路 灯 坏"
    assert grams("A3区") == "a3 区"
    assert grams("") == ""


@pytest.mark.parametrize("text", list(TEXTS.values()))
def test_every_part_of_a_text_finds_it(index: sqlite3.Connection, text: str) -> None:
    number = next(n for n, other in TEXTS.items() if other == text)
    for start in range(len(text)):
        # Words are found from their start, so a part begins at a word's start or at an ideograph.
        if start and text[start - 1].isalnum() and not "\u2e80" <= text[start] <= "\ud7ff":
            continue
        for end in range(start + 1, min(len(text), start + 6) + 1):
            if query(text[start:end]) is not None:
                assert number in hits(index, text[start:end]), text[start:end]
