"""Who acts: `--as`, GRIDDESK_OFFICER, the configuration, the login name, else the only duty officer."""

from __future__ import annotations

import getpass
import os
from typing import TYPE_CHECKING

from store.errors import BadInput, Refused

if TYPE_CHECKING:
    from store.actions.opening import Store
    from store.rules.workflow import Actor

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


def login_name() -> str:
    """The name this person is logged in under; empty where the system knows none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""
