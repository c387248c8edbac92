"""One intake list for every channel, and the first sort of its items (K03-R1 to R4, R6, R8, R12)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from store.actions.intake import intake
from store.errors import Conflict, Refused
from store.rules.commands import Close, Dispatch
from store.rules.state import Actor
from store.views import alerts
from store.views.diversion import ChannelCount, statistics
from tests.store.intake.conftest import List, report


def totals(listed: List) -> ChannelCount:
    with listed.desk.store.read() as session:
        day = listed.desk.now.date()
        return statistics(session, listed.desk.store.profile, day.replace(day=1), day.replace(day=28)).total


def test_K03_R1_every_way_in_ends_in_one_list_with_its_channel(listed: List) -> None:
    listed.deliver(report("1", channel="12345", source="hotline12345", text="占道"), source="hotline12345")
    listed.deliver(report("2"))
    listed.deliver(report("3", channel="", source="letterbox", text="另一处路灯昨晚开始不亮请派人"), source="letterbox")
    listed.desk.report("井盖破损")
    listed.act(intake.take, channel="window", title="问路灯", by="gao")
    rows = {row.source: (row.channel, row.state) for row in listed.rows()}
    assert rows["hotline12345"] == ("hotline", "filed")
    assert rows["line"] == ("people_line", "new")
    assert rows["letterbox"] == ("letterbox", "filed")
    assert {(row.channel, row.state) for row in listed.rows() if row.source == "desk"} == {
        ("desk", "filed"), ("window", "new"),
    }  # fmt: skip
    assert len(listed.rows()) == 5 and len({row.id for row in listed.rows()}) == 5


def test_K03_R12_an_alias_is_counted_as_its_channel(listed: List) -> None:
    listed.deliver(report("1", channel="ONLINE", source="web"), source="web")
    listed.deliver(report("2", channel="", source="any", text="x" * 20), source="any", kind="open311")
    assert {row.channel for row in listed.rows()} == {"hotline"}


def test_K03_T1_a_consultation_is_connected_and_makes_no_case_and_a_complaint_has_a_clock(listed: List) -> None:
    asked = listed.waiting(title="咨询社保")
    complained = listed.waiting(title="噪声扰民", text="楼下烧烤店半夜噪声很大")
    assert listed.count("cases") == 0 and listed.count("case_clock") == 0
    listed.act(intake.answer, asked, line="legal_aid")
    assert (listed.one(asked).state, listed.one(asked).sort) == ("transferred", "consultation")
    assert listed.count("cases") == 0
    case = listed.case(listed.file(complained))
    assert any(clock.state == "running" for clock in case.clocks)
    assert listed.one(complained).number == case.row.number
    assert (totals(listed).connected, totals(listed).filed) == (1, 1)


def test_K03_T2_a_non_police_call_from_110_becomes_a_case_and_counts_as_diverted(listed: List) -> None:
    listed.deliver(report("1", channel="110", source="police", text="邻居家漏水到楼道里了请处理"), source="police")
    other = listed.waiting(title="110转来的电话")
    listed.file(other, diverted=True)
    assert listed.count("cases") == 2 and totals(listed).diverted == 2
    assert {row.sort for row in listed.rows()} == {"diverted"}


def test_K03_T5_what_is_not_ours_closes_as_advised_with_the_place_named(listed: List) -> None:
    item = listed.waiting(title="劳动合同纠纷要仲裁")
    listed.act(intake.advise, item, to="arbitration")
    row = listed.one(item)
    assert (row.state, row.sort, row.where_to, row.case_id) == ("rejected", "not_ours", "arbitration", None)
    with listed.desk.store.read() as session:
        from store.views.inquiries import where_to

        shown = where_to(listed.desk.store.profile, row.where_to)
        assert shown is not None and "12333" in shown.zh and session is not None
    assert totals(listed).advised == 1


def test_K03_R2_an_emergency_is_handed_over_at_once_and_followed(listed: List) -> None:
    item = listed.waiting(title="楼上冒烟")
    with pytest.raises(Refused, match="emergency_line"):
        listed.act(intake.advise, item, to="fire")
    listed.act(intake.hand_over, item, to="fire", note="119 已出动")
    assert (listed.one(item).state, listed.whole().following) == ("handed_over", 1)
    assert [row.id for row in listed.rows("following")] == [item]
    with pytest.raises(Refused, match="cannot_undo"):
        listed.act(intake.undo, item, reason="误报")
    listed.act(intake.follow, item, note="明火已扑灭")
    assert listed.whole().following == 0 and "明火已扑灭" in listed.one(item).note
    assert totals(listed).emergencies == 1


def test_K03_R4_a_simple_matter_is_closed_at_once_and_counted(listed: List) -> None:
    item = int(listed.act(intake.take, channel="window", title="问表格在哪领"))
    listed.act(intake.settle, item, result="一号窗口")
    assert (listed.one(item).state, listed.count("cases")) == ("answered", 0)
    count = totals(listed)
    assert (count.settled, count.accepted, count.answered) == (1, 1, 0)


def test_K03_R3_the_work_safety_line_counts_as_S41_does(listed: List) -> None:
    """85 calls, 27 accepted, 9 filed, 18 handed over."""
    listed.deliver(*(report(str(n), channel="12350", title=f"来电{n}", text="") for n in range(85)))
    items = [row.id for row in listed.rows()]
    for item in items[:9]:
        listed.file(item)
    for item in items[9:27]:
        listed.act(intake.hand_over, item, to="arbitration")
    for item in items[27:]:
        listed.act(intake.answer, item, text="已答复")
    count = totals(listed)
    assert (count.received, count.accepted, count.filed, count.handed_over, count.waiting) == (85, 27, 9, 18, 0)


def test_K03_R6_a_units_own_line_is_passed_on_at_once(listed: List) -> None:
    listed.deliver(report("1", channel="12369", title="空气异味", source="env"), source="env")
    row = listed.rows()[0]
    assert row.state == "filed" and row.unit == "ENV" and row.case_id is not None
    history = listed.case(row.case_id).history
    assert [(line.kind, line.actor) for line in history if line.kind == "dispatched"] == [
        ("dispatched", "machine:diversion")
    ]
    listed.deliver(report("2", channel="12369", title="说不清", lat=None, lon=None, source="env"), source="env")
    assert listed.rows()[0].state == "new", "it cannot be passed on by itself, so an officer looks"


def test_K03_R6_what_nobody_sorts_in_15_minutes_raises_an_alert(listed: List) -> None:
    def late() -> list[str]:
        with listed.desk.store.read() as session:
            found = alerts.alerts(session, listed.desk.store.profile, listed.desk.now).rows
        return [row.code for row in found if row.code == "intake_late"]

    item = listed.waiting()
    listed.desk.wait(minutes=14)
    listed.desk.store.keep_time()
    assert (late(), listed.whole().late) == ([], 0)
    listed.desk.wait(minutes=1)
    listed.desk.store.keep_time()
    listed.desk.store.keep_time()
    assert (late(), listed.whole().late) == (["intake_late"], 1)
    listed.file(item)
    listed.desk.store.keep_time()
    assert late() == []


def test_K03_R8_media_stand_in_place_of_words(listed: List) -> None:
    item = int(listed.act(intake.take, channel="app", media=["voice/1.amr", "photo/2.jpg"]))
    assert listed.one(item).media == ("voice/1.amr", "photo/2.jpg")
    case = listed.case(listed.file(item, category="facility.lamp", grid="G1"))
    assert case.row.title == "voice/1.amr" and listed.one(item).media == ("voice/1.amr", "photo/2.jpg")
    with pytest.raises(Refused, match="field_missing"):
        listed.act(intake.take, channel="app")
    listed.deliver(report("m", channel="app", source="app", title="", text="", media=("v.mp4",)), source="app")
    assert listed.rows()[0].media == ("v.mp4",)


def test_the_same_report_again_changes_nothing_and_a_newer_one_refreshes_an_item(listed: List) -> None:
    first = report("1")
    assert listed.deliver(first).new == 1
    assert listed.deliver(first, first).unchanged == 2
    newer = replace(first, version="2", text="现在两盏都不亮了，请尽快派人来修")
    assert listed.deliver(newer).updated == 1
    (row,) = listed.rows()
    assert (row.version, listed.one(row.id).text, listed.count("cases")) == (2, newer.text, 0)
    assert listed.deliver(replace(newer, version="1", text="旧的")).unchanged == 1
    listed.act(intake.answer, row.id, text="已告知维修计划")
    assert listed.deliver(newer).unchanged == 1
    assert listed.one(row.id).state == "answered"


def test_the_source_closes_and_reopens_what_nobody_has_sorted(listed: List) -> None:
    first = report("1")
    listed.deliver(first)
    closed = replace(first, version="2", status="closed", status_text="已自行解决")
    assert listed.deliver(closed).updated == 1
    (row,) = listed.rows()
    assert (row.state, listed.one(row.id).note) == ("answered", "已自行解决")
    assert listed.deliver(replace(first, version="3", text="又坏了，三号楼前的路灯还是不亮")).updated == 1
    assert listed.rows()[0].state == "new"
    receipt = listed.deliver(report("2", status="closed", text="电话里已经答复过的一件小事情"))
    assert (receipt.new, receipt.closed, listed.count("cases")) == (1, 1, 0)


def test_updates_of_a_filed_item_go_to_its_case(listed: List) -> None:
    first = report("1")
    listed.deliver(first)
    case_id = listed.file(listed.rows()[0].id)
    assert listed.case(case_id).text == first.text and listed.case(case_id).reports[0].source_id == "1"
    assert listed.deliver(first).unchanged == 1
    assert listed.deliver(replace(first, version="2", text="补充：是四号楼前")).updated == 1
    assert listed.case(case_id).text == "补充：是四号楼前"


def test_a_duplicate_joins_the_case_and_leaves_its_words_alone(listed: List) -> None:
    listed.deliver(report("1"))
    case_id = listed.file(listed.rows()[0].id)
    again = report("2", source="other", text="我也看到三号楼的灯坏了好几天")
    listed.deliver(again, source="other")
    item = listed.rows()[0]
    assert item.proposed == (case_id,), "proposed, never joined in silence"
    listed.act(intake.duplicate, item.id, into=case_id)
    assert [line.source for line in listed.case(case_id).reports] == ["line", "other"]
    listed.deliver(replace(again, version="2", text="灯还没修", status="closed"), source="other")
    after = listed.case(case_id)
    assert after.text == report("1").text and after.row.closed_at is None
    listed.act(intake.undo, item.id, reason="不是同一盏灯")
    assert listed.one(item.id).state == "new" and len(listed.case(case_id).reports) == 1


def test_undo_lets_an_item_wait_again_and_a_filed_one_stays(listed: List) -> None:
    item, other = listed.waiting(), listed.waiting(title="占道经营", text="路口有人占道经营卖水果堵住了")
    listed.act(intake.answer, item, text="已答")
    due = listed.one(item).due_at
    listed.act(intake.undo, item, reason="其实是投诉")
    assert (listed.one(item).state, listed.one(item).due_at) == ("new", due)
    listed.file(other)
    with pytest.raises(Refused, match="cannot_undo"):
        listed.act(intake.undo, other, reason="手误")


def test_actions_are_idempotent_versioned_and_need_their_power(listed: List) -> None:
    item = listed.waiting()
    case_id = listed.file(item, request_id="r1")
    assert listed.file(item, request_id="r1") == case_id and listed.count("cases") == 1
    with pytest.raises(Refused, match="item_sorted"):
        listed.act(intake.settle, item, result="x")
    other = listed.waiting(title="占道经营", text="路口有人占道经营卖水果堵住了")
    with pytest.raises(Conflict, match="item_changed"):
        listed.act(intake.settle, other, result="x", expected_version=7)
    with pytest.raises(Refused, match="no_power"):
        listed.act(intake.settle, other, result="x", by="gao")
    with pytest.raises(Refused, match="unknown_item"):
        listed.act(intake.settle, 999, result="x")
    with pytest.raises(Refused, match="unknown_advice"):
        listed.act(intake.advise, other, to="nowhere")
    with pytest.raises(Refused, match="unknown_channel"):
        listed.act(intake.take, channel="pigeon", title="x")
    first = listed.act(intake.take, title="一件事", request_id="r2")
    assert listed.act(intake.take, title="一件事", request_id="r2") == first


def test_K23_T1_who_diverts_without_command_files_and_orders_nothing(listed: List) -> None:
    diverter = Actor("machine:tester", "t", "machine", frozenset({"divert", "report"}))
    listed.desk.actors["diverter"] = diverter
    case_id = listed.file(listed.waiting(), by="diverter", category="other.unsorted", grid="G1")
    assert listed.case(case_id).row.unit is None
    with pytest.raises(Refused, match="no_power"):
        listed.desk.move(case_id, Dispatch("P3"), by="diverter")


def test_K03_R10_the_result_is_told_by_the_unit_or_the_centre(listed: List) -> None:
    item = listed.waiting(call_back="13800001111")
    with pytest.raises(Refused, match="no_result_yet"):
        listed.act(intake.told, item)
    case_id = listed.file(item, category="other.unsorted", grid="G1")
    with pytest.raises(Refused, match="no_result_yet"):
        listed.act(intake.told, item)
    listed.desk.move(case_id, Close("已修好", outcome="void"))
    assert [row.id for row in listed.rows("untold")] == [item]
    with pytest.raises(Refused, match="not_your_order"):
        listed.act(intake.told, item, by="li")
    listed.act(intake.told, item, way="telephone")
    assert listed.one(item).told_way == "telephone" and listed.rows("untold") == ()
    with pytest.raises(Refused, match="told_already"):
        listed.act(intake.told, item)


def test_the_journal_holds_no_words_of_a_citizen_and_stays_whole(listed: List) -> None:
    words = "邻居每天半夜敲墙"
    item = listed.waiting(title=words, text=words * 3, address=words)
    listed.act(intake.answer, item, text=words)
    listed.act(intake.undo, item, reason="重新分拣")
    listed.act(intake.settle, item, result=words)
    kinds = [kind for kind, _, _ in listed.journal()]
    assert kinds == ["received", "answered", "undone", "answered"]
    assert all(words not in data for _, _, data in listed.journal())
    assert listed.desk.store.verify() is None


def test_a_case_by_hand_and_a_drill_keep_their_places(listed: List) -> None:
    case_id = listed.desk.report("井盖破损")
    (row,) = listed.rows()
    assert (row.case_id, row.state, row.title) == (case_id, "filed", "井盖破损")
