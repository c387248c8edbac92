"""Named leases, and the fence they put around a process: what lost its lease writes nothing more."""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import delete, func, insert, select, update
from sqlmodel import Session, col

from store.clock import system_now
from store.errors import Unavailable
from store.records.source import Lease

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Fence:
    """The lease under which a process writes."""

    name: str
    holder: str


def unfenced(function: F) -> F:
    """Mark a transaction that stands whoever holds the lease: taking it, and noting what was already done outside."""
    function.unfenced = True  # type: ignore[attr-defined]
    return function


def check(session: Session, fence: Fence) -> None:
    """Raise `Unavailable` `lease_lost` unless the lease is still the fence's, read in the writer's own transaction.

    Time plays no part: a holder that woke late writes on until another has taken the lease, and never after.
    """
    query = select(col(Lease.holder)).where(col(Lease.name) == fence.name)
    if session.execute(query).scalar_one_or_none() != fence.holder:
        raise Unavailable("lease_lost", lease=fence.name)


@unfenced
def take(session: Session, name: str, holder: str, seconds: float) -> bool:
    """Take or renew; runs on the clock that all holders share: the server's, or this machine's for a file.

    A holder is `HOST:PID:…` (`holder`); one that died on this host gives way at once, elsewhere when its time is over.
    """
    now = shared_clock(session)
    row = session.execute(select(Lease).where(col(Lease.name) == name).with_for_update()).scalar_one_or_none()
    until = now + timedelta(seconds=seconds)
    if row is None:
        session.execute(insert(Lease).values(name=name, holder=holder, until=until))
        return True
    if row.holder != holder and row.until > now and not _gone(row.holder):
        return False
    session.execute(update(Lease).where(col(Lease.name) == name).values(holder=holder, until=until))
    return True


@unfenced
def renew(session: Session, name: str, holder: str, seconds: float) -> bool:
    """Keep a lease that is still one's own, however late; False once it was taken over or given back."""
    until = shared_clock(session) + timedelta(seconds=seconds)
    held = session.execute(select(col(Lease.holder)).where(col(Lease.name) == name).with_for_update())
    if held.scalar_one_or_none() != holder:
        return False
    session.execute(update(Lease).where(col(Lease.name) == name).values(until=until))
    return True


@unfenced
def release(session: Session, name: str, holder: str) -> None:
    session.execute(delete(Lease).where(col(Lease.name) == name, col(Lease.holder) == holder))


def shared_clock(session: Session) -> datetime:
    """The time that all who hold leases of this store go by."""
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
