"""K08, outgoing half: an order reaches its unit, or says that it did not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from store.actions.loop import drills
from store.actions.notices import notices
from store.errors import Refused
from store.outbox import TargetFacts
from store.rules.commands import Accept, Call, Called, Return, StartPlan, Supervise, Urge
from store.views import alerts as alert_view
from tests.conftest import Desk
from tests.store.rules.laddered import GAS, profile
from tests.store.told import answers, box, dispatched, rows, rules, says, slip, take, tick, way


@pytest.fixture
def small(desk: Desk) -> Desk:
    """A profile with the gas plan, whose units are all known."""
    desk.store.profile = replace(profile(plans=(GAS,)), version=desk.store.profile.version)
    return desk


def test_K08_R5_an_order_is_stored_sent_and_seen(desk: Desk) -> None:
    way(desk, "POL", "robot")
    outbox = box(desk, "robot")
    case_id = dispatched(desk)
    assert (slip(desk, case_id).stage, slip(desk, case_id).why) == ("stored", "")
    (notice,) = take(outbox, "robot")
    assert notice.kind == "order" and notice.case_number in notice.text and len(notice.text) <= 70
    assert take(outbox, "robot") == (), "a lent notice is lent once"
    desk.wait(seconds=3)
    assert outbox.sent(notice.id, "m-1") and not outbox.sent(notice.id, "m-1")
    assert (slip(desk, case_id).stage, slip(desk, case_id).at) == ("sent", desk.now)
    desk.wait(seconds=30)
    assert says(desk, notice.dedupe_key).updated == 1
    assert says(desk, notice.dedupe_key).unchanged == 1
    assert (slip(desk, case_id).stage, slip(desk, case_id).at) == ("seen", desk.now)
    assert outbox.kept(notice.dedupe_key) == "seen" and outbox.kept("nothing") is None
    assert [row.code for row in _alerts(desk) if row.kind == "order"] == []


def _alerts(desk: Desk) -> tuple[alert_view.AlertRow, ...]:
    with desk.store.read() as session:
        return alert_view.alerts(session, desk.store.profile, desk.now).rows


def test_K08_R5_a_unit_without_a_way_is_an_alert_to_telephone_until_it_answers(desk: Desk) -> None:
    first, second = dispatched(desk, "AMB"), dispatched(desk, "AMB")
    assert (slip(desk, first).stage, slip(desk, first).why) == ("stored", "no_way")
    (alert,) = [row for row in _alerts(desk) if row.code == "order_no_way"]
    assert alert.fields["unit"] == "AMB" and alert.count == 2 and alert.priority == 2
    answers(desk, first, "AMB", "accepted")
    assert slip(desk, first).stage == "seen"
    assert "order_no_way" in [row.code for row in _alerts(desk)]
    answers(desk, second, "AMB", "accepted")
    assert "order_no_way" not in [row.code for row in _alerts(desk)]


def test_K08_R5_a_unit_that_sits_in_the_centre_needs_no_way(desk: Desk) -> None:
    case_id = dispatched(desk, "P3")
    assert (slip(desk, case_id).stage, slip(desk, case_id).why, rows(desk)) == ("stored", "", [])
    assert not [row for row in _alerts(desk) if row.kind == "order"]


def test_a_unit_that_gets_its_first_way_is_told_at_once_what_waits(desk: Desk) -> None:
    case_id = dispatched(desk, "AMB")
    way(desk, "AMB", "robot", address="130")
    assert "order_no_way" not in [row.code for row in _alerts(desk)]
    (notice,) = take(box(desk, "robot"), "robot")
    assert notice.address == "130" and slip(desk, case_id).why == ""


def test_K08_R6_a_plan_owes_all_its_orders_at_the_same_second(small: Desk) -> None:
    for unit in ("GAS", "POL", "FIRE", "SAF", "PWR"):
        way(small, unit, "robot", address=unit)
    case_id = small.report(level=1)
    small.move(case_id, StartPlan("gas"))
    owed = rows(small, "owed")
    assert {row.recipient for row in owed} == {"GAS", "POL", "FIRE", "SAF", "PWR"}
    assert len({row.made_at for row in owed}) == 1 and len(take(box(small, "robot"), "robot")) == 5


def test_K08_R7_who_is_only_told_is_told_before_the_cut_off(small: Desk) -> None:
    way(small, "PWR", "robot")
    case_id = small.report(level=1)
    small.move(case_id, StartPlan("gas"))
    told = [one for one in take(box(small, "robot"), "robot") if one.recipient == "PWR"]
    assert told and "告知" in told[0].title and "cut off" in told[0].text and told[0].payload["role"] == "notice"


def test_K08_R9_a_drill_says_so_in_its_text_and_pushes_nothing_back(small: Desk) -> None:
    way(small, "GAS", "robot")
    box(small, "fms", kind="fixmystreet")
    case_id = small.store.write(
        drills.start, small.store.profile, small.actors["chen"], small.now, "gas", grid="G0",
        request_id=small.request(),
    )  # fmt: skip
    told = [one for one in take(box(small, "robot"), "robot") if one.recipient == "GAS"]
    assert told and all("演练" in one.text and one.drill for one in told)
    assert [row for row in rows(small) if row.kind == "update"] == []
    assert not [row for row in _alerts(small) if row.kind == "order"] and case_id


def test_an_order_that_ended_before_it_was_sent_never_goes_out(desk: Desk) -> None:
    way(desk, "POL", "robot")
    outbox = box(desk, "robot")
    case_id = dispatched(desk)
    desk.move(case_id, Accept(), by="chen")
    assert take(outbox, "robot") == () and [row.outcome for row in rows(desk)] == ["overtaken"]
    again = dispatched(desk)
    (lent,) = take(outbox, "robot")
    answers(desk, again, "POL", "returned")
    assert outbox.sent(lent.id), "what was on its way is noted, and stays taken back"
    assert rows(desk)[0].outcome == "overtaken" and rows(desk)[0].sent_at == desk.now


def test_accepting_shows_that_the_order_was_seen(desk: Desk) -> None:
    way(desk, "POL", "robot")
    way(desk, "POL", "sms", address="130")
    outbox = box(desk, "robot", "sms")
    case_id = dispatched(desk)
    outbox.sent(take(outbox, "robot", "sms")[0].id)
    tick(desk, minutes=6)
    answers(desk, case_id, "POL", "accepted")
    assert [(row.target, row.outcome) for row in rows(desk)] == [("sms", "overtaken"), ("robot", "seen")]
    assert slip(desk, case_id).stage == "seen"


def test_a_way_that_fails_for_good_gives_way_to_the_next_at_once(desk: Desk) -> None:
    way(desk, "POL", "robot")
    way(desk, "POL", "sms", address="130")
    outbox = box(desk, "robot", "sms")
    case_id = dispatched(desk)
    (first,) = take(outbox, "robot", "sms")
    assert outbox.failed(first.id, "unknown_number", final=True)
    (second,) = take(outbox, "robot", "sms")
    assert (second.target, second.address) == ("sms", "130") and second.dedupe_key == f"{first.dedupe_key}/2"
    outbox.failed(second.id, "blocked", final=True)
    found = slip(desk, case_id)
    assert (found.stage, found.why, [way.state for way in found.ways]) == (
        "refused", "blocked", ["given_up", "given_up"],
    )  # fmt: skip
    (alert,) = [row for row in _alerts(desk) if row.code == "order_unreached"]
    assert (alert.priority, alert.fields["unit"], alert.case_id) == (1, "POL", case_id)
    desk.move(case_id, Accept())
    assert not [row for row in _alerts(desk) if row.code == "order_unreached"]


def test_without_acknowledgement_the_next_way_is_tried_as_well(desk: Desk) -> None:
    way(desk, "POL", "robot", patience_s=60)
    way(desk, "POL", "sms", address="130")
    outbox = box(desk, "robot", "sms")
    case_id = dispatched(desk)
    (first,) = take(outbox, "robot", "sms")
    outbox.sent(first.id)
    tick(desk, seconds=59)
    assert take(outbox, "robot", "sms") == ()
    tick(desk, seconds=2)
    (second,) = take(outbox, "robot", "sms")
    assert second.target == "sms" and rows(desk)[-1].outcome == "sent"
    says(desk, first.dedupe_key)
    assert {row.target: row.outcome for row in rows(desk)} == {"robot": "seen", "sms": "overtaken"}
    tick(desk, hours=1)
    assert slip(desk, case_id).stage == "seen" and take(outbox, "robot", "sms") == ()


def test_a_failed_try_is_kept_with_its_pause_and_gives_up_after_the_last(desk: Desk) -> None:
    rules(desk, tries=3)
    way(desk, "POL", "robot")
    outbox = box(desk, "robot")
    dispatched(desk)
    waited = []
    for _ in range(3):
        (one,) = take(outbox, "robot")
        outbox.failed(one.id, "http_503")
        assert take(outbox, "robot") == ()
        waited.append(rows(desk)[0].not_before - desk.now)
        desk.wait(hours=1)
    assert waited[:2] == [timedelta(seconds=5), timedelta(seconds=10)] and rows(desk)[0].outcome == "given_up"
    assert take(outbox, "robot") == ()


def test_a_robot_that_is_blocked_for_minutes_does_not_hold_up_the_other_way(desk: Desk) -> None:
    way(desk, "POL", "robot")
    way(desk, "POL", "sms", address="130")
    outbox = box(desk, "robot", "sms")
    dispatched(desk)
    (one,) = take(outbox, "robot")
    outbox.failed(one.id, "rate_limited", retry_after=600)
    assert [(row.target, row.outcome) for row in rows(desk)] == [("sms", ""), ("robot", "")]
    (other,) = take(outbox, "sms")
    says(desk, other.dedupe_key)
    desk.wait(minutes=11)
    assert take(outbox, "robot") == () and {row.outcome for row in rows(desk)} == {"seen", "overtaken"}


def test_what_no_courier_carries_goes_by_the_next_way_and_stays_for_its_own(desk: Desk) -> None:
    way(desk, "POL", "robot")
    way(desk, "POL", "sms", address="130")
    way(desk, "FIRE", "robot")
    case_id, alone = dispatched(desk), dispatched(desk, "FIRE")
    outbox = box(desk, "sms")
    tick(desk, seconds=1)
    assert [one.case_number in one.text for one in take(outbox, "sms")] == [True]
    assert [(row.code, row.case_id) for row in _alerts(desk) if row.kind == "order"] == [("order_unreached", alone)]
    outbox = box(desk, "robot", "sms")
    for one in take(outbox, "robot"):
        outbox.sent(one.id)
    assert slip(desk, alone).stage == "sent" and slip(desk, case_id).stage == "sent"
    assert not [row for row in _alerts(desk) if row.kind == "order"]


def test_a_unit_that_refuses_is_an_alert_of_the_highest_class(desk: Desk) -> None:
    way(desk, "POL", "robot")
    outbox = box(desk, "robot")
    case_id = dispatched(desk)
    (one,) = take(outbox, "robot")
    outbox.sent(one.id)
    assert says(desk, one.dedupe_key, "refused", recipient="FIRE").unchanged == 1, "another cannot refuse for it"
    says(desk, one.dedupe_key, "refused", recipient="POL", text="车坏了\x1b[2J")
    found = slip(desk, case_id)
    assert found.stage == "refused" and found.why == "车坏了 [2J"
    (alert,) = [row for row in _alerts(desk) if row.code == "order_refused"]
    assert alert.priority == 1 and alert.fields["why"] == found.why
    desk.move(case_id, Return("换一家"))
    assert not [row for row in _alerts(desk) if row.code == "order_refused"]


def test_a_person_may_acknowledge_by_the_number_of_the_case(desk: Desk) -> None:
    way(desk, "POL", "sms", address="130")
    outbox = box(desk, "sms")
    case_id = dispatched(desk)
    (one,) = take(outbox, "sms")
    assert says(desk, one.case_number, recipient="POL").unchanged == 1, "not sent: nothing to see"
    outbox.sent(one.id)
    assert says(desk, one.case_number, recipient="POL").updated == 1
    assert slip(desk, case_id).stage == "seen" and says(desk, "20990101-X-1").unchanged == 1


def test_a_target_whose_notices_do_not_leave_is_one_alert(desk: Desk) -> None:
    way(desk, "POL", "robot")
    outbox = box(desk, "robot")
    for _ in range(3):
        dispatched(desk)
    tick(desk, minutes=61)
    (alert,) = [row for row in _alerts(desk) if row.code == "outbox_stuck"]
    assert alert.fields == {"target": "robot", "count": 3, "minutes": 60}
    for one in take(outbox, "robot"):
        outbox.sent(one.id)
    tick(desk, seconds=1)
    assert not [row for row in _alerts(desk) if row.code == "outbox_stuck"]


def test_the_citizens_words_go_nowhere_unless_profile_and_target_say_so(desk: Desk) -> None:
    way(desk, "POL", "robot")
    outbox = box(desk, "robot")
    dispatched(desk, title="张三家狗咬人", text="电话13800000000")
    (one,) = take(outbox, "robot", seconds=-1)
    assert "张三" not in f"{one.title}{one.text}{one.payload}"
    rules(desk, citizen_words=True)
    dispatched(desk, title="李四家漏水")
    told = take(outbox, "robot", seconds=-1)
    assert all("李四" not in f"{one.title}{one.text}{one.payload}" for one in told)
    outbox.know({"robot": TargetFacts("webhook", carries_text=True)})
    assert any("李四" in one.text for one in take(outbox, "robot"))


def test_urging_and_supervision_tell_the_holder(desk: Desk) -> None:
    way(desk, "POL", "robot")
    outbox = box(desk, "robot")
    case_id = dispatched(desk)
    outbox.sent(take(outbox, "robot")[0].id)
    desk.move(case_id, Urge("快"))
    desk.move(case_id, Supervise("限期办结", 2))
    told = {one.kind: one.text for one in take(outbox, "robot")}
    assert set(told) == {"urging", "supervision"} and "催办" in told["urging"] and "督办" in told["supervision"]


def test_a_called_unit_is_told_until_when_it_must_be_there(desk: Desk) -> None:
    way(desk, "FIRE", "robot")
    case_id = dispatched(desk)
    desk.move(case_id, Call((Called("FIRE", True, "", 15),)))
    (one,) = take(box(desk, "robot"), "robot")
    assert "协办" in one.title and "限02:15前" in one.text


def test_send_again_and_test_of_a_line(desk: Desk) -> None:
    way(desk, "POL", "robot")
    outbox = box(desk, "robot")
    case_id = dispatched(desk)
    (one,) = take(outbox, "robot")
    outbox.failed(one.id, "blocked", final=True)
    asked = desk.request()

    def again(by: str, request: str, notice: int = one.id) -> int:
        return desk.store.write(
            notices.send_again, desk.store.profile, desk.actors[by], desk.now, notice, request_id=request
        )

    with pytest.raises(Refused, match="no_power"):
        again("shen", desk.request())
    new = again("chen", asked)
    assert again("chen", asked) == new and len(rows(desk, "owed")) == 1
    assert not [row for row in _alerts(desk) if row.kind == "order"]
    assert slip(desk, case_id).stage == "stored"
    with pytest.raises(Refused, match="unknown_notice"):
        again("chen", desk.request(), 999)
    tested = desk.store.write(
        notices.test, desk.store.profile, desk.actors["chen"], desk.now, "POL", request_id=desk.request()
    )
    kinds = {row.id: row.kind for row in rows(desk, "owed")}
    assert kinds[tested[0]] == "test"
    desk.move(case_id, Return("不归我"))
    with pytest.raises(Refused, match="order_ended"):
        again("chen", desk.request())
