"""Order files of every form and in every bad shape."""

from __future__ import annotations

import codecs
import json
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connectors.orderfiles import archive
from connectors.orderfiles.lines import encoding_of
from connectors.orderfiles.maps import Columns, OrderMap
from connectors.orderfiles.read import open_table
from connectors.orderfiles.table import Note, Row
from store.errors import BadInput
from store.intake import Rejection

MAP = OrderMap(id="own", columns=Columns(source_id="编号", title="标题"))
HEAD = "编号,姓名,标题\n"


def file(tmp_path: Path, content: str | bytes, name: str = "a.csv", encoding: str = "utf-8") -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def rows(path: Path, cap: int = 1_000_000) -> list[Row | Rejection | Note]:
    return list(open_table(path, MAP, cap).rows)


def refused(action: Callable[[], Any]) -> BadInput:
    with pytest.raises(BadInput) as bad:
        action()
    return bad.value


@pytest.mark.parametrize(
    ("encoding", "prefix"),
    [("utf-8", b""), ("utf-8", codecs.BOM_UTF8), ("gb18030", b""), ("utf-16-le", codecs.BOM_UTF16_LE),
     ("utf-16-be", codecs.BOM_UTF16_BE)],
)  # fmt: skip
def test_encodings(tmp_path: Path, encoding: str, prefix: bytes) -> None:
    path = file(tmp_path, prefix + (HEAD + "1,张三,路灯\u00a0坏\r\n").encode(encoding))
    assert rows(path) == [Row(2, {"编号": "1", "标题": "路灯\u00a0坏"})]


def test_an_encoding_is_never_guessed(tmp_path: Path) -> None:
    latin = file(tmp_path, HEAD.encode() + "1,x,caf\xe9 \xff\n".encode("latin-1"))
    assert refused(lambda: encoding_of(latin)).fields["line"] == 2
    assert refused(lambda: encoding_of(file(tmp_path, HEAD.encode("utf-32")))).code == "unknown_encoding"


def test_an_encoding_fault_deep_in_the_file_refuses_it_before_any_row_is_read(tmp_path: Path) -> None:
    path = file(tmp_path, HEAD.encode() + b"1,a,b\n" * 50_000 + b"2,\xff\xff,c\n")
    error = refused(lambda: open_table(path, MAP))
    assert (error.code, error.fields["line"]) == ("unknown_encoding", 50_002)


def test_only_mapped_columns_leave_the_reader(tmp_path: Path) -> None:
    (row,) = rows(file(tmp_path, HEAD + "1,张三,灯\n"))
    assert isinstance(row, Row) and "张三" not in str(row)


def test_lines_are_those_where_a_row_starts(tmp_path: Path) -> None:
    path = file(tmp_path, HEAD + '1,x,"two\nlines"\n\n2,x,b\n,,\n3,x,c')
    assert [row.line for row in rows(path) if isinstance(row, Row)] == [2, 5, 7]
    assert open_table(path, MAP).total == 3


def test_short_and_long_rows_are_refused_with_their_line(tmp_path: Path) -> None:
    found = rows(file(tmp_path, HEAD + "1,x\n2,x,b,extra\n3,x,c,,\n4,x,d\n5"))
    assert [(row.reason, row.line) for row in found if isinstance(row, Rejection)] == [
        ("short_row", 2), ("long_row", 3), ("short_row", 6),
    ]  # fmt: skip
    assert [row.cells["编号"] for row in found if isinstance(row, Row)] == ["3", "4"]
    assert isinstance(found[0], Rejection) and found[0].expected == "3 columns, found 2"


def test_an_open_quote_refuses_the_whole_file(tmp_path: Path) -> None:
    error = refused(lambda: open_table(file(tmp_path, HEAD + '1,x,a\n2,x,"half writ'), MAP))
    assert (error.code, error.fields["line"]) == ("bad_csv", 3)


def test_a_header_that_does_not_match_names_what_is_missing_and_what_is_there(tmp_path: Path) -> None:
    error = refused(lambda: open_table(file(tmp_path, "number,name,标题\n1,x,y\n"), MAP))
    assert error.code == "columns_missing"
    assert error.fields["missing"] == ["编号"]
    assert error.fields["found"] == ["number", "name", "标题"]
    assert refused(lambda: open_table(file(tmp_path, "编号,标题,标题\n1,x,y\n"), MAP)).code == "column_twice"


def test_a_title_above_the_header_is_passed_over(tmp_path: Path) -> None:
    assert rows(file(tmp_path, "三月报表,,\n\n" + HEAD + "1,x,a\n")) == [Row(4, {"编号": "1", "标题": "a"})]


def test_cells_of_a_megabyte_and_nul_bytes_pass(tmp_path: Path) -> None:
    (row,) = rows(file(tmp_path, HEAD + f"1,x,{'长' * 400_000}\x00\n"))
    assert isinstance(row, Row) and len(str(row.cells["标题"])) == 400_001


def test_a_file_of_one_endless_line_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.orderfiles.lines.LINE_CHARACTERS", 1_000)
    path = file(tmp_path, HEAD + "x" * 5_000)
    assert refused(lambda: open_table(path, MAP)).code == "line_too_long"


