"""Call-back handles: apart, masked, never searchable, expiring; nothing is ever listed by person (K03-R11, T4)."""

from __future__ import annotations

import logging
from dataclasses import fields, is_dataclass
from datetime import timedelta
from inspect import signature
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, text

from store.actions.intake import callbacks, intake
from store.errors import Refused
from store.rules import handles
from store.rules.commands import Close, Dispatch, Merge, Reopen
from store.rules.state import Actor
from store.views import changes, diversion, inquiries, search
from store.views import intake as views
from tests.store.intake.conftest import List, report

HANDLE = "13912345678"


def item_with_handle(listed: List, **fields: Any) -> int:
    raw = f'{{"tel": "{HANDLE}"}}'.encode()
    return listed.waiting(call_back=HANDLE, text=f"三号楼前的路灯不亮了，请打{HANDLE}联系我", raw=raw, **fields)


def everywhere(listed: List, words: str) -> set[str]:
    """Tables and columns that hold `words`, in any form."""
    found = set()
    with listed.desk.store.read() as session:
        inspector = inspect(session.connection())
        for table in inspector.get_table_names():
            for row in session.execute(text(f'SELECT * FROM "{table}"')).mappings():
                for column, value in row.items():
                    shown = bytes(value).decode("utf-8", "replace") if isinstance(value, bytes | memoryview) else value
                    if words in str(shown):
                        found.add(f"{table}.{column}")
    return found


def reveal(listed: List, case_id: int, by: str = "chen", reason: str = "核实地点") -> tuple[str, ...]:
    made: tuple[str, ...] = listed.act(callbacks.reveal, case_id, reason=reason, by=by)
    return made


