"""Reports of one source as their senders may see them: how each stands and what changed (connectors.md 3.2).

Every query is bounded by an index: reports by source and time of receipt, a case's own events, and the stretch of the
journal that a span of time is. A case that was merged is followed to the one that it went into (K02-R15).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, String, and_, bindparam, case, cast, func, literal, null, or_, select, union_all
from sqlmodel import Session, col

from store import casefold, journal
from store.profiles.model import Profile
from store.records.case import Case, SourceReport
from store.records.event import Event
from store.records.grid import Grid
from store.records.intake import UNFILED, IntakeItem
from store.rules import pushback
from store.rules.public import (
    RECEIVED,
    SPEAKING,
    PublicRequest,
    PublicUpdate,
    RequestQuery,
    Service,
    of_item,
    second,
)

SKEW = timedelta(minutes=10)
"""Events are numbered when they are committed and dated when their transaction began; nothing takes this long."""
PART = 500
"""Ids in one query."""
NOTHING: Any = cast(null(), BigInteger)


def services(profile: Profile) -> tuple[Service, ...]:
    return tuple(Service(c.id, c.label, c.id.partition(".")[0], c.kind) for c in profile.categories)


def standing(session: Session, source: str, ids: Sequence[str]) -> dict[str, datetime]:
    """Which of these reports are here, and when each was received."""
    found: dict[str, datetime] = {}
    for part in _parts(ids):
        items = select(col(IntakeItem.source_id), col(IntakeItem.at)).where(
            col(IntakeItem.source) == source, UNFILED, col(IntakeItem.source_id).in_(part)
        )
        reports = select(col(SourceReport.source_id), col(SourceReport.received_at)).where(
            col(SourceReport.source) == source, col(SourceReport.source_id).in_(part)
        )
        for query in (items, reports):
            found.update({row[0]: row[1] for row in session.execute(query)})
    return found


def requests(session: Session, profile: Profile, source: str, query: RequestQuery) -> tuple[PublicRequest, ...]:
    """The newest first; at most `query.limit`."""
    keys = session.execute(_keys(source, query)).all()
    cases = _cases(session, {key.case_id for key in keys if key.item_id is None})
    items = _items(session, [key.item_id for key in keys if key.item_id is not None])
    labels = {category.id: category.label for category in profile.categories}
    found: list[PublicRequest] = []
    for key in keys:
        row, state, changed, own = (
            cases[key.case_id] if key.item_id is None else _unfiled(items[key.item_id])
        )
        request = PublicRequest(
            key.source_id, state, own.category, labels.get(own.category or ""), key.at, max(changed, key.at),
            own.grid or "", own.lat, own.lon, own.title, own.text, own.address, row.result or "",
        )  # fmt: skip
        if query.ids or query.status is None or request.closed == (query.status == "closed"):
            found.append(request)
    return tuple(found)


def _keys(source: str, query: RequestQuery) -> Any:
    """Filed reports and items that are no case, newest first."""
    filed: Any = (
        select(
            col(SourceReport.source_id).label("source_id"), col(SourceReport.received_at).label("at"),
            col(SourceReport.case_id).label("case_id"), NOTHING.label("item_id"),
        )
        .join(Case, col(Case.id) == col(SourceReport.case_id))
        .where(col(SourceReport.source) == source)
    )  # fmt: skip
    waiting: Any = select(
        col(IntakeItem.source_id).label("source_id"), col(IntakeItem.at).label("at"),
        NOTHING.label("case_id"), col(IntakeItem.id).label("item_id"),
    ).where(_unfiled_items(source))  # fmt: skip
    if query.ids:
        filed = filed.where(col(SourceReport.source_id).in_(query.ids))
        waiting = waiting.where(col(IntakeItem.source_id).in_(query.ids))
    else:
        if query.start is not None:
            filed = filed.where(col(SourceReport.received_at) >= query.start)
            waiting = waiting.where(col(IntakeItem.at) >= query.start)
        if query.end is not None:
            end = second(query.end) + timedelta(seconds=1)
            filed = filed.where(col(SourceReport.received_at) < end)
            waiting = waiting.where(col(IntakeItem.at) < end)
        if query.services:
            filed = filed.where(col(Case.category).in_(query.services))
            waiting = waiting.where(col(IntakeItem.category).in_(query.services))
        if query.status == "open":
            filed = filed.where(or_(col(Case.closed_at).is_(None), col(Case.merged_into).is_not(None)))
            waiting = waiting.where(col(IntakeItem.state).in_(("new", "filed")))
        elif query.status == "closed":
            filed = filed.where(col(Case.closed_at).is_not(None))
            waiting = waiting.where(col(IntakeItem.state).not_in(("new", "filed")))
    newest = query.limit + query.skip
    filed = filed.order_by(col(SourceReport.received_at).desc(), col(SourceReport.source_id)).limit(newest)
    waiting = waiting.order_by(col(IntakeItem.at).desc(), col(IntakeItem.source_id)).limit(newest)
    both = union_all(select(filed.subquery()), select(waiting.subquery())).subquery()
    return (
        select(both.c.source_id, both.c.at, both.c.case_id, both.c.item_id)
        .order_by(both.c.at.desc(), both.c.source_id)
        .limit(query.limit)
        .offset(query.skip)
    )


def _unfiled_items(source: str) -> Any:
    """Items of `source` that stand for themselves: those that became a case, or joined one, are reports of it."""
    report = select(col(SourceReport.id)).where(
        col(SourceReport.source) == col(IntakeItem.source), col(SourceReport.source_id) == col(IntakeItem.source_id)
    )
    return and_(col(IntakeItem.source) == source, UNFILED, ~report.exists())


def _cases(session: Session, ids: Iterable[int]) -> dict[int, tuple[Any, str, datetime, Any]]:
    """Case id → the row that says how it ends, its state, when that changed, and the case's own row."""
    rows: dict[int, Any] = {}
    wanted = set(ids)
    while wanted:
        for part in _parts(sorted(wanted)):
            query = (
                select(
                    col(Case.id), col(Case.category), col(Case.title), col(Case.text), col(Case.address), col(Case.lat),
                    col(Case.lon), col(Case.result), col(Case.merged_into), col(Case.reported_at),
                    case((col(Grid.unplaced), ""), else_=col(Grid.name)).label("grid"),
                )
                .join(Grid, col(Grid.id) == col(Case.grid_id))
                .where(col(Case.id).in_(part))
            )  # fmt: skip
            rows.update({row.id: row for row in session.execute(query)})
        wanted = {row.merged_into for row in rows.values() if row.merged_into is not None} - rows.keys()
    heads = {case_id: _head(rows, case_id) for case_id in rows}
    states = _states(session, sorted(set(heads.values())))
    found: dict[int, tuple[Any, str, datetime, Any]] = {}
    for case_id, head in heads.items():
        state, at = states.get(head, (RECEIVED.status, rows[head].reported_at))
        found[case_id] = (rows[head], state, at, rows[case_id])
    return found


