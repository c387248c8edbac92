"""From a socket or a topic to the stored record: the connectors' process beside loops that parse and write nothing.

The broker is the machine's own Mosquitto, or one started for the run.
"""

from __future__ import annotations

import asyncio
import shutil
import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select
from sqlmodel import col

from bench import bare_arrivals, pour
from bench.child import Child, connectors
from bench.generate import actor, street
from bench.table import Table, p95
from store.actions.devices import devices
from store.actions.house.opening import Store, open_store
from store.intake import Intake
from store.records.device import Device, ReadingKept
from store.rules.state import Actor
from tests.support import mosquitto

MESSAGES = 6_000
FLOOD = 30_000
CASES = 60
IDLE_SECONDS = 60.0
ROUNDS = 3

CONFIG = """
[connectors.lora]
kind = "chirpstack"
[connectors.lora.broker]
host = "127.0.0.1"
port = {broker}
[[connectors.lora.map]]
path = "object.depth"
metric = "water_level"
unit = "cm"

[connectors.hook]
kind = "webhook"
port = {port}
"""

IDLE = CONFIG + """
[connectors.phones]
kind = "owntracks"
port = {port}
[connectors.clients]
kind = "osmand"
port = {port}
[connectors.alerts]
kind = "alertmanager"
port = {port}
[connectors.public]
kind = "open311_server"
port = {port}
[connectors.codes]
kind = "inquiry"
port = {port}
[connectors.home]
kind = "zigbee2mqtt"
broker = {{ host = "127.0.0.1", port = {broker} }}
[connectors.drop]
kind = "folder"
path = "{folder}"
map = "nyc311"
[connectors.city]
kind = "open311"
url = "http://127.0.0.1:{web}/open311"
[connectors.weather]
kind = "cap"
url = "http://127.0.0.1:{web}/cap"
[connectors.nvr]
kind = "frigate"
url = "http://127.0.0.1:{web}/frigate"
"""
"""Twelve sources: every shape that waits, polls or listens is among them."""


