"""A real Alertmanager from Debian that posts to a port of a test."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support import debian

CONFIG = """
route:
  receiver: griddesk
  group_by: [alertname]
  group_wait: 50ms
  group_interval: 200ms
  repeat_interval: 1h
receivers:
  - name: griddesk
    webhook_configs:
      - url: {url}
        send_resolved: true
        max_alerts: {most}
"""


@dataclass(frozen=True)
class Alertmanager:
    url: str

    async def fire(self, name: str, ends: datetime | None = None, **labels: str) -> None:
        """One alert that fires, or has ended at `ends`; it began half an hour ago, in another zone."""
        alert: dict[str, Any] = {
            "labels": {"alertname": name, **labels}, "annotations": {"summary": "水位 1.4 m"}, "startsAt": STARTED,
            "endsAt": (ends or datetime.now(UTC) + timedelta(hours=1)).isoformat(),
        }  # fmt: skip
        async with httpx.AsyncClient(trust_env=False) as client:
            answer = await client.post(f"{self.url}/api/v2/alerts", json=[alert])
            answer.raise_for_status()

    async def resolve(self, name: str, **labels: str) -> None:
        await self.fire(name, datetime.now(UTC) - timedelta(seconds=1), **labels)

    async def silence(self, labels: Mapping[str, str]) -> None:
        now = datetime.now(UTC)
        matchers = [{"name": n, "value": v, "isRegex": False, "isEqual": True} for n, v in labels.items()]
        body = {"matchers": matchers, "startsAt": now.isoformat(), "endsAt": (now + timedelta(hours=1)).isoformat(),
                "createdBy": "test", "comment": "test"}  # fmt: skip
        async with httpx.AsyncClient(trust_env=False) as client:
            (await client.post(f"{self.url}/api/v2/silences", json=body)).raise_for_status()


STARTED = f"{datetime.now(UTC) - timedelta(minutes=30):%Y-%m-%dT%H:%M:%S}.123456789Z"
"""Nine decimals, as Prometheus writes."""


@asynccontextmanager
async def running(folder: Path, target: str, most: int = 0) -> AsyncIterator[Alertmanager]:
    """One that posts to `target`; skips the test where there is none to be had."""
    tool = debian.needed("prometheus-alertmanager", "prometheus-alertmanager")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = _configured(folder, CONFIG.format(url=target, most=most))
    process = await asyncio.create_subprocess_exec(
        *tool.command(), f"--config.file={config}", f"--storage.path={folder / 'data'}", "--cluster.listen-address=",
        f"--web.listen-address=127.0.0.1:{port}", env=tool.environ(),
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    found = Alertmanager(f"http://127.0.0.1:{port}")
    try:
        await _ready(found.url, process)
        yield found
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def _configured(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "alertmanager.yml"
    config.write_text(text, encoding="utf-8")
    return config


async def _ready(url: str, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(30), httpx.AsyncClient(trust_env=False) as client:
        while True:
            if process.returncode is not None:
                debian.ran["prometheus-alertmanager"] = "not with prometheus-alertmanager: it does not start here"
                pytest.skip("prometheus-alertmanager does not start here")
            try:
                if (await client.get(f"{url}/-/ready")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.05)
