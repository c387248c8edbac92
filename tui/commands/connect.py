"""`connect`: the connectors alone, for a service manager; the process becomes `python -m connectors run`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NoReturn

from store.errors import Unavailable
from tui.commands import child
from tui.language import tr

if TYPE_CHECKING:
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call


def add(nouns: Nouns) -> None:
    leaf = nouns.command("connect", tr("run the connectors alone, until stopped"), run, json=False)
    leaf.add_argument("--standby", action="store_true", help=tr("wait while another process runs them, then take over"))
    leaf.add_argument("--simulate", action="store_true", help=tr("a simulated street too (drill stores)"))


def words(call: Call, *, simulate: bool = False, standby: bool = False) -> list[str]:
    """The command line of the connectors for the store and configuration of this call."""
    made = child.command("run", "--store", call.store.location)
    if call.settings.file is not None:
        made += ["--config", str(call.settings.file)]
    made += ["--standby"] if standby else []
    return [*made, "--simulate"] if simulate else made


def run(call: Call) -> NoReturn:
    """Ends as the connectors end; raises `Unavailable` when there is no store or they cannot be started."""
    line = words(call, simulate=call.args.simulate, standby=call.args.standby)
    call.store.close()
    sys.stdout.flush()
    try:
        os.execv(line[0], line)
    except OSError as error:
        raise Unavailable("connectors_failed", reason=error.strerror or "exec") from error
