"""What the database server says of itself, for `doctor`."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlmodel import Session

FACTS = text(
    "SELECT current_setting('server_version'), pg_database_size(current_database()),"
    " (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),"
    " current_setting('max_connections')::int, current_setting('fsync'), current_setting('full_page_writes'),"
    " current_setting('synchronous_commit')"
)


@dataclass(frozen=True, slots=True)
class Server:
    version: str
    size: int
    """Bytes of the store's database."""
    used: int
    connections: int
    """How many connections the whole server takes."""
    durable: bool
    """Whether an acknowledged write outlives a crash of the server."""
    settings: str
    """The settings on which that rests."""


def server(session: Session) -> Server | None:
    """None for a store in a file."""
    if session.get_bind().dialect.name != "postgresql":
        return None
    version, size, used, connections, *rest = session.execute(FACTS).one()
    names = ("fsync", "full_page_writes", "synchronous_commit")
    settings = ", ".join(f"{name}={value}" for name, value in zip(names, rest, strict=True))
    return Server(str(version).split()[0], int(size), int(used), int(connections), "off" not in rest, settings)
