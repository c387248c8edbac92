"""What officers do with the intake list: the first sort of every item, its answer, and the way back (K03)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlmodel import Session, col

from store import journal
from store.actions.intake import copies, diverting, intakebook, unsorted
from store.actions.intake.intakebook import SUBJECT, Origin, change
from store.actions.intake.receipts import receipt, told
from store.actions.loop import cases, folding, newcases
from store.actions.people import officers
from store.errors import Refused
from store.profiles import shelf
from store.profiles.model import Profile
from store.profiles.reporting import Advice
from store.records.case import SourceReport
from store.records.columns import from_ms
from store.records.grid import Grid
from store.records.intake import CallBack
from store.rules import channels, mirrors
from store.rules.commands import File
from store.rules.inbound import Report
from store.rules.state import Actor

__all__ = [
    "advise", "answer", "duplicate", "file", "follow", "hand_over", "receipt", "settle", "take", "told", "undo",
]  # fmt: skip

MEDIA, MEDIA_LIMIT = 20, 500
"""References to pictures, voice and video that one item keeps, and characters of each."""
UNDOABLE = ("answered", "transferred", "rejected", "duplicate", "mirror")
"""What may be taken back: nothing has left the house but words to the reporter."""


def take(
    session: Session, profile: Profile, actor: Actor, now: datetime, *, channel: str = "", title: str = "",
    text: str = "", category: str | None = None, grid: str | None = None, address: str = "",
    media: Sequence[str] = (), call_back: str = "", secret: bool = False, request_id: str,
) -> int:  # fmt: skip
    """A call, a visitor or a letter entered by hand; returns the item's id. Media stand in place of words (R8).

    `secret` marks an informant (S11). Raises `Refused` with `no_power`, `field_missing`, `unknown_channel`,
    `unknown_category` or `unknown_grid`.
    """
    actor = officers.present(session, profile, actor)
    officers.need(actor, "report", "intake")
    stored = journal.by_request(session, request_id)
    if stored is not None:
        return stored[0]
    if not (title.strip() or text.strip() or media):
        raise Refused("field_missing", verb="intake", field="title")
    way = channels.way(profile, channel, "desk", unknown=False)
    if channel and way.channel is None:
        raise Refused("unknown_channel", channel=channel, known=[c.id for c in profile.channels])
    if category is not None and all(own.category(category) is None for own in shelf.profiles(session, profile)):
        raise Refused("unknown_category", category=category)
    if grid is not None and folding.grid_id_of(session, grid) is None:
        raise Refused("unknown_grid", grid=grid)
    handle = call_back.strip()
    report = unsorted.without_handle(
        Report(
            source="desk", source_id=f"item:{request_id}", title=title.strip(), text=text, address=address,
            grid_code=grid, media=tuple(str(one)[:MEDIA_LIMIT] for one in media[:MEDIA]), call_back=handle,
        )
    )  # fmt: skip
    category = category or unsorted.usual(profile, way, report)
    seen = copies.Seen(mirrors.fingerprint(report.title, report.text))
    row = unsorted.row(session, profile, way, report, category, seen, "", now)
    item_id = intakebook.enter(session, [row], actor, now, request_id)[0]
    if handle:
        session.execute(insert(intakebook.HANDLES), [intakebook.handle(handle, now, item_id=item_id, secret=secret)])
    return item_id


def file(
    session: Session, profile: Profile, actor: Actor, now: datetime, item_id: int, *, category: str | None = None,
    grid: str | None = None, level: int | None = None, title: str = "", diverted: bool = False,
    expected_version: int | None = None, request_id: str,
) -> int:  # fmt: skip
    """A report, complaint or request becomes a case with its clocks; returns the case's id (R2).

    Category, grid and level are as the division proposes unless given; another category is counted as a correction
    (R5). `diverted` is a non-police call split off at 110 (R3). A unit's own line gets it at once (R6), other cases go
    out by duty where the profile says so; a person orders with the power of command, not with this one (K23-T1).
    """
    stored = journal.by_request(session, request_id)
    if stored is not None:
        return int(intakebook.locked(session, stored[0]).case_id)
    actor, item = _open(session, profile, actor, item_id, expected_version)
    channel = profile.channel(item.channel)
    chosen = category or item.category
    governing = newcases.governing(shelf.profiles(session, profile), None, chosen, item.kind_name, item.title)
    if level is not None and level not in {known.number for known in governing.levels}:
        raise Refused("unknown_level", level=level)
    if grid is not None and folding.grid_id_of(session, grid) is None:
        raise Refused("unknown_grid", grid=grid)
    code = grid or _code_of(session, item.grid_id)
    unit = channel.passes_to if channel is not None else None
    fresh = newcases.Fresh(
        title=title.strip() or _title(item), text=item.text, category=chosen, kind_name=item.kind_name, grid_code=code,
        lat=item.lat, lon=item.lon, level=level, address=item.address, profile=governing.id,
        channel=item.said_channel or item.channel, reported_at=_observed(item), unit=unit,
        origin=Origin(
            source=item.source, source_id=item.source_id, way=channels.Way(item.channel, item.said_channel, channel),
            item_id=item_id,
        ),
    )  # fmt: skip
    case_id = newcases.add(session, profile, [fresh], actor, now)[0].case_id
    if item.source != "desk":
        session.execute(insert(SourceReport), [unsorted.report_values(item, case_id, item.text)])
    sort = "diverted" if diverted or (channel is not None and channel.diverted) else "matter"
    values = {
        **_CASE_HAS, **_sorted(actor, now, "filed", sort), "case_id": case_id, "unit": None if category else item.unit,
    }  # fmt: skip
    change(session, item, "filed", actor, now, values, {"case": case_id, "sort": sort}, request_id)
    _hand_on(session, item_id, case_id)
    if category is not None and item.source != "desk" and item.category not in (None, category):
        diverting.correct(session, intakebook.locked(session, item_id), now, to_category=category)
    _registered(session, profile, actor, now, case_id, chosen, code, request_id)
    return case_id


def answer(
    session: Session, profile: Profile, actor: Actor, now: datetime, item_id: int, *, text: str = "", line: str = "",
    expected_version: int | None = None, request_id: str,
) -> int:  # fmt: skip
    """A consultation is connected to the line of a department, or answered directly; no case, no clock (R2, T1).

    `line` is an advice of the profile or a unit, or the line in words. Returns the item's version.
    """
    if not (text.strip() or line.strip()):
        raise Refused("field_missing", verb="intake_answer", field="text")
    state = "transferred" if line.strip() else "answered"
    return _sort(
        session, profile, actor, now, item_id, state, "consultation", line.strip(), text, expected_version, request_id
    )


def settle(
    session: Session, profile: Profile, actor: Actor, now: datetime, item_id: int, *, result: str,
    expected_version: int | None = None, request_id: str,
) -> int:  # fmt: skip
    """A simple matter is answered at the window, closed at once and counted (R4, S38)."""
    if not result.strip():
        raise Refused("field_missing", verb="intake_settle", field="result")
    return _sort(
        session, profile, actor, now, item_id, "answered", "matter", "", result, expected_version, request_id
    )


def hand_over(
    session: Session, profile: Profile, actor: Actor, now: datetime, item_id: int, *, to: str, note: str = "",
    expected_version: int | None = None, request_id: str,
) -> int:  # fmt: skip
    """An emergency goes to 110, 119 or 120 at once, another body's matter to that body; followed by `follow` (R2)."""
    taker = _advice(profile, to)
    sort = "emergency" if taker.emergency else "matter"
    return _sort(
        session, profile, actor, now, item_id, "handed_over", sort, taker.id, note, expected_version, request_id
    )


