"""The log shows tampering and says what was done; damage stops writing until it is accepted (K23-T3)."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, text
from sqlalchemy.engine import Engine
from sqlmodel import Session

from store import chain
from store.actions.house import auditing
from store.actions.people import access, officers
from store.errors import BadInput, Refused, Unavailable
from store.intake import Intake, Report
from store.journal import Mark
from store.rules.commands import Close, Dispatch
from store.views import changes
from tests.conftest import Desk

ROOT = Path(__file__).resolve().parents[2]


def tamper(desk: Desk, *statements: str) -> None:
    """Change the store behind the program's back."""
    with desk.store._database.writing() as session:
        for statement in statements:
            session.execute(text(statement))


def busy(desk: Desk, count: int = 6) -> int:
    """Some cases and moves; returns the newest event."""
    for n in range(count):
        case_id = desk.report(grid=f"G{n % 4}")
        if n % 2:
            desk.move(case_id, Dispatch("P3"))
    return desk.store.end().seq


def forge(desk: Desk, seq: int) -> None:
    """Insert an event at `seq`, the later ones one further, the head in step."""
    tamper(
        desk,
        f"UPDATE event SET seq = -(seq + 1) WHERE seq >= {seq}",
        "UPDATE event SET seq = -seq WHERE seq < 0",
        "INSERT INTO event (seq, subject, subject_id, version, kind, at, actor, actor_kind, request_id, data, hash)"
        f" SELECT {seq}, 'shift', 9, 9, 'shift_taken', at, 'gao', actor_kind, NULL, data, hash FROM event"
        f" WHERE seq = {seq - 1}",
        "UPDATE feed_head SET seq = seq + 1 WHERE id = 1",
    )


def rewrite(session: Session, since: int) -> None:
    """What the owner of the database can do: recompute every hash, and the head."""
    rows = chain.read(session, 0, 100_000)
    link = bytes(rows[since - 2][10])
    for row in rows[since - 1 :]:
        link = chain.link(link, row[0], row) or b""
        session.execute(text("UPDATE event SET hash = :hash WHERE seq = :seq"), {"hash": link, "seq": row[0]})
    session.execute(text("UPDATE feed_head SET hash = :hash WHERE id = 1"), {"hash": link})


def edited(desk: Desk, last: int) -> None:
    tamper(desk, f"UPDATE event SET actor = 'nobody' WHERE seq = {last - 3}")


def edited_at_the_end(desk: Desk, last: int) -> None:
    tamper(desk, f"UPDATE event SET data = '{{}}' WHERE seq = {last}")


def cut_out(desk: Desk, last: int) -> None:
    tamper(desk, f"DELETE FROM event WHERE seq = {last - 3}")


def cut_out_and_renumbered(desk: Desk, last: int) -> None:
    tamper(
        desk,
        f"DELETE FROM event WHERE seq = {last - 3}",
        f"UPDATE event SET seq = -(seq - 1) WHERE seq > {last - 3}",
        "UPDATE event SET seq = -seq WHERE seq < 0",
    )


def cut_off(desk: Desk, last: int) -> None:
    tamper(desk, f"DELETE FROM event WHERE seq > {last - 2}")


def cut_off_and_head_repaired(desk: Desk, last: int) -> None:
    tamper(
        desk,
        f"DELETE FROM event WHERE seq > {last - 2}",
        f"UPDATE feed_head SET seq = {last - 2}, hash = (SELECT hash FROM event WHERE seq = {last - 2}) WHERE id = 1",
    )


def forged_within(desk: Desk, last: int) -> None:
    forge(desk, last - 3)


def forged_at_the_end(desk: Desk, last: int) -> None:
    forge(desk, last + 1)
    tamper(desk, "UPDATE feed_head SET seq = seq - 1 WHERE id = 1")


def swapped(desk: Desk, last: int) -> None:
    tamper(
        desk,
        f"UPDATE event SET seq = -1 WHERE seq = {last - 3}",
        f"UPDATE event SET seq = {last - 3} WHERE seq = {last - 2}",
        f"UPDATE event SET seq = {last - 2} WHERE seq = -1",
    )


def swapped_far(desk: Desk, last: int) -> None:
    tamper(
        desk,
        f"UPDATE event SET seq = -1 WHERE seq = {last - 4}",
        f"UPDATE event SET seq = {last - 4} WHERE seq = {last}",
        f"UPDATE event SET seq = {last} WHERE seq = -1",
    )


