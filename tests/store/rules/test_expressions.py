"""Conditions of a profile: what they mean, what they refuse and where (K07-R6)."""

from __future__ import annotations

import pytest

from store.errors import BadInput
from store.rules.commands import FactValue
from store.rules.expressions import DEEPEST, Expression, ExpressionError, Kind, holds, parse
from store.rules.tokens import LONGEST

FACTS: dict[str, FactValue] = {
    "amount": 100_000, "head_count": 20, "absconded": False, "sudden": True, "category": "wage.project",
    "level": 1, "tier": "street", "share": 0.5, "note": "",
}  # fmt: skip

KINDS: dict[str, Kind] = {
    "amount": "number", "head_count": "integer", "absconded": "truth", "category": "text", "tier": "text",
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("amount >= 100000 and head_count >= 20", True),
        ("amount > 100000", False),
        ("amount >= 100000 or absconded", True),
        ("absconded", False),
        ("not absconded", True),
        ("sudden and not absconded", True),
        ("sudden == true", True),
        ("absconded == false", True),
        ("level == 1", True),
        ("level != 1", False),
        ("1 == level", True),
        ("level in [1, 2]", True),
        ("level not in [1, 2]", False),
        ("tier in ['street', \"district\"]", True),
        ("tier == 'street'", True),
        ("share < 0.75", True),
        ("share >= -1.5", True),
        ("amount == 100000.0", True),
        ('category under "wage"', True),
        ('category under "wage.project"', True),
        ('category under "wage.pro"', False),
        ('category under "age"', False),
        ("true", True),
        ("false or true", True),
        ("false and false or true", True),
        ("true or true and false", True),
        ("(true or true) and false", False),
        ("not not true", True),
        ("not (true and false)", True),
        ('note == ""', True),
        ("amount>=100000\n  and head_count>=20", True),
    ],
)
def test_K07_R6_what_a_condition_means(text: str, expected: bool) -> None:
    assert holds(text, FACTS) is expected


@pytest.mark.parametrize(
    "text", ["crowd > 5", "crowd == 0", "crowd != 0", "crowd in [0]", "crowd not in [9]", "crowd",
             "0 < crowd", 'crowd under "x"', "amount == crowd"],
)  # fmt: skip
def test_a_fact_that_is_not_known_makes_the_comparison_false(text: str) -> None:
    assert not holds(text, FACTS)
    assert holds(f"not ({text})", FACTS)


@pytest.mark.parametrize(
    "text", ['amount == "100000"', 'amount != "x"', "sudden == 1", "sudden != 0", "tier < 5", "tier > tier",
             "sudden > absconded", "level in [true]", 'level not in ["1"]', "amount", "tier",
             'amount under "wage"'],
)  # fmt: skip
def test_a_fact_of_another_kind_makes_the_comparison_false(text: str) -> None:
    assert not holds(text, FACTS)


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ('amount == "100000"', 11),
        ("amount == true", 11),
        ('"x" == amount', 8),
        ("absconded == 1", 14),
        ("absconded < 1", 13),
        ("absconded < absconded", 1),
        ("category < tier", 1),
        ('category > "a"', 1),
        ("category in [1]", 14),
        ('amount in [1, "2"]', 15),
        ('amount under "wage"', 1),
        ("amount", 7),
        ("category and absconded", 10),
        ("category == amount", 13),
    ],
)
def test_a_comparison_of_two_kinds_is_refused_where_the_kinds_are_known(text: str, column: int) -> None:
    with pytest.raises(ExpressionError) as refused:
        parse(text, KINDS)
    assert refused.value.fields["column"] == column


def test_literals_of_two_kinds_are_refused_without_any_profile() -> None:
    with pytest.raises(ExpressionError):
        parse('1 == "1"')
    with pytest.raises(ExpressionError):
        parse("true == 1")


def test_a_name_that_is_not_there_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ExpressionError) as refused:
        parse("amount > 5 and amuont < 9", KINDS)
    fields = refused.value.fields
    assert (fields["column"], fields["found"]) == (16, "amuont")
    assert fields["expected"] == "one of absconded, amount, category, head_count, tier"
    assert isinstance(refused.value, BadInput)
    assert refused.value.code == "expression_refused"
    assert refused.value.exit_status == 2


def test_a_plain_list_of_names_is_enough() -> None:
    assert parse("amount > 5", {"amount"}).names == ("amount",)
    with pytest.raises(ExpressionError):
        parse("other > 5", ["amount"])