def run(*, quick: bool) -> list[Table]:
    """Rates, delays, memory and idle cost; every figure from processes of their own on loopback."""
    share = 10 if quick else 1
    folder = Path(tempfile.mkdtemp(prefix="griddesk-arrivals"))
    try:
        with mosquitto.broker("max_queued_messages 0") as broker:
            tables = [
                _rates(folder, broker.port, MESSAGES // share),
                _delays(folder, broker.port, CASES // share),
                _flood(folder, broker.port, FLOOD // share),
                _idle(folder, broker.port, IDLE_SECONDS / share),
            ]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return tables


def _setting(folder: Path, name: str, text: str, **fields: object) -> tuple[Store, Path, int]:
    """A drill store whose clock runs, a configuration, and the port that its server will have."""
    place = folder / name
    place.mkdir()
    (place / "inbox").mkdir()
    port = pour.free_port()
    config = place / "griddesk.toml"
    config.write_text(text.format(port=port, folder=place / "inbox", **fields), encoding="utf-8")
    return street(place / "store.db"), config, port


def _until(store: Store, source: str, count: int, child: Child, patience: float = 60.0) -> float:
    """The instant at which `count` records of `source` are stored."""
    began = time.perf_counter()
    while _stored(store, source) < count:
        if time.perf_counter() - began > patience or child.ended():
            raise RuntimeError(f"{source}: {_stored(store, source)} of {count} after {patience} s")
        time.sleep(0.01)
    return time.perf_counter()


def _stored(store: Store, source: str) -> int:
    """Readings kept of the devices of `source`: one a message here."""
    query = (
        select(func.count())
        .select_from(ReadingKept)
        .join(Device, col(Device.id) == col(ReadingKept.device_id))
        .where(col(Device.source) == source)
    )
    with store.read() as session:
        return int(session.execute(query).scalar_one())


def _rates(folder: Path, broker: int, count: int) -> Table:
    figures: dict[tuple[str, int], list[float]] = {}
    for turn in range(ROUNDS):
        for fleet in (1, 50):
            store, config, port = _setting(folder, f"rate{turn}-{fleet}", CONFIG, broker=broker)
            with connectors(store, config) as child:
                child.wait_for("lora", "up", "unknown")
                child.wait_for("hook", "unknown")
                time.sleep(1.0)
                _fleet(store, "lora", fleet)
                _fleet(store, "hook", fleet)
                at = store.now() - timedelta(milliseconds=count)
                began = time.perf_counter()
                pour.topic(broker, fleet, count, pour.uplink(fleet, at))
                figures.setdefault(("MQTT", fleet), []).append(count / (_until(store, "lora", count, child) - began))
                began = time.perf_counter()
                asyncio.run(pour.posts(port, "/webhook", fleet, count, pour.reading(fleet, at)))
                figures.setdefault(("HTTP", fleet), []).append(count / (_until(store, "hook", count, child) - began))
            store.close()
            figures.setdefault(("MQTT, bare", fleet), []).append(bare_arrivals.topic(broker, fleet, count))
            figures.setdefault(("HTTP, bare", fleet), []).append(bare_arrivals.posts(fleet, count))
    rows = []
    for way in ("MQTT", "HTTP"):
        for fleet in (1, 50):
            own, bare = (statistics.median(figures[name, fleet]) for name in (way, f"{way}, bare"))
            rows.append((way, str(fleet), f"{own:,.0f}", f"{bare:,.0f}", f"1/{bare / own:.1f}"))
    return Table(
        "Arrivals: messages a second to the stored record",
        ("way", "devices", "stored a second", "bare loop", "of the bare loop"),
        rows,
        f"median of {ROUNDS} runs of {count:,} messages. Stored: acknowledged to the sender after the commit "
        "(synchronous=FULL). The bare loop is aiomqtt, or uvicorn with starlette, that parses the JSON and writes "
        "nothing. A device of the fleet sends its next post when the last one was answered.",
    )


def _delays(folder: Path, broker: int, count: int) -> Table:
    """From the moment before a device's message is sent to its case on another process's queue (K16-T1)."""
    rows = []
    store, config, port = _setting(folder, "delay", CONFIG, broker=broker)
    officer = actor(store)
    for n in range(count):
        _register(store, officer, "hook", f"farm-{n}", "wire_break", n)
    other = open_store(store.location)
    with connectors(store, config) as child:
        child.wait_for("hook", "unknown")
        time.sleep(1.0)
        delays = []
        for n in range(count):
            before = other.header().open
            other.changed()
            began = time.perf_counter()
            asyncio.run(pour.post(port, "/webhook", _broken(n)))
            while True:
                if other.changed() and other.header().open > before:
                    break
                if time.perf_counter() - began > 30:
                    raise RuntimeError("no case after 30 s")
                time.sleep(0.002)
            delays.append(time.perf_counter() - began)
        rows.append(("webhook: wire broken", f"{statistics.median(delays) * 1000:.0f}", f"{p95(delays) * 1000:.0f}"))
    other.close()
    store.close()
    return Table(
        "Arrivals: from a device's message to the case on a second desk",
        ("way", "median, ms", "p95, ms"),
        rows,
        f"{count} alarms, one after the other; K16-T1 asks for one second.",
    )


def _broken(n: int) -> dict[str, object]:
    return {"type": "alarm", "id": f"broken-{n}", "device": f"farm-{n}", "kind": "broken", "severity": "major"}


def _fleet(store: Store, source: str, size: int) -> None:
    officer = actor(store)
    for n in range(size):
        _register(store, officer, source, pour.eui(n), "water_level", n)


def _register(store: Store, officer: Actor, source: str, key: str, kind: str, n: int) -> None:
    places = Intake(store).places()
    store.write(
        devices.add, store.profile, officer, store.now(), source=source, key=key, kind=kind,
        grid=places[n % len(places)].code, request_id=f"{source}-{key}",
    )  # fmt: skip


def _flood(folder: Path, broker: int, count: int) -> Table:
    store, config, _ = _setting(folder, "flood", CONFIG, broker=broker)
    with connectors(store, config) as child:
        child.wait_for("lora", "up", "unknown")
        _fleet(store, "lora", 50)
        time.sleep(1.0)
        before = child.memory()
        began = time.perf_counter()
        pour.topic(broker, 50, count, pour.uplink(50, store.now() - timedelta(milliseconds=count)))
        _until(store, "lora", count, child)
        took, after = time.perf_counter() - began, child.peak()
    store.close()
    return Table(
        "Arrivals: a flood over MQTT",
        ("messages", "seconds", "memory before, MB", "peak, MB", "grown by, MB"),
        [(f"{count:,}", f"{took:.1f}", f"{before:.0f}", f"{after:.0f}", f"{after - before:.0f}")],
        "50 devices, QoS 1; the connectors' process alone. None was lost: every message is stored.",
    )


def _idle(folder: Path, broker: int, seconds: float) -> Table:
    with bare_arrivals.empty_city() as web:
        store, config, _ = _setting(folder, "idle", IDLE, broker=broker, web=web)
        with connectors(store, config) as child:
            child.wait_for("hook", "unknown")
            time.sleep(5.0)
            began, used = time.perf_counter(), child.cpu()
            time.sleep(seconds)
            share = (child.cpu() - used) / (time.perf_counter() - began)
            memory = child.memory()
        store.close()
    return Table(
        "Arrivals: connectors that have nothing to do",
        ("sources", "CPU of one core", "memory, MB"),
        [("12", f"{share * 100:.1f} %", f"{memory:.0f}")],
        f"over {seconds:.0f} s: two by MQTT, six by HTTP on one port, a folder, three polled, and the timekeeper",
    )
