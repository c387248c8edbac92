"""The engines' errors as codes of ours; unknown ones become `store_failed` with the class only."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import exc

from store.errors import Unavailable

WORDS = (
    ("full", "store_full"),
    ("readonly", "store_read_only"),
    ("locked", "store_busy"),
    ("busy", "store_busy"),
    ("interrupted", "store_slow"),
    ("unable to open", "store_gone"),
    ("malformed", "store_damaged"),
    ("not a database", "store_damaged"),
    ("encrypted", "store_damaged"),
    ("disk i/o", "store_io"),
)
"""Part of SQLite's message → code."""

STATES = (
    ("40", "store_busy"),
    ("55P03", "store_busy"),
    ("53300", "store_busy"),
    ("53100", "store_full"),
    ("25006", "store_read_only"),
    ("42501", "store_forbidden"),
    ("57014", "store_slow"),
    ("57P", "store_gone"),
    ("25P03", "store_gone"),
    ("25P04", "store_gone"),
    ("08", "store_gone"),
    ("28", "store_login_refused"),
    ("3D000", "store_missing"),
    ("58", "store_io"),
    ("XX001", "store_damaged"),
    ("XX002", "store_damaged"),
    ("42P01", "store_damaged"),
)
"""Beginning of PostgreSQL's SQLSTATE → code."""

GREETINGS = (
    ("password authentication failed", "store_login_refused"),
    ("no password supplied", "store_login_refused"),
    ("pg_hba.conf", "store_login_refused"),
    ("authentication", "store_login_refused"),
    ("role ", "store_login_refused"),
    ("permission denied for database", "store_login_refused"),
    ("database system is", "store_gone"),
    ("database ", "store_missing"),
    ("too many", "store_busy"),
    ("connection slots", "store_busy"),
)
"""Part of a server's refusal to let us in → code; a refused connection carries no SQLSTATE."""

CODES = (*WORDS, *STATES, *GREETINGS)

RETRIED = frozenset({"store_busy", "store_gone"})
UNIQUE = "23505"
"""Two writers entered the same thing; the second, run again, finds it there."""


class Again(Unavailable):
    """The same transaction may succeed when it is run once more."""

    lost = False
    """The connection broke: if it was at the commit, nobody knows what became of it."""


def trouble(error: BaseException, shown: str = "") -> Unavailable:
    """`error` as a code; `shown` names the database on a server."""
    original = getattr(error, "orig", None) or error
    if isinstance(error, exc.TimeoutError):
        return Again("store_busy")
    if _from_server(original):
        return _servers(original, shown)
    words = str(original).lower()
    code = next((code for part, code in WORDS if part in words), None)
    if code == "store_busy":
        return Again(code)
    return Unavailable(code) if code else Unavailable("store_failed", error=type(original).__name__)


def _from_server(error: BaseException) -> bool:
    driver = sys.modules.get("psycopg")
    return driver is not None and isinstance(error, driver.Error)


def _servers(error: Any, shown: str) -> Unavailable:
    state, name = error.sqlstate, type(error).__name__
    code = _by_words(name, str(error).lower()) if state is None else _by_state(state)
    fields = {"path": shown} if code else {"error": name}
    if code not in RETRIED and state != UNIQUE:
        return Unavailable(code or "store_failed", **fields)
    again = Again(code or "store_failed", **fields)
    again.lost = code == "store_gone"
    return again


def _by_state(state: str) -> str | None:
    return next((code for part, code in STATES if state.startswith(part)), None)


def _by_words(name: str, words: str) -> str | None:
    if name not in ("OperationalError", "InterfaceError", "ConnectionTimeout"):
        return None
    refused = next((code for part, code in GREETINGS if part in words), None) if "fatal" in words else None
    return refused or "store_gone"


@contextmanager
def translated(shown: str = "") -> Iterator[None]:
    """Turn engine errors inside the block into `Unavailable`; `shown` names the database on a server."""
    driver = sys.modules.get("psycopg")
    caught = (exc.DBAPIError, exc.TimeoutError, sqlite3.Error, *((driver.Error,) if driver else ()))
    try:
        yield
    except caught as error:
        raise trouble(error, shown) from error
