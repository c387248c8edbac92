"""One row under a map: samples to golden reports, and rows of our own with every defect we know."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from connectors.orderfiles.maps import Columns, OrderMap, Status, Time, load_map
from connectors.orderfiles.parse import Reader
from connectors.orderfiles.read import open_table
from connectors.orderfiles.table import Row
from store.intake import Rejection, Report
from tests.connectors.fake import NOW

MAP = OrderMap(
    id="own",
    channel="phone",
    columns=Columns(
        source_id="id", title="title", text=("what", "more"), time="at", closed="done", due="due", kind="kind",
        address="where", lat="lat", lon="lon", status="state", status_text="note", reply="reply", updated="changed",
    ),
    time=Time(formats=("%Y-%m-%d %H:%M", "iso"), timezone="America/New_York"),
    status=Status(closed=("done",), open=("new", "in hand")),
    categories={"Lamp": "facility.lamp"},
)  # fmt: skip
READER = Reader(MAP, ZoneInfo("America/New_York"), NOW)


def read(**cells: object) -> Report | Rejection:
    return READER.read(Row(7, {"id": "1", "title": "t", **cells}))


def report(**cells: object) -> Report:
    found = read(**cells)
    assert isinstance(found, Report)
    return found


def reports(path: Path, map_name: str) -> list[Report]:
    order_map = load_map(map_name)
    reader = Reader(order_map, order_map.zone("UTC"), NOW)
    found = [reader.read(row) for row in open_table(path, order_map).rows if isinstance(row, Row)]
    assert all(isinstance(one, Report) for one in found)
    return [one for one in found if isinstance(one, Report)]


def test_the_new_york_sample(samples: Path) -> None:
    found = reports(samples / "city_data" / "nyc_311_500.csv", "nyc311")
    assert len(found) == 500
    assert len({one.source_id for one in found}) == 500
    assert sum(one.place_quality == "point" for one in found) == 476
    assert sum(one.status == "closed" for one in found) == 476
    first = found[0]
    assert first.source_id == "19942562"
    assert first.observed_at == datetime(2011, 3, 2, 16, 11, 22, tzinfo=UTC)
    assert first.due_at == datetime(2011, 3, 3, 0, 11, 22, tzinfo=UTC)
    assert first.closed_at == datetime(2011, 3, 3, 0, 38, 33, tzinfo=UTC)
    assert (first.lat, first.lon) == (40.66916005591633, -73.83994748044626)
    assert (first.title, first.kind_name) == ("Derelict Vehicle, With License Plate", "Derelict Vehicle")
    assert (first.time_quality, first.channel, first.address) == ("assumed_zone", "PHONE", "95-28 150 ROAD, OZONE PARK")
    assert first.version == "2011-03-03T00:38:33.000000+00:00"


def test_the_hotline_workbook_and_the_gb18030_file_hold_the_same_reports(samples: Path) -> None:
    pytest.importorskip("openpyxl")
    folder = samples / "hotline12345"
    workbook = reports(folder / "messages_with_replies_120.xlsx", "hotline12345")
    table = reports(folder / "messages_60_gb18030.csv", "messages_gb18030")
    assert (len(workbook), len(table)) == (120, 60)
    for one, other in zip(workbook, table, strict=False):
        assert (one.source, one.source_id, one.title, one.text) == (
            other.source, other.source_id, other.title, other.text,
        )  # fmt: skip
    first = workbook[0]
    assert first.source_id == "2549"
    assert first.title == "A2区景蓉华苑物业管理有问题"
    assert first.observed_at == datetime(2019, 4, 25, 1, 32, 9, tzinfo=UTC)
    assert first.status == "closed" and first.status_text.startswith("现将网友在平台")
    assert not first.text.startswith(("\n", "\t", "\u3000"))


def test_the_reporters_name_is_nowhere_in_what_is_kept(samples: Path) -> None:
    for one in reports(samples / "hotline12345" / "messages_60_gb18030.csv", "hotline12345"):
        assert "留言用户" not in json.loads(one.raw)


def test_a_row_with_everything() -> None:
    one = report(
        id=" 007 ", title="灯", what="不亮", more="三天", at="2026-03-04 09:00", due="2026-03-05 09:00", kind="lamp",
        where="一路", lat="31.2", lon="121.4", state="New", note="seen", changed="2026-03-04T12:00:00Z",
    )  # fmt: skip
    assert one.source == "own"
    assert one.source_id == "007"
    assert one.text == "不亮, 三天"
    assert one.observed_at == datetime(2026, 3, 4, 14, 0, tzinfo=UTC)
    assert one.category == "facility.lamp"
    assert (one.status, one.status_text, one.channel) == ("open", "seen", "phone")
    assert one.version == "2026-03-04T12:00:00.000000+00:00"
    assert one.warnings == ("assumed_zone",)


@pytest.mark.parametrize(
    ("cells", "status", "warning"),
    [
        ({"state": "DONE"}, "closed", None),
        ({"state": "In Hand"}, "open", None),
        ({"state": "lost"}, "unknown", "unknown_status"),
        ({"state": ""}, "open", None),
        ({"state": "new", "reply": "we came"}, "closed", None),
        ({"reply": " \u3000 "}, "open", None),
    ],
)
def test_status(cells: dict[str, object], status: str, warning: str | None) -> None:
    one = report(**cells)
    assert one.status == status
    assert one.warnings == ((warning,) if warning else ())


@pytest.mark.parametrize("source_id", ["", None, " \u3000", "\x00"])
def test_a_row_without_a_number_is_refused(source_id: object) -> None:
    found = read(id=source_id)
    assert isinstance(found, Rejection)
    assert (found.reason, found.line, found.column) == ("no_id", 7, "id")


@pytest.mark.parametrize(("value", "expected"), [(0, "0"), ("0", "0"), (2549.0, "2549"), (2549, "2549"), ("01", "01")])
def test_numbers_are_text_and_zero_is_one(value: object, expected: str) -> None:
    assert report(id=value).source_id == expected


def test_a_time_that_cannot_be_read_is_refused_and_says_what_was_expected() -> None:
    found = read(at="05.03.2026")
    assert isinstance(found, Rejection)
    assert (found.reason, found.line, found.column) == ("bad_time", 7, "at")
    assert found.expected == "%Y-%m-%d %H:%M or iso"


def test_a_row_without_a_time_has_the_time_of_receipt() -> None:
    assert (report(at="").observed_at, report(at="").time_quality) == (None, "receipt")


def test_times_that_are_off() -> None:
    assert "repeated_hour" in report(at="2025-11-02 01:30").warnings
    assert "missing_hour" in report(at="2025-03-09 02:30").warnings
    future = report(at="2026-03-04 20:00")
    assert future.time_quality == "future" and "future" in future.warnings
    assert report(due="soon").due_at is None and "bad_due" in report(due="soon").warnings
    early = report(at="2026-03-04 09:00", done="2026-03-04 08:00", state="done")
    assert "closed_before_reported" in early.warnings and early.closed_at is not None
    assert report(done="2026-03-04 08:00", state="new").closed_at is None


def test_date_cells_of_a_workbook() -> None:
    naive = datetime(2026, 3, 4, 9, 0)  # noqa: DTZ001
    assert report(at=naive).observed_at == datetime(2026, 3, 4, 14, 0, tzinfo=UTC)
    assert report(at=naive.date()).observed_at == datetime(2026, 3, 4, 5, 0, tzinfo=UTC)


def test_hostile_text_is_kept_capped_and_never_markup() -> None:
    one = report(title="[red]\x1b[31m" + "x" * 1_000_000, what="y" * 1_000_000, more="\x00z")
    assert len(one.title) == 300 and one.title.startswith("[red]\x1b[31m")
    assert len(one.text) == 8_000
    assert {"text_cut", "nul_removed"} <= set(one.warnings)
    assert len(one.raw) <= 65_536


def test_a_title_is_found_where_there_is_none() -> None:
    assert report(title="", kind="Lamp").title == "Lamp"
    assert report(title="", what="w" * 100).title == "w" * 60
    assert report(title="").title == "1"


def test_one_column_with_both_coordinates() -> None:
    order_map = OrderMap(id="sf", columns=Columns(source_id="id", point="Point"))
    reader = Reader(order_map, UTC, NOW)
    good = reader.read(Row(1, {"id": "1", "Point": "(37.7620, -122.4651)"}))
    bad = reader.read(Row(1, {"id": "1", "Point": "somewhere"}))
    assert isinstance(good, Report) and (good.lat, good.lon) == (37.7620, -122.4651)
    assert isinstance(bad, Report) and bad.warnings == ("bad_coordinates",)
