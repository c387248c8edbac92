"""What devices send, as fast as it goes: messages to a broker, posts over connections that stay open."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from datetime import datetime, timedelta

import paho.mqtt.client as paho

Made = Callable[[int], dict[str, object]]
"""The n-th message of a run as JSON."""


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def uplink(fleet: int, began: datetime) -> Made:
    """ChirpStack uplinks of `fleet` devices, a millisecond apart, each with one reading."""

    def made(n: int) -> dict[str, object]:
        return {
            "deduplicationId": f"{began.isoformat()}-{n}", "fCnt": n, "object": {"depth": n % 300},
            "time": (began + timedelta(milliseconds=n)).isoformat(),
            "deviceInfo": {"devEui": eui(n % fleet), "deviceName": f"d{n % fleet}"},
        }  # fmt: skip

    return made


def reading(fleet: int, began: datetime) -> Made:
    """The same readings in the webhook's own form."""

    def made(n: int) -> dict[str, object]:
        return {
            "type": "reading", "id": f"{began.isoformat()}-{n}", "device": eui(n % fleet), "metric": "water_level",
            "unit": "cm", "value": n % 300, "at": (began + timedelta(milliseconds=n)).isoformat(),
        }  # fmt: skip

    return made


def eui(n: int) -> str:
    return f"{n:016x}"


def topic(port: int, fleet: int, count: int, made: Made) -> None:
    """Publish `count` messages with QoS 1; returns once the broker has them all."""
    client = paho.Client(paho.CallbackAPIVersion.VERSION2)
    client.max_inflight_messages_set(500)
    client.max_queued_messages_set(0)
    client.connect("127.0.0.1", port)
    client.loop_start()
    last = None
    for n in range(count):
        last = client.publish(f"application/1/device/{eui(n % fleet)}/event/up", json.dumps(made(n)), qos=1)
        if n % 2_000 == 1_999:
            last.wait_for_publish(60)
    if last is not None:
        last.wait_for_publish(60)
    client.disconnect()
    client.loop_stop()


async def posts(port: int, path: str, fleet: int, count: int, made: Made) -> None:
    """Post `count` messages, each device over its own connection, one after the other."""
    await asyncio.gather(*(_device(port, path, range(first, count, fleet), made) for first in range(fleet)))


async def post(port: int, path: str, document: dict[str, object]) -> None:
    await _device(port, path, range(1), lambda _: document)


async def _device(port: int, path: str, numbers: range, made: Made) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for n in numbers:
        body = json.dumps(made(n)).encode()
        head = f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        writer.write(f"{head}\r\n\r\n".encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        if not answer.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(answer.decode("latin-1"))
        length = next(
            int(line.split(b":")[1]) for line in answer.lower().splitlines() if line.startswith(b"content-length")
        )
        await reader.readexactly(length)
    writer.close()
    await writer.wait_closed()
