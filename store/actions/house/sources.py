"""What sources remember between rounds, and what is known of their health."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlmodel import Session, col

from store import journal
from store.actions.loop import alerts
from store.actions.loop.alerts import Cause
from store.actions.places import placing
from store.journal import Entry
from store.profiles.model import Profile
from store.records.grid import Grid, GridOutline
from store.records.source import FileSeen, RefusedItem, Source
from store.rules.inbound import FileReceipt, Health, Place, Receipt, Rejection
from store.rules.inbound import RefusedItem as Refused

KEPT_REFUSED = 1000
RAW_LIMIT = 65536
STOPPED = "stopped"
"""Detail of a source whose process was ended on purpose: nobody is to be woken for it."""


def cursor(session: Session, source: str) -> str | None:
    return session.execute(select(col(Source.cursor)).where(col(Source.name) == source)).scalar_one_or_none()


def set_cursor(session: Session, source: str, kind: str, value: str, now: datetime) -> None:
    _ensure(session, source, kind)
    session.execute(update(Source).where(col(Source.name) == source).values(cursor=value, seen_at=now))


def _ensure(session: Session, source: str, kind: str) -> Source | None:
    """The source as it was, or None when this call entered it."""
    found = session.execute(select(Source).where(col(Source.name) == source)).scalar_one_or_none()
    if found is None:
        session.execute(insert(Source).values(name=source, kind=kind))
    return found


def health(session: Session, profile: Profile, report: Health, now: datetime, *, ok: bool) -> None:
    """Write the state; a change of state is journalled, trouble raises one alert, recovery clears it."""
    before = _ensure(session, report.source, report.kind)
    values: dict[str, Any] = {
        "kind": report.kind, "state": report.state, "detail": report.detail[:300], "interval_s": report.interval_s,
        "rejected": report.rejected, "dropped": report.dropped, "queue": report.queue, "seen_at": now,
        "rate": round(report.rate, 2),
    }  # fmt: skip
    if ok:
        values["ok_at"] = now
    if report.taken:
        values |= {"taken": col(Source.taken) + report.taken, "last_record_at": report.last_record_at or now}
    was = before.state if before is not None else "unknown"
    session.execute(update(Source).where(col(Source.name) == report.source).values(**values))
    if was != report.state:
        data = {"source": report.source, "from": was, "to": report.state, "detail": report.detail[:300]}
        actor = f"source:{report.source}"
        journal.append(session, [Entry("source", 0, 0, "source_state", now, actor, "machine", data)])
    key = f"source:{report.source}"
    if report.state in ("down", "broken"):
        fields = {"source": report.source, "state": report.state, "detail": report.detail[:300]}
        priority = 1 if report.state == "broken" else 2
        alerts.raise_alert(session, Cause(key, "silent_source", priority, "source_down", fields), now, repeat=False)
    elif ok:
        alerts.clear(session, [key], now)


def reject(session: Session, source: str, rejections: Sequence[Rejection], origin: str, now: datetime) -> None:
    """Keep refused items for a person, the newest of each source."""
    session.execute(
        insert(RefusedItem),
        [
            {
                "source": source, "origin": origin[:300], "at": now, "reason": r.reason, "line": r.line,
                "column": r.column, "expected": r.expected[:300], "raw": r.raw[:RAW_LIMIT],
                "context": dict(r.context),
            }
            for r in rejections[-KEPT_REFUSED:]
        ],
    )  # fmt: skip
    oldest = session.execute(
        select(col(RefusedItem.id))
        .where(col(RefusedItem.source) == source)
        .order_by(col(RefusedItem.id).desc())
        .offset(KEPT_REFUSED)
        .limit(1)
    ).scalar_one_or_none()
    if oldest is not None:
        session.execute(delete(RefusedItem).where(col(RefusedItem.source) == source, col(RefusedItem.id) <= oldest))


def refused_item(session: Session, item_id: int) -> Refused | None:
    """A kept refusal with its bytes, or None."""
    row = session.get(RefusedItem, item_id)
    if row is None:
        return None
    kind = session.execute(select(col(Source.kind)).where(col(Source.name) == row.source)).scalar_one_or_none()
    context = tuple((str(name), str(value)) for name, value in row.context.items())
    return Refused(
        row.id, row.source, kind or "", row.origin, row.raw, len(row.raw) >= RAW_LIMIT, context, row.reason, row.at,
        row.replayed_at,
    )  # fmt: skip


def note_replayed(session: Session, item_id: int, now: datetime) -> None:
    """Mark it, once: the first replay that was handed in counts."""
    open_item = update(RefusedItem).where(col(RefusedItem.id) == item_id, col(RefusedItem.replayed_at).is_(None))
    done = session.execute(open_item.values(replayed_at=now))
    if done.rowcount:  # type: ignore[attr-defined]
        data = {"refused": item_id}
        journal.append(session, [Entry("source", 0, 0, "replayed", now, "machine:replay", "machine", data)])


def file_done(session: Session, sha256: str, map_id: str) -> FileReceipt | None:
    row = session.execute(
        select(FileSeen).where(col(FileSeen.sha256) == sha256, col(FileSeen.map_id) == map_id)
    ).scalar_one_or_none()
    if row is None:
        return None
    return FileReceipt(
        row.name, row.sha256, row.map_id, row.rows, Receipt(**row.receipt), row.refused, row.finished_at, row.error
    )


def note_file(session: Session, receipt: FileReceipt, now: datetime) -> None:
    """Enter the file; a refused one raises an alert, once."""
    held = file_done(session, receipt.sha256, receipt.map_id)
    if held is not None and held.error:
        session.execute(
            delete(FileSeen).where(col(FileSeen.sha256) == receipt.sha256, col(FileSeen.map_id) == receipt.map_id)
        )
    if held is None or held.error:
        session.execute(
            insert(FileSeen).values(
                sha256=receipt.sha256, map_id=receipt.map_id, name=receipt.name[:300], rows=receipt.rows,
                refused=receipt.refused, error=receipt.error[:300], receipt=asdict(receipt.receipt),
                finished_at=receipt.finished_at,
            )
        )  # fmt: skip
    cause_key = f"file:{receipt.sha256[:16]}"
    data = {
        "name": receipt.name[:300], "sha256": receipt.sha256, "map": receipt.map_id, "rows": receipt.rows,
        "refused": receipt.refused, "error": receipt.error[:300], **asdict(receipt.receipt),
    }  # fmt: skip
    journal.append(session, [Entry("source", 0, 0, "file_read", now, "machine:orderfiles", "machine", data)])
    if receipt.error or receipt.refused:
        fields = {"file": receipt.name[:200], "refused": receipt.refused, "error": receipt.error[:300]}
        alerts.raise_alert(session, Cause(cause_key, "bad_file", 3, "bad_file", fields), now, repeat=False)
    else:
        alerts.clear(session, [cause_key], now)


def leaves(session: Session) -> tuple[Place, ...]:
    """Every leaf that has an outline, with a point inside and its planned points."""
    places = placing.places(session)
    rows = session.execute(
        select(col(Grid.id), col(Grid.code), col(Grid.name), col(GridOutline.lat), col(GridOutline.lon))
        .join(GridOutline, col(GridOutline.grid_id) == col(Grid.id))
        .where(col(Grid.leaf))
        .order_by(col(Grid.code))
    )
    return tuple(
        Place(
            row.code, row.name, row.lat, row.lon, tuple((p.name, p.lat, p.lon) for p in places.points.get(row.id, ()))
        )
        for row in rows
    )


def silent(session: Session, profile: Profile, now: datetime) -> None:
    """Raise an alert for sources whose last good round is too old: green ones, and those that stay unknown."""
    limit = timedelta(minutes=profile.connector_silence_minutes)
    query = select(Source).where(col(Source.state).in_(("up", "unknown")), col(Source.detail) != STOPPED)
    for row in session.execute(query).scalars():
        patience = max(limit, timedelta(seconds=row.interval_s * 3))
        if row.ok_at is not None and now - row.ok_at > patience:
            fields = {"source": row.name, "state": "unknown", "detail": "silent"}
            cause = Cause(f"source:{row.name}", "silent_source", 2, "source_silent", fields)
            alerts.raise_alert(session, cause, now, repeat=False)
