"""The MQTT client with a real Mosquitto: sessions, acknowledgements, floods, frozen and restarted brokers."""

from __future__ import annotations

import asyncio
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from connectors import mqtt, subscription
from connectors.base import Batch, Broken, Broker, Retry
from connectors.delivery import Delivery
from connectors.health import Vitals
from connectors.lane import Lane
from store.intake import Alarm
from tests.connectors.ear import Ear, listening
from tests.connectors.fake import NOW, FakeIntake, FakeStore, until
from tests.support import debian
from tests.support.mosquitto import Mosquitto, broker, free_port

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def shared() -> Iterator[Mosquitto]:
    """A broker for tests that leave it as it was; each uses a client id and topics of its own."""
    with broker("max_queued_messages 1000") as made:
        yield made


def ear(at: Mosquitto, name: str, **fields: object) -> Ear:
    return Ear(Broker(at.host, at.port, name, keepalive=3), (f"{name}/#",), **fields)  # type: ignore[arg-type]


def ids(intake: FakeIntake) -> list[str]:
    return [record.source_id for record in intake.records]


async def publish(at: Mosquitto, topic: str, *payloads: str, qos: int = 1, retain: bool = False) -> None:
    await asyncio.to_thread(at.publish, topic, payloads, qos=qos, retain=retain)


async def connected(heard: Ear) -> None:
    await until(lambda: bool(heard.asked))


async def test_what_was_sent_while_we_were_away_comes_and_qos_0_does_not(shared: Mosquitto, intake: FakeIntake) -> None:
    source = ear(shared, "away")
    async with listening(source, intake):
        await connected(source)
    await publish(shared, "away/1", *(f"k{n}" for n in range(5)))
    await publish(shared, "away/1", "lost", qos=0)
    source = ear(shared, "away")
    async with listening(source, intake):
        await until(lambda: len(intake.records) >= 5)
        assert ids(intake) == [f"k{n}" for n in range(5)]
        assert not any(message.fresh or message.retained for message in source.heard)
        await until(lambda: intake.states("ear")[-1] == "up")


async def test_of_1500_that_wait_the_newest_are_lost_and_the_other_way_brings_them(
    shared: Mosquitto, intake: FakeIntake
) -> None:
    source = ear(shared, "many")
    async with listening(source, intake):
        await connected(source)
    await publish(shared, "many/1", *(str(n) for n in range(1_500)))
    source = ear(shared, "many")
    missed = tuple(source.alarm(f"alarm{n}") for n in range(3))
    source.missed = [Batch(missed)]
    async with listening(source, intake):
        await until(lambda: len(intake.records) >= 1_003)
        numbers = [int(one) for one in ids(intake) if one.isdigit()]
    assert numbers == sorted(numbers) and 1_000 <= len(numbers) < 1_100 and max(numbers) < 1_100
    assert source.asked == [None]
    assert sum(isinstance(record, Alarm) for record in intake.records) == 3


async def test_a_retained_message_says_so_each_time(shared: Mosquitto, intake: FakeIntake) -> None:
    await publish(shared, "held/1", "alarm-held", retain=True)
    for _ in range(2):
        source = ear(shared, "held")
        async with listening(source, intake):
            await until(lambda one=source: bool(one.heard))  # type: ignore[misc]
            assert [message.retained for message in source.heard] == [True]
    async with listening(source, intake):
        await until(lambda: len(source.asked) == 2)
        await publish(shared, "held/1", "alarm-live", retain=True)
        await until(lambda: source.heard[-1].payload == b"alarm-live")
        assert not source.heard[-1].retained


async def test_what_comes_live_is_fresh(shared: Mosquitto, intake: FakeIntake) -> None:
    source = ear(shared, "live")
    async with listening(source, intake):
        await connected(source)
        await publish(shared, "live/1", "a")
        await until(lambda: bool(source.heard))
    assert source.heard[0].fresh and source.heard[0].received_at == NOW


