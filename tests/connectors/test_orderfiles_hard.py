"""Order files at their worst (connectors.md 3.1): each of these was seen, or is what an attacker would send."""

from __future__ import annotations

import asyncio
import json
import resource
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.base import Context, Retry
from connectors.folder import Folder
from connectors.health import Vitals
from connectors.orderfiles import archive
from connectors.orderfiles.lines import encoding_of
from connectors.orderfiles.maps import Columns, OrderMap, Time, load_map
from connectors.orderfiles.parse import Reader
from connectors.orderfiles.read import open_table
from connectors.orderfiles.settings import FolderSettings
from connectors.orderfiles.table import Note, Row
from connectors.orderfiles.watch import OrderFolder
from store.errors import BadInput
from store.intake import Intake, Rejection, Report
from store.views import case as cases
from tests.conftest import Desk
from tests.connectors.fake import NOW, FakeIntake, FakeTime, until

MAP = OrderMap(id="own", columns=Columns(source_id="编号", title="标题", time="时间"), optional=("time",))
HEAD = "编号,标题\n"


def file(tmp_path: Path, content: str | bytes, name: str = "a.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def rows(path: Path) -> list[Row | Rejection | Note]:
    return list(open_table(path, MAP).rows)


def refused(path: Path) -> BadInput:
    with pytest.raises(BadInput) as bad:
        rows(path)
    return bad.value


# --- encodings ---


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", ["1,路灯不亮\n", "1," + "长" * 3_000 + "\n", "1,plain ascii\r\n"])
def test_utf_16_without_a_bom_is_known_by_its_nuls(tmp_path: Path, encoding: str, text: str) -> None:
    (row,) = rows(file(tmp_path, (HEAD + text).encode(encoding)))
    assert isinstance(row, Row) and row.cells["标题"] == text.strip()[2:]


def test_what_cannot_be_decided_is_refused_not_guessed(tmp_path: Path) -> None:
    assert refused(file(tmp_path, (HEAD + "1,a\n").encode("utf-32-le"))).code == "unknown_encoding"
    assert refused(file(tmp_path, (HEAD + "1,a\n").encode("utf-16-le")[:-1])).code == "unknown_encoding"
    nul = file(tmp_path, HEAD + "1,a\x00b\x00\n2,c\n")
    assert encoding_of(nul) == "utf-8"
    assert [row.line for row in rows(nul)] == [2, 3]


# --- workbooks ---

Make = Callable[[list[list[object]]], Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    openpyxl = pytest.importorskip("openpyxl")

    def make(cells: list[list[object]]) -> Path:
        book = openpyxl.Workbook()
        for row in cells:
            book.active.append(row)
        path = tmp_path / "a.xlsx"
        book.save(path)
        return path

    return make


def changed(path: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The workbook with its parts rewritten."""
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    change(parts)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in parts.items():
            packed.writestr(name, data)
    return path


SHEET = "xl/worksheets/sheet1.xml"


def test_sixty_five_thousand_ghost_rows_cost_no_more_than_the_first_thousand(make: Make) -> None:
    def ghosts(parts: dict[str, bytes]) -> None:
        empty = b"".join(b'<row r="%d"><c r="A%d" s="0"/></row>' % (n, n) for n in range(3, 65_204))
        parts[SHEET] = parts[SHEET].replace(b"</sheetData>", empty + b"</sheetData>")

    seen: list[int] = []
    path = changed(make([["编号", "标题"], [1, "a"]]), ghosts)
    for row in open_table(path, MAP).rows:
        seen.append(row.line if isinstance(row, Row | Note) else 0)
    assert seen == [2, 1_002]


def test_a_row_number_of_a_million_is_a_gap_and_no_loop(make: Make) -> None:
    def far(parts: dict[str, bytes]) -> None:
        row = b'<row r="1048576"><c r="A1048576"><v>7</v></c></row>'
        parts[SHEET] = parts[SHEET].replace(b"</sheetData>", row + b"</sheetData>")

    found = rows(changed(make([["编号", "标题"], [1, "a"]]), far))
    assert [type(row).__name__ for row in found] == ["Row", "Note"]


@pytest.mark.parametrize(
    "part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml", "[Content_Types].xml", "_rels/.rels"]
)
def test_no_part_of_a_workbook_may_declare_a_document_type(
    make: Make, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import openpyxl

    def never(*_: object, **__: object) -> None:
        raise AssertionError("opened before it was guarded")

    def bomb(parts: dict[str, bytes]) -> None:
        start = parts[part].index(b"?>") + 2 if parts[part].startswith(b"<?xml") else 0
        doctype = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
        parts[part] = parts[part][:start] + b"<!-- x -->" * 10_000 + doctype + parts[part][start:]

    path = changed(make([["编号", "标题"], [1, "a"]]), bomb)
    monkeypatch.setattr(openpyxl, "load_workbook", never)
    error = refused(path)
    assert error.code == "bad_xlsx" and part.rpartition("/")[2] in str(error.fields["expected"])


def test_zip_bombs_are_refused_packed(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    path = tmp_path / "bomb.xlsx"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed,
        packed.open("xl/media/x.bin", "w", force_zip64=True) as part,
    ):
        for _ in range(300):
            part.write(bytes(1 << 20))
    assert path.stat().st_size < 3 << 20
    assert refused(path).code == "file_too_large"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000, "kilobytes"
    many = make([["编号", "标题"]])
    monkeypatch.setattr(archive, "MEMBERS", 3)
    assert refused(many).code == "file_too_large"
    monkeypatch.undo()
    monkeypatch.setattr(archive, "HELD_BYTES", 1_000)
    assert refused(make([["编号", "标题"], [1, "长文本" * 10]])).code == "file_too_large"


def test_dates_as_text_as_cells_and_as_serial_numbers_are_one_time(make: Make) -> None:
    order_map = OrderMap(
        id="own", columns=Columns(source_id="编号", title="标题", time="时间"),
        time=Time(formats=("%Y/%m/%d %H:%M:%S", "serial"), timezone="Asia/Shanghai"),
    )  # fmt: skip
    when = datetime(2020, 1, 6, 12, 9, 38)  # noqa: DTZ001
    serial = (when - datetime(1899, 12, 30)).total_seconds() / 86_400  # noqa: DTZ001
    cells: list[list[object]] = [
        ["编号", "标题", "时间"], [1, "text", "2020/1/6 12:09:38"], [2, "cell", when], [3, "serial", serial],
        [4, "serial as text", f"{serial:.6f}"], [5, "day", date(2020, 1, 6)], [6, "no date", 7],
    ]  # fmt: skip
    reader = Reader(order_map, order_map.zone("Asia/Shanghai"), NOW)
    read = [reader.read(row) for row in open_table(make(cells), order_map).rows if isinstance(row, Row)]
    at = datetime(2020, 1, 6, 4, 9, 38, tzinfo=UTC)
    assert [one.observed_at for one in read[:4] if isinstance(one, Report)] == [at] * 4
    assert isinstance(read[4], Report) and read[4].observed_at == datetime(2020, 1, 5, 16, tzinfo=UTC)
    assert isinstance(read[5], Rejection) and read[5].reason == "bad_time"


# --- json ---


def test_json_ten_thousand_deep_is_one_refused_line(tmp_path: Path) -> None:
    deep = '{"编号": "1", "标题": ' + "[" * 10_000 + "]" * 10_000 + "}"
    good = json.dumps({"编号": "2", "标题": "b"})
    found = rows(file(tmp_path, f"{good}\n{deep}\n{good}\n", "a.ndjson"))
    assert [getattr(row, "reason", "ok") for row in found] == ["ok", "too_deep", "ok"]
    assert refused(file(tmp_path, f"[{deep}]", "a.json")).code == "too_deep"


def test_a_cell_of_a_megabyte_is_cut_and_says_so(tmp_path: Path) -> None:
    reader = Reader(MAP, MAP.zone("UTC"), NOW)
    (row,) = rows(file(tmp_path, HEAD + f'1,"{"长" * 400_000}"\n'))
    assert isinstance(row, Row)
    report = reader.read(row)
    assert isinstance(report, Report) and len(report.title) <= 300 and "text_cut" in report.warnings


def collection(**more: object) -> dict[str, Any]:
    point = {"type": "Point", "coordinates": [120.1, 30.2]}
    features = [
        {"type": "Feature", "id": 9, "properties": {"编号": "1", "标题": "灯"}, "geometry": point},
        {"type": "Feature", "properties": {"编号": "2", "标题": "井"}, "geometry": None},
        {"type": "Feature", "properties": None, "geometry": point}, 7,
    ]  # fmt: skip
    return {"type": "FeatureCollection", "features": features, **more}


@pytest.mark.parametrize("name", ["a.geojson", "a.json"])
def test_geojson_is_a_report_a_feature_with_its_point(tmp_path: Path, name: str) -> None:
    order_map = OrderMap(
        id="own", columns=Columns(source_id="编号", title="标题", lat="geometry.lat", lon="geometry.lon"),
        optional=("lat", "lon"),
    )  # fmt: skip
    reader = Reader(order_map, order_map.zone("UTC"), NOW)
    path = file(tmp_path, json.dumps(collection(), indent=1 if name == "a.json" else None), name)
    found = [reader.read(row) if isinstance(row, Row) else row for row in open_table(path, order_map).rows]
    reports = [one for one in found if isinstance(one, Report)]
    assert [(one.source_id, one.lat, one.lon) for one in reports] == [("1", 30.2, 120.1), ("2", None, None)]
    assert [one.reason for one in found if isinstance(one, Rejection)] == ["no_id", "not_an_object"]


@pytest.mark.parametrize(("name", "fine"), [("urn:ogc:def:crs:OGC:1.3:CRS84", True), ("EPSG:4326", True),
                                             ("urn:ogc:def:crs:EPSG::3857", False)])  # fmt: skip
def test_geojson_of_another_reference_system_is_refused(tmp_path: Path, name: str, fine: bool) -> None:
    text = json.dumps(collection(crs={"type": "name", "properties": {"name": name}}))
    path = file(tmp_path, text, "a.geojson")
    if fine:
        assert len(rows(path)) == 4
    else:
        assert refused(path).code == "wrong_crs"


# --- the folder ---


async def test_a_file_renamed_in_is_read_whole_and_one_that_is_written_to_is_waited_for(
    tmp_path: Path, context: Context, vitals: Vitals, clock: FakeTime, intake: FakeIntake
) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    folder = OrderFolder(
        "orders", FolderSettings(path=str(inbox), map="own"), MAP, context, steady=clock.steady, watch=False
    )
    part = inbox / "a.csv.part"
    part.write_text(HEAD)
    slow = inbox / "b.csv"
    for number in range(4):
        with slow.open("a") as writing:
            writing.write(HEAD if not number else f"{number},x\n")
        assert await folder.round(vitals)
        clock.at += 1.5
    assert intake.records == []
    part.write_text(HEAD + "7,whole\n")
    part.rename(inbox / "a.csv")
    for _ in range(3):
        await folder.round(vitals)
        clock.at += 2.0
    assert sorted(record.source_id for record in intake.records) == ["1", "2", "3", "7"]


async def test_an_unmounted_share_is_down_and_means_nothing_deleted(
    tmp_path: Path, context: Context, vitals: Vitals, clock: FakeTime, intake: FakeIntake
) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "share.here").touch()
    settings = FolderSettings(path=str(inbox), map="own", marker="share.here")
    folder = OrderFolder("orders", settings, MAP, context, steady=clock.steady, watch=False)
    (inbox / "a.csv").write_text(HEAD + "1,x\n")
    for _ in range(2):
        await folder.round(vitals)
        clock.at += 3.0
    assert len(intake.records) == 1 and (inbox / "share.here").exists()
    held = list(intake.deliveries)
    inbox.rename(tmp_path / "away")
    inbox.mkdir()
    for ask in (folder.round(vitals), folder.check()):
        with pytest.raises(Retry) as gone:
            await ask
        assert gone.value.code == "share_not_mounted"
    assert intake.deliveries == held and not list(inbox.iterdir())
    (inbox / "share.here").touch()
    assert not await folder.round(vitals)
    assert await folder.check() == "folder_readable: 0 files wait"


def test_without_a_marker_an_empty_folder_is_just_empty(tmp_path: Path) -> None:
    assert Folder(tmp_path).scan() == ([], False)


async def test_polling_finds_what_no_hint_tells_of(
    tmp_path: Path, context: Context, vitals: Vitals, intake: FakeIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`force_polling` is handed to the watcher, which then looks for itself, as on a network share."""
    asked: list[bool] = []
    real = Context(context.store, context.timezone)
    import watchfiles

    own = watchfiles.awatch

    def awatch(*given: Any, **named: Any) -> Any:
        asked.append(named["force_polling"])
        return own(*given, poll_delay_ms=50, **named)

    monkeypatch.setattr(watchfiles, "awatch", awatch)
    settings = FolderSettings(path=str(tmp_path), map="own", settle=0.05, rescan=3_600, force_polling=True)
    folder = OrderFolder("orders", settings, MAP, real)
    task = asyncio.create_task(folder.run(vitals))
    try:
        await until(lambda: asked == [True])
        await asyncio.sleep(0.2)
        (tmp_path / "a.csv").write_text(HEAD + "1,x\n")
        await until(lambda: len(intake.records) == 1)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def test_replay_runs_a_captured_file_through_the_map(context: Context, tmp_path: Path) -> None:
    folder = OrderFolder("orders", FolderSettings(path=str(tmp_path / "none"), map="own"), MAP, context, watch=False)
    found = folder.replay((HEAD + "1,灯\n,井\n").encode("gb18030"), {"file": "导出.csv"}, NOW)
    assert [record.source_id for record in found.records] == ["1"]
    assert [(bad.reason, bad.line) for bad in found.rejections] == [("no_id", 3)]
    (bad,) = folder.replay(b"\xff\xfe\xff", {}, NOW).rejections
    assert "/tmp" not in bad.expected and bad.reason in ("unknown_encoding", "columns_missing")


# --- corrected files, on a real store ---


def test_a_progress_export_closes_what_nobody_here_took_up_and_never_goes_back(desk: Desk, tmp_path: Path) -> None:
    order_map = load_map("hotline12345_status")
    intake = Intake(desk.store)

    def deliver(*lines: str) -> Any:
        head = "留言编号,留言主题,留言时间,留言详情,答复意见,答复时间,更新时间,办理状态,办理结果\n"
        path = file(tmp_path, head + "\n".join(lines) + "\n")
        reader = Reader(order_map, order_map.zone("Asia/Shanghai"), desk.now)
        read = [reader.read(row) for row in open_table(path, order_map).rows if isinstance(row, Row)]
        return intake.deliver(order_map.name, [one for one in read if isinstance(one, Report)])

    first = "{},路灯不亮,2026/3/4 10:00:00,东区,,,2026/3/4 11:00:00,办理中,"
    done = "{},路灯不亮,2026/3/4 10:00:00,东区,,,2026/3/4 15:00:00,已办结,已修复"
    assert deliver(first.format(1), first.format(2)).new == 2
    with desk.store.read() as session:
        ids = [cases.find(session, str(n)) for n in (1001, 1002)]
    assert all(_open(desk, one) for one in ids)
    receipt = deliver(done.format(1), done.format(2))
    assert (receipt.updated, receipt.new) == (2, 0)
    assert not any(_open(desk, one) for one in ids)
    again = deliver(first.format(1), first.format(2))
    assert (again.updated, again.unchanged) == (0, 2)
    assert not any(_open(desk, one) for one in ids)


def _open(desk: Desk, case_id: int) -> bool:
    with desk.store.read() as session:
        return cases.case(session, desk.store.profile, desk.now, case_id, desk.actors["chen"]).row.closed_at is None
