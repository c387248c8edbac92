"""Query codes: each opens one report and nothing of anybody; urging, rating, receipts (K03-R7, R9, T3)."""

from __future__ import annotations

import pytest

from store.actions.intake import intake
from store.errors import Refused
from store.intake import Inquiry, Intake
from store.rules import querycodes
from store.rules.commands import Close, Merge
from store.views import urgings
from tests.store.intake.conftest import List, report


def code_of(listed: List, item_id: int) -> str:
    return str(listed.act(intake.receipt, item_id=item_id).code)


def asked(listed: List, code: str) -> Inquiry:
    found = listed.door.inquire(code)
    assert found is not None
    return found


def closed(listed: List, item_id: int, result: str = "已换灯泡") -> int:
    case_id = listed.file(item_id, category="other.unsorted", grid="G1")
    listed.desk.move(case_id, Close(result))
    return case_id


def test_K03_T3_a_code_opens_its_own_report_alone_and_follows_no_sequence(listed: List) -> None:
    first, second = listed.waiting(), listed.waiting(title="占道经营", text="路口有人占道经营卖水果堵住了")
    codes = [code_of(listed, first), code_of(listed, second)]
    assert codes[0] != codes[1]
    listed.file(second)
    assert (asked(listed, codes[0]).number, asked(listed, codes[1]).number) == ("", listed.one(second).number)
    whole = querycodes.read(codes[0])
    assert whole is not None
    for place, sign in enumerate(whole):
        for other in querycodes.SIGNS:
            if other != sign:
                assert listed.door.inquire(whole[:place] + other + whole[place + 1 :]) is None
    for place in range(len(whole) - 1):
        swapped = whole[:place] + whole[place + 1] + whole[place] + whole[place + 2 :]
        assert swapped == whole or listed.door.inquire(swapped) is None


def test_K03_R7_every_accepted_report_has_a_code_whatever_its_way(listed: List) -> None:
    listed.deliver(report("1", source="net", channel="12345"), source="net")
    listed.deliver(report("2", text="另一件事情：井盖破损了有危险"))
    listed.desk.report("由值班员登记")
    for row in listed.rows():
        assert asked(listed, code_of(listed, row.id)).received_at == row.at
    assert listed.door.code("net", "1") == querycodes.read(code_of(listed, listed.rows()[-1].id))
    assert listed.door.code("line", "2") and listed.door.code("line", "nothing") is None


def test_K03_R7_the_reporter_sees_received_in_progress_and_result_and_no_names(listed: List) -> None:
    item = listed.waiting()
    code = code_of(listed, item)
    assert (asked(listed, code).stage, asked(listed, code).with_whom) == ("received", "centre")
    case_id = listed.file(item, category="facility.lamp", grid="G1")
    seen = asked(listed, code)
    assert (seen.stage, seen.with_whom) == ("in_progress", "unit") and seen.step is not None
    shown = f"{seen.code} {seen.step} {seen.where_to} {seen.result}"
    unit = listed.case(case_id).row.unit
    assert unit is not None and unit not in shown.split() and "chen" not in shown
    other = listed.waiting(title="占道经营", text="路口有人占道经营卖水果堵住了")
    closed(listed, other)
    result = asked(listed, code_of(listed, other))
    assert (result.stage, result.result) == ("result", "已换灯泡") and result.closed_at is not None


def test_K03_R7_items_without_a_case_tell_where_they_went(listed: List) -> None:
    item = listed.waiting()
    code = code_of(listed, item)
    listed.act(intake.advise, item, to="court")
    seen = asked(listed, code)
    assert seen.stage == "result" and seen.where_to is not None and "12368" in seen.where_to.en