async def test_what_waited_for_seconds_only_is_fresh_too(intake: FakeIntake) -> None:
    """A smoke alarm that fell into a restart of the broker is an alarm."""
    with broker("max_queued_messages 1000") as own:
        source = ear(own, "short")
        async with listening(source, intake):
            await connected(source)
            await publish(own, "short/1", "a")
            await until(lambda: bool(source.heard))
            own.restart()
            await publish(own, "short/1", "b")
            await until(lambda: len(source.heard) == 2)
            assert source.heard[1].fresh
            assert any(state.startswith("down") for state in intake.states("ear"))
            await until(lambda: intake.states("ear")[-1] == "up")
            assert source.asked == [None, NOW]


@contextmanager
def killed_afterwards(port: int, path: Path) -> Iterator[None]:
    """A process of its own that listens and writes to `path`, until it is killed."""
    child = subprocess.Popen([sys.executable, "-m", "tests.connectors.ear", str(port), str(path)], cwd=ROOT)
    try:
        yield
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()


async def test_nothing_acknowledged_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    """`kill -9` between receipt and store, twice in 3,000 messages. Longer than three seconds: processes start."""
    path = tmp_path / "stored"
    path.touch()
    with broker("max_queued_messages 10000") as own:
        first = Ear(Broker(own.host, own.port, "ear", keepalive=3))
        async with listening(first, FakeIntake()):
            await connected(first)
        own.publish("t/1", [str(n) for n in range(3_000)])
        for size in (1, 5_000):
            with killed_afterwards(own.port, path):
                await until(lambda size=size: path.stat().st_size >= size, 60)  # type: ignore[misc]
        with killed_afterwards(own.port, path):
            await until(lambda: path.read_text().endswith("\n2999\n"), 60)
    stored = path.read_text().split()
    assert set(stored) == {str(n) for n in range(3_000)}


async def test_nothing_is_acknowledged_while_the_store_is_away(intake: FakeIntake) -> None:
    with broker() as own:
        source = ear(own, "gone")
        intake.away = "store_full"
        async with listening(source, intake):
            await connected(source)
            await publish(own, "gone/1", "a", "b")
            await until(lambda: len(source.heard) == 2)
        intake.away = None
        assert intake.records == []
        again = ear(own, "gone")
        async with listening(again, intake):
            await until(lambda: ids(intake) == ["a", "b"])


async def test_bad_messages_stop_nothing_and_are_acknowledged(shared: Mosquitto, intake: FakeIntake) -> None:
    source = ear(shared, "bad")
    async with listening(source, intake) as heard:
        await connected(source)
        await publish(shared, "bad/1", "bad1", "crash", "nothing")
        await asyncio.to_thread(shared.send, "bad/2", b"\xff\xfe" * 600_000)
        await publish(shared, "bad/1", "good")
        await until(lambda: ids(intake) == ["good"])
        await until(lambda: len(intake.rejections) == 3)
        reasons = {bad.reason: dict(bad.context)["topic"] for _, bad, _ in intake.rejections}
        assert reasons == {"bad": "bad/1", "crashed: TypeError": "bad/1", "too_large": "bad/2"}
        assert heard.vitals.ignored == 1
        assert not any(len(message.payload) > subscription.LIMIT for message in source.heard)
        assert all(not bad.raw for _, bad, _ in intake.rejections)
    again = ear(shared, "bad")
    async with listening(again, intake):
        await connected(again)
        await publish(shared, "bad/1", "end")
        await until(lambda: bool(again.heard))
        assert [message.payload for message in again.heard] == [b"end"]


async def test_a_flood_of_30000_is_bounded_counted_and_loses_no_alarm(
    intake: FakeIntake, caplog: pytest.LogCaptureFixture
) -> None:
    """QoS 0 into a store that is away: the lane fills, readings give way to alarms, memory stays."""
    intake.away = "store_full"
    with broker("max_queued_messages 0") as own:
        source = ear(own, "flood", keep=False)
        async with listening(source, intake) as heard:
            await connected(source)
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            body = "x" * 400
            await publish(own, "flood/1", *(f"{body}{n}" for n in range(500)), qos=0)
            sending = [
                asyncio.create_task(publish(own, f"flood/{part}", *(f"{body}{part}-{n}" for n in range(5_000)), qos=0))
                for part in range(6)
            ]
            await asyncio.gather(*sending)
            await publish(own, "flood/1", *(f"alarm{n}" for n in range(100)), qos=0)
            await until(lambda: heard.vitals.rounds > 0 and heard.vitals.dropped + heard.lane.held >= 30_600)
            grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
            assert heard.lane.held <= 2_000 and heard.vitals.dropped >= 28_000
            assert grown < 120_000, f"{grown} KiB more"
            intake.away = None
            await until(lambda: sum(one.startswith("alarm") for one in ids(intake)) == 100)
    lines = [line for line in caplog.messages if "dropped" in line]
    assert 1 <= len(lines) <= 2, lines


