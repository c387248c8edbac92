"""An intake port on this machine with the sources of a test behind it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from connectors.base import Served, Site, Store
from connectors.delivery import Delivery
from connectors.health import Vitals
from connectors.lane import Lane
from connectors.server import Entrance, IntakeServer


@dataclass
class Port:
    address: str
    lanes: dict[str, Lane]
    server: IntakeServer


@asynccontextmanager
async def opened(
    store: Store, sources: Sequence[Served | Site], *, patience: float = 5.0, capacity: int = 2_000
) -> AsyncIterator[Port]:
    """Serves until left; what was taken is delivered by then."""
    lanes = {
        source.name: Lane(
            Vitals(store, source.name, source.kind, 60.0), Delivery(store), capacity=capacity,
            patience=patience,
        )
        for source in sources
    }  # fmt: skip
    pumps = [asyncio.create_task(lane.pump()) for lane in lanes.values()]
    server = IntakeServer(("127.0.0.1", 0), [Entrance(s, lanes[s.name]) for s in sources], store.now)
    running = asyncio.create_task(server.run())
    await server.ready.wait()
    try:
        yield Port(f"http://127.0.0.1:{server.port}", lanes, server)
    finally:
        running.cancel()
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(running, *pumps, return_exceptions=True)


async def send(
    port: Port, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None, **more: Any
) -> httpx.Response:
    """One request over a connection of its own."""
    async with httpx.AsyncClient(trust_env=False, timeout=20) as client:
        return await client.request(method, port.address + path, content=body, headers=headers, **more)


async def raw(port: Port, data: bytes, seconds: float = 20.0) -> bytes:
    """Send bytes as they are; all that comes until the other side closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port.server.port)
    try:
        writer.write(data)
        async with asyncio.timeout(seconds):
            return await reader.read()
    finally:
        writer.close()