ATTACKS: dict[Callable[[Desk, int], None], tuple[str, int]] = {
    edited: ("changed", -3), edited_at_the_end: ("changed", 0), cut_out: ("removed", -3),
    cut_out_and_renumbered: ("removed", -3), cut_off: ("removed", -1), cut_off_and_head_repaired: ("removed", -1),
    forged_within: ("inserted", -3), forged_at_the_end: ("inserted", 1), swapped: ("reordered", -3),
    swapped_far: ("reordered", -4),
}  # fmt: skip
"""What is done, the fault that must be named, and at which event, counted from the last."""


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_K23_T3_the_first_fault_is_found_and_named(desk: Desk, attack: Callable[[Desk, int], None]) -> None:
    last = busy(desk)
    assert desk.store.verify() is None
    attack(desk, last)
    broken = desk.store.verify()
    assert broken is not None
    fault, offset = ATTACKS[attack]
    assert (broken.fault, broken.seq) == (fault, last + offset)
    if fault == "changed":
        assert broken.subject and broken.kind


def test_K23_T3_a_chain_made_anew_is_caught_by_an_anchor_alone(desk: Desk) -> None:
    busy(desk)
    early = desk.store.end()
    last = busy(desk)
    late = desk.store.end()
    tamper(desk, f"UPDATE event SET actor = 'nobody' WHERE seq = {last - 3}")
    with desk.store._database.writing() as session:
        rewrite(session, last - 3)
    assert desk.store.verify() is None
    checked = auditing.check(desk.store, [early, late])
    assert checked.by_anchor and checked.fault is not None
    assert (checked.fault.fault, checked.fault.seq, checked.fault.since) == ("rewritten", late.seq, early.seq)


def test_K23_T3_events_cut_off_behind_an_anchor_are_missed(desk: Desk) -> None:
    last = busy(desk)
    anchor = desk.store.end()
    tamper(
        desk, f"DELETE FROM event WHERE seq >= {last}",
        f"UPDATE feed_head SET seq = {last - 1}, hash = (SELECT hash FROM event WHERE seq = {last - 1}) WHERE id = 1",
        "UPDATE cases SET version = (SELECT max(version) FROM event WHERE subject = 'case' AND subject_id = cases.id)",
    )  # fmt: skip
    assert desk.store.verify() is None
    fault = auditing.check(desk.store, [anchor]).fault
    assert fault is not None and (fault.fault, fault.seq) == ("removed", last)


def test_an_anchor_noted_in_the_store_is_compared_too(desk: Desk) -> None:
    last = busy(desk)
    desk.store.write(
        auditing.note_anchor, desk.store.profile, desk.actors["gao"], desk.now, desk.store.end(), "safe in the office"
    )
    tamper(desk, f"UPDATE event SET actor = 'nobody' WHERE seq = {last - 1}")
    with desk.store._database.writing() as session:
        rewrite(session, last - 1)
    fault = desk.store.verify()
    assert fault is not None and (fault.fault, fault.seq) == ("rewritten", last)


def test_anchors_as_text_go_there_and_back() -> None:
    mark = Mark(42, bytes(range(32)))
    assert auditing.read_anchors(f"# kept\n{auditing.written(mark)} 2026-03-05\n") == (mark,)
    for words in ("", "42", "x:00", "42:zz", f"42:{'00' * 31}"):
        with pytest.raises(BadInput) as error:
            auditing.read_anchors(words, file="a.txt")
        assert error.value.code == "anchor_unreadable"


# --- damage stops writing ---------------------------------------------------------------------


def test_K23_T3_a_damaged_log_is_seen_at_start_reading_stays_and_writing_stops(desk: Desk) -> None:
    last = busy(desk)
    cut_off(desk, last)
    fault = auditing.look(desk.store)
    assert fault is not None and fault.fault == "removed"
    assert desk.store.header().damaged == last - 1
    with pytest.raises(Unavailable) as error:
        desk.report()
    assert error.value.code == "journal_damaged"
    with pytest.raises(Unavailable):
        Intake(desk.store).deliver("s", [Report(source="s", source_id="1", title="x")])
    with desk.store.read() as session:
        assert changes.changes(session, 0, 10)


