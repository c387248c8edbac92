"""A Mosquitto of a test's own on a free port; it can be frozen, killed and started again."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.support import debian

SECONDS = 20.0


@dataclass
class Mosquitto:
    """One broker, as `options` in the words of mosquitto.conf say; state survives `restart`."""

    tool: debian.Tool
    folder: Path
    port: int
    options: tuple[str, ...]
    host: str = "127.0.0.1"
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Returns once it takes connections."""
        lines = (f"listener {self.port} {self.host}", "persistence true", f"persistence_location {self.folder}/",
                 "user root", *self.options)  # fmt: skip
        config = self.folder / "mosquitto.conf"
        config.write_text("\n".join(lines) + "\n", encoding="utf-8")
        with (self.folder / "log").open("ab") as out:
            self.process = subprocess.Popen(
                [self.tool.path, "-c", config], stdout=out, stderr=out, env=self.tool.environ(), cwd=self.folder
            )
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            with contextlib.suppress(OSError), socket.create_connection((self.host, self.port), 1):
                return
            time.sleep(0.02)
        raise RuntimeError(f"mosquitto did not start: {self.log()}")

    def log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def freeze(self) -> None:
        """It still has the port and the connections, and says nothing."""
        self._send(signal.SIGSTOP)

    def resume(self) -> None:
        self._send(signal.SIGCONT)

    def stop(self, *, hard: bool = False) -> None:
        """End it; not `hard`: it saves its sessions first."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self._send(signal.SIGCONT)
            self._send(signal.SIGKILL if hard else signal.SIGTERM)
            self.process.wait(SECONDS)
        self.process = None

    def restart(self) -> None:
        self.stop()
        self.start()

    def _send(self, number: signal.Signals) -> None:
        assert self.process is not None
        os.kill(self.process.pid, number)

    def publish(
        self,
        topic: str,
        payloads: Iterable[bytes | str],
        *,
        qos: int = 1,
        retain: bool = False,
        more: tuple[str, ...] = (),
    ) -> None:
        """Publish with mosquitto's own client, one line a message; returns once the broker has them all."""
        client = debian.needed("mosquitto_pub", "mosquitto-clients", "libmosquitto1")
        lines = b"".join((p.encode() if isinstance(p, str) else p) + b"\n" for p in payloads)
        where = ["-h", self.host, "-p", str(self.port), "-t", topic, "-q", str(qos), "-l", *more]
        command = [str(client.path), *where, *(["-r"] if retain else [])]
        subprocess.run(command, input=lines, env=client.environ(), timeout=60, check=True)

    def send(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """Publish one payload of any bytes."""
        client = debian.needed("mosquitto_pub", "mosquitto-clients", "libmosquitto1")
        where = ["-h", self.host, "-p", str(self.port), "-t", topic, "-q", str(qos), "-s"]
        command = [str(client.path), *where, *(["-r"] if retain else [])]
        subprocess.run(command, input=payload, env=client.environ(), timeout=60, check=True)


@contextlib.contextmanager
def broker(*options: str, files: Mapping[str, str] | None = None, anonymous: bool = True) -> Iterator[Mosquitto]:
    """A broker until left; `files` are put into its folder first, `{folder}` in options is that folder."""
    tool = debian.needed("mosquitto", "mosquitto", "libmosquitto1", "libcjson1", "libdlt2", "libwrap0")
    folder = Path(tempfile.mkdtemp(prefix="griddesk-mqtt-"))
    for name, text in (files or {}).items():
        (folder / name).write_text(text, encoding="utf-8")
    given = [option.replace("{folder}", str(folder)) for option in options]
    if anonymous:
        given.append("allow_anonymous true")
    made = Mosquitto(tool, folder, free_port(), tuple(given))
    try:
        made.start()
        yield made
    finally:
        made.stop(hard=True)
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