async def test_a_backlog_larger_than_memory_allows_is_read_in_pieces(
    intake: FakeIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mosquitto 2.0 hands over far more than it has acknowledgements for; we stop reading instead."""
    monkeypatch.setattr(subscription, "UNACKED", 300)
    with broker("max_queued_messages 20000") as own:
        source = ear(own, "back", keep=False)
        async with listening(source, intake):
            await connected(source)
        own.publish("back/1", [str(n) for n in range(6_000)])
        async with listening(source, intake) as heard:
            most = 0
            while len(intake.records) < 6_000:
                most = max(most, heard.lane.held)
                await asyncio.sleep(0.002)
            assert most <= 300 + mqtt.WINDOW
        assert sorted(map(int, ids(intake))) == list(range(6_000))


async def test_a_frozen_broker_is_noticed_and_when_it_goes_on_so_do_we(intake: FakeIntake) -> None:
    """Longer than three seconds: the protocol's least keepalive that Mosquitto bears is waited for twice."""
    with broker() as own:
        source = ear(own, "ice")
        async with listening(source, intake):
            await connected(source)
            await publish(own, "ice/1", "a")
            await until(lambda: ids(intake) == ["a"])
            own.freeze()
            began = time.monotonic()
            await until(lambda: intake.states("ear")[-1] == "down connection_lost", 15)
            assert time.monotonic() - began < 9
            await until(lambda: intake.states("ear")[-1] == "down timeout", 15)
            own.resume()
            await until(lambda: len(source.asked) == 2, 30)
            await publish(own, "ice/1", "b")
            await until(lambda: ids(intake) == ["a", "b"])


async def test_a_broker_that_is_not_there_is_waited_for_longer_and_longer(intake: FakeIntake) -> None:
    port = free_port()
    naps: list[float] = []

    async def sleep(seconds: float) -> None:
        naps.append(seconds)
        await asyncio.sleep(0)
        if len(naps) >= 8:
            await asyncio.Event().wait()

    store = FakeStore(intake)
    vitals = Vitals(store, "ear", "ear", 60.0)
    lane = Lane(vitals, Delivery(store))
    source = Ear(Broker("127.0.0.1", port, "none"))
    work = mqtt.listen(source, lane, vitals, now=store.now, sleep=sleep, chance=lambda: 0.5)
    task = asyncio.create_task(work)
    await until(lambda: len(naps) == 8)
    task.cancel()
    assert naps == [0.75, 1.5, 3.0, 6.0, 12.0, 22.5, 22.5, 22.5]
    assert intake.states("ear") == ["down unreachable"]


def password(at: Mosquitto, user: str, word: str) -> None:
    tool = debian.needed("mosquitto_passwd", "mosquitto", "libmosquitto1", "libcjson1", "libdlt2", "libwrap0")
    command = [str(tool.path), "-b", str(at.folder / "passwd"), user, word]
    subprocess.run(command, check=True, capture_output=True, env=tool.environ())


def certificate(folder: Path, name: str) -> None:
    """A certificate for `localhost` that is its own authority."""
    tool = debian.needed("openssl", "openssl", "libssl3")
    command = [
        str(tool.path), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
        "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
        "-keyout", str(folder / f"{name}.key"), "-out", str(folder / f"{name}.pem"),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, env=tool.environ())


async def test_a_wrong_password_is_broken_and_a_right_one_is_not(intake: FakeIntake) -> None:
    options = ("allow_anonymous false", "password_file {folder}/passwd", "acl_file {folder}/acl")
    files = {"passwd": "", "acl": "user gao\ntopic read pw/#\n"}
    with broker(*options, files=files, anonymous=False) as own:
        password(own, "gao", "right")
        own.restart()
        for wrong in ("wrong", ""):
            source = Ear(Broker(own.host, own.port, "pw", user="gao", password=wrong, keepalive=3), ("pw/#",))
            async with listening(source, intake) as heard:
                with pytest.raises(Broken) as end:
                    await heard.task
                assert end.value.code == "credential_refused"
        source = Ear(Broker(own.host, own.port, "pw", user="gao", password="right", keepalive=3), ("pw/#",))
        async with listening(source, intake):
            await connected(source)
        assert "right" not in repr(source.broker)


async def test_tls_with_the_right_certificate_and_not_with_another(tmp_path: Path, intake: FakeIntake) -> None:
    for name in ("good", "other"):
        certificate(tmp_path, name)
    options = (f"certfile {tmp_path}/good.pem", f"keyfile {tmp_path}/good.key")
    with broker(*options) as own:
        for host, file, state in (
            ("localhost", "good", ""), ("localhost", "other", "down tls"), ("127.0.0.1", "good", "down tls")
        ):  # fmt: skip
            seen = FakeIntake()
            at = Broker(host, own.port, "tls", tls=True, ca_file=str(tmp_path / f"{file}.pem"), keepalive=3)
            source = Ear(at)
            async with listening(source, seen):
                if state:
                    await until(lambda seen=seen, state=state: state in seen.states("ear"))  # type: ignore[misc]
                else:
                    await connected(source)
        with pytest.raises(Broken, match="bad_ca_file"):
            await mqtt.probe(Ear(Broker("localhost", own.port, tls=True, ca_file=str(tmp_path / "none"))), 0.1)


async def test_trouble_with_catching_up_is_shown_and_stops_nothing(shared: Mosquitto, intake: FakeIntake) -> None:
    source = ear(shared, "catch")
    source.missed = [Retry("http_500"), TypeError("ours"), Batch((source.alarm("alarm-missed"),))]
    async with listening(source, intake):
        await publish(shared, "catch/1", "a")
        await until(lambda: sorted(ids(intake)) == ["a", "alarm-missed"])
        assert any(state.endswith("catch_up: http_500") for state in intake.states("ear"))
        await publish(shared, "catch/1", "b")
        await until(lambda: "b" in ids(intake))
        await until(lambda: intake.states("ear")[-1] == "up")


async def test_a_check_leaves_the_session_and_what_waits_for_it(shared: Mosquitto, intake: FakeIntake) -> None:
    source = ear(shared, "probe")
    async with listening(source, intake):
        await connected(source)
    await publish(shared, "probe/1", "waits")
    await publish(shared, "probe/2", "held", retain=True)
    found = await mqtt.probe(source, 0.5)
    assert [(message.payload, message.retained) for message in found] == [(b"held", True)]
    async with listening(source, intake):
        await until(lambda: {"waits", "held"} <= set(ids(intake)))


async def test_without_the_extra_it_says_what_to_install(intake: FakeIntake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "aiomqtt", None)
    async with listening(Ear(Broker("127.0.0.1", 1)), intake) as heard:
        with pytest.raises(Broken, match=r"missing_extra: pip install 'griddesk\[mqtt\]'"):
            await heard.task


async def test_an_old_broker_is_spoken_to_in_its_own_version(
    shared: Mosquitto, intake: FakeIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[bool] = []
    real = mqtt.connected

    def connecting(client: object, at: Broker) -> object:
        five = getattr(client, "_client")._protocol == 5  # noqa: B009
        tried.append(five)
        if five:
            raise mqtt.OldBroker
        return real(client, at)  # type: ignore[arg-type]

    monkeypatch.setattr(mqtt, "connected", connecting)
    source = ear(shared, "old")
    async with listening(source, intake):
        await connected(source)
        await publish(shared, "old/1", "a")
        await until(lambda: ids(intake) == ["a"])
    assert tried == [True, False]
    await publish(shared, "old/1", "kept")
    async with listening(source, intake):
        await until(lambda: ids(intake) == ["a", "kept"])
