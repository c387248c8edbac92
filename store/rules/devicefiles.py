"""A list of devices as CSV: bytes to lines and findings; nothing in it can name or show a person (K16-T5, T6)."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

from store.errors import BadInput
from store.rules import sheets

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "source": ("来源", "连接器"), "key": ("设备编号", "编号", "编码"), "kind": ("设备类型", "类型"),
    "name": ("设备名称", "名称"), "place_kind": ("场所类型",), "grid": ("网格", "网格编码"), "lat": ("纬度",),
    "lon": ("经度",), "address": ("地址", "地址编码"), "owner": ("权属单位", "责任单位"),
    "interval_minutes": ("上报间隔", "上报间隔分钟"), "url": ("画面地址",), "credentials": ("凭据名称",),
}  # fmt: skip
"""Our column → headings that mean it too."""
NEEDED = ("source", "key", "kind")
LIMIT = 50_000
"""Devices in one file."""
LONGEST = {"source": 60, "key": 120, "name": 100, "address": 200, "url": 300, "credentials": 60, "owner": 40}
PERSON = re.compile(
    r"姓名|人员|身份|证件|人脸|面部|照片|头像|车牌|号牌|车主|户主|业主|住户|电话|手机|性别|年龄|民族|出生|户籍|工号"
    r"|\b(person|people|identity|id_?card|face|facial|photo|portrait|picture|image|plate|licen[cs]e|driver|resident"
    r"|phone|mobile|gender|sex|age|birth|ethnic|nationality|passport|biometric|fingerprint|gait)",
    re.IGNORECASE,
)
"""Headings of columns that name or show a person, a face or a plate: the file is refused (K16-R7, T6)."""
_KEY = re.compile(r"[^\x00-\x1f\x7f]+")
_URL = re.compile(r"(?:https?|rtsps?)://[^\s/@]+(?:/\S*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DeviceLine:
    """One device of the list, or of a command; empty text and None: not said."""

    source: str
    key: str
    kind: str = ""
    name: str = ""
    place_kind: str = ""
    grid: str = ""
    lat: float | None = None
    lon: float | None = None
    address: str = ""
    owner: str = ""
    interval_minutes: float | None = None
    url: str = ""
    credentials: str = ""
    line: int = 0
    """Line of the file, from 1; 0 where it came from no file."""


@dataclass(frozen=True, slots=True)
class DeviceFinding:
    """What is wrong with a line: `no_source`, `no_key`, `bad_number`, `bad_text`, `bad_address`, `twice`, …"""

    line: int
    code: str
    word: str = ""


def read(data: bytes) -> tuple[tuple[DeviceLine, ...], tuple[DeviceFinding, ...]]:
    """Lines of a list and what is wrong with them.

    Raises `BadInput` as `sheets.read`, `device_column` (column, known) for a heading that is none of ours, and
    `person_column` (column) for one that names or shows a person.
    """
    for heading in _headings(data):
        if heading and not any(heading in (name, *also) for name, also in COLUMNS.items()):
            if PERSON.search(heading.replace("_", " ")) or PERSON.search(heading):
                raise BadInput("person_column", line=1, column=heading[:40])
            raise BadInput("device_column", line=1, column=heading[:40], known=", ".join(COLUMNS))
    lines: list[DeviceLine] = []
    found: list[DeviceFinding] = []
    seen: dict[tuple[str, str], int] = {}
    for row in sheets.read(data, COLUMNS, NEEDED):
        if len(lines) >= LIMIT:
            raise BadInput("table_unreadable", expected=f"at most {LIMIT} lines")
        line, wrong = _line(row)
        found += wrong
        pair = (line.source, line.key)
        if line.source and line.key and pair in seen:
            found.append(DeviceFinding(row.number, "twice", f"{line.source}:{line.key} ({seen[pair]})"))
        seen.setdefault(pair, row.number)
        lines.append(line)
    return tuple(lines), tuple(found)


def _headings(data: bytes) -> list[str]:
    words = sheets.decoded(data).lstrip("\ufeff")
    first = words.split("\n", 1)[0]
    mark = max(",;\t", key=first.count)
    return [cell.strip().lower() for cell in next(csv.reader([first.strip("\r")], delimiter=mark), [])]


def _line(row: sheets.Line) -> tuple[DeviceLine, list[DeviceFinding]]:
    number = row.number
    found: list[DeviceFinding] = []

    def amount(column: str) -> float | None:
        words = row.text(column)
        if not words:
            return None
        try:
            value = float(words)
        except ValueError:
            value = float("nan")
        if not isfinite(value):
            found.append(DeviceFinding(number, "bad_number", f"{column} {words[:40]}"))
            return None
        return value

    line = DeviceLine(
        row.text("source"), row.text("key"), row.text("kind"), row.text("name"), row.text("place_kind"),
        row.text("grid"), amount("lat"), amount("lon"), row.text("address"), row.text("owner"),
        amount("interval_minutes"), row.text("url"), row.text("credentials"), number,
    )  # fmt: skip
    found += [DeviceFinding(number, code, word) for code, word in faults(line)]
    return line, found


def faults(line: DeviceLine) -> list[tuple[str, str]]:
    """What is wrong with a device's own fields, as (code, word); places and names of the profile are judged later."""
    found: list[tuple[str, str]] = []
    if not line.source:
        found.append(("no_source", line.key[:40]))
    if not line.key:
        found.append(("no_key", line.name[:40]))
    if not line.kind:
        found.append(("no_kind", line.key[:40]))
    for column, longest in LONGEST.items():
        text = getattr(line, column)
        if len(text) > longest or (text and not _KEY.fullmatch(text)):
            found.append(("bad_text", f"{column} {text[:40]}"))
    if (line.lat is None) != (line.lon is None):
        found.append(("half_point", f"{line.lat or ''} {line.lon or ''}".strip()))
    elif line.lat is not None and line.lon is not None and not _on_earth(line.lat, line.lon):
        found.append(("bad_point", f"{line.lat:g} {line.lon:g}"))
    if line.interval_minutes is not None and not 0 < line.interval_minutes <= 100_000:
        found.append(("bad_number", f"interval_minutes {line.interval_minutes:g}"))
    if line.url and not _URL.fullmatch(line.url):
        found.append(("bad_address", line.url.rpartition("@")[2][:60]))
    return found


def _on_earth(lat: float, lon: float) -> bool:
    return -90 <= lat <= 90 and -180 <= lon <= 180 and (lat, lon) != (0.0, 0.0)


def template() -> str:
    """An empty list with our headings and one example, to fill in."""
    example = "mqtt-1,70B3D57ED0000001,smoke,井巷3号烟感,key_unit,G1,29.5630,106.5516,井巷3号,FIRE,1440,,"
    return ",".join(COLUMNS) + "\r\n" + example + "\r\n"
