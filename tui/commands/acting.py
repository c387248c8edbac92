"""Who acts: `--as`, GRIDDESK_OFFICER, the configuration, the login name, else the only duty officer."""

from __future__ import annotations

import getpass
import os
import socket
import sys
from contextlib import suppress
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from store.errors import BadInput, Refused, Unavailable

if TYPE_CHECKING:
    from store.actions.house.opening import Store
    from store.rules.state import Actor

DUTY_ROLE = "duty_officer"


def actor(store: Store, named: str | None, configured: str | None) -> Actor:
    """The officer as the rules see them.

    Raises `Refused` `unknown_officer` for a named one that is not there, `no_duty_officer` when nobody
    could act, and `BadInput` `which_officer` when several could.
    """
    from store.views import people

    with store.read() as session:
        code = named or os.environ.get("GRIDDESK_OFFICER") or configured
        if code is None:
            code = _likeliest({row.code: row.roles for row in people.officers(session) if row.active})
        return people.actor(session, store.profile, code)


def _likeliest(officers: dict[str, tuple[str, ...]]) -> str:
    login = login_name()
    if login in officers:
        return login
    duty = [code for code, roles in officers.items() if DUTY_ROLE in roles]
    if len(duty) == 1:
        return duty[0]
    if not officers:
        raise Refused("no_duty_officer")
    raise BadInput("which_officer", officers=", ".join(sorted(duty or officers)[:12]))


def note_line(store: Store, officer: Actor) -> None:
    """Log that the officer acts by line commands from this account and machine: once a local day."""
    from store.actions.people import access

    if store.read_only:
        return
    day = store.now().astimezone(ZoneInfo(store.timezone)).date().isoformat()
    login, host = login_name(), socket.gethostname()
    request_id = access.login_id(officer, "line", login, host, day)
    with store.read() as session:
        if access.noted(session, request_id):
            return
    with suppress(Unavailable):
        store.write(access.note_login, store.profile, officer, store.now(), "line", login, host, request_id)


def note_desk(store: Store, code: str) -> None:
    """Log that a desk was opened as the officer."""
    from store.actions.people import access
    from store.views import people

    with suppress(Unavailable):
        with store.read() as session:
            officer = people.actor(session, store.profile, code)
        store.write(
            access.note_login, store.profile, officer, store.now(), "desk", login_name(), socket.gethostname()
        )


def note_export(store: Store, officer: Actor, what: str, rows: int) -> None:
    """Log a document of many rows that goes into a file or a pipe; what is shown on a terminal is no export."""
    from store.actions.people import access

    if rows < store.profile.export_rows or sys.stdout.isatty() or store.read_only:
        return
    with suppress(Unavailable):
        store.write(access.note_export, store.profile, officer, store.now(), what, rows, login_name())


def login_name() -> str:
    """The name this person is logged in under; empty where the system knows none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""
