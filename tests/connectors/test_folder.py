"""A watched folder: real files, an injected clock."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from connectors.base import Context, Retry
from connectors.folder import Folder
from connectors.health import Vitals
from connectors.orderfiles.maps import Columns, OrderMap
from connectors.orderfiles.settings import FolderSettings
from connectors.orderfiles.watch import OrderFolder, build
from store.errors import BadInput
from tests.connectors.fake import FakeIntake, FakeTime, until

MAP = OrderMap(id="own", columns=Columns(source_id="id", title="title", time="at"))
GOOD = "id,title,at\n1,a,2026-01-01\n2,b,2026-01-01\n"


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    path = tmp_path / "inbox"
    path.mkdir()
    return path


@pytest.fixture
def folder(inbox: Path, context: Context, clock: FakeTime) -> OrderFolder:
    settings = FolderSettings(path=str(inbox), map="own")
    return OrderFolder("orders", settings, MAP, context, steady=clock.steady, watch=False)


class Rounds:
    """Scans `seconds` apart."""

    def __init__(self, folder: OrderFolder, vitals: Vitals, clock: FakeTime) -> None:
        self.folder, self.vitals, self.clock = folder, vitals, clock

    async def __call__(self, *seconds: float) -> bool:
        waiting = await self.folder.round(self.vitals)
        for amount in seconds:
            self.clock.at += amount
            waiting = await self.folder.round(self.vitals)
        return waiting


@pytest.fixture
def rounds(folder: OrderFolder, vitals: Vitals, clock: FakeTime) -> Rounds:
    return Rounds(folder, vitals, clock)


def names(path: Path) -> set[str]:
    return {entry.name for entry in path.iterdir()} if path.exists() else set()


async def test_a_file_is_read_once_it_stands_still_and_goes_to_done(
    inbox: Path, rounds: Rounds, intake: FakeIntake
) -> None:
    (inbox / "a.csv").write_text(GOOD)
    assert await rounds(1.0)
    assert intake.records == []
    assert not await rounds(1.0)
    assert [record.source_id for record in intake.records] == ["1", "2"]
    assert names(inbox / "done") == {"a.csv"}
    assert names(inbox) == {"done"}


async def test_a_half_written_file_is_waited_for(inbox: Path, rounds: Rounds, intake: FakeIntake) -> None:
    path = inbox / "a.csv"
    path.write_text(GOOD[:20])
    await rounds(1.5)
    path.write_text(GOOD[:30])
    await rounds(1.5)
    path.write_text(GOOD)
    await rounds(1.5)
    assert intake.records == []
    await rounds(0.5)
    assert len(intake.records) == 2


async def test_an_empty_file_is_waited_for_longer_and_then_set_aside(inbox: Path, rounds: Rounds) -> None:
    (inbox / "a.csv").touch()
    await rounds(30.0)
    assert names(inbox) == {"a.csv"}
    await rounds(31.0)
    assert names(inbox / "set-aside") == {"a.csv", "a.csv.reason.txt"}


async def test_a_file_seen_twice_is_a_no_op_and_a_corrected_one_is_not(
    inbox: Path, rounds: Rounds, intake: FakeIntake
) -> None:
    (inbox / "a.csv").write_text(GOOD)
    await rounds(3.0)
    (inbox / "a.csv").write_text(GOOD)
    await rounds(3.0)
    assert len(intake.deliveries) == 1
    (inbox / "a.csv").write_text(GOOD + "3,c,2026-01-01\n")
    await rounds(3.0)
    assert len(intake.deliveries) == 2
    assert names(inbox / "done") == {"a.csv", "a-1.csv", "a-2.csv"}


async def test_a_bad_file_is_set_aside_with_reason_and_lines_and_stops_nothing(
    inbox: Path, rounds: Rounds, intake: FakeIntake
) -> None:
    (inbox / "1.csv").write_text("number,title,at\n1,a,2026-01-01\n")
    (inbox / "2.csv").write_bytes(GOOD.encode() + b"3,\xff\xff,2026-01-01\n")
    (inbox / "3.csv").write_text(GOOD)
    (inbox / "4.pdf").write_text("x")
    (inbox / "5.csv").write_text("id,title,at\n,a,2026-01-01\n,b,2026-01-01\n")
    await rounds(3.0)
    aside = inbox / "set-aside"
    assert {n for n in names(aside) if not n.endswith(".txt")} == {"1.csv", "2.csv", "4.pdf", "5.csv"}
    assert names(inbox / "done") == {"3.csv"}
    reason = (aside / "1.csv.reason.txt").read_text()
    assert reason.startswith("columns_missing\n") and "missing: id\n" in reason and "found: number, title, at" in reason
    assert "line: 4" in (aside / "2.csv.reason.txt").read_text()
    assert (aside / "5.csv.reason.txt").read_text() == (
        "2 of 2 rows refused\n"
        "line 2: no_id, column id (expected a number)\n"
        "line 3: no_id, column id (expected a number)\n"
    )
    assert {receipt.error for receipt in intake.ledger.values()} == {
        "", "columns_missing", "unknown_encoding", "unknown_format",
    }  # fmt: skip


async def test_a_file_with_some_bad_rows_is_done_and_says_which(inbox: Path, rounds: Rounds) -> None:
    (inbox / "a.csv").write_text(GOOD + "3,c,whenever\n")
    await rounds(3.0)
    assert names(inbox / "done") == {"a.csv", "a.csv.reason.txt"}
    assert "line 4: bad_time" in (inbox / "done" / "a.csv.reason.txt").read_text()


async def test_nothing_is_overwritten(inbox: Path, rounds: Rounds) -> None:
    for number in range(3):
        (inbox / "a.csv").write_text(f"bad {number}")
        await rounds(3.0)
    aside = inbox / "set-aside"
    assert names(aside) == {
        "a.csv", "a-1.csv", "a-2.csv", "a.csv.reason.txt", "a-1.csv.reason.txt", "a-2.csv.reason.txt",
    }  # fmt: skip
    assert [(aside / name).read_text() for name in ("a.csv", "a-1.csv", "a-2.csv")] == ["bad 0", "bad 1", "bad 2"]


async def test_a_folder_that_vanishes_is_a_source_that_is_down_and_deletes_nothing(
    inbox: Path, folder: OrderFolder, rounds: Rounds, intake: FakeIntake, vitals: Vitals
) -> None:
    (inbox / "a.csv").write_text(GOOD)
    await rounds()
    inbox.rename(inbox.with_name("elsewhere"))  # noqa: ASYNC240
    with pytest.raises(Retry) as gone:
        await rounds()
    assert gone.value.code.startswith("folder_gone")
    inbox.with_name("elsewhere").rename(inbox)
    await rounds(3.0)
    assert len(intake.records) == 2
    assert not inbox.with_name("elsewhere").exists()


async def test_links_subfolders_and_unfinished_names_are_left_alone(
    inbox: Path, tmp_path: Path, rounds: Rounds, intake: FakeIntake
) -> None:
    (tmp_path / "secret.csv").write_text(GOOD)
    (inbox / "link.csv").symlink_to(tmp_path / "secret.csv")
    (inbox / "sub").mkdir()
    (inbox / "sub" / "a.csv").write_text(GOOD)
    for name in (".a.csv", "a.csv.part", "~$a.xlsx", "b.tmp", "a.csv.reason.txt"):
        (inbox / name).write_text(GOOD)
    os.mkfifo(inbox / "pipe.csv")
    before = names(inbox)
    assert not await rounds(100.0)
    assert names(inbox) == before
    assert intake.records == []


async def test_names_with_control_characters_and_broken_bytes(inbox: Path, rounds: Rounds, intake: FakeIntake) -> None:
    (inbox / "a\x1b]0;owned\x07\n.csv").write_text(GOOD)
    with open(os.fsencode(inbox) + b"/\xff.csv", "w") as file:  # noqa: ASYNC230, PTH123
        file.write("nonsense")
    (inbox / ("长" * 80 + ".csv")).write_text("nonsense too")
    await rounds(3.0)
    assert names(inbox / "done") == {"a\\x1b]0;owned\\x07\\n.csv"}
    assert {"\\udcff.csv", "\\udcff.csv.reason.txt"} <= names(inbox / "set-aside")
    assert len(names(inbox / "set-aside")) == 4
    assert all(receipt.name.isprintable() for receipt in intake.ledger.values())


async def test_a_file_that_cannot_be_moved_is_not_read_over_and_over(
    inbox: Path, rounds: Rounds, intake: FakeIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("connectors.folder._place", full)
    looks: list[str] = []
    monkeypatch.setattr(intake, "file_done", lambda sha256, map_id: looks.append(sha256))
    (inbox / "a.csv").write_text(GOOD)
    await rounds(3.0, 3.0, 3.0)
    assert len(looks) == len(intake.deliveries) == 1
    assert "a.csv" in names(inbox)
    (inbox / "a.csv").write_text(GOOD + "3,c,2026-01-01\n")
    await rounds(3.0)
    assert len(looks) == 2


async def test_the_watcher_wakes_the_scan(inbox: Path, context: Context, vitals: Vitals, intake: FakeIntake) -> None:
    real = Context(context.store, context.timezone)
    settings = FolderSettings(path=str(inbox), map="own", settle=0.05, rescan=3_600)
    folder = OrderFolder("orders", settings, MAP, real)
    task = asyncio.create_task(folder.run(vitals))
    try:
        await until(lambda: "up" in intake.states("here"))
        await asyncio.sleep(0.3)
        (inbox / "a.csv").write_text(GOOD)
        await until(lambda: names(inbox / "done") == {"a.csv"})
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert len(intake.records) == 2


async def test_the_rescan_finds_what_nobody_told(inbox: Path, folder: OrderFolder, vitals: Vitals, clock: FakeTime,
                                                  intake: FakeIntake) -> None:  # fmt: skip
    task = asyncio.create_task(folder.run(vitals))
    try:
        await until(lambda: clock.naps == [60.0])
        (inbox / "a.csv").write_text(GOOD)
        await clock.advance(60.0)
        await until(lambda: clock.naps == [60.0, 1.0])
        for _ in range(2):
            naps = len(clock.naps)
            await clock.advance(1.0)
            await until(lambda naps=naps: len(clock.naps) > naps)  # type: ignore[misc]
        assert len(intake.records) == 2
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def test_a_folder_with_a_map_that_is_not_there_is_a_mistake_of_the_map_key(context: Context) -> None:
    with pytest.raises(BadInput) as bad:
        build("orders", {"path": "x", "map": "nope"}, context)
    assert (bad.value.code, bad.value.fields["key"]) == ("bad_map", "map")


def test_files_come_oldest_first(inbox: Path, clock: FakeTime) -> None:
    for name, at in (("b.csv", 1_000), ("a.csv", 2_000), ("c.csv", 500)):
        (inbox / name).write_text("x")
        os.utime(inbox / name, (at, at))
    folder = Folder(inbox, settle=2.0, steady=clock.steady)
    folder.scan()
    clock.at += 2.0
    assert [path.name for path in folder.scan()[0]] == ["c.csv", "b.csv", "a.csv"]
