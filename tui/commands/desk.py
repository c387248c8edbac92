"""`desk`, and `griddesk` alone: the full screen, with the connectors beside it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from store.errors import BadInput, Refused
from tui.language import language, tr

if TYPE_CHECKING:
    from store.actions.house.opening import Store
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call


def add(nouns: Nouns) -> None:
    leaf = nouns.command("desk", tr("the full-screen desk, with the connectors beside it"), run, json=False)
    leaf.add_argument("--simulate", action="store_true", help=tr("a simulated street too (drill stores)"))


def run(call: Call) -> int:
    """The exit status of the desk: 0, 2 a terminal that will not do, 70 a defect, 129 hang-up, 143 ended."""
    officer, notice = _officer(call)
    simulate = bool(getattr(call.args, "simulate", False))
    return show(call, call.store, officer, notice, simulate=simulate)


def _officer(call: Call) -> tuple[str, str]:
    """Who acts, or nobody and why: then the desk only shows."""
    from tui.commands import fault

    store = call.store
    try:
        return call.officer.code, ""
    except (Refused, BadInput) as error:
        if call.args.officer is not None:
            store.close()
            raise
        return "", fault.sentence(error)


def trouble() -> str | None:
    """Why no desk can be shown on this terminal; None when it can."""
    from tui.desk.lifecycle import refusal

    return refusal(os.environ, sys.__stdin__, sys.__stderr__)


def show(call: Call, store: Store, officer: str, notice: str = "", *, simulate: bool = False) -> int:
    """Open the desk on `store`, which it closes at its end."""
    reason = trouble()
    if reason is not None:
        store.close()
        print("griddesk: " + reason, file=sys.stderr)
        return 2
    from tui.desk.app import run as run_desk
    from tui.desk.context import Context
    from tui.desk.keeper import Keeper, command
    from tui.desk.lifecycle import log_folder

    notice = _watch(store, officer) or notice
    settings = call.settings
    keeper = None
    if not store.read_only:
        words = command(store.location, settings.file, simulate=simulate)
        keeper = Keeper(words, log_folder() / "connectors.log")
    theme, file = settings.desk.theme or "dark", str(settings.file or "")
    return run_desk(
        Context(store, officer, language=language(), theme=theme, keeper=keeper, notice=notice, config=file)
    )


def _watch(store: Store, officer: str) -> str:
    """Look at the newest part of the journal, log that the desk was opened; words about damage, if any (K23-T3)."""
    from store.actions.house import auditing
    from tui.commands.acting import note_desk
    from tui.commands.audit import told

    fault = auditing.look(store)
    if fault is not None:
        return tr("THE LOG IS DAMAGED. {what} Nothing is written until an administrator accepts it.", what=told(fault))
    if officer and not store.read_only:
        note_desk(store, officer)
    return ""
