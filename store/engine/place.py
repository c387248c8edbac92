"""Where a store lies: a file, or a database on a server; a password never leaves here in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlencode

from store.errors import Unavailable

SCHEMES = ("postgresql", "postgres", "postgresql+psycopg")
DATABASE = "griddesk"
"""Name of the database where a URL names none."""
SECRETS = ("password", "sslpassword")


@dataclass(frozen=True, slots=True)
class FilePlace:
    """A SQLite file."""

    path: Path

    @property
    def location(self) -> str:
        return str(self.path)

    @property
    def shown(self) -> str:
        return str(self.path)


@dataclass(frozen=True, slots=True)
class ServerPlace:
    """A database on one PostgreSQL server, or on several that stand in for each other."""

    parameters: Mapping[str, str] = field(repr=False)
    """libpq's connection parameters, the password among them."""

    @property
    def database(self) -> str:
        return self.parameters["dbname"]

    @property
    def shown(self) -> str:
        """`database@host`, for people and logs."""
        hosts = self.parameters.get("host", "").split(",")
        return f"{self.database}@{','.join('localhost' if not host or host[0] in '/@' else host for host in hosts)}"

    @property
    def location(self) -> str:
        """The URL without its secrets: what another process of this account opens."""
        rest = {name: value for name, value in self.parameters.items() if name not in (*SECRETS, "dbname")}
        user = quote(rest.pop("user", ""), safe="")
        host = rest.get("host", "")
        network = ""
        if host and not any(mark in host for mark in ",/@:%"):
            port = rest.pop("port", "")
            network = rest.pop("host") + (f":{port}" if port else "")
        words = f"?{urlencode(rest)}" if rest else ""
        return f"postgresql://{user + '@' if user else ''}{network}/{quote(self.database, safe='')}{words}"

    @property
    def password(self) -> str | None:
        return self.parameters.get("password")


Place = FilePlace | ServerPlace


def place(location: str | Path) -> Place:
    """The place behind a path, a `sqlite:///` or a `postgresql://` URL.

    Raises `Unavailable` with `store_engine_unknown`, `store_needs_extra` or `store_url`.
    """
    words = str(location)
    if words.startswith("sqlite:///"):
        words = words.removeprefix("sqlite:///")
    elif "://" in words:
        scheme, _, rest = words.partition("://")
        if scheme not in SCHEMES:
            raise Unavailable("store_engine_unknown", engine=scheme)
        return _server(f"postgresql://{rest}")
    return FilePlace(Path(words).expanduser())


def _server(url: str) -> ServerPlace:
    try:
        from psycopg import ProgrammingError, conninfo
    except ImportError as error:
        raise Unavailable("store_needs_extra", install='pip install "griddesk[postgres]"') from error
    try:
        found = {name: str(value) for name, value in conninfo.conninfo_to_dict(url).items()}
    except ProgrammingError:
        # The parser's own words may quote the password.
        raise Unavailable("store_url", expected="postgresql://USER@HOST:PORT/DATABASE") from None
    found.setdefault("dbname", DATABASE)
    return ServerPlace(found)
