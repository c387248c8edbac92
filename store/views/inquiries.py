"""What a query code opens, and what a receipt says: how one report stands, and nothing of anybody (K03-R7, R9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import Session, col

from store import casefold
from store.profiles import shelf
from store.profiles.model import Profile
from store.records.case import Case, SourceReport
from store.records.event import StoreMeta
from store.records.grid import Grid
from store.records.intake import UNFILED, IntakeItem
from store.rules import querycodes
from store.rules.labels import Label
from store.rules.moves.visiting import open_to_visit
from store.rules.querycodes import Inquiry

_ITEMS: Any = IntakeItem.__table__  # type: ignore[attr-defined]
DONE = ("answered", "transferred", "rejected", "handed_over")


@dataclass(frozen=True, slots=True)
class PaperReceipt:
    """What is printed or sent for a reception or a result (K03-R9)."""

    centre: str
    item_id: int
    code: str
    """In groups of four."""
    title: str
    category: Label | None
    media: int
    """Pictures and the like that were handed in."""
    given_at: datetime
    standing: Inquiry


def by_code(session: Session, code: str) -> Any:
    """The item of a code that was typed; None for one that is none of ours or has a slip."""
    read = querycodes.read(code)
    if read is None:
        return None
    return session.execute(select(_ITEMS).where(_ITEMS.c.code == read)).first()


def code(session: Session, source: str, source_id: str) -> str | None:
    """The query code of a report of a source: of its item, or of the case that it became."""
    found = session.execute(
        select(_ITEMS.c.code).where(UNFILED, _ITEMS.c.source == source, _ITEMS.c.source_id == source_id)
    ).scalar_one_or_none()
    if found is None:
        report = select(col(SourceReport.case_id)).where(
            col(SourceReport.source) == source, col(SourceReport.source_id) == source_id
        )
        found = session.execute(
            select(_ITEMS.c.code)
            .where(_ITEMS.c.case_id.in_(report), _ITEMS.c.state == "filed")
            .order_by(_ITEMS.c.id)
            .limit(1)
        ).scalar_one_or_none()
    return None if found is None else str(found)


def inquire(session: Session, profile: Profile, now: datetime, code: str) -> Inquiry | None:
    """How the report of a code stands; None where there is none."""
    item = by_code(session, code)
    return None if item is None else standing(session, profile, now, item)


def followed(session: Session, case_id: int) -> int:
    """The case in which this one lives on after merging (K02-R15)."""
    for _ in range(64):
        into = session.execute(select(col(Case.merged_into)).where(col(Case.id) == case_id)).scalar_one_or_none()
        if into is None:
            break
        case_id = int(into)
    return case_id


def standing(session: Session, profile: Profile, now: datetime, item: Any) -> Inquiry:
    """How an item stands, with the steps of its case in the profile's words."""
    channel = profile.channel(item.channel)
    label = channel.label if channel is not None else None
    if item.case_id is None:
        return _of_item(profile, now, item, label)
    case_id = followed(session, item.case_id)
    row = session.execute(
        select(*Case.__table__.columns, col(Grid.code).label("grid_code"), col(Grid.unplaced))  # type: ignore[attr-defined]
        .join(Grid, col(Grid.id) == col(Case.grid_id))
        .where(col(Case.id) == case_id)
    ).one()
    state = casefold.state_of(row, None if row.unplaced else row.grid_code)
    own = shelf.profile_of(session, profile, row.profile, row.profile_version)
    step = own.workflow(row.workflow).step(row.step)
    today = now.astimezone(_zone(session)).date()
    begun = state.unit is not None or step.id != own.workflow(row.workflow).start
    return Inquiry(
        item.code, "result" if state.closed else "in_progress" if begun else "received", item.at, label, step.label,
        step.holder, None, (row.result or "") if state.closed else "", row.closed_at, row.number,
        querycodes.may_urge(state, today, own.supervision.reporter_urges_per_day), open_to_visit(state),
    )  # fmt: skip


def _of_item(profile: Profile, now: datetime, item: Any, channel: Label | None) -> Inquiry:
    done = item.state in DONE
    urged_today = item.urged_at is not None and (now - item.urged_at).days < 1
    return Inquiry(
        item.code, "result" if done else "received", item.at, channel, None, "nobody" if done else "centre",
        where_to(profile, item.where_to), item.note if item.state == "answered" else "",
        item.sorted_at if done else None, "", item.state == "new" and not urged_today, done and not item.rating,
    )  # fmt: skip


def _zone(session: Session) -> ZoneInfo:
    return ZoneInfo(session.execute(select(col(StoreMeta.timezone)).where(col(StoreMeta.id) == 1)).scalar_one())


def where_to(profile: Profile, where: str) -> Label | None:
    """The line or office in words: an advice of the profile with its number, a unit, or what was typed."""
    if not where:
        return None
    found = next((one for one in profile.advice if one.id == where), None)
    if found is not None:
        line = f" {found.line}" if found.line else ""
        return Label(found.label.zh + line, found.label.en + line)
    unit = next((one for one in profile.units if one.code == where), None)
    return unit.label if unit is not None else Label(where, where)


def receipt(session: Session, profile: Profile, now: datetime, item: Any) -> PaperReceipt:
    """The receipt of an item as it stands now."""
    shown = standing(session, profile, now, item)
    title, category = item.title or item.kind_name, item.category
    if item.case_id is not None and not title:
        case = session.execute(
            select(col(Case.title), col(Case.category)).where(col(Case.id) == item.case_id)
        ).one()
        title, category = case.title, case.category or category
    known = next((c for own in shelf.profiles(session, profile) if (c := own.category(category)) is not None), None)
    centre = session.execute(select(col(StoreMeta.centre)).where(col(StoreMeta.id) == 1)).scalar_one()
    return PaperReceipt(
        centre, item.id, querycodes.shown(item.code), title, known.label if known else None, len(item.media), now,
        shown,
    )  # fmt: skip
