"""A gateway over canned data: a street in Chinese and English, no store, no threads, a clock that stands still."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from store.errors import Conflict, GriddeskError, Refused
from store.profiles import loader
from store.profiles.model import Profile
from store.rules.commands import Command, Dispatch
from store.rules.labels import Label
from store.rules.state import Actor
from store.views.alerts import AlertRow, Alerts
from store.views.case import CaseView, ClockLine, HistoryLine, Offer, ReportLine
from store.views.grids import Board, Counts, GridRow
from store.views.header import Header, ShiftLine, SourceLine
from store.views.patrol import Patrol, PatrolRow
from store.views.queue import Keys, QueueRow, Which
from store.views.units import UnitRow
from store.views.why import WhyLine
from tests.tui.fake_reports import FakeReporting, FakeReports
from tui.desk.gateway import Gateway

ZHANG, LI = Label("张伟", "张伟"), Label("李娜", "李娜")
NOW = datetime(2026, 1, 5, 19, 12, tzinfo=UTC)
"""03:12 at night in Shanghai."""

COMMUNITIES = ("光明", "和平", "建设", "Riverside", "新华", "胜利")

CASES: tuple[tuple[str, str, str, int, int | None, str | None], ...] = (
    ("井盖缺失，路灯下可见一大洞", "人民路与建设街交叉口东南角", "collected", 1, -125, None),
    ("Burst water main, road flooding", "12 Riverside Road", "dispatched", 1, -42, "CG"),
    ("占道经营", "光明路3号菜市场门口", "handling", 2, 9, "CG"),
    ("楼道堆放杂物（电动车充电）", "和平里5栋2单元", "filed", 3, 34, None),
    ("Streetlight out", "Victory Street 88", "feedback", 3, 61, "P1"),
    ("夜间施工噪音", "建设小区北门", "dispatched", 2, 240, "P2"),
    ("垃圾堆放", "新华街28号后巷", "handling", 3, 26 * 60, "P3"),
    ("消防通道被占", "胜利花园7栋", "collected", 2, 3 * 24 * 60 + 240, None),
)


def _tree() -> tuple[GridRow, ...]:
    """Street, 6 communities, 3 grids each, 3 small grids each; the counts add up."""
    rows: list[GridRow] = []
    bad = {0: Counts(1, 1, 0, 1), 1: Counts(1, 0, 0, 1), 2: Counts(1, 0, 1, 0), 3: Counts(1, 1, 1, 0)}
    leaves: list[GridRow] = []
    next_id = 100

    def node(
        parent: int | None, depth: int, name: str, code: str, counts: Counts, cover: tuple[int, int], leaf: bool
    ) -> GridRow:
        nonlocal next_id
        next_id += 1
        return GridRow(next_id, parent, depth, depth + 1, code, name, leaf, False, counts, *cover, None)

    root = node(None, 0, "光明街道", "ROOT", Counts(), (0, 0), False)
    rows.append(root)
    for c, community in enumerate(COMMUNITIES):
        own = bad.get(c, Counts(2, 1, 0, 0) if c == 4 else Counts())
        middle = node(root.id, 1, f"{community}社区" if c != 3 else "Riverside", f"C{c + 1}", own, (9 - c, 12), False)
        rows.append(middle)
        for g in range(3):
            here = own if g == 0 else Counts()
            grid = node(
                middle.id, 2, f"{community}{g + 1}网格", f"C{c + 1}-{g + 1}", here, (3 if g else 3 - c // 2, 4), False
            )
            rows.append(grid)
            for s in range(2):
                last = here if s == 0 else Counts()
                leaf = node(grid.id, 3, f"{g * 2 + s + 1}号小网格", f"C{c + 1}-{g + 1}-{s + 1}", last, (1, 2), True)
                rows.append(leaf)
                leaves.append(leaf)
    unplaced = GridRow(99, root.id, 1, 0, "NOPLACE", "", True, True, Counts(1, 1, 0, 0), 0, 0, None)
    rows.append(unplaced)
    by_id: dict[int, tuple[Counts, int, int]] = {}
    for row in reversed(rows):
        children = [by_id[r.id] for r in rows if r.parent_id == row.id]
        counts, visited, planned = row.counts, row.visited, row.planned
        if children:
            counts = Counts()
            for child in children:
                counts += child[0]
            visited, planned = sum(c[1] for c in children), sum(c[2] for c in children)
        by_id[row.id] = (counts, visited, planned)
    return tuple(replace(r, counts=by_id[r.id][0], visited=by_id[r.id][1], planned=by_id[r.id][2]) for r in rows)


class FakeGateway(FakeReporting, Gateway):
    """Behaves like `Gateway`; `actions` records what was asked, `fail` makes every read raise."""

    def __init__(self, extra: int = 0) -> None:
        self._profile = loader.load("street")
        self.at = NOW
        self.fail: GriddeskError | None = None
        self.conflict_at: int | None = None
        """Version that somebody else has reached meanwhile."""
        self.refuse: GriddeskError | None = None
        self.actions: list[tuple[Any, ...]] = []
        self.something_new = True
        self.tree = _tree()
        leaves = [row for row in self.tree if row.leaf and row.counts.open and not row.unplaced]
        self.queue_rows = {1042 + n: self._row(1042 + n, spec, leaves[n % len(leaves)]) for n, spec in enumerate(CASES)}
        for n in range(extra):
            case_id = 5000 + n
            self.queue_rows[case_id] = replace(self.queue_rows[1048], id=case_id, number=f"X-{case_id}")
        self.alert_rows = self._alerts()
        self.reports_in = FakeReports(NOW)
        self.queried: list[tuple[int, ...]] = []

    def _row(self, case_id: int, spec: tuple[str, str, str, int, int | None, str | None], grid: GridRow) -> QueueRow:
        title, address, step_id, level, left, unit = spec
        due = NOW + timedelta(minutes=left) if left is not None else None
        step = self._profile.workflow("W-STD").step(step_id)
        preset = next((u for u in self._profile.units if u.code == unit), None)
        return QueueRow(
            id=case_id, number=f"20260106-{grid.code}-{case_id}", title=title, category=Label("市容环境", "city looks"),
            kind_name="", address=address, grid_code=grid.code, grid_name=grid.name, step=step.label, step_id=step_id,
            level=level, level_short=f"L{level}", clock=Label("结案", "close"), clock_owner="unit", due_at=due,
            near_at=due - timedelta(minutes=40) if due else None, unit=unit, unit_name=preset.label if preset else None,
            reported_at=NOW - timedelta(hours=3), closed_at=None, version=3, urges=1 if unit else 0, escalations=0,
            reopens=0,
        )  # fmt: skip

    def _alerts(self) -> tuple[AlertRow, ...]:
        def row(
            n: int, kind: Any, code: str, fields: dict[str, Any], case_id: int | None = None, **more: Any
        ) -> AlertRow:
            at = NOW - timedelta(minutes=7 * n)
            facts: dict[str, Any] = {
                "id": n, "cause": f"cause:{n}", "kind": kind, "priority": 1 if n == 1 else 2, "code": code,
                "fields": fields, "grid_code": self.tree[3].code, "grid_name": self.tree[3].name, "case_id": case_id,
                "raised_at": at, "last_at": at, "count": n if n == 2 else 1, "acknowledged_by": None,
                "acknowledged_at": None, "cleared_at": None, "version": 1,
            }  # fmt: skip
            return AlertRow(**(facts | more))

        over = {"case": 1042, "number": "20260106-C1", "clock": "close", "due": 0, "title": CASES[0][0]}
        near = {"case": 1044, "number": "20260106-C3", "clock": "close", "due": 0, "title": CASES[2][0]}
        alarm = {
            "device": "smoke-17",
            "alarm": "smoke",
            "severity": "critical",
            "text": "和平里5栋：烟感报警",
            "source": "iot",
        }
        return (
            row(1, "overdue", "case_overdue", over, 1042),
            row(2, "device", "device_alarm", alarm),
            row(3, "shortfall", "short_staffed", {"present": 17, "minimum": 20, "short": 3}),
            row(4, "gap", "patrol_gap", {"grids": 4, "worst": "3号小网格"}),
            row(5, "near_due", "case_near_due", near, 1044),
            row(6, "silent_source", "source_down", {"source": "open311", "state": "down", "detail": "HTTP 500"}),
            row(
                7,
                "quarantine",
                "unknown_terminal",
                {"source": "owntracks", "terminal": "x/phone"},
                acknowledged_by="Z01",
            ),
        )

    # --- what a Gateway gives -------------------------------------------------------------------

    @property
    def profile(self) -> Profile:
        return self._profile

    @property
    def timezone(self) -> str:
        return "Asia/Shanghai"

    @property
    def speed(self) -> float:
        return 1.0

    def now(self) -> datetime:
        return self.at

    def _check(self) -> None:
        if self.fail is not None:
            raise self.fail

    async def changed(self) -> bool:
        self._check()
        new, self.something_new = self.something_new, False
        return new

    async def header(self) -> Header:
        self._check()
        shift = ShiftLine(Label("夜班", "night"), NOW - timedelta(hours=5), NOW + timedelta(hours=3), "Z01", "张伟")
        sources = (
            SourceLine("open311", "open311", "down", NOW - timedelta(minutes=12), 60.0, "HTTP 500", 3, 0),
            SourceLine("hotline", "folder", "up", NOW, 60.0, "", 0, 0),
            SourceLine("frigate", "frigate", "up", NOW, 60.0, "", 0, 0),
        )
        open_ = sum(r.closed_at is None for r in self.queue_rows.values())
        waiting = sum(row.acknowledged_by is None for row in self.alert_rows)
        return Header(
            "光明街道网格中心", Label("街道", "street"), True, 1.0, "/var/lib/griddesk/night.db", False,
            "Asia/Shanghai", shift, sources, open_, 2, waiting, 1, NOW,
        )  # fmt: skip

    async def board(self, opened: Collection[int] = ()) -> Board:
        self._check()
        return Board(self.tree, 1, NOW)

    def _below(self, grid_id: int | None) -> set[str]:
        if grid_id is None:
            return {row.code for row in self.tree}
        inside = {grid_id}
        for row in self.tree:
            if row.parent_id in inside:
                inside.add(row.id)
        return {row.code for row in self.tree if row.id in inside}

    async def keys(self, grid_id: int | None, which: Which) -> Keys:
        self._check()
        codes = self._below(grid_id)
        rows = [r for r in self.queue_rows.values() if r.grid_code in codes]
        if which == "undispatched":
            rows = [r for r in rows if r.unit is None]
        if which == "overdue":
            rows = [r for r in rows if r.due_at is not None and r.due_at <= self.at]
        if which == "booked":
            rows = [r for r in rows if "booked" in r.flags]
        rows = [r for r in rows if (r.closed_at is not None) == (which == "closed")]
        return Keys(tuple(r.id for r in rows), 1, NOW)

    async def rows(self, ids: Sequence[int]) -> tuple[QueueRow, ...]:
        self._check()
        self.queried.append(tuple(ids))
        return tuple(self.queue_rows[i] for i in ids if i in self.queue_rows)

    async def alerts(self, *, everything: bool = False) -> Alerts:
        self._check()
        rows = [r for r in self.alert_rows if everything or r.cleared_at is None]
        return Alerts(tuple(rows), len(rows), sum(r.acknowledged_by is None for r in rows), 1, NOW)

    async def patrol(self) -> Patrol:
        self._check()
        leaves = [row for row in self.tree if row.leaf and not row.unplaced]
        rows = []
        for n, leaf in enumerate(leaves):
            last = None if n == 0 else NOW - timedelta(minutes=400 - 11 * n)
            gap = n < 3
            present, minimum = (17, 20) if n == 1 else (1, 1) if n % 2 else (0, 0)
            rows.append(
                PatrolRow(leaf.id, leaf.code, leaf.name, leaf.visited, leaf.planned, last, gap, 240, present, minimum,
                          ("东门", "锅炉房")[: leaf.planned - leaf.visited])
            )  # fmt: skip
        return Patrol(
            tuple(rows), sum(r.visited for r in rows), sum(r.planned for r in rows), Label("夜班", "night"), NOW, NOW,
            NOW - timedelta(minutes=1), 1, NOW,
        )  # fmt: skip

    async def case(self, case_id: int) -> CaseView:
        self._check()
        if case_id not in self.queue_rows:
            raise Refused("unknown_case", case=case_id)
        row = self.queue_rows[case_id]
        template = self._profile.workflow("W-STD")
        open_to = [move for move in template.moves if row.step_id in move.sources]
        moves = tuple(sorted({move.verb for move in open_to}))
        offers = tuple(Offer(m.id or m.verb, m.verb, m.label, m.needs, m.target) for m in open_to)
        assert row.due_at is not None and row.near_at is not None
        clock = ClockLine(
            "close", Label("结案", "close"), "unit", 1, "close.level3", row.reported_at, row.near_at, row.due_at, None,
            "running",
        )  # fmt: skip
        met = replace(clock, name="file", label=Label("立案", "file"), state="met_late", met_at=NOW)
        history = [
            HistoryLine(
                1,
                1,
                row.reported_at,
                "reported",
                "source:hotline",
                Label("hotline", "hotline"),
                "machine",
                {"channel": "hotline"},
            ),
            HistoryLine(2, 2, row.reported_at + timedelta(minutes=9), "filed", "Z01", ZHANG, "officer", {}),
        ]
        if row.unit:
            history.append(
                HistoryLine(3, 3, NOW - timedelta(hours=2), "dispatched", "Z01", ZHANG, "officer", {"unit": row.unit})
            )
        for version in range(4, row.version + 1):
            data = {"reason": "unit does not answer", "tier": "street"}
            history.append(HistoryLine(version, version, NOW, "escalated", "Z02", LI, "officer", data))
        report = ReportLine("hotline", "H-77", "hotline", row.reported_at, row.reported_at, row.title, "open", ())
        text = "市民来电反映该处存在安全隐患，夜间无照明，建议尽快派人查看并设置警示标志。"
        text += "Caller will not be at home tonight."
        return CaseView(
            row, template.label, Label("网格", "grid"), text, 41.1, 123.0, "", "", "", (), (clock, met), tuple(history),
            (report,), moves, 1, NOW, offers=offers,
        )  # fmt: skip

    async def why(self, case_id: int, clock: str | None = None) -> tuple[WhyLine, ...]:
        row = self.queue_rows[case_id]
        return (
            WhyLine("start", {"rule": "close.level3", "clock": "close", "event": "filed"}, row.reported_at),
            WhyLine("limit", {"amount": 120, "unit": "on_spot"}, row.reported_at),
            WhyLine("end", {"unit": "on_spot"}, NOW),
        )

    async def find(self, text: str) -> int:
        if text.isdigit() and int(text) in self.queue_rows:
            return int(text)
        raise Refused("unknown_case", case=text)

    async def proposals(self, case_id: int | None) -> tuple[UnitRow, ...]:
        preset = {unit.code: unit for unit in self._profile.units}
        return (
            UnitRow("CG", preset["CG"].label, "resident", True, False, 4),
            UnitRow("P1", preset["P1"].label, "own", False, True, 0),
            UnitRow("P2", preset["P2"].label, "own", False, False, 1),
            UnitRow("POL", preset["POL"].label, "stationed", False, False, 2),
        )

    async def search(self, text: str) -> tuple[QueueRow, ...]:
        return tuple(r for r in self.queue_rows.values() if text in r.title or text in r.address or text == str(r.id))

    async def actor(self) -> Actor:
        return Actor("Z01", "张伟", "officer", frozenset())

    async def move(self, case_id: int, command: Command, expected_version: int | None, request_id: str) -> int:
        self.actions.append(("move", case_id, command, expected_version, request_id))
        if self.refuse is not None:
            raise self.refuse
        row = self.queue_rows[case_id]
        if self.conflict_at is not None:
            row = self.queue_rows[case_id] = replace(row, version=self.conflict_at)
            self.conflict_at = None
        if expected_version != row.version:
            raise Conflict("case_changed", case=case_id, expected=expected_version, found=row.version)
        unit = command.unit if isinstance(command, Dispatch) else row.unit
        self.queue_rows[case_id] = replace(row, version=row.version + 1, unit=unit)
        return row.version + 1

    async def report(self, request_id: str, **facts: Any) -> int:
        self.actions.append(("report", facts, request_id))
        if self.refuse is not None:
            raise self.refuse
        self.queue_rows[1100] = replace(self.queue_rows[1049], id=1100, title=facts["title"])
        return 1100

    async def acknowledge(self, alert_id: int, request_id: str, note: str = "") -> None:
        self.actions.append(("acknowledge", alert_id, request_id))
        self.alert_rows = tuple(
            replace(row, acknowledged_by="Z01", acknowledged_at=NOW) if row.id == alert_id else row
            for row in self.alert_rows
        )

    async def take_shift(self, request_id: str) -> None:
        self.actions.append(("take_shift", request_id))

    def close(self) -> None:
        pass