def _head(rows: dict[int, Any], case_id: int) -> int:
    seen = {case_id}
    while (into := rows[case_id].merged_into) is not None and into in rows and into not in seen:
        seen.add(into)
        case_id = into
    return case_id


def _states(session: Session, ids: Sequence[int]) -> dict[int, tuple[str, datetime]]:
    """The newest thing that each case's events say to its reporter, and when."""
    found: dict[int, tuple[str, datetime]] = {}
    for part in _parts(ids):
        rows = session.execute(
            select(col(Event.subject_id), col(Event.kind), col(Event.at), col(Event.data))
            .where(col(Event.subject) == "case", col(Event.subject_id).in_(part), col(Event.kind).in_(SPEAKING))
            .order_by(col(Event.subject_id), col(Event.version))
        )
        for row in rows:
            step = _step(row.kind, row.data)
            if step is not None:
                found[row.subject_id] = (step.status, row.at)
    return found


def _items(session: Session, ids: Sequence[int]) -> dict[int, Any]:
    found: dict[int, Any] = {}
    for part in _parts(ids):
        rows = session.execute(
            select(
                col(IntakeItem.id), col(IntakeItem.state), col(IntakeItem.category), col(IntakeItem.title),
                col(IntakeItem.text), col(IntakeItem.address), col(IntakeItem.lat), col(IntakeItem.lon),
                col(IntakeItem.at), col(IntakeItem.sorted_at), col(IntakeItem.note).label("result"),
                col(Grid.name).label("grid"),
            )
            .outerjoin(Grid, and_(col(Grid.id) == col(IntakeItem.grid_id), col(Grid.unplaced).is_(False)))
            .where(col(IntakeItem.id).in_(part))
        )  # fmt: skip
        found.update({row.id: row for row in rows})
    return found


def _unfiled(row: Any) -> tuple[Any, str, datetime, Any]:
    return row, of_item(row.state).status, row.sorted_at or row.at, row


def _step(kind: str, data: Any) -> pushback.Step | None:
    return pushback.after(journal.case_event(kind, data))


