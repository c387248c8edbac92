"""`griddesk`: reads the arguments, runs one command, and ends with the status the contract names."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from store.errors import GriddeskError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status.

    0 done; 1 refused by a rule; 2 wrong usage or input; 3 store or connector not to be had; 130 stopped by
    the user or by a reader that went away; 70 a defect of ours.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    from tui.commands import fault, language

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    language.choose(words)
    try:
        status = _run(words)
        sys.stdout.flush()
        return status
    except GriddeskError as error:
        return fault.tell(error, as_json="--json" in words)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Python flushes standard output once more at exit; that must find an open door.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 130
    except Exception as error:
        return fault.defect(error)


def _run(words: list[str]) -> int:
    from tui.commands import fault
    from tui.commands.arguments import parse
    from tui.commands.call import Call

    args = parse(words)
    if args.run is None:
        return 0
    with Call(args) as call:
        call.check()
        try:
            status: int = args.run(call)
        except GriddeskError as error:
            return fault.tell(error, as_json=call.json, profile=call.opened_profile)
        return status


if __name__ == "__main__":
    sys.exit(main())
