"""Our own reports that come back are known; real second reports never are swallowed."""

from __future__ import annotations

from typing import Any

import pytest

from store.actions.intake import intake
from store.rules import mirrors, querycodes
from tests.store.intake.conftest import List, report

FORMS = ("{date}-{node}-{serial}",)


def first(listed: List) -> tuple[int, str]:
    """A case from one source: its id and number."""
    listed.deliver(report("1", source="net", channel="12345"), source="net")
    row = listed.rows()[0]
    assert row.case_id is not None
    return row.case_id, row.number


def newest(listed: List) -> tuple[str, int | None, tuple[int, ...]]:
    row = listed.rows()[0]
    return row.state, row.case_id, row.proposed


@pytest.mark.parametrize("where", ["own_reference", "source_id", "text"])
def test_a_copy_that_names_our_number_is_a_mirror(listed: List, where: str) -> None:
    case_id, number = first(listed)
    fields = {"text": "转办"} | ({where: number} if where != "text" else {"text": f"转办 {number} 路灯不亮"})
    if where == "text":
        fields["title"] = "路灯不亮"
    given: dict[str, Any] = {"source_id": "c1", "source": "city", "channel": "12345", **fields}
    receipt = listed.deliver(report(**given), source="city")
    if where == "text":
        assert newest(listed)[0] == "filed" and newest(listed)[2] == (case_id,), "“转办” is no word of ours: proposed"
        return
    assert newest(listed) == ("mirror", case_id, ())
    assert (receipt.new, receipt.unchanged, listed.count("cases")) == (0, 1, 1)


def test_a_text_of_our_own_words_and_number_is_a_mirror_and_a_new_word_about_it_is_not(listed: List) -> None:
    case_id, number = first(listed)
    own = report("1").text
    listed.deliver(report("c1", source="city", channel="12345", title="", text=f"{number} {own}"), source="city")
    assert newest(listed) == ("mirror", case_id, ())
    listed.deliver(
        report("c2", source="phone", channel="12345", title="追问", text=f"{number} 修好没有？现在又坏了一盏，快来"),
        source="phone",
    )
    state, other, proposed = newest(listed)
    assert (state, proposed) == ("filed", (case_id,)) and other != case_id


def test_a_copy_that_names_our_query_code_is_a_mirror_also_of_an_item_without_a_case(listed: List) -> None:
    item = listed.waiting()
    code = str(listed.act(intake.receipt, item_id=item).code)
    listed.deliver(
        report("c1", source="city", channel="12345", title="x", text="转", own_reference=code.lower()), source="city"
    )
    assert newest(listed)[:2] == ("mirror", None)
    case_id = listed.file(item)
    assert newest(listed)[:2] == ("mirror", case_id), "it learns its case when that is filed"


def test_the_same_words_at_the_same_place_from_another_source_are_a_mirror(listed: List) -> None:
    case_id, _ = first(listed)
    listed.deliver(report("c1", source="city", channel="12345"), source="city")
    assert newest(listed) == ("mirror", case_id, ())
    assert listed.deliver(report("c1", source="city", channel="12345"), source="city").unchanged == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"lat": 0.51}, {"lat": None, "lon": None}, {"text": "三号楼前的路灯已经三天不亮了请来修"}, {"text": "灯坏"},
        {"source": "net", "source_id": "2"},
    ],
    ids=["another place", "no place", "other words", "few words", "the same source"],
)  # fmt: skip
def test_a_real_second_report_is_never_swallowed(listed: List, fields: dict[str, Any]) -> None:
    first(listed)
    given: dict[str, Any] = {"source_id": "c1", "source": "city", "channel": "12345", **fields}
    receipt = listed.deliver(report(**given), source=str(given["source"]))
    assert receipt.new == 1 and newest(listed)[0] == "filed" and listed.count("cases") == 2


def test_words_that_come_back_after_the_window_are_a_new_report(listed: List) -> None:
    first(listed)
    listed.desk.wait(minutes=61)
    listed.deliver(report("c1", source="city", channel="12345"), source="city")
    assert newest(listed)[0] == "filed"


def test_a_mirror_that_was_none_can_be_taken_back_and_filed(listed: List) -> None:
    first(listed)
    listed.deliver(report("c1", source="city", channel="12345"), source="city")
    item = listed.rows()[0].id
    listed.act(intake.undo, item, reason="另一户的灯")
    assert listed.one(item).text == report().text
    listed.file(item)
    assert listed.count("cases") == 2


def test_numbers_and_codes_are_found_in_any_text() -> None:
    assert mirrors.numbers("请问20260304-GA-12的进度", FORMS) == ["20260304-GA-12"]
    assert mirrors.numbers("A 20260304-JM3-0-77.", FORMS) == ["20260304-JM3-0-77"]
    assert mirrors.numbers("电话13800001111 2026-03-04 12345", FORMS) == []
    assert mirrors.numbers("12 13", ("{serial}",)) == [], "plain figures are anybody's"
    code = querycodes.new()
    assert mirrors.codes(f"查询码：{querycodes.shown(code)}，谢谢") == [code]
    assert mirrors.codes("ABCD-EFGH-JKLM") == []
    assert mirrors.whole(f" {code.lower()} ", FORMS) == [code] and mirrors.whole("68000001", FORMS) == []


def test_a_fingerprint_looks_at_letters_alone() -> None:
    one = mirrors.fingerprint("", "三号楼前的路灯，已经两天不亮了！")
    assert one == mirrors.fingerprint("x", " 三号楼前的路灯\n已经两天不亮了") is not None
    assert mirrors.fingerprint("", "路灯不亮") is None
    assert mirrors.fingerprint("Street light out at 5th", "") == mirrors.fingerprint("", "STREET LIGHT out, at 5th")
