"""A PostgreSQL for the tests: the one named, the machine's, or one that the tests start; a database for each test."""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from dataclasses import dataclass, replace
from functools import cache
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from store.engine.place import ServerPlace

NAMED = "GRIDDESK_TEST_POSTGRES"
MACHINES = (
    "postgresql://127.0.0.1:5432/postgres",
    "postgresql:///postgres?host=/var/run/postgresql",
    "postgresql://postgres@127.0.0.1:5432/postgres",
)
PREFIX = "griddesk_t"
_numbers = count(1)


@dataclass(frozen=True)
class Server:
    """A server on which databases may be made; `url` is of one that is there already."""

    url: str
    version: str
    where: str
    control: tuple[str, ...] = ()
    """Beginning of a `pg_ctl` command for a cluster of our own; empty for anybody else's."""

    def kill_and_start(self) -> None:
        """End the server as a crash does, and start it again."""
        for verb in (("-m", "immediate", "stop"), ("-w", "start")):
            subprocess.run([*self.control, *verb], capture_output=True, cwd="/", timeout=60, check=True)

    def new(self, template: str | None = None) -> str:
        """A database of this process, empty or a copy of `template` (a URL, nobody connected); its URL."""
        name = f"{PREFIX}{os.getpid()}_{next(_numbers)}"
        source = "template0" if template is None else str(conninfo_to_dict(template)["dbname"])
        words = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(source))
        if template is None:
            words += sql.SQL(" ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'")
        self._do(words)
        return ServerPlace({**_words(self.url), "dbname": name}).location

    def drop(self, url: str) -> None:
        name = sql.Identifier(str(conninfo_to_dict(url)["dbname"]))
        self._do(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))

    def sweep(self) -> None:
        """Drop what this process left, and processes that are gone."""
        with psycopg.connect(self.url, autocommit=True) as line:
            names = [row[0] for row in line.execute("SELECT datname FROM pg_database")]
            for name in names:
                owner = name.removeprefix(PREFIX).partition("_")[0]
                if name.startswith(PREFIX) and owner.isdigit() and not _others(int(owner)):
                    line.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _do(self, words: sql.Composed) -> None:
        with psycopg.connect(self.url, autocommit=True) as line:
            line.execute(words)


def _words(url: str) -> dict[str, str]:
    return {name: str(value) for name, value in conninfo_to_dict(url).items()}


def _others(pid: int) -> bool:
    return pid != os.getpid() and Path(f"/proc/{pid}").exists()


@cache
def server() -> Server | str:
    """The server, or in words why there is none."""
    named = os.environ.get(NAMED)
    reasons = []
    for url in (named,) if named else MACHINES:
        found = _asked(url)
        if isinstance(found, Server):
            return found
        reasons.append(found)
    if named:
        return f"{NAMED}: {reasons[0]}"
    own = started()
    return own if isinstance(own, Server) else f"{reasons[0]}; {own}"


def _asked(url: str) -> Server | str:
    try:
        with psycopg.connect(url, connect_timeout=3) as line:
            row = line.execute(
                "SELECT current_setting('server_version'), rolsuper OR rolcreatedb FROM pg_roles"
                " WHERE rolname = current_user"
            ).fetchone()
            assert row is not None
            place = f"{line.info.host}:{line.info.port}"
    except psycopg.Error as error:
        return str(error).strip().splitlines()[0]
    if not row[1]:
        return f"{place}: the account may not create databases"
    found = Server(url, str(row[0]).split()[0], place)
    found.sweep()
    atexit.register(found.sweep)
    return found


def started() -> Server | str:
    """A cluster of our own, gone with this process."""
    tools = _tools()
    if tools is None:
        return "no initdb on PATH or in /usr/lib/postgresql"
    folder = Path(tempfile.mkdtemp(prefix="griddesk-pg-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    prefix: list[str] = []
    if os.geteuid() == 0:
        account = next((name for name in ("postgres", "nobody") if _known(name)), None)
        if account is None:
            return "initdb refuses root, and there is no other account"
        shutil.chown(folder, account)
        folder.chmod(0o700)
        prefix = ["runuser", "-u", account, "--"]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data, log = str(folder / "data"), str(folder / "log")
    options = f"-p {port} -k '' -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=200"
    for command in (
        [str(tools / "initdb"), "-D", data, "-U", "griddesk", "-A", "trust", "-E", "UTF8", "--locale=C"],
        [str(tools / "pg_ctl"), "-D", data, "-l", log, "-w", "-o", options, "start"],
    ):
        done = subprocess.run([*prefix, *command], capture_output=True, text=True, cwd="/", timeout=120, check=False)
        if done.returncode != 0:
            return f"{Path(command[0]).name}: {(done.stderr or done.stdout).strip().splitlines()[-1]}"
    control = (*prefix, str(tools / "pg_ctl"), "-D", data, "-l", log, "-o", options)
    stop = [*control, "-m", "immediate", "stop"]
    atexit.register(lambda: subprocess.run(stop, capture_output=True, cwd="/", timeout=60, check=False))
    found = _asked(f"postgresql://griddesk@127.0.0.1:{port}/postgres")
    return replace(found, control=control) if isinstance(found, Server) else found


def _tools() -> Path | None:
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    return folders[-1] if folders and (folders[-1] / "initdb").exists() else None


def _known(account: str) -> bool:
    try:
        pwd.getpwnam(account)
    except KeyError:
        return False
    return True
