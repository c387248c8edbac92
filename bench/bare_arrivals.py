"""Receivers that parse and write nothing, in a process of their own: what the libraries alone can do."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from bench import pour


def topic(port: int, fleet: int, count: int) -> float:
    """Messages a second of aiomqtt on its own, its process started and subscribed before."""
    with _process("subscribe", str(port), str(count)) as child:
        began = time.perf_counter()
        pour.topic(port, fleet, count, pour.uplink(fleet, datetime.now(UTC)))
        _said(child, "done")
        return count / (time.perf_counter() - began)


def posts(fleet: int, count: int) -> float:
    """Posts a second that uvicorn with starlette answers."""
    port = pour.free_port()
    with _process("serve", str(port)):
        began = time.perf_counter()
        asyncio.run(pour.posts(port, "/", fleet, count, pour.reading(fleet, datetime.now(UTC))))
        return count / (time.perf_counter() - began)


@contextmanager
def empty_city() -> Iterator[int]:
    """The port of a server that answers every poll of the idle bench with nothing new."""
    port = pour.free_port()
    with _process("city", str(port)):
        yield port


@contextmanager
def _process(*words: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "bench.bare_arrivals", *words]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        _said(child, "ready")
        yield child
    finally:
        child.kill()
        child.wait()


def _said(child: subprocess.Popen[str], word: str) -> None:
    assert child.stdout is not None
    line = child.stdout.readline().strip()
    if line != word:
        raise RuntimeError(f"the bare loop said {line!r} instead of {word!r}")


async def _subscribe(port: int, count: int) -> None:
    import aiomqtt

    seen = 0
    async with aiomqtt.Client("127.0.0.1", port) as client:
        await client.subscribe("application/+/device/+/event/+", qos=1)
        print("ready", flush=True)
        async for message in client.messages:
            json.loads(bytes(message.payload))  # type: ignore[arg-type]
            seen += 1
            if seen == count:
                break
    print("done", flush=True)


def _serve(port: int, *, city: bool) -> None:
    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    async def take(request: Request) -> Response:
        json.loads(await request.body())
        return Response(b"{}", media_type="application/json")

    async def nothing(request: Request) -> Response:
        if "cap" in request.url.path:
            feed = '<feed xmlns="http://www.w3.org/2005/Atom"><id>x</id><updated>2026-01-09T10:00:00Z</updated></feed>'
            return Response(feed, media_type="application/atom+xml")
        return Response(b"{}" if request.url.path.endswith("stats") else b"[]", media_type="application/json")

    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(128)
    print("ready", flush=True)
    routes = [Route("/{rest:path}", nothing)] if city else [Route("/", take, methods=["POST"])]
    config = uvicorn.Config(Starlette(routes=routes), http="h11", log_config=None, access_log=False, lifespan="off")
    uvicorn.Server(config).run([listener])


if __name__ == "__main__":
    if sys.argv[1] == "subscribe":
        asyncio.run(_subscribe(int(sys.argv[2]), int(sys.argv[3])))
    else:
        _serve(int(sys.argv[2]), city=sys.argv[1] == "city")