def test_what_a_condition_mentions_can_be_checked() -> None:
    read = parse('category under "wage" and tier in ["street", "grid"] and "x" == tier and level == 1')
    assert isinstance(read, Expression)
    assert read.names == ("category", "tier", "level")
    assert read.mentions == (("category", "wage"), ("tier", "street"), ("tier", "grid"), ("tier", "x"))


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("", 1), ("   ", 4), ("amount", None), ("amount >", 9), ("amount > >", 10), ("amount = 5", 8),
        ("amount > 5 head", 12), ("(amount > 5", 12), ("amount > 5)", 11), ("amount in 5", 11),
        ("amount in []", 12), ("amount in [5", 13), ("amount in [5,]", 14), ("amount in [x]", 12),
        ("not", 4), ("and", 1), ("a and", 6), ("a or or b", 6), ("5", 2), ('"x"', 4), ("a not 5", 7),
        ("a under 5", 9), ("a under b", 9), ('a under ""', 9), ('a under "."', 9), ("5 5", 3),
        ("a == 'x", 6), ("a == x'", 7), ("5x == 1", 1), ("1.2.3 == a", 1), ("1. == a", 1), (".5 == a", 1),
        ("--5 == a", 1), ("a - 5", 3), ("a + 5", 3), ("a * 2", 3), ("a & b", 3), ("a; b", 2), ("a ? b", 3),
        ("a == 1 == 1", 8), ("True == 1 or", 13), ("NOT a == 1", 5), ("a == b c", 8), ("a [1]", 3),
    ],
)  # fmt: skip
def test_a_mistake_is_refused_at_its_column(text: str, column: int | None) -> None:
    if column is None:
        parse(text)
        return
    with pytest.raises(ExpressionError) as refused:
        parse(text)
    assert refused.value.fields["column"] == column
    assert refused.value.fields["expected"] and refused.value.fields["found"]


@pytest.mark.parametrize(
    "text",
    [
        "__class__", "__import__('os')", "a.__class__ == 1", "().__class__", "lambda: 1", "exec('x')", "a[0]",
        "{}", "`ls`", "$HOME", "a := 1", "a; import os", "f'{a}'", "a if a else a", "[x for x in a]", "a\\b", "a@b",
        "\x00", "a\x07 == 1", "a == '\x1b[31m'", "a == 'x\ny'", "\u202e", "\ufeffa", "a\u00a0== 1", "ａmount > 5",
        "金额 > 5", "amount > ５", "amount > ²", "amount ≥ 5", "a == “x”", "（a > 5）", "a == '\ud800'", "a == 1e9",
        "a == 0x10", "a == 1_000", "a == inf..", "a == 1" + "0" * 15, "a == -" + "9" * 16,
    ],
)  # fmt: skip
def test_hostile_text_is_refused_and_never_shown_raw(text: str) -> None:
    kinds: dict[str, Kind] = {"a": "number", "amount": "number"}
    with pytest.raises(ExpressionError) as refused:
        parse(text, kinds)
    assert all(str(value).isprintable() for value in refused.value.fields.values())


def test_text_in_quotes_may_be_any_script() -> None:
    assert holds('tier == "街道"', {"tier": "街道"})
    assert holds('tier == "__class__"', {"tier": "__class__"})


@pytest.mark.parametrize("text", ["9" * 10**7, "a or " * 10**6, "(" * 10**6, "not " * 10**6, '"' * 10**6])
def test_a_long_condition_is_refused_before_it_is_read(text: str) -> None:
    with pytest.raises(ExpressionError) as refused:
        parse(text)
    assert refused.value.fields["column"] == LONGEST + 1
    assert len(str(refused.value)) < 300
    with pytest.raises(ExpressionError):
        holds(text, {})


def test_the_longest_condition_is_read() -> None:
    text = "amount > 5" + " or amount > 5" * 35
    assert len(text) <= LONGEST
    assert parse(text).holds({"amount": 6})


@pytest.mark.parametrize(("opening", "closing"), [("(", ")"), ("not ", ""), ("not (", ")")])
def test_a_deep_condition_is_refused(opening: str, closing: str) -> None:
    each = 2 if opening == "not (" else 1
    deepest = DEEPEST // each
    assert parse(opening * deepest + "true" + closing * deepest)
    with pytest.raises(ExpressionError) as refused:
        parse(opening * (deepest + 1) + "true" + closing * (deepest + 1))
    assert str(DEEPEST) in refused.value.fields["expected"]


def test_an_empty_condition_always_holds() -> None:
    assert holds("", {})
    assert holds(" \n", {})


def test_numbers_that_are_no_numbers_never_hold() -> None:
    for text in ("a > 0", "a <= 0", "a == 0", "a in [0]"):
        assert not holds(text, {"a": float("nan")})
    assert holds("a > 999999999999999", {"a": 10**400})
