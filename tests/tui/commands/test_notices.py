"""`notices`, `notice …`, `unit reach`, and how far an order came in `case show` and `orders`."""

from __future__ import annotations

from store.rules.commands import Dispatch
from tests.conftest import Desk
from tests.store.told import box, take
from tests.tui.commands.conftest import HOSTILE, Line


def dispatched(desk: Desk, unit: str = "POL") -> int:
    case_id = desk.report(category="order.fight")
    desk.move(case_id, Dispatch(unit))
    return case_id


def test_ways_are_entered_listed_and_taken_away(line: Line, desk: Desk) -> None:
    assert "No way" in line("unit", "reach", "POL").out
    made = line.json("unit", "reach", "POL", "--add", "robot", "--patience", "90", "--kind", "order")
    (way,) = made["ways"]
    assert (way["place"], way["target"], way["patience_s"], way["kinds"], way["known"]) == (1, "robot", 90.0,
                                                                                          ["order"], None)  # fmt: skip
    line.json("unit", "reach", "POL", "--add", "sms", "--address", "13800000000")
    box(desk, "robot")
    said = line("unit", "reach", lang="zh").out
    assert "sms（未配置）" in said and "13800000000" in said
    assert [w["target"] for w in line.json("unit", "reach", "POL", "--remove", "1")["ways"]] == ["sms"]


def test_ways_that_cannot_be_are_refused_in_words(line: Line) -> None:
    for words, code in (
        (("NOBODY", "--add", "robot"), "unknown_recipient"),
        (("POL", "--remove", "7"), "unknown_way"),
        (("POL", "--add", "robot", "--kind", "gossip"), "bad_way"),
        (("POL", "--add", "robot", "--patience", "0"), "bad_way"),
        (("POL", "--add", "robot", "--place", "12"), "too_many_ways"),
        (("POL", "--add", " "), "field_missing"),
    ):
        ended = line("unit", "reach", *words)
        assert ended.status == 1 and code in ended.err, words
    assert line("unit", "reach", "POL", "--add", "robot", officer="shen").status == 1
    assert line("unit", "reach", "--add", "robot").status == 2


def test_the_same_request_enters_a_way_once(line: Line) -> None:
    for _ in range(2):
        made = line.json("unit", "reach", "POL", "--add", "robot", "--request-id", "r1")
    assert len(made["ways"]) == 1


def test_notices_are_listed_read_and_sent_again(line: Line, desk: Desk) -> None:
    line.json("unit", "reach", "POL", "--add", "robot", "--address", HOSTILE)
    case_id = dispatched(desk)
    found = line.json("notices")
    (row,) = found["notices"]
    assert (row["kind"], row["recipient"], row["target"], found["owed"]) == ("order", "POL", "robot", 1)
    outbox = box(desk, "robot")
    (one,) = take(outbox, "robot")
    outbox.failed(one.id, "blocked", final=True)
    assert line.json("notices")["notices"] == [] and line.json("notices", "--failed")["failed"] == 1
    shown = line("notice", "show", row["id"])
    assert "派单" in shown.out and "\x1b" not in shown.out and "given up" in shown.out
    said = line("case", "show", case_id)
    assert "Orders" in said.out and "refused" in said.out and "blocked" in said.out
    (slip,) = line.json("case", "show", case_id)["slips"]
    assert (slip["stage"], slip["why"], [way["state"] for way in slip["ways"]]) == ("refused", "blocked", ["given_up"])
    board = line.json("orders")
    assert board["slips"][str(slip["slip_id"])]["stage"] == "refused"
    assert "refused" in line("orders").out and "被拒" in line("orders", lang="zh").out
    again = line.json("notice", "again", row["id"])
    assert again["notice"] != row["id"]
    assert "stored" in line("case", "show", case_id).out
    assert line("notice", "again", 999).status == 1 and line("notice", "show", 999).status == 1


def test_a_test_message_goes_by_each_way_of_a_unit(line: Line, desk: Desk) -> None:
    assert line("notice", "test", "POL").status == 1
    for target in ("robot", "sms"):
        line.json("unit", "reach", "POL", "--add", target)
    assert len(line.json("notice", "test", "POL")["notices"]) == 2
    assert len(line.json("notice", "test", "POL", "--way", "2")["notices"]) == 1
    told = take(box(desk, "robot", "sms"), "robot", "sms")
    assert len(told) == 3 and all("测试" in one.text for one in told)


def test_a_unit_without_a_way_is_to_be_telephoned(line: Line, desk: Desk) -> None:
    case_id = dispatched(desk, "AMB")
    assert "telephone" in line("case", "show", case_id).out
    assert "请打电话" in line("alerts", lang="zh").out
