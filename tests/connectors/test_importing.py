"""One order file into the store: exact counts, the ledger, cut-off runs, large files."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.delivery import Delivery
from connectors.health import Vitals
from connectors.orderfiles import importing
from connectors.orderfiles.importing import FileChanged, Imported, import_file, note_refused
from connectors.orderfiles.maps import Columns, OrderMap, load_map
from store.errors import BadInput, Unavailable
from store.intake import Report
from tests.connectors.fake import FakeIntake, FakeStore, FakeTime

MAP = OrderMap(id="own", columns=Columns(source_id="id", title="title", time="at"))


class Run:
    """`import_file` with everything but the file filled in."""

    def __init__(self, store: FakeStore, vitals: Vitals, clock: FakeTime) -> None:
        self.store, self.vitals, self.clock = store, vitals, clock
        self.progress: list[tuple[int, int | None]] = []

    async def __call__(self, path: Path, order_map: OrderMap = MAP, tries: int | None = None) -> Imported:
        delivery = Delivery(self.store, sleep=self.clock.sleep, chance=lambda: 0.0, tries=tries)
        return await import_file(
            path, order_map, self.store, self.vitals, delivery, "Asia/Shanghai",
            lambda done, total: self.progress.append((done, total)),
        )  # fmt: skip


@pytest.fixture
def run(store: FakeStore, vitals: Vitals, clock: FakeTime) -> Run:
    return Run(store, vitals, clock)


def table(tmp_path: Path, lines: Iterator[str], name: str = "a.csv") -> Path:
    path = tmp_path / name
    with path.open("w", encoding="utf-8") as file:
        file.write("id,title,at\n")
        file.writelines(lines)
    return path


async def test_counts_add_up_and_a_second_run_changes_nothing(run: Run, intake: FakeIntake, tmp_path: Path) -> None:
    path = table(tmp_path, iter(["1,a,2026-01-01\n", ",b,2026-01-01\n", "2,c,never\n", "1,d,2026-01-01\n", "5\n"]))
    done = await run(path)
    assert (done.receipt.rows, done.receipt.refused, done.receipt.receipt.new) == (5, 3, 1)
    assert [(bad.line, bad.reason) for bad in done.receipt.rejections] == [
        (3, "no_id"), (4, "bad_time"), (6, "short_row"),
    ]  # fmt: skip
    assert done.warnings["duplicate_id"] == 1
    assert [reason.reason for _, reason, origin in intake.rejections if origin == "a.csv"] == [
        "no_id", "bad_time", "short_row",
    ]  # fmt: skip
    assert run.progress == [(0, 5), (5, 5)]
    delivered = len(intake.deliveries)
    again = await run(path)
    assert again.already and again.receipt == done.receipt
    assert len(intake.deliveries) == delivered


async def test_a_corrected_file_and_a_corrected_map_are_read_again(
    run: Run, intake: FakeIntake, tmp_path: Path
) -> None:
    path = table(tmp_path, iter(["1,a,2026-01-01\n"]))
    await run(path)
    other = OrderMap(id="own", channel="letter", columns=MAP.columns)
    assert not (await run(path, other)).already
    path.write_text(path.read_text() + "2,b,2026-01-01\n")
    assert not (await run(path)).already
    assert len(intake.ledger) == 3


async def test_the_new_york_sample_counts(run: Run, intake: FakeIntake, samples: Path) -> None:
    done = await run(samples / "city_data" / "nyc_311_500.csv", load_map("nyc311"))
    assert (done.receipt.rows, done.receipt.receipt.new, done.receipt.refused) == (500, 500, 0)
    assert sum(record.lat is not None for record in intake.records) == 476


async def test_a_hundred_thousand_rows_stream(run: Run, intake: FakeIntake, tmp_path: Path) -> None:
    total = 100_000
    path = table(tmp_path, (f"{n},{'标题' * 20} {n},2026-01-01\n" for n in range(total)))
    held: list[int] = []
    intake.before_deliver = lambda: held.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    intake.deliveries = _Forgetful()
    done = await run(path)
    assert (done.receipt.rows, done.receipt.receipt.new) == (total, total)
    assert run.progress[-1] == (total, total)
    assert len(held) == total / 500
    assert held[-1] - held[20] < 60_000, "kilobytes grew with the rows"


class _Forgetful(list):  # type: ignore[type-arg]
    """Holds nothing, so that only the importer's memory is seen."""

    def append(self, item: object) -> None:
        assert len(getattr(item, "records", ())) <= 500


async def test_a_run_that_is_cut_off_is_finished_by_the_next(run: Run, intake: FakeIntake, tmp_path: Path) -> None:
    path = table(tmp_path, (f"{n},a,2026-01-01\n" for n in range(1_200)))

    def cut() -> None:
        if len(intake.deliveries) == 1:
            raise KeyboardInterrupt

    intake.before_deliver = cut
    with pytest.raises(KeyboardInterrupt):
        await run(path)
    assert intake.ledger == {}
    intake.before_deliver = lambda: None
    done = await run(path)
    assert (done.receipt.receipt.new, done.receipt.receipt.unchanged) == (700, 500)
    assert len({record.source_id for record in intake.records}) == 1_200


async def test_a_store_that_is_away_ends_a_command_with_what_was_done_kept(
    run: Run, intake: FakeIntake, clock: FakeTime, tmp_path: Path
) -> None:
    path = table(tmp_path, iter(["1,a,2026-01-01\n"]))

    def away() -> None:
        raise Unavailable("store_busy")

    intake.before_deliver = away
    with pytest.raises(Unavailable):
        await run(path, tries=1)
    assert intake.ledger == {}


async def test_a_row_that_the_store_refuses_is_counted_as_refused(run: Run, intake: FakeIntake, tmp_path: Path) -> None:
    path = table(tmp_path, (f"{n},a,2026-01-01\n" for n in range(10)))
    intake.poison = {"7"}
    done = await run(path)
    assert (done.receipt.receipt.new, done.receipt.refused) == (9, 1)


async def test_a_file_that_changes_under_the_reader_is_not_entered(
    run: Run, intake: FakeIntake, tmp_path: Path
) -> None:
    path = table(tmp_path, iter(["1,a,2026-01-01\n"]))

    def grow() -> None:
        path.write_text("id,title,at\n1,a,2026-01-01\n2,b,2026-01-01\n")

    intake.before_deliver = grow
    with pytest.raises(FileChanged):
        await run(path)
    assert intake.ledger == {}


async def test_a_refused_file_is_entered_with_its_reason_and_tried_again(
    run: Run, intake: FakeIntake, store: FakeStore, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("number,title,at\n1,a,2026-01-01\n")
    with pytest.raises(BadInput) as bad:
        await run(path)
    receipt = await note_refused(path, MAP, store, bad.value)
    assert (receipt.error, receipt.rows) == ("columns_missing", 0)
    assert "missing=['id']" in receipt.rejections[0].expected
    with pytest.raises(BadInput):
        await run(path)


async def test_only_some_refused_rows_are_named_but_all_are_counted(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(importing, "SHOWN", 10)
    done = await run(table(tmp_path, (",a,2026-01-01\n" for _ in range(1_300))))
    assert (done.receipt.refused, len(done.receipt.rejections)) == (1_300, 10)


async def test_every_report_is_the_maps_source(run: Run, intake: FakeIntake, tmp_path: Path) -> None:
    await run(table(tmp_path, iter(["0,a,2026-01-01\n"])))
    (record,) = intake.records
    assert isinstance(record, Report)
    assert (record.source, record.source_id) == ("own", "0")
    assert intake.deliveries[0].source == "own"