def test_K03_R7_urging_counts_once_a_day_with_and_without_a_case(listed: List) -> None:
    item = listed.waiting()
    code = code_of(listed, item)
    assert asked(listed, code).may_urge
    assert (listed.door.urge(code), listed.door.urge(code)) == (True, False)
    case_id = listed.file(item, category="facility.lamp", grid="G1")
    assert (listed.door.urge(code), listed.door.urge(code)) == (True, False)
    with listed.desk.store.read() as session:
        log = urgings.urgings(session, listed.desk.store.profile, listed.desk.now, case_id=case_id).rows
    assert [row.trigger for row in log] == ["reporter"]
    listed.desk.wait(days=1)
    assert listed.door.urge(code) and not listed.door.urge("nothing")
    assert listed.case(case_id).history[-1].actor == "machine:query_code"


def test_K03_R7_a_rating_counts_once_for_each_closing(listed: List) -> None:
    item = listed.waiting()
    code = code_of(listed, item)
    assert not listed.door.rate(code, "satisfied", 5)
    case_id = closed(listed, item)
    with pytest.raises(Refused, match="stars_out_of_range"):
        listed.door.rate(code, "satisfied", 9)
    with pytest.raises(Refused, match="unknown_answer"):
        listed.door.rate(code, "unreachable")
    assert (listed.door.rate(code, "satisfied", 5), listed.door.rate(code, "satisfied", 5)) == (True, False)
    assert (listed.case(case_id).visit, listed.case(case_id).stars) == ("satisfied", 5)
    other = listed.waiting(title="咨询", text="请问社保卡在哪里补办需要什么")
    listed.act(intake.answer, other, text="三号窗口")
    second = code_of(listed, other)
    assert (listed.door.rate(second, "basically", 3), listed.door.rate(second, "basically", 3)) == (True, False)
    unhappy = listed.waiting(title="占道", text="路口有人占道经营卖水果堵住了")
    case_id = closed(listed, unhappy)
    assert listed.door.rate(code_of(listed, unhappy), "not_satisfied")
    assert listed.case(case_id).row.closed_at is None, "K11-R2: the same case opens again"


def test_a_code_follows_its_report_through_a_merge(listed: List) -> None:
    one, two = listed.waiting(), listed.waiting(source_id="w9", text="三号楼前有一盏路灯坏了没人来修")
    code = code_of(listed, one)
    first, second = (listed.file(item, category="facility.lamp", grid="G1") for item in (one, two))
    listed.desk.move(first, Merge(into=second))
    assert asked(listed, code).number == listed.case(second).row.number


def test_K03_R9_receipts_of_reception_and_of_the_result_are_given_and_logged(listed: List) -> None:
    item = listed.waiting(title="路灯不亮")
    first = listed.act(intake.receipt, item_id=item)
    assert (first.centre, first.title, first.standing.stage) == ("望江街道", "路灯不亮", "received")
    case_id = closed(listed, item)
    last = listed.act(intake.receipt, case_id=case_id)
    assert (last.code, last.standing.stage, last.standing.result) == (first.code, "result", "已换灯泡")
    assert [kind for kind, _, _ in listed.journal()].count("receipt") == 2
    code = querycodes.read(first.code) or first.code
    assert all(code not in data for _, _, data in listed.journal())
    with pytest.raises(Refused, match="no_power"):
        listed.act(intake.receipt, item_id=item, by="shen")
    with pytest.raises(Refused, match="unknown_item"):
        listed.act(intake.receipt, item_id=999)


def test_codes_are_random_signs_without_look_alikes() -> None:
    codes = querycodes.many(2000)
    assert len(set(codes)) == 2000 and all(len(code) == querycodes.LENGTH for code in codes)
    assert not set("".join(codes)) & set("01OILBSZGUVDQ")
    assert {code[0] for code in codes} == set(querycodes.SIGNS), "every sign stands at every place"
    code = codes[0]
    assert querycodes.read(f" {querycodes.shown(code).lower()} ") == code
    assert querycodes.read("ＡＣ") is None and querycodes.read("x" * 500) is None and querycodes.read("") is None


def test_the_facade_answers_nothing_for_nonsense(listed: List) -> None:
    door: Intake = listed.door
    for typed in ("", "0", "' OR 1=1", "\x00", "A" * 12, "١٢٣٤٥٦٧٨٩٠١٢"):
        assert door.inquire(typed) is None and not door.urge(typed) and not door.rate(typed, "satisfied")
