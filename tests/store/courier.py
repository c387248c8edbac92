"""A courier whose target is a folder: `python -m tests.store.courier STORE FOLDER NAME DIES_AFTER SECONDS`."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import uuid
from pathlib import Path

from store.outbox import Outbox


def main(location: str, folder: str, name: str, dies_after: int, seconds: float) -> None:
    """Send what is owed until nothing is; killed right after the message number `dies_after` went out."""
    outbox = Outbox.open(location)
    count = 0
    while batch := outbox.lease(f"{name}:{os.getpid()}", ("spool",), limit=4, seconds=seconds):
        for notice in batch:
            path = Path(folder) / f"{uuid.uuid4().hex}.part"
            path.write_text(json.dumps([time.time_ns(), notice.dedupe_key, name]), encoding="utf-8")
            path.rename(path.with_suffix(".json"))
            count += 1
            if count == dies_after:
                os.kill(os.getpid(), signal.SIGKILL)
            outbox.sent(notice.id, name)
    outbox.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), float(sys.argv[5]))