def updates(
    session: Session, source: str, start: datetime, end: datetime, limit: int
) -> tuple[PublicUpdate, ...] | None:
    """What changed from `start` to `end`, both included to the second, oldest first; None when it is over `limit`."""
    first, after = _whole(start), second(end) + timedelta(seconds=1)
    if after <= first:
        return ()
    low, high = _number(session, first - SKEW), _number(session, after + SKEW)
    inside = and_(
        col(Event.seq) >= low, col(Event.seq) < high, _plainly(Event.subject, "case"), col(Event.at) >= first,
        col(Event.at) < after, col(Event.kind).in_(SPEAKING),
    )  # fmt: skip
    direct = session.execute(
        select(
            col(SourceReport.source_id), col(Event.seq), col(Event.version), col(Event.kind), col(Event.at),
            col(Event.data),
        )
        .join(SourceReport, col(SourceReport.case_id) == col(Event.subject_id))
        .where(inside, _plainly(SourceReport.source, source))
        .limit(limit + 1)
    ).all()  # fmt: skip
    if len(direct) > limit:
        return None
    found = [*direct, *_of_heads(session, source, inside), *_of_items(session, source, first, after)]
    if len(found) > limit:
        return None
    told: dict[tuple[str, datetime], PublicUpdate] = {}
    for source_id, _, version, kind, at, data in sorted(found, key=lambda row: (row[4], row[1])):
        step = of_item(kind) if data is None else _step(kind, data)
        if step is not None:
            result = str(data.get("result") or "") if data else ""
            told[source_id, second(at)] = PublicUpdate(
                f"{source_id}.{version}", source_id, step.status, step.words, second(at), result
            )
    return tuple(told.values())


def _plainly(column: Any, word: str) -> Any:
    """Equal, in words that no index is made of: the few events of a span of time come first, and nothing else."""
    return col(column).concat("") == word


def _of_heads(session: Session, source: str, inside: Any) -> list[Any]:
    """Events of cases into which reports of this source were merged, from the merge on."""
    heads = session.execute(
        select(col(Event.subject_id))
        .join(Case, col(Case.id) == col(Event.subject_id))
        .where(inside, cast(col(Case.more), String).like('%"absorbed"%'))
        .distinct()
    ).scalars()
    found: list[Any] = []
    for head in list(heads):
        behind = [case_id for case_id in casefold.behind(session, head) if case_id != head]
        for part in _parts(behind):
            merged = (
                select(col(Event.subject_id).label("case_id"), func.max(col(Event.seq)).label("seq"))
                .where(col(Event.subject) == "case", col(Event.subject_id).in_(part), col(Event.kind) == "merged")
                .group_by(col(Event.subject_id))
                .subquery()
            )
            found += session.execute(
                select(
                    col(SourceReport.source_id), col(Event.seq), literal("m").concat(cast(col(Event.seq), String)),
                    col(Event.kind), col(Event.at), col(Event.data),
                )
                .join(merged, merged.c.case_id == col(SourceReport.case_id))
                .join(Event, and_(inside, col(Event.subject_id) == head, col(Event.seq) > merged.c.seq))
                .where(_plainly(SourceReport.source, source), col(Event.kind) != "merged")
            ).all()  # fmt: skip
    return found


def _of_items(session: Session, source: str, first: datetime, after: datetime) -> list[Any]:
    """Items that were sorted and became no case."""
    return list(
        session.execute(
            select(
                col(IntakeItem.source_id), literal(0), col(IntakeItem.version), col(IntakeItem.state),
                col(IntakeItem.sorted_at), literal(None),
            ).where(
                _unfiled_items(source), col(IntakeItem.state) != "new",
                col(IntakeItem.at) >= first - timedelta(days=90), col(IntakeItem.at) < after,
                col(IntakeItem.sorted_at) >= first, col(IntakeItem.sorted_at) < after,
            )
        ).all()
    )  # fmt: skip


def _whole(at: datetime) -> datetime:
    """The next whole second, unless it is one."""
    return at if at.microsecond == 0 else second(at) + timedelta(seconds=1)


_AT = select(col(Event.at)).where(col(Event.seq) >= bindparam("seq")).order_by(col(Event.seq)).limit(1)


def _number(session: Session, at: datetime) -> int:
    """Number of the first event that is not before `at`, found by halving: the journal has no index by time."""
    low = 1
    high = int(session.execute(select(func.coalesce(func.max(col(Event.seq)), 0))).scalar_one()) + 1
    while low < high:
        middle = (low + high) // 2
        found: datetime | None = session.execute(_AT, {"seq": middle}).scalar_one_or_none()
        if found is not None and found.astimezone(UTC) < at:
            low = middle + 1
        else:
            high = middle
    return low


def _parts(ids: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (ids[start : start + PART] for start in range(0, len(ids), PART))