def test_a_file_with_too_many_rows_is_refused_as_a_whole(tmp_path: Path) -> None:
    path = file(tmp_path, HEAD + "1,x,a\n" * 11)
    error = refused(lambda: open_table(path, MAP, 10))
    assert (error.code, error.fields["line"]) == ("too_many_rows", 11)
    assert len(rows(path, 11)) == 11


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.csv", b"", "file_empty"),
        ("a.csv", b"\n\n", "file_empty"),
        ("a.pdf", b"%PDF", "unknown_format"),
        ("a.xlsx", b"PK\x03\x04 cut off", "bad_xlsx"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0 old", "bad_xlsx"),
        ("a.json", b"hello", "not_json"),
        ("a.json", b'[{"a": 1},\n', "not_json"),
        ("a.json", b"[" * 100_000, "too_deep"),
        ("a.json", b"[{}]", "columns_missing"),
    ],
)
def test_files_that_are_no_order_files(tmp_path: Path, name: str, content: bytes, code: str) -> None:
    assert refused(lambda: rows(file(tmp_path, content, name))).code == code


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert refused(lambda: open_table(tmp_path / "none.csv", MAP)).code == "file_unreadable"


def test_json_as_a_list_and_by_lines(tmp_path: Path) -> None:
    items: list[object] = [{"编号": 1.50, "标题": "a", "姓名": "张三"}, {"编号": "2", "标题": None}, 3]
    listed = rows(file(tmp_path, json.dumps(items), "a.json"))
    assert listed[:2] == [Row(1, {"编号": "1.5", "标题": "a"}), Row(2, {"编号": "2", "标题": None})]
    assert isinstance(listed[2], Rejection) and (listed[2].reason, listed[2].line) == ("not_an_object", 3)
    lines = '{"编号": "1", "标题": "a"}\n\n{"编号": broken\n{"编号": "2", "标题": "b"}\n'
    by_line = rows(file(tmp_path, lines, "a.ndjson"))
    assert [getattr(row, "line", None) for row in by_line] == [1, 3, 4]
    assert isinstance(by_line[1], Rejection) and by_line[1].reason == "not_json"


def _blank(count: int) -> list[list[object]]:
    return [[" "] for _ in range(count)]


class TestWorkbooks:
    @pytest.fixture
    def make(self, tmp_path: Path) -> Callable[[list[list[object]]], Path]:
        openpyxl = pytest.importorskip("openpyxl")

        def make(cells: list[list[object]]) -> Path:
            book = openpyxl.Workbook()
            for row in cells:
                book.active.append(row)
            path = tmp_path / "a.xlsx"
            book.save(path)
            return path

        return make

    def test_rows_with_their_numbers(self, make: Callable[[list[list[object]]], Path]) -> None:
        path = make([["编号", "姓名", "标题"], [1, "张三", "灯"], [], [2.0, "李四", None]])
        assert rows(path) == [Row(2, {"编号": 1, "标题": "灯"}), Row(4, {"编号": 2, "标题": None})]

    def test_a_long_blank_run_ends_the_sheet_and_is_said(self, make: Callable[[list[list[object]]], Path]) -> None:
        path = make([["编号", "标题"], [1, "a"], *_blank(1_000), [2, "never read"]])
        assert rows(path) == [Row(2, {"编号": 1, "标题": "a"}), Note("stopped_at_blank_rows", 1_002)]

    def test_a_shorter_blank_run_does_not(self, make: Callable[[list[list[object]]], Path]) -> None:
        path = make([["编号", "标题"], [1, "a"], *_blank(999), [2, "b"]])
        assert [row.cells["编号"] for row in rows(path) if isinstance(row, Row)] == [1, 2]

    def test_a_wrong_dimension_loses_no_rows(self, make: Callable[[list[list[object]]], Path]) -> None:
        path = make([["编号", "标题"], *([n, "a"] for n in range(30))])
        parts: dict[str, bytes] = {}
        with zipfile.ZipFile(path) as packed:
            parts = {name: packed.read(name) for name in packed.namelist()}
        sheet = parts["xl/worksheets/sheet1.xml"]
        assert b'ref="A1:B31"' in sheet
        parts["xl/worksheets/sheet1.xml"] = sheet.replace(b'ref="A1:B31"', b'ref="A1"')
        with zipfile.ZipFile(path, "w") as packed:
            for name, data in parts.items():
                packed.writestr(name, data)
        assert len(rows(path)) == 30

    def test_what_unpacks_to_too_much_is_refused_packed(
        self, make: Callable[[list[list[object]]], Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = make([["编号", "标题"], [1, "x" * 30_000]])
        monkeypatch.setattr(archive, "UNZIPPED_BYTES", 20_000)
        assert refused(lambda: rows(path)).code == "file_too_large"

    def test_a_workbook_with_entities_is_refused(self, make: Callable[[list[list[object]]], Path]) -> None:
        path = make([["编号", "标题"], [1, "a"]])
        with zipfile.ZipFile(path) as packed:
            parts = {name: packed.read(name) for name in packed.namelist()}
        bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
        sheet = parts["xl/worksheets/sheet1.xml"]
        start = sheet.index(b"<worksheet")
        parts["xl/worksheets/sheet1.xml"] = sheet[:start] + bomb + sheet[start:]
        with zipfile.ZipFile(path, "w") as packed:
            for name, data in parts.items():
                packed.writestr(name, data)
        assert refused(lambda: rows(path)).code == "bad_xlsx"

    def test_without_the_extra_one_line_says_how_to_get_it(
        self, make: Callable[[list[list[object]]], Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = make([["编号", "标题"]])
        monkeypatch.setitem(sys.modules, "openpyxl", None)
        error = refused(lambda: rows(path))
        assert (error.code, error.fields["expected"]) == ("xlsx_missing", "pip install 'griddesk[xlsx]'")