def test_K03_R11_a_handle_lies_in_its_own_table_and_nowhere_else(
    listed: List, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    item = item_with_handle(listed)
    case_id = listed.file(item, category="facility.lamp", grid="G1")
    other = report("2", source="net", channel="12345", call_back=HANDLE, text=f"{HANDLE} 井盖坏了")
    listed.deliver(other, source="net")
    listed.act(intake.take, title=f"窗口来访 {HANDLE}", call_back=HANDLE)
    listed.act(intake.receipt, item_id=item)
    listed.desk.store.keep_time()
    assert everywhere(listed, HANDLE) == {"call_back.handle"}
    assert listed.count("call_back") == 3
    with listed.desk.store.read() as session:
        profile, now = listed.desk.store.profile, listed.desk.now
        assert search.search(session, profile, now, HANDLE) == ()
        assert search.search(session, profile, now, HANDLE[-4:]) == ()
        code = listed.door.code("line", "w0") or ""
        shown = [
            repr(changes.changes(session, 0)), repr(listed.case(case_id)), repr(listed.rows()),
            repr(listed.one(item)), repr(inquiries.inquire(session, profile, now, code)),
        ]  # fmt: skip
    assert not [words for words in shown if HANDLE in words]
    assert "••" in repr(listed.one(item).call_backs)
    assert HANDLE not in caplog.text


def test_K03_R11_the_raw_bytes_of_the_store_lose_an_expired_handle(listed: List) -> None:
    case_id = listed.file(item_with_handle(listed), category="other.unsorted", grid="G1")
    listed.desk.move(case_id, Close("修好了"))
    listed.desk.wait(days=90)
    listed.desk.store.keep_time()
    assert listed.count("call_back") == 0
    place = Path(listed.desk.store.location)
    if place.exists():
        listed.desk.store.close()
        assert HANDLE.encode() not in place.read_bytes()


def test_K03_R11_a_handle_goes_90_days_after_closing_and_stays_while_the_case_is_open(listed: List) -> None:
    case_id = listed.file(item_with_handle(listed), category="other.unsorted", grid="G1")
    listed.desk.wait(days=400)
    listed.desk.store.keep_time()
    assert listed.count("call_back") == 1
    listed.desk.move(case_id, Close("修好了"))
    listed.desk.wait(days=89)
    listed.desk.store.keep_time()
    listed.desk.move(case_id, Reopen("又坏了"))
    listed.desk.wait(days=30)
    listed.desk.store.keep_time()
    assert listed.count("call_back") == 1, "reopening takes it back"
    listed.desk.move(case_id, Close("修好了"))
    listed.desk.wait(days=90, seconds=-1)
    listed.desk.store.keep_time()
    assert reveal(listed, case_id) == (HANDLE,)
    listed.desk.wait(seconds=1)
    listed.desk.store.keep_time()
    with pytest.raises(Refused, match="no_handle"):
        reveal(listed, case_id)


def test_K03_R11_items_without_a_case_lose_theirs_too(listed: List) -> None:
    item = item_with_handle(listed)
    listed.act(intake.answer, item, text="答复了")
    listed.desk.wait(days=89)
    listed.act(intake.undo, item, reason="重新分拣")
    listed.desk.wait(days=100)
    listed.desk.store.keep_time()
    assert listed.count("call_back") == 1
    listed.act(intake.settle, item, result="办结")
    listed.desk.wait(days=90)
    listed.desk.store.keep_time()
    assert listed.count("call_back") == 0


def test_K03_R11_a_merge_keeps_every_reporter_reachable(listed: List) -> None:
    first = listed.file(item_with_handle(listed), category="facility.lamp", grid="G1")
    other = listed.waiting(source_id="x", text="同一盏灯坏了没人来修")
    second = listed.file(other, category="facility.lamp", grid="G1")
    listed.desk.move(first, Merge(into=second))
    listed.desk.wait(days=91)
    listed.desk.store.keep_time()
    assert reveal(listed, second) == (HANDLE,)


def test_K03_R11_holder_and_verifier_see_it_in_full_and_that_is_logged(listed: List) -> None:
    case_id = listed.file(item_with_handle(listed), category="other.unsorted", grid="G1")
    assert reveal(listed, case_id) == (HANDLE,)
    with pytest.raises(Refused, match="field_missing"):
        reveal(listed, case_id, reason=" ")
    for nobody in ("gao", "shen"):
        with pytest.raises(Refused, match="handle_hidden"):
            reveal(listed, case_id, by=nobody)
    unit = Actor("P3", "三队", "unit", frozenset({"record", "read"}))
    listed.desk.actors |= {"unit": unit, "other": Actor("P4", "四队", "unit", unit.powers)}
    with pytest.raises(Refused, match="handle_hidden"):
        reveal(listed, case_id, by="unit")
    listed.desk.move(case_id, Dispatch("P3"))
    assert reveal(listed, case_id, by="unit") == (HANDLE,)
    with pytest.raises(Refused, match="handle_hidden"):
        reveal(listed, case_id, by="other")
    with listed.desk.store.read() as session:
        logged = session.execute(
            text("SELECT actor, CAST(data AS text) FROM event WHERE kind = 'masked_viewed' ORDER BY seq")
        ).all()
    assert [row[0] for row in logged] == ["chen", "P3"] and "call_back" in logged[0][1]


def test_K03_R11_S11_an_informant_is_known_to_the_verifier_alone(listed: List) -> None:
    item = int(listed.act(intake.take, title="举报偷倒", call_back=HANDLE, secret=True))
    case_id = listed.file(item, category="other.unsorted", grid="G1")
    listed.desk.move(case_id, Dispatch("P3"))
    listed.desk.actors["unit"] = Actor("P3", "三队", "unit", frozenset({"record", "read"}))
    with pytest.raises(Refused, match="handle_hidden"):
        reveal(listed, case_id, by="unit")
    assert reveal(listed, case_id) == (HANDLE,)
    assert HANDLE[-2:] not in "".join(listed.one(item).call_backs)


def test_a_mask_keeps_two_signs_at_most() -> None:
    assert handles.masked(HANDLE) == "•••••••••78"
    assert handles.masked("12345") == "•••••" and handles.masked("") == "••••"


def test_K03_T4_no_view_lists_reports_by_person() -> None:
    """No view takes a handle, a name or a caller, and no row of one has a field for it but the masked marks."""
    people = {"handle", "caller", "reporter", "person", "phone", "call_back", "telephone", "name"}
    for module in (views, diversion, inquiries):
        for name, thing in vars(module).items():
            if getattr(thing, "__module__", "") != module.__name__:
                continue
            if is_dataclass(thing):
                assert not people & {field.name for field in fields(thing)}, (module.__name__, name)
            elif callable(thing):
                assert not people & set(signature(thing).parameters), (module.__name__, name)


def test_handles_expire_in_bounded_parts(listed: List, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callbacks, "BATCH", 2)
    for number in range(5):
        item = int(listed.act(intake.take, title=f"来访{number}", call_back=f"1390000000{number}"))
        listed.act(intake.settle, item, result="办结")
    due = listed.desk.now + timedelta(days=90)
    gone = [listed.desk.store.write(callbacks.expire, listed.desk.store.profile, due) for _ in range(4)]
    assert gone == [2, 2, 1, 0]
