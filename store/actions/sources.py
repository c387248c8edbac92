"""What sources remember between rounds, and what is known of their health."""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from sqlalchemy import delete, func, insert, select, update
from sqlmodel import Session, col

from store import journal
from store.actions import alerts, placing
from store.actions.alerts import Cause
from store.clock import system_now
from store.journal import Entry
from store.profiles.model import Profile
from store.records.grid import Grid, GridOutline
from store.records.source import FileSeen, Lease, RefusedItem, Source
from store.rules.inbound import FileReceipt, Health, Place, Receipt, Rejection

KEPT_REFUSED = 1000
RAW_LIMIT = 65536


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
    values = {
        "kind": report.kind, "state": report.state, "detail": report.detail[:300], "interval_s": report.interval_s,
        "rejected": report.rejected, "dropped": report.dropped, "queue": report.queue, "seen_at": now,
    }  # fmt: skip
    if ok:
        values["ok_at"] = now
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


def lease(session: Session, name: str, holder: str, seconds: float) -> bool:
    """Take or renew; runs on the clock that all holders share: the server's, or this machine's for a file.

    A holder is `HOST:PID:…` (`holder`); one that died on this host gives way at once, elsewhere when its time is over.
    """
    now = _shared_clock(session)
    row = session.execute(select(Lease).where(col(Lease.name) == name).with_for_update()).scalar_one_or_none()
    until = now + timedelta(seconds=seconds)
    if row is None:
        session.execute(insert(Lease).values(name=name, holder=holder, until=until))
        return True
    if row.holder != holder and row.until > now and not _gone(row.holder):
        return False
    session.execute(update(Lease).where(col(Lease.name) == name).values(holder=holder, until=until))
    return True


def _shared_clock(session: Session) -> datetime:
    if session.get_bind().dialect.name != "postgresql":
        return system_now()
    found: datetime = session.execute(select(func.clock_timestamp())).scalar_one()
    return found.astimezone(UTC)


@lru_cache(maxsize=1)
def _boot() -> str:
    """Marks this start of this machine, for there are hosts of the same name."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")[:8]
    except OSError:
        return ""


def holder() -> str:
    """A name for this process as the holder of leases: `HOST/BOOT:PID:…`."""
    return f"{socket.gethostname()}/{_boot()}:{os.getpid()}:{uuid.uuid4().hex[:6]}"


def _gone(holder: str) -> bool:
    place, _, rest = holder.partition(":")
    host, _, boot = place.partition("/")
    pid = rest.partition(":")[0]
    if host != socket.gethostname() or boot not in ("", _boot()) or not pid.isdigit() or int(pid) == 0:
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def release(session: Session, name: str, holder: str) -> None:
    session.execute(delete(Lease).where(col(Lease.name) == name, col(Lease.holder) == holder))


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
    """Raise an alert for sources whose last good round is too old."""
    limit = timedelta(minutes=profile.connector_silence_minutes)
    for row in session.execute(select(Source).where(col(Source.state) == "up")).scalars():
        patience = max(limit, timedelta(seconds=row.interval_s * 3))
        if row.ok_at is not None and now - row.ok_at > patience:
            fields = {"source": row.name, "state": "unknown", "detail": "silent"}
            cause = Cause(f"source:{row.name}", "silent_source", 2, "source_silent", fields)
            alerts.raise_alert(session, cause, now, repeat=False)
