"""Depth, leaves, circles, nets and tables of the tree, without a store (K01)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from store.errors import BadInput, Refused
from store.profiles import loader
from store.profiles.governance import Net, SizeBand
from store.rules import sheets, tree, treefile
from store.rules.labels import Label
from store.rules.tree import Node, TreeRow

TODAY = date(2026, 3, 5)


def chain(depth: int) -> list[Node]:
    return [Node(n, n - 1 if n > 1 else None) for n in range(1, depth + 1)]


@pytest.mark.parametrize("depth", range(2, 9))
def test_K01_R1_depth_is_free_from_two_to_eight(depth: int) -> None:
    shape = tree.shape(chain(depth), TODAY)
    assert len(shape.paths[depth]) == depth
    assert shape.leaves == {depth}


def test_K01_R1_nine_tiers_are_too_deep() -> None:
    with pytest.raises(Refused) as refusal:
        tree.shape(chain(9), TODAY)
    assert refusal.value.code == "too_deep"


def test_K01_R1_leaves_stand_at_different_depths() -> None:
    shape = tree.shape([Node(1, None), Node(2, 1), Node(3, 1), Node(4, 3)], TODAY)
    assert shape.leaves == {2, 4}


def test_a_circle_is_refused_and_a_long_one_ends() -> None:
    nodes = [Node(1, None), *(Node(n, n + 1) for n in range(2, 1000)), Node(1000, 2)]
    with pytest.raises(Refused) as refusal:
        tree.shape(nodes, TODAY)
    assert refusal.value.code == "cycle"


def test_K01_R9_nodes_stand_from_their_first_to_their_last_day() -> None:
    nodes = [
        Node(1, None), Node(2, 1, ends=date(2026, 3, 4)), Node(3, 1, starts=TODAY), Node(4, 1, starts=date(2026, 3, 6)),
        Node(5, 1, ends=TODAY),
    ]  # fmt: skip
    shape = tree.shape(nodes, TODAY)
    assert shape.standing == {1, 3, 5} and shape.leaves == {3, 5}
    assert tree.shape(nodes, date(2026, 3, 6)).leaves == {3, 4}


def test_a_parent_whose_children_all_ended_takes_cases_again() -> None:
    assert tree.shape([Node(1, None), Node(2, 1), Node(3, 2, ends=date(2026, 1, 1))], TODAY).leaves == {2}


def test_K01_R4_the_net_of_a_category_is_that_of_its_longest_prefix() -> None:
    nets = (
        Net("community", Label("社区网", "community net")), Net("street", Label("巡防网", "patrol net"), ("order",)),
        Net("line", Label("条线", "line"), ("order.noise",)),
    )  # fmt: skip
    profile = replace(loader.load("street"), nets=nets)
    assert tree.net_for(profile, "order.parking") == "street"
    assert tree.net_for(profile, "order.noise") == "line"
    assert tree.net_for(profile, "orderly") == "community"
    assert tree.net_for(profile, None) == "community"
    assert tree.net_for(replace(profile, nets=()), "order.noise") == ""


def test_K01_R7_the_band_is_inclusive_and_unknown_sizes_are_no_matter() -> None:
    profile = replace(loader.load("street"), band=SizeBand(500, 600))
    assert [tree.outside_band(profile, n) for n in (499, 500, 600, 601, None)] == [True, False, False, True, False]


HELD = {"ROOT": None, "A": "ROOT"}


@pytest.mark.parametrize(
    ("rows", "code", "line"),
    [
        ([TreeRow(2, "", "x")], "no_code", 2),
        ([TreeRow(2, "B", "")], "no_name", 2),
        ([TreeRow(2, "B", "b"), TreeRow(3, "B", "c")], "duplicate_code", 3),
        ([TreeRow(2, "B", "b", "Z")], "bad_parent", 2),
        ([TreeRow(2, "B", "b", "C"), TreeRow(3, "C", "c", "B")], "cycle", 2),
        ([TreeRow(2, "A", "a", "B"), TreeRow(3, "B", "b", "A")], "cycle", 2),
        ([TreeRow(2, "ROOT", "x")], "code_taken", 2),
        ([TreeRow(2, "NOPLACE", "x")], "code_taken", 2),
        ([TreeRow(2, "B", "b", "A", tier=2)], "wrong_tier", 2),
        ([TreeRow(2, "B", "b", kind="moon")], "unknown_kind", 2),
        ([TreeRow(2, "B", "b", net="n2")], "unknown_net", 2),
        ([TreeRow(2, "B", "b", starts=date(2026, 2, 2), ends=date(2026, 1, 1))], "bad_span", 2),
        ([TreeRow(n, f"N{n}", "n", f"N{n - 1}" if n > 2 else "A") for n in range(2, 9)], "too_deep", 8),
    ],
)
def test_faults_of_a_table_name_line_and_word(rows: list[TreeRow], code: str, line: int) -> None:
    found = tree.faults(rows, HELD, {"market"}, {"n1"})
    assert (found[0].code, found[0].line) == (code, line)


def test_K01_R3_kinds_beside_territory_are_those_of_the_profile() -> None:
    assert tree.faults([TreeRow(2, "B", "b", kind="market")], HELD, {"market"}, ()) == ()
    assert tree.faults([TreeRow(2, "B", "b", kind="anything")], HELD, (), ()) == ()


def test_a_table_is_read_in_both_languages_and_encodings() -> None:
    words = "编码,名称,上级,户数,生效日期\nC1, 一社区 ,,640,2026/3/5\n\n"
    for data in (words.encode("utf-8-sig"), words.encode("gb18030"), words.replace(",", "\t").encode()):
        rows, found = treefile.read_tree(data)
        assert found == ()
        assert rows == (TreeRow(2, "C1", "一社区", households=640, starts=date(2026, 3, 5)),)


def test_what_cannot_be_read_is_told_by_line() -> None:
    _, found = treefile.read_tree(b"code,name,households,from\nA,a,many,2026-02-30\n")
    assert [(item.line, item.code) for item in found] == [(2, "bad_number"), (2, "bad_date")]
    _, found = treefile.read_buildings(b"key,grid,lat,lon\n,G0,,\nb,,nan,1\n")
    assert [(item.line, item.code) for item in found] == [(2, "no_code"), (3, "bad_number")]


@pytest.mark.parametrize("data", [b"", b"nothing\n1\n", b"\xff\xfe\xff\xff\xff"])
def test_a_file_without_the_columns_is_refused(data: bytes) -> None:
    with pytest.raises(BadInput) as error:
        treefile.read_tree(data)
    assert error.value.code in ("table_column_missing", "table_unreadable")


def test_a_table_of_endless_lines_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "LIMIT", 3)
    with pytest.raises(BadInput):
        treefile.read_tree(b"code,name\n" + b"a,b\n" * 5)
