"""K16-R9: a file of batch data is taken whole or refused whole, with its lines; persons stay outside."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from connectors.base import Context
from connectors.datafiles.maps import DataMap, known, load_map
from connectors.datafiles.reading import read_file
from connectors.datafiles.settings import DataSettings
from connectors.datafiles.watch import DataFolder, build
from connectors.health import Vitals
from connectors.settings import read
from store.errors import BadInput
from store.intake import DataFile, Receipt
from tests.connectors.fake import NOW, FakeIntake, FakeTime

MAP = read(
    DataMap,
    {
        "id": "own", "feed": "arrears.water", "source": "water", "place": "地址", "value": "月数",
        "day": {"column": "日期"},
    },
)  # fmt: skip
HEAD = "日期,地址,月数\n"
GOOD = HEAD + "2026-03-01,文化路12号,3\n2026-03-01,甲公司,1.5\n"


def mapped(**changes: object) -> DataMap:
    return read(DataMap, MAP.model_dump() | changes)


def file(tmp_path: Path, text: str | bytes, name: str = "a.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refused(path: Path, data_map: DataMap = MAP) -> dict[str, object]:
    with pytest.raises(BadInput) as bad:
        read_file(path, data_map, "Asia/Shanghai")
    return {"code": bad.value.code, **bad.value.fields}


def findings(path: Path, data_map: DataMap = MAP) -> list[tuple[object, object]]:
    found = refused(path, data_map)["findings"]
    assert isinstance(found, list)
    return [(one["line"], one["reason"]) for one in found]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_K16_R9_feed_day_source_and_count(tmp_path: Path, encoding: str) -> None:
    found = read_file(file(tmp_path, GOOD.encode(encoding)), MAP, "Asia/Shanghai")
    assert (found.feed, found.day, found.source, found.count) == ("arrears.water", date(2026, 3, 1), "water", 2)
    assert [(row.place, row.value) for row in found.rows] == [("文化路12号", 3.0), ("甲公司", 1.5)]


def test_K16_R9_a_workbook_with_a_date_cell(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (["日期", "地址", "月数"], [date(2026, 3, 1), "甲公司", 2], [46082, "乙公司", "1,200"]):
        book.active.append(row)
    path = tmp_path / "a.xlsx"
    book.save(path)
    found = read_file(path, MAP, "Asia/Shanghai")
    assert (found.day, [row.value for row in found.rows]) == (date(2026, 3, 1), [2.0, 1200.0])


def test_K16_R9_one_bad_row_refuses_all_and_every_bad_line_is_named(tmp_path: Path) -> None:
    bad = GOOD + "2026-03-01,,1\n2026-03-02,乙公司,1\n2026-03-01,丙公司,many\nnever,丁公司,1\n2026-03-01,短\n"
    assert findings(file(tmp_path, bad)) == [
        (4, "place_missing"), (5, "two_days"), (6, "bad_number"), (7, "bad_day"), (8, "short_row"),
    ]  # fmt: skip


def test_K16_R9_the_day_may_stand_in_the_name(tmp_path: Path) -> None:
    named = mapped(day={"name": r"(\d{8})"})
    text = "地址,月数\n甲公司,1\n"
    assert read_file(file(tmp_path, text, "水费_20260301.csv"), named, "Asia/Shanghai").day == date(2026, 3, 1)
    assert findings(file(tmp_path, text, "水费.csv"), named) == [(None, "bad_day")]


def test_K16_R9_a_count_or_sum_that_the_file_states_must_be_true(tmp_path: Path) -> None:
    by_row, by_sum, by_name = (mapped(count=c) for c in ({"row": "行数"}, {"total": "合计"}, {"name": r"_(\d+)条"}))
    assert read_file(file(tmp_path, GOOD + "2026-03-01,行数,2\n"), by_row, "Asia/Shanghai").count == 2
    assert findings(file(tmp_path, GOOD + "2026-03-01,行数,3\n"), by_row) == [(None, "count_differs")]
    assert findings(file(tmp_path, GOOD), by_row) == [(None, "count_missing")]
    assert len(read_file(file(tmp_path, GOOD + ",合计,4.5\n"), by_sum, "Asia/Shanghai").rows) == 2
    assert findings(file(tmp_path, GOOD + ",合计,45\n"), by_sum) == [(None, "sum_differs")]
    assert read_file(file(tmp_path, GOOD, "水费_2条.csv"), by_name, "Asia/Shanghai").count == 2
    assert findings(file(tmp_path, GOOD, "水费_20条.csv"), by_name) == [(None, "count_differs")]


@pytest.mark.parametrize(
    "header", ["姓名", "身份证号", "联系电话", "户名", "法定代表人", "Name", "id_number", "Mobile phone", "contact"]
)
def test_K16_T6_a_column_of_persons_is_refused_at_the_door_mapped_or_not(tmp_path: Path, header: str) -> None:
    found = refused(file(tmp_path, f"日期,地址,月数,{header}\n2026-03-01,甲公司,1,x\n"))
    assert (found["code"], found["line"], found["column"]) == ("person_column", 1, header)


@pytest.mark.parametrize("header", ["企业名称", "Firm name", "地址编号", "社区", "unit", "street name"])
def test_a_column_of_firms_and_places_is_not(tmp_path: Path, header: str) -> None:
    assert read_file(file(tmp_path, f"日期,地址,月数,{header}\n2026-03-01,甲公司,1,x\n"), MAP, "Asia/Shanghai").rows


@pytest.mark.parametrize(
    ("value", "reason"),
    [("330106199001011234", "id_number"), ("33010619900101123X", "id_number"), ("13800138000", "mobile"),
     ("联系 138-0013-8000", "mobile"), ("+86 13800138000", "mobile"),
     ("３３０１０６１９９００１０１１２３４", "id_number")],
)  # fmt: skip
def test_K16_T6_numbers_of_persons_refuse_the_file_and_are_not_repeated(
    tmp_path: Path, value: str, reason: str
) -> None:
    path = file(tmp_path, f"日期,地址,月数,备注\n2026-03-01,甲公司,1,{value}\n")
    assert findings(path) == [(2, reason)]
    assert value not in str(refused(path))
    assert findings(file(tmp_path, f"日期,地址,月数\n2026-03-01,{value},1\n")) == [(2, reason)]


@pytest.mark.parametrize("value", ["91330110MA2CCXXX1K", "913301101234567890", "0571-88888888", "2026030112345", "400"])
def test_codes_of_firms_and_lines_are_not_persons(tmp_path: Path, value: str) -> None:
    assert read_file(file(tmp_path, f"日期,地址,月数\n2026-03-01,{value},1\n"), MAP, "Asia/Shanghai").rows


@pytest.mark.parametrize("name", known())
def test_shipped_maps_are_sound(name: str) -> None:
    assert load_map(name).id == name


@pytest.mark.parametrize(
    ("changes", "key"),
    [({"day": {}}, "day"), ({"day": {"column": "a", "name": "(b)"}}, "day"), ({"day": {"name": "("}}, "day.name"),
     ({"count": {"name": "x"}}, "count.name"), ({"feed": "Person!"}, "feed")],
)  # fmt: skip
def test_a_map_that_cannot_be_used(changes: dict[str, object], key: str) -> None:
    with pytest.raises(BadInput) as bad:
        mapped(**changes)
    assert bad.value.fields["key"] == key


class DataIntake(FakeIntake):
    """Remembers batches; `wrong` refuses them."""

    def __init__(self) -> None:
        super().__init__()
        self.files: list[DataFile] = []
        self.wrong: BadInput | None = None

    def data(self, file: DataFile, by: str = "") -> Receipt:
        self._enter()
        if self.wrong is not None:
            raise self.wrong
        self.files.append(file)
        return Receipt(new=len(file.rows))


@pytest.fixture
def intake() -> DataIntake:
    return DataIntake()


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    path = tmp_path / "inbox"
    path.mkdir()
    return path


Rounds = Callable[[], object]


@pytest.fixture
def folder(inbox: Path, context: Context, clock: FakeTime) -> DataFolder:
    return DataFolder("debts", DataSettings(path=str(inbox), map="own"), MAP, context, steady=clock.steady, watch=False)


async def rounds(folder: DataFolder, vitals: Vitals, clock: FakeTime) -> None:
    await folder.round(vitals)
    clock.at += 3.0
    await folder.round(vitals)


async def test_K16_R9_a_good_file_is_done_and_a_bad_one_set_aside_with_its_lines(
    inbox: Path, folder: DataFolder, vitals: Vitals, clock: FakeTime, intake: DataIntake
) -> None:
    (inbox / "good.csv").write_text(GOOD)
    (inbox / "bad.csv").write_text(GOOD + "2026-03-01,乙公司,13800138000x\n2026-03-01,丙公司,many\n")
    await rounds(folder, vitals, clock)
    assert {path.name for path in (inbox / "done").iterdir()} == {"good.csv"}
    assert len(intake.files) == 1
    reason = (inbox / "set-aside" / "bad.csv.reason.txt").read_text()
    assert reason.startswith("data_refused\n") and "line 4: " in reason and "line 5: bad_number 月数" in reason
    assert "13800138000" not in reason
    assert [(r.reason, r.line, r.raw) for _, r, _ in intake.rejections] == [("mobile", 4, b""), ("bad_number", 5, b"")]
    assert [receipt.error for receipt in intake.ledger.values()] == ["", "data_refused"] or [
        receipt.error for receipt in intake.ledger.values()
    ] == ["data_refused", ""]


async def test_K16_R9_what_the_store_refuses_is_set_aside_too(
    inbox: Path, folder: DataFolder, vitals: Vitals, clock: FakeTime, intake: DataIntake
) -> None:
    intake.wrong = BadInput("unknown_feed", feed="arrears.water", known=["x"])
    (inbox / "a.csv").write_text(GOOD)
    await rounds(folder, vitals, clock)
    assert "unknown_feed" in (inbox / "set-aside" / "a.csv.reason.txt").read_text()


def test_a_captured_file_can_be_tried_without_a_store(folder: DataFolder) -> None:
    assert folder.replay(GOOD.encode(), {"file": "x.csv"}, NOW).ignored == 2
    found = folder.replay((GOOD + "2026-03-01,,1\n").encode(), {}, NOW).rejections
    assert [(bad.reason, bad.line) for bad in found] == [("place_missing", 4)]


def test_a_map_that_is_not_there_is_a_mistake_of_the_map_key(context: Context) -> None:
    with pytest.raises(BadInput) as bad:
        build("debts", {"path": "x", "map": "nope"}, context)
    assert (bad.value.code, bad.value.fields["key"]) == ("bad_map", "map")
