"""The dotted line of a dispatcher."""

from __future__ import annotations

import pytest

from store.errors import BadInput
from tui.desk.orders import FORMS, Order, parse
from tui.refusals import sentence


@pytest.mark.parametrize(
    ("line", "order"),
    [
        ("D.P3.1042", Order("D", "1042", "P3")),
        ("d.p3.1042", Order("D", "1042", "P3")),
        (" D . P3 . 1042 ", Order("D", "1042", "P3")),
        ("D.P3.1042.two men", Order("D", "1042", "P3", "two men")),
        ("E.1042", Order("E", "1042")),
        ("E.1042.no answer. twice", Order("E", "1042", text="no answer. twice")),
        ("C.1042.swept, 3.5 t", Order("C", "1042", text="swept, 3.5 t")),
        ("c.1042.已清理", Order("C", "1042", text="已清理")),
        ("U.1042", Order("U", "1042")),
        ("V.1042", Order("V", "1042")),
        ("R.1042.again", Order("R", "1042", text="again")),
        ("F.1042", Order("F", "1042")),
        ("A.7", Order("A", "7")),
        ("1042", Order(None, "1042")),
        (":1042", Order(None, "1042")),
        ("20260106-C1-1042", Order(None, "20260106-C1-1042")),
    ],
)
def test_what_a_line_means(line: str, order: Order) -> None:
    assert parse(line) == order


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("", "order_empty"),
        ("  :  ", "order_empty"),
        ("D.P3", "order_form"),
        ("D..1042", "order_form"),
        ("D.P3.", "order_form"),
        ("E.", "order_form"),
        ("A.x", "order_alert"),
        ("A.", "order_form"),
        ("X.1042", "order_unknown"),
        ("q", "order_unknown"),
        ("Q.Q", "order_unknown"),
    ],
)
def test_what_is_wrong_with_a_line_is_said_in_words(line: str, code: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse(line)
    assert caught.value.code == code
    assert code not in sentence(caught.value)


@pytest.mark.parametrize(
    "line", ["." * 200, "\x1b[31m", "D." * 50, "D.\x00.\x00", "🚒.1", "'; drop table case_row; --.1"]
)
def test_no_line_does_more_than_be_refused_or_read(line: str) -> None:
    try:
        order = parse(line)
    except BadInput as error:
        assert "\x1b" not in sentence(error)
    else:
        assert order.letter is None or order.letter in FORMS