def advise(
    session: Session, profile: Profile, actor: Actor, now: datetime, item_id: int, *, to: str, note: str = "",
    expected_version: int | None = None, request_id: str,
) -> int:  # fmt: skip
    """Not ours: the person is told where to go, and the item closes with that named (R2, T5)."""
    where = _advice(profile, to)
    if where.emergency:
        raise Refused("emergency_line", advice=where.id)
    return _sort(
        session, profile, actor, now, item_id, "rejected", "not_ours", where.id, note, expected_version, request_id
    )


def follow(
    session: Session, profile: Profile, actor: Actor, now: datetime, item_id: int, *, note: str,
    expected_version: int | None = None, request_id: str,
) -> int:  # fmt: skip
    """Note what became of what was handed over (R2: record, follow)."""
    stored = journal.by_request(session, request_id)
    if stored is not None:
        return stored[1]
    actor = _may(session, profile, actor)
    if not note.strip():
        raise Refused("field_missing", verb="intake_follow", field="note")
    item = intakebook.locked(session, item_id, expected_version)
    if item.state != "handed_over":
        raise Refused("not_handed_over", item=item_id, state=item.state)
    whole = "\n".join(part for part in (item.note, note.strip()) if part)[: newcases.TEXT_LIMIT]
    return change(session, item, "followed", actor, now, {"followed_at": now, "note": whole}, {}, request_id)


def duplicate(
    session: Session, profile: Profile, actor: Actor, now: datetime, item_id: int, *, into: int,
    expected_version: int | None = None, request_id: str,
) -> int:  # fmt: skip
    """A second report of an open case joins it; its reporter is owed the result like the first (K02-R15)."""
    stored = journal.by_request(session, request_id)
    if stored is not None:
        return stored[1]
    actor, item = _open(session, profile, actor, item_id, expected_version)
    _, state = cases.held(session, into)
    if state.closed:
        raise Refused("merge_closed", into=into)
    if state.drill:
        raise Refused("merge_drill", into=into)
    session.execute(insert(SourceReport), [unsorted.report_values(item, into, item.text)])
    values = {**_sorted(actor, now, "duplicate", "matter"), "case_id": into}
    version = change(session, item, "duplicate", actor, now, values, {"case": into}, request_id)
    _hand_on(session, item_id, into)
    return version


