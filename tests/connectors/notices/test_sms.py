"""Text messages through gammu-smsd's folders, with the daemon and its dummy modem where they can be had."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors import registry
from connectors.base import Broken, Context, Retry, Undeliverable
from connectors.sms_inbox.parse import parse
from store.intake import Acknowledgement
from store.outbox import OwedNotice
from tests.connectors.fake import NOW, FakeStore, until
from tests.connectors.notices.conftest import NOTICE, Make
from tests.support import debian

Notice = Callable[..., OwedNotice]
NUMBER = "+8613900000001"


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    for name in ("inbox", "outbox", "sent", "error"):
        (tmp_path / name).mkdir()
    return tmp_path


def sms(make: Make, **more: Any) -> Any:
    return make("sms_spool", outbox="outbox", sent="sent", error="error", **{"patience": 0.0, **more})


def spooled(spool: Path) -> list[Path]:
    return sorted((spool / "outbox").iterdir())


async def test_a_message_is_spooled_once_and_its_outcome_looked_up(make: Make, spool: Path, notice: Notice) -> None:
    target = sms(make)
    one = notice(address="+86 139-0000-0001", priority=1)
    for _ in range(3):
        with pytest.raises(Retry, match="in_the_spool"):
            await target.send(one)
    (file,) = spooled(spool)
    assert file.name.startswith("OUTA20260304_180000_00_+8613900000001_") and file.suffix == ".txt"
    assert file.read_bytes().startswith(b"\xff\xfe")
    assert file.read_bytes().decode("utf-16") == NOTICE.text
    file.rename(spool / "sent" / file.name)
    done = await target.send(one)
    assert (done.reference, spooled(spool)) == (file.name, [])


async def test_what_the_modem_refused_goes_another_way(make: Make, spool: Path, notice: Notice) -> None:
    target = sms(make)
    with pytest.raises(Retry):
        await target.send(notice(address=NUMBER))
    (file,) = spooled(spool)
    file.rename(spool / "error" / file.name)
    with pytest.raises(Undeliverable, match="modem_refused"):
        await target.send(notice(address=NUMBER))
    assert spooled(spool) == []


@pytest.mark.parametrize("address", ["", "li", "139; rm", "../../etc", "+86139_00", "１３９００００"])
async def test_what_is_no_number_is_never_a_file_name(make: Make, spool: Path, notice: Notice, address: str) -> None:
    with pytest.raises(Undeliverable, match="no_telephone_number"):
        await sms(make).send(notice(address=address))
    assert spooled(spool) == []


async def test_long_texts_and_folders_that_are_gone(make: Make, spool: Path, notice: Notice) -> None:
    target = sms(make, length=70)
    with pytest.raises(Retry):
        await target.send(notice(address=NUMBER, text="字" * 500))
    text = spooled(spool)[0].read_bytes().decode("utf-16")
    assert len(text) == 70 and text.endswith("…")
    assert await target.check() == "1 in the spool"
    for path in spooled(spool):
        path.unlink()
    (spool / "outbox").rmdir()
    with pytest.raises(Retry, match="spool_not_writable"):
        await target.send(notice(address=NUMBER))
    with pytest.raises(Retry, match="folder_gone"):
        await target.check()


async def test_a_folder_that_is_not_ours_is_said(make: Make, spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(Broken, match="spool_not_writable"):
        await sms(make).check()


def inbox(store: FakeStore, spool: Path, **more: Any) -> Any:
    table = {"path": "inbox", "senders": {"13900000001": "P3"}, **more}
    return registry.build("phones", "sms_inbox", table, Context(store, "Asia/Shanghai", spool))


def came(spool: Path, text: str | bytes, number: str = NUMBER, serial: int = 0) -> Path:
    path = spool / "inbox" / f"IN20260305_020000_{serial:02}_{number}_00.txt"
    path.write_bytes(text if isinstance(text, bytes) else b"\xff\xfe" + text.encode("utf-16-le"))
    return path


@pytest.mark.parametrize(
    ("text", "number", "state", "why"),
    [
        ("1 GD20260304-0007", "GD20260304-0007", "seen", ""),
        ("１，ＧＤ20260304-0007", "GD20260304-0007", "seen", ""),
        ("20260304-0007", "20260304-0007", "seen", ""),
        ("0 20260304-0007 车坏了 修不了", "20260304-0007", "refused", "车坏了 修不了"),
        ("1。4711", "4711", "seen", ""),
    ],
)
async def test_an_answer_becomes_an_acknowledgement_of_the_unit_that_carries_the_number(
    store: FakeStore, spool: Path, text: str, number: str, state: str, why: str
) -> None:
    source = inbox(store, spool)
    path = came(spool, text)
    (word,) = (await source.fetch(None)).records
    assert isinstance(word, Acknowledgement)
    assert (word.notice, word.state, word.text, word.recipient) == (number, state, why, "P3")
    assert word.observed_at == datetime(2026, 3, 5, 2, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert path.exists(), "it is moved only once it is stored"
    assert (await source.fetch(None)).records == ()
    assert not path.exists() and (spool / "inbox" / "done" / path.name).exists()


@pytest.mark.parametrize(
    ("text", "number", "reason"),
    [
        ("1 4711", "+8613911111111", "unknown_sender"),
        ("您的验证码", NUMBER, "not_an_answer"),
        ("1", NUMBER, "no_number"),
        (b"\xff\xfe\x00", NUMBER, "not_text"),
        ("x" * 40_000, NUMBER, "not_an_answer"),
    ],
)
async def test_what_is_no_answer_is_refused_and_a_strangers_number_is_kept_nowhere(
    store: FakeStore, spool: Path, text: str | bytes, number: str, reason: str
) -> None:
    came(spool, text, number)
    batch = await inbox(store, spool).fetch(None)
    (bad,) = batch.rejections
    assert (batch.records, bad.reason) == ((), reason)
    assert number not in str(bad)


async def test_an_inbox_that_is_gone_is_waited_for(store: FakeStore, spool: Path) -> None:
    source = inbox(store, spool)
    (spool / "inbox").rmdir()
    with pytest.raises(Retry, match="folder_gone"):
        await source.fetch(None)


def test_a_file_of_another_name_is_no_message() -> None:
    found = parse(b"1 7", "notes.txt", "s", NOW, senders={}, country="+86", zone=ZoneInfo("UTC"))
    assert found.rejections[0].reason == "not_a_message"


DAEMON = """
[gammu]
device = {folder}/modem
model = dummy
connection = none
gammuloc = /dev/null
[smsd]
service = files
logfile = {folder}/smsd.log
debuglevel = 1
checksecurity = 0
checkbattery = 0
checksignal = 0
checknetwork = 0
commtimeout = 1
statusfrequency = 0
loopsleep = 1
maxretries = 1
inboxpath = {folder}/inbox/
outboxpath = {folder}/outbox/
sentsmspath = {folder}/sent/
errorsmspath = {folder}/error/
"""


RECEIVED = """
[SMSBackup000]
SMSC = "+8613800000000"
SMSCUnicode = {centre}
Sent = 20260305T020000
State = UnRead
Number = "{number}"
NumberUnicode = {hexed}
Text00 = {text}
Coding = Unicode_No_Compression
Folder = 1
Length = {length}
Class = -1
"""
LIBRARIES = ("libgsmsd8", "libgammu8", "libdbi1", "libodbc2", "libltdl7", "libbluetooth3", "libusb-1.0-0")


def hexed(text: str) -> str:
    return text.encode("utf-16-be").hex().upper()


async def test_the_real_daemon_sends_chinese_text_and_brings_the_answer(
    make: Make, store: FakeStore, spool: Path, notice: Notice
) -> None:
    """Dummy modem of gammu-smsd: from outbox to sent, and an answer from the modem to an acknowledgement."""
    tool = debian.needed("gammu-smsd", "gammu-smsd", *LIBRARIES)
    for number in range(6):
        (spool / "modem" / "sms" / str(number)).mkdir(parents=True)
    for name in ("note", "todo", "calendar", "alarm", "fs"):
        (spool / "modem" / name).mkdir()
    answer = "1 GD20260304-0007 收到"
    (spool / "modem" / "sms" / "1" / "1").write_text(
        RECEIVED.format(
            centre=hexed("+8613800000000"), number=NUMBER, hexed=hexed(NUMBER), text=hexed(answer), length=len(answer)
        )
    )
    (spool / "smsdrc").write_text(DAEMON.format(folder=spool), encoding="utf-8")
    nowhere = asyncio.subprocess.DEVNULL
    daemon = await asyncio.create_subprocess_exec(
        tool.path, "-c", spool / "smsdrc", env=tool.environ(), stdout=nowhere, stderr=nowhere
    )
    try:
        done = await sms(make, patience=20.0).send(notice(address=NUMBER))
        assert (spool / "sent" / done.reference).exists()
        log = (spool / "smsd.log").read_text(encoding="utf-8")
        assert f'Found 1 sms to "{NUMBER}" with text "{NOTICE.text}"' in log
        await until(lambda: any((spool / "inbox").iterdir()))
        await until(lambda: (spool / "smsd.log").read_text(encoding="utf-8").count("Received IN") == 1)
        (word,) = (await inbox(store, spool).fetch(None)).records
        assert isinstance(word, Acknowledgement)
        assert (word.notice, word.state, word.text, word.recipient) == ("GD20260304-0007", "seen", "收到", "P3")
    finally:
        daemon.terminate()
        await daemon.wait()


async def test_waiting_for_the_outcome_ends_with_the_file(make: Make, spool: Path, notice: Notice) -> None:
    target = sms(make, patience=20.0)
    sending = asyncio.create_task(target.send(notice(address=NUMBER, made_at=datetime(2026, 1, 1, tzinfo=UTC))))
    await until(lambda: any(path.name.startswith("OUT") for path in spooled(spool)))
    (file,) = spooled(spool)
    file.rename(spool / "sent" / file.name)
    assert (await sending).reference == file.name
