"""What is logged though it changes nothing, what stays unread, what is never kept (K23-R4, R5, R7)."""

from __future__ import annotations

import re

import pytest
from sqlmodel import SQLModel

import store.records  # noqa: F401  (fills the metadata)
from store.actions.people import access
from store.errors import Refused
from store.rules.commands import Dispatch
from store.views import audit, queue
from store.views import case as case_view
from tests.conftest import Desk


def act(desk: Desk, action, *args, by: str = "chen", **named):  # type: ignore[no-untyped-def]
    return desk.store.write(action, desk.store.profile, desk.actors[by], desk.now, *args, **named)


def log(desk: Desk, kind: str) -> list[dict[str, object]]:
    with desk.store.read() as session:
        return [row.data for row in audit.log(session, desk.actors["shen"], kind=kind)]


def test_K23_R4_logins_exports_and_views_of_masked_data_are_logged(desk: Desk) -> None:
    case_id = desk.report()
    request = access.login_id(desk.actors["chen"], "line", "root", "pc7", "2026-03-05")
    for _ in range(3):
        act(desk, access.note_login, "line", "root", "pc7", request)
    act(desk, access.note_login, "desk", "root", "pc7")
    act(desk, access.note_export, "cases", 900)
    act(desk, access.note_view, "handle", case_id, "call back")
    assert [row["way"] for row in log(desk, "signed_in")] == ["desk", "line"]
    assert log(desk, "exported")[0]["rows"] == 900
    assert log(desk, "masked_viewed")[0]["case"] == case_id
    with pytest.raises(Refused) as refusal:
        act(desk, access.note_view, "handle", case_id, " ")
    assert refusal.value.code == "field_missing"


@pytest.mark.parametrize(("who", "reads"), [("chen", True), ("li", True), ("shen", False), ("gao", False)])
def test_K23_R5_the_status_is_open_to_all_and_the_words_to_those_with_a_need(desk: Desk, who: str, reads: bool) -> None:
    case_id = desk.report("井盖缺失", text="住在三楼的人说")
    desk.move(case_id, Dispatch("P3", note="请看三楼"))
    with desk.store.read() as session:
        view = case_view.case(session, desk.store.profile, desk.now, case_id, desk.actors[who])
        assert queue.keys(session, desk.store.profile, desk.now, None, "open").ids == (case_id,)
    assert view.row.step_id == "dispatched" and view.row.title == "井盖缺失" and view.history
    assert view.text_withheld is not reads
    assert ("三楼" in view.text) is reads
    assert any("三楼" in str(line.data) for line in view.history) is reads


ABOUT_A_PERSON = re.compile(
    r"reporter|caller|citizen|resident|person|surname|id_?card|identity|phone|mobile|email|wechat|birth|gender", re.I
)
WORK = {("officer", "telephone"), ("unit", "telephone")}
"""Work telephones of staff."""


def test_K23_R7_no_table_has_a_field_for_the_identity_of_who_reported() -> None:
    found = {
        (table.name, column.name)
        for table in SQLModel.metadata.tables.values()
        for column in table.columns
        if ABOUT_A_PERSON.search(column.name)
    }
    assert found <= WORK