def undo(
    session: Session, profile: Profile, actor: Actor, now: datetime, item_id: int, *, reason: str,
    expected_version: int | None = None, request_id: str,
) -> int:  # fmt: skip
    """Take a first sort back where that is safe: the item waits again, with its old limit."""
    stored = journal.by_request(session, request_id)
    if stored is not None:
        return stored[1]
    actor = _may(session, profile, actor)
    if not reason.strip():
        raise Refused("field_missing", verb="intake_undo", field="reason")
    item = intakebook.locked(session, item_id, expected_version)
    if item.state not in UNDOABLE or item.told_at is not None:
        raise Refused("cannot_undo", item=item_id, state=item.state)
    if item.state == "duplicate":
        if cases.held(session, item.case_id)[1].closed:
            raise Refused("cannot_undo", item=item_id, state=item.state)
        session.execute(
            delete(SourceReport).where(
                col(SourceReport.source) == item.source, col(SourceReport.source_id) == item.source_id
            )
        )
    values = {
        "state": "new", "sort": "", "where_to": "", "note": "", "case_id": None, "sorted_at": None, "sorted_by": None,
        "mirror_of": None, "due_at": item.due_at or now + timedelta(minutes=profile.intake.sort_minutes),
    }  # fmt: skip
    data = {"was": item.state, "reason": reason.strip()[:200]}
    version = change(session, item, "undone", actor, now, values, data, request_id)
    session.execute(
        update(CallBack).where(col(CallBack.item_id) == item_id).values(case_id=None, delete_at=None)
    )
    return version


def _may(session: Session, profile: Profile, actor: Actor) -> Actor:
    actor = officers.present(session, profile, actor)
    officers.need(actor, "divert", SUBJECT)
    return actor


def _open(
    session: Session, profile: Profile, actor: Actor, item_id: int, expected: int | None
) -> tuple[Actor, Any]:
    """Who may sort, and the item, which nobody has sorted yet."""
    actor = _may(session, profile, actor)
    item = intakebook.locked(session, item_id, expected)
    if item.state != "new":
        raise Refused("item_sorted", item=item_id, state=item.state)
    return actor, item


def _sort(
    session: Session, profile: Profile, actor: Actor, now: datetime, item_id: int, state: str, sort: str, where: str,
    note: str, expected: int | None, request_id: str,
) -> int:  # fmt: skip
    """A first sort that makes no case."""
    stored = journal.by_request(session, request_id)
    if stored is not None:
        return stored[1]
    actor, item = _open(session, profile, actor, item_id, expected)
    values = {
        **_sorted(actor, now, state, sort), "where_to": where[:200], "note": note.strip()[: newcases.TEXT_LIMIT],
    }  # fmt: skip
    version = change(session, item, state, actor, now, values, {"sort": sort, "to": values["where_to"]}, request_id)
    unsorted.close_handles(session, item_id, intakebook.ends(profile, now))
    return version


def _sorted(actor: Actor, now: datetime, state: str, sort: str) -> dict[str, Any]:
    return {"state": state, "sort": sort, "sorted_at": now, "sorted_by": actor.code}


_CASE_HAS: dict[str, Any] = {
    "title": "", "text": "", "address": "", "kind_name": "", "lat": None, "lon": None, "grid_id": None, "held": {},
    "raw": b"",
}  # fmt: skip
"""What the case or its report holds from now on."""


def _hand_on(session: Session, item_id: int, case_id: int) -> None:
    """Handles follow the item to its case; copies that came back meanwhile learn which case they copy."""
    session.execute(
        update(CallBack).where(col(CallBack.item_id) == item_id).values(case_id=case_id, delete_at=None)
    )
    items = intakebook.ITEMS
    session.execute(
        update(items)
        .where(items.c.mirror_of == item_id, items.c.state == "mirror")
        .values(case_id=case_id, version=items.c.version + 1)
    )


def _registered(
    session: Session, profile: Profile, actor: Actor, now: datetime, case_id: int, category: str | None,
    grid: str | None, request_id: str,
) -> None:  # fmt: skip
    """The officer's own filing of a case that no diversion has filed, where category and place are known."""
    row, state = cases.held(session, case_id)
    own = shelf.profile_of(session, profile, row.profile, row.profile_version)
    template = own.workflow(state.workflow)
    filing = template.move("file", state.step)
    if state.step != template.start or filing is None or filing.target == state.step:
        return
    if state.category is None or state.grid is None or filing.power not in actor.powers:
        return
    cases.move(
        session, profile, actor, now, case_id, File(), expected_version=None, request_id=f"{request_id}:filed"
    )


def _advice(profile: Profile, to: str) -> Advice:
    found = next((one for one in profile.advice if one.id == to), None)
    if found is None:
        raise Refused("unknown_advice", advice=to, known=[one.id for one in profile.advice])
    return found


def _code_of(session: Session, grid_id: int | None) -> str | None:
    if grid_id is None:
        return None
    found = session.execute(select(col(Grid.code)).where(col(Grid.id) == grid_id)).scalar_one_or_none()
    return None if found is None else str(found)


def _title(item: Any) -> str:
    words: str = item.title or item.kind_name or item.text[:60] or (item.media[0] if item.media else item.source_id)
    return words


def _observed(item: Any) -> datetime:
    ms = item.held.get("observed")
    return item.at if ms is None else from_ms(ms)
