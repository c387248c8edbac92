"""A connectors process of its own, watched from outside: its health in the store, its processor time, its memory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from store.actions.house.opening import Store
from store.views.sources import sources

TICK = os.sysconf("SC_CLK_TCK")


class Child:
    def __init__(self, process: subprocess.Popen[bytes], store: Store, log: Path) -> None:
        self._process = process
        self._store = store
        self._log = log

    def wait_for(self, source: str, *states: str, patience: float = 60.0) -> None:
        """Until `source` is in one of `states`; raises RuntimeError with what the process said."""
        end = time.monotonic() + patience
        while time.monotonic() < end and not self.ended():
            with self._store.read() as session:
                rows = sources(session, self._store.now()).rows
            if any(row.source == source and row.state in states for row in rows):
                return
            time.sleep(0.05)
        raise RuntimeError(f"{source} is not {' or '.join(states)}: {self._log.read_text(errors='replace')[-2000:]}")

    def ended(self) -> bool:
        return self._process.poll() is not None

    def cpu(self) -> float:
        """Seconds of processor time that it used so far."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def memory(self) -> float:
        """Resident memory now, in MB."""
        return self._status("VmRSS")

    def peak(self) -> float:
        """The most that it ever was, in MB."""
        return self._status("VmHWM")

    def _status(self, name: str) -> float:
        for line in Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith(name):
                return int(line.split()[1]) / 1024
        return 0.0


@contextmanager
def connectors(store: Store, config: Path) -> Iterator[Child]:
    """`python -m connectors run` on `store` until left."""
    with tempfile.NamedTemporaryFile(suffix=".log") as log:
        words = [sys.executable, "-m", "connectors", "run", "--store", store.location, "--config", str(config)]
        process = subprocess.Popen(words, stdout=log, stderr=log)
        try:
            yield Child(process, store, Path(log.name))
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