def test_K23_T3_an_administrator_accepts_and_the_chain_goes_on(desk: Desk) -> None:
    last = busy(desk)
    edited(desk, last)
    assert auditing.look(desk.store) is not None
    profile = desk.store.profile
    for code, reason, refusal in (("chen", "seen", "no_power"), ("gao", " ", "field_missing")):
        with pytest.raises(Refused) as error:
            desk.store.mend(auditing.accept, profile, desk.actors[code], desk.now, reason)
        assert error.value.code == refusal
    desk.store.mend(auditing.accept, profile, desk.actors["gao"], desk.now, "disk of the old server")
    desk.report()
    checked = auditing.check(desk.store)
    assert checked.fault is None and checked.accepted is not None and checked.accepted.fault == "changed"
    assert desk.store.header().damaged is None
    newest = desk.store.end().seq
    tamper(desk, f"UPDATE event SET actor = 'nobody' WHERE seq = {newest}")
    assert auditing.look(desk.store) is not None
    with pytest.raises(Refused) as error:
        desk.store.mend(auditing.accept, profile, desk.actors["shen"], desk.now, "x")
    assert error.value.code == "no_power"


@pytest.mark.parametrize("attack", [cut_off, forged_at_the_end, swapped])
def test_after_accepting_any_damage_the_store_works_again(desk: Desk, attack: Callable[[Desk, int], None]) -> None:
    attack(desk, busy(desk))
    assert auditing.look(desk.store) is not None
    desk.store.mend(auditing.accept, desk.store.profile, desk.actors["gao"], desk.now, "known")
    desk.move(desk.report(), Close("ok"))
    assert auditing.check(desk.store).fault is None
    assert auditing.look(desk.store) is None


def test_the_quick_look_reads_the_tail_only(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auditing, "TAIL", 4)
    last = busy(desk, 10)
    tamper(desk, "UPDATE event SET actor = 'nobody' WHERE seq = 3")
    assert auditing.look(desk.store) is None
    edited_at_the_end(desk, last)
    assert auditing.look(desk.store) is not None


def test_the_daily_round_checks_everything_and_notes_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auditing, "ROUND", 7)
    busy(desk, 10)
    desk.wait(hours=25)
    rounds = 0
    while not (kinds := [c.kind for c in all_changes(desk)]).count("journal_verified") and rounds < 40:
        desk.store.keep_time()
        rounds += 1
    assert kinds.count("journal_verified") == 1
    assert rounds > 3
    desk.store.keep_time()
    assert [c.kind for c in all_changes(desk)].count("journal_verified") == 1
    tamper(desk, "UPDATE event SET actor = 'nobody' WHERE seq = 3")
    desk.wait(hours=25)
    with pytest.raises(Unavailable):
        for _ in range(60):
            desk.store.keep_time()
    assert desk.store.header().damaged == 3


def all_changes(desk: Desk) -> tuple[changes.Change, ...]:
    with desk.store.read() as session:
        return changes.changes(session, 0, 10_000)


def test_a_case_row_that_its_events_do_not_make_is_told(desk: Desk) -> None:
    busy(desk)
    case_id = desk.report()
    assert auditing.unfolded(desk.store) == ()
    tamper(desk, f"UPDATE cases SET level = 1 WHERE id = {case_id}")
    assert auditing.unfolded(desk.store) == (case_id,)


# --- nothing of the program changes the log ---------------------------------------------------


def test_K23_T3_no_line_of_the_program_changes_or_deletes_an_event() -> None:
    touching = re.compile(r"\b(update|delete)\s*\(\s*(Event|EVENTS|event\.Event)\b|\b(UPDATE|DELETE\s+FROM)\s+event\b")
    guilty = []
    for package in ("store", "connectors", "tui"):
        for path in (ROOT / package).rglob("*.py"):
            words = path.read_text(encoding="utf-8")
            ast.parse(words)
            if touching.search(words):
                guilty.append(str(path.relative_to(ROOT)))
    assert guilty == []


def test_K23_T3_no_statement_at_work_changes_or_deletes_an_event(desk: Desk) -> None:
    seen: list[str] = []

    def note(_c: object, _cursor: object, statement: str, _p: object, _x: object, _many: bool) -> None:
        seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        busy(desk)
        desk.store.write(
            officers.add, desk.store.profile, desk.actors["gao"], desk.now, "xin", "新人", ("dispatcher",)
        )
        desk.store.write(access.note_export, desk.store.profile, desk.actors["chen"], desk.now, "cases", 900)
        desk.wait(days=2)
        for _ in range(3):
            desk.store.keep_time()
        auditing.settle(desk.store, auditing.check(desk.store), "shen")
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    writes = [words for words in seen if re.match(r"\s*(UPDATE|DELETE FROM|REPLACE)\s+\"?event\"?\b", words, re.I)]
    assert len(seen) > 100 and writes == []


def test_the_round_begins_a_day_after_the_store_was_made(desk: Desk) -> None:
    busy(desk)
    desk.store.set_now(desk.now + timedelta(hours=23))
    desk.store.keep_time()
    assert "journal_verified" not in {c.kind for c in all_changes(desk)}
