"""Tree tables and building tables: CSV bytes to rows and findings (K01-R2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import isfinite

from store.rules import sheets
from store.rules.tree import TreeFinding, TreeRow

TREE_COLUMNS = {
    "code": ("编码", "编号", "代码", "网格编码"), "name": ("名称", "网格名称"), "parent": ("上级", "上级编码"),
    "kind": ("类型", "类别"), "tier": ("层级", "级别"), "net": ("网",), "households": ("户数",),
    "hotline": ("热线", "电话"), "duty": ("职责",), "sponsor": ("联系领导", "包联"), "from": ("生效日期", "起"),
    "to": ("失效日期", "止"),
}  # fmt: skip

BUILDING_COLUMNS = {
    "key": ("编码", "地址编码", "标识"), "name": ("名称", "地址", "楼栋"), "grid": ("网格", "网格编码"),
    "from": ("生效日期", "起"), "lat": ("纬度",), "lon": ("经度",), "net": ("网",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class BuildingRow:
    """A place by its address key; the leaf by its code, or by a point in it."""

    line: int
    key: str
    name: str = ""
    grid: str = ""
    starts: date | None = None
    lat: float | None = None
    lon: float | None = None
    net: str = ""


def read_tree(data: bytes) -> tuple[tuple[TreeRow, ...], tuple[TreeFinding, ...]]:
    """Rows of a tree table and what of them could not be read. Raises `BadInput` as `sheets.read`."""
    rows, found = [], []
    for line in sheets.read(data, TREE_COLUMNS, ("code", "name")):
        tier = households = None
        starts = ends = None
        try:
            tier = int(line.text("tier")) if line.text("tier") else None
            households = int(line.text("households")) if line.text("households") else None
            if households is not None and households < 0:
                raise ValueError
        except ValueError:
            words = f"{line.text('tier')} {line.text('households')}".strip()
            found.append(TreeFinding(line.number, "bad_number", words))
        try:
            starts, ends = sheets.day(line.text("from")), sheets.day(line.text("to"))
        except ValueError:
            found.append(TreeFinding(line.number, "bad_date", f"{line.text('from')} {line.text('to')}".strip()))
        rows.append(
            TreeRow(
                line.number, line.text("code"), line.text("name"), line.text("parent"), line.text("kind"), tier,
                line.text("net"), households, line.text("hotline"), line.text("duty"), line.text("sponsor"), starts,
                ends,
            )
        )  # fmt: skip
    return tuple(rows), tuple(found)


def read_buildings(data: bytes) -> tuple[tuple[BuildingRow, ...], tuple[TreeFinding, ...]]:
    """Rows of a building table and what of them could not be read. Raises `BadInput` as `sheets.read`."""
    rows, found = [], []
    for line in sheets.read(data, BUILDING_COLUMNS, ("key",)):
        starts = None
        lat = lon = None
        try:
            starts = sheets.day(line.text("from"))
        except ValueError:
            found.append(TreeFinding(line.number, "bad_date", line.text("from")))
        try:
            lat, lon = (float(line.text(name)) if line.text(name) else None for name in ("lat", "lon"))
            if not all(number is None or isfinite(number) for number in (lat, lon)):
                raise ValueError
        except ValueError:
            found.append(TreeFinding(line.number, "bad_number", f"{line.text('lat')} {line.text('lon')}"))
        if not line.text("key"):
            found.append(TreeFinding(line.number, "no_code", line.text("name")))
        rows.append(
            BuildingRow(
                line.number, line.text("key"), line.text("name"), line.text("grid"), starts, lat, lon, line.text("net")
            )
        )
    return tuple(rows), tuple(found)
