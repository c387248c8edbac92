"""What officers say of auto-filed cases, and times in which nothing is filed (K16-R2, state)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from store.actions.devices import autofiling, devicewindows
from store.errors import Refused
from store.records.grid import Grid
from store.rules.commands import Accept
from store.views import devices
from tests.conftest import START, Desk
from tests.store.test_refold import differences
from tests.support.devices import alarm, case, deliver, filed, reading, registered, standing, state


def confirm(desk: Desk, case_id: int) -> None:
    desk.store.write(
        autofiling.confirm, desk.store.profile, desk.actors["chen"], desk.now, case_id, request_id=desk.request()
    )


def cancel(desk: Desk, case_id: int, by: str = "chen") -> int:
    return desk.store.write(
        autofiling.cancel, desk.store.profile, desk.actors[by], desk.now, case_id, reason="误报",
        request_id=desk.request(),
    )  # fmt: skip


def test_K16_R2_the_officer_confirms_and_the_alert_counts_as_seen(desk: Desk) -> None:
    registered(desk, "s", "smoke")
    deliver(desk, alarm("s", "smoke"))
    (made,) = filed(desk)
    confirm(desk, made.case_id)
    confirm(desk, made.case_id)
    (found,) = filed(desk)
    assert (found.verdict, found.judged_by) == ("confirmed", "chen")
    assert next(row for row in standing(desk).values() if row.kind == "device").acknowledged_by == "chen"
    with pytest.raises(Refused, match="auto_filing_judged"):
        cancel(desk, made.case_id)


@pytest.mark.parametrize(("key", "kind", "event"), [("s", "smoke", "smoke"), ("f", "fence", "intrusion")])
def test_K16_R2_a_cancelled_case_is_void_its_orders_are_called_back_and_the_rule_is_counted(
    desk: Desk, key: str, kind: str, event: str
) -> None:
    registered(desk, key, kind)
    deliver(desk, alarm(key, event))
    (made,) = filed(desk)
    cancel(desk, made.case_id)
    seen = case(desk, made.case_id)
    assert (seen.row.closed_at, seen.outcome) == (desk.now, "void")
    assert standing(desk) == {}
    assert differences(desk, made.case_id) == ()
    with desk.store.read() as session:
        found = devices.auto_filed(session, desk.store.profile, desk.now)
        every = devices.auto_filed(session, desk.store.profile, desk.now, waiting=False)
    assert (found.rows, found.waiting) == ((), 0)
    assert [(row.verdict, row.closed) for row in every.rows] == [("cancelled", True)]
    assert [(v.confirmed, v.cancelled, v.share) for v in found.verdicts] == [(0, 1, 0.0)]


def test_K16_R3_repeats_of_a_cancelled_alarm_do_not_file_it_again_at_once(desk: Desk) -> None:
    registered(desk, "s", "smoke")
    deliver(desk, alarm("s", "smoke", 1))
    cancel(desk, filed(desk)[0].case_id)
    for number in range(2, 5):
        desk.wait(minutes=1)
        deliver(desk, alarm("s", "smoke", number))
    assert len(filed(desk)) == 1
    desk.wait(minutes=6)
    deliver(desk, alarm("s", "smoke", 9))
    assert len(filed(desk)) == 2


def test_K16_R2_once_a_unit_has_taken_it_it_ends_as_any_other_case(desk: Desk) -> None:
    registered(desk, "f", "fence")
    deliver(desk, alarm("f", "intrusion"))
    (made,) = filed(desk)
    desk.move(made.case_id, Accept("路上"))
    with pytest.raises(Refused) as refused:
        cancel(desk, made.case_id)
    assert refused.value.code == "cancel_too_late"
    assert filed(desk)[0].verdict == ""


def test_K16_R2_who_may_not_divert_may_not_judge(desk: Desk) -> None:
    registered(desk, "s", "smoke")
    deliver(desk, alarm("s", "smoke"))
    with pytest.raises(Refused, match="no_power"):
        cancel(desk, filed(desk)[0].case_id, by="shen")


def window(desk: Desk, kind: str, hours: float = 1.0, **fields: Any) -> int:
    return desk.store.write(
        devicewindows.open_window, desk.store.profile, desk.actors["chen"], desk.now, kind=kind, reason="检修",
        ends=desk.now + timedelta(hours=hours), **fields,
    )  # fmt: skip


def west(desk: Desk) -> str:
    """Code of the community above G2 and G3."""
    with desk.store.read() as session:
        return str(session.execute(select(col(Grid.code)).where(col(Grid.name) == "西区")).scalar_one())


@pytest.mark.parametrize(
    ("kind", "shown", "priority"), [("maintenance", "maintenance", 3), ("suppression", "suppressed", 1)]
)
def test_K16_in_a_window_of_a_node_alarms_below_it_are_alerts_without_cases(
    desk: Desk, kind: str, shown: str, priority: int
) -> None:
    registered(desk, "in", "smoke", "G3")
    registered(desk, "out", "smoke", "G1")
    number = window(desk, kind, node=west(desk))
    deliver(desk, alarm("in", "smoke"), alarm("out", "smoke"))
    assert [case(desk, made.case_id).row.grid_code for made in filed(desk)] == ["G1"]
    row = standing(desk)["device:net:in:smoke"]
    assert (row.priority, row.fields["window"], row.case_id) == (priority, kind, None)
    assert (state(desk, "in"), state(desk, "out")) == (shown, "on")
    desk.store.write(devicewindows.end_window, desk.store.profile, desk.actors["chen"], desk.now, number)
    deliver(desk, alarm("in", "smoke", 2))
    assert [case(desk, made.case_id).row.grid_code for made in filed(desk)] == ["G1", "G3"]
    assert state(desk, "in") == "on"


def test_K16_a_window_may_be_for_one_device_or_a_kind(desk: Desk) -> None:
    for key, kind in (("s1", "smoke"), ("s2", "smoke"), ("w", "wire_break")):
        registered(desk, key, kind)
    window(desk, "suppression", source="net", key="s1")
    window(desk, "suppression", device_kind="wire_break")
    deliver(desk, alarm("s1", "smoke"), alarm("s2", "smoke"), alarm("w", "break"))
    assert [made.rule for made in filed(desk)] == ["smoke"]
    desk.wait(hours=1)
    deliver(desk, alarm("s1", "smoke", 2), alarm("w", "break", 2))
    assert [made.rule for made in filed(desk)] == ["smoke", "smoke", "wire_break"]


def test_K16_numbers_in_a_suppression_are_alerts_and_in_maintenance_nothing(desk: Desk) -> None:
    registered(desk, "a", "gas_meter")
    registered(desk, "b", "gas_meter")
    window(desk, "suppression", source="net", key="a")
    window(desk, "maintenance", source="net", key="b")
    deliver(desk, *(reading(key, "gas", 50.0, "%LEL", desk.now) for key in "ab"))
    assert (filed(desk), list(standing(desk))) == ([], ["device:net:a:gas_level"])


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"kind": "quiet"}, "unknown_window_kind"), ({"reason": " "}, "field_missing"),
        ({"key": "", "source": ""}, "window_for_nothing"), ({"ends": START}, "window_over"),
        ({"key": "nobody"}, "unknown_device"), ({"key": "", "device_kind": "ufo"}, "unknown_device_kind"),
        ({"node": "nowhere"}, "unknown_grid"),
    ],
)  # fmt: skip
def test_K16_a_window_says_what_is_wrong_with_it(desk: Desk, fields: dict[str, Any], code: str) -> None:
    registered(desk, "s1", "smoke")
    given = {"kind": "maintenance", "reason": "检修", "ends": START + timedelta(hours=1), "source": "net", "key": "s1"}
    with pytest.raises(Refused, match=code):
        desk.store.write(
            devicewindows.open_window, desk.store.profile, desk.actors["chen"], desk.now, **{**given, **fields}
        )
