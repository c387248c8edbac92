"""The intake list: what came in by every channel and what the centre made of it (K03)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import and_, exists, func, select
from sqlmodel import Session, col

from store import journal
from store.errors import Refused
from store.profiles.model import Profile
from store.records.case import Case
from store.records.grid import Grid
from store.records.intake import FOLLOWING, WAITING, CallBack, IntakeItem
from store.rules import handles, powers
from store.rules.labels import Label
from store.rules.state import Actor

Which = Literal["waiting", "today", "all", "following", "untold"]
"""`waiting`: nobody has sorted it; `today` and `all` with everything that became of it, the newest first; `following`:
handed over, and nobody has noted what became of it; `untold`: the result is there and the reporter may be told."""

LIMIT = 500


@dataclass(frozen=True, slots=True)
class IntakeRow:
    id: int
    channel: str
    channel_label: Label | None
    source: str
    at: datetime
    due_at: datetime | None
    state: str
    """`new`, `answered`, `transferred`, `filed`, `handed_over`, `rejected`, `mirror`, `duplicate`."""
    sort: str
    kind_name: str
    title: str
    text: str
    """Words of the report; in a list, and for those without a need, empty (K23-R5)."""
    address: str
    grid_code: str | None
    grid_name: str | None
    category: str | None
    """As proposed while it waits, then as it stands on the case."""
    unit: str | None
    case_id: int | None
    number: str
    where_to: str
    note: str
    media: tuple[str, ...]
    proposed: tuple[int, ...]
    """Open cases that it may repeat."""
    has_call_back: bool
    version: int
    followed_at: datetime | None = None
    told_at: datetime | None = None
    told_way: str = ""
    call_backs: tuple[str, ...] = ()
    """Masked, for one item alone."""


@dataclass(frozen=True, slots=True)
class Intake:
    rows: tuple[IntakeRow, ...]
    waiting: int
    late: int
    """Of those, past their time (K03-R6)."""
    following: int
    """Handed over, and nobody has noted what became of it."""
    seq: int
    as_of: datetime


_i, _c, _g = (model.__table__.c for model in (IntakeItem, Case, Grid))  # type: ignore[union-attr]
_KEPT = exists().where(
    (col(CallBack.item_id) == _i.id)
    | and_(_i.state == "filed", col(CallBack.item_id).is_(None), col(CallBack.case_id) == _i.case_id)
)
_ROWS = (
    select(
        _i.id, _i.channel, _i.source, _i.at, _i.due_at, _i.state, _i.sort, _i.kind_name, _i.title, _i.text, _i.address,
        _i.category, _i.unit, _i.case_id, _i.where_to, _i.note, _i.media, _i.proposed, _i.version, _i.followed_at,
        _i.told_at, _i.told_way, _c.number, _c.title.label("case_title"), _c.address.label("case_address"),
        _c.kind_name.label("case_kind"), _c.category.label("case_category"), _c.unit.label("case_unit"),
        _c.handling_unit, _c.finder_unit, _c.text.label("case_text"), _g.code, _g.name, _g.unplaced,
        _KEPT.label("kept"),
    )
    .select_from(IntakeItem)
    .outerjoin(Case, _c.id == _i.case_id)
    .outerjoin(Grid, _g.id == func.coalesce(_c.grid_id, _i.grid_id))
)  # fmt: skip


def intake(
    session: Session, profile: Profile, now: datetime, which: Which = "waiting", zone: str = "Asia/Shanghai",
    limit: int = LIMIT,
) -> Intake:  # fmt: skip
    """The list without the words of reports; waiting ones in the order in which they fall due."""
    seq = journal.head(session)
    rows = session.execute(_chosen(now, which, zone).limit(limit)).all()
    waiting, late = session.execute(
        select(func.count(), func.count().filter(_i.due_at <= now)).where(WAITING)
    ).one()
    following = session.execute(select(func.count()).select_from(IntakeItem).where(FOLLOWING)).scalar_one()
    made = tuple(replace(_row(profile, row), text="") for row in rows)
    return Intake(made, int(waiting), int(late), int(following), seq, now)


def _chosen(now: datetime, which: Which, zone: str) -> Any:
    match which:
        case "waiting":
            return _ROWS.where(_i.state == "new").order_by(_i.due_at, _i.id)
        case "following":
            return _ROWS.where(_i.state == "handed_over", _i.followed_at.is_(None)).order_by(_i.at, _i.id)
        case "untold":
            handled = select(col(CallBack.case_id)).where(col(CallBack.case_id).is_not(None))
            return _ROWS.where(
                _i.case_id.in_(handled), _i.state.in_(("filed", "duplicate")), _c.closed_at.is_not(None),
                _i.told_at.is_(None),
            ).order_by(_c.closed_at, _i.id)  # fmt: skip
        case "today":
            local = now.astimezone(ZoneInfo(zone))
            midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
            return _ROWS.where(_i.at >= midnight).order_by(_i.at.desc(), _i.id.desc())
        case _:
            return _ROWS.order_by(_i.at.desc(), _i.id.desc())


def item(session: Session, profile: Profile, now: datetime, item_id: int, actor: Actor) -> IntakeRow:
    """One item with its words, as far as the actor has a need for them; raises `Refused` `unknown_item`."""
    row = session.execute(_ROWS.where(_i.id == item_id)).first()
    if row is None:
        raise Refused("unknown_item", item=item_id)
    made = _row(profile, row)
    mine = col(CallBack.item_id) == item_id
    if row.case_id is not None:
        mine = mine | and_(col(CallBack.case_id) == row.case_id, col(CallBack.item_id).is_(None))
    kept = session.execute(
        select(col(CallBack.handle), col(CallBack.secret)).where(mine).order_by(col(CallBack.id))
    )
    made = replace(made, call_backs=tuple(handles.masked("" if one.secret else one.handle) for one in kept))
    if powers.may_read_texts(profile, actor, (row.case_unit or row.unit, row.handling_unit, row.finder_unit)):
        return made
    return replace(made, text="", note="")


def _row(profile: Profile, row: Any) -> IntakeRow:
    channel = profile.channel(row.channel)
    filed = row.case_id is not None and row.state == "filed"
    return IntakeRow(
        row.id, row.channel, channel.label if channel else None, row.source, row.at, row.due_at, row.state, row.sort,
        (row.case_kind if filed else row.kind_name) or "", (row.case_title if filed else row.title) or "",
        (row.case_text if filed else row.text) or "", (row.case_address if filed else row.address) or "",
        None if row.unplaced else row.code, None if row.unplaced else row.name,
        row.case_category if filed else row.category, row.case_unit if row.case_id is not None else row.unit,
        row.case_id, row.number or "", row.where_to, row.note, tuple(row.media), tuple(row.proposed), bool(row.kept),
        row.version, row.followed_at, row.told_at, row.told_way,
    )  # fmt: skip


def call_backs(session: Session, case_id: int) -> tuple[str, ...]:
    """The handles of a case as everybody may see them: masked, an informant's without a trace (K03-R11, S11)."""
    found = session.execute(
        select(col(CallBack.handle), col(CallBack.secret))
        .where(col(CallBack.case_id) == case_id)
        .order_by(col(CallBack.id))
    )
    return tuple(handles.masked("" if one.secret else one.handle) for one in found)
