"""The part of the fake gateway for what reports in and who is told: some of everything, hostile text among it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from store.errors import GriddeskError
from store.rules.labels import Label
from store.views.devices import AutoRow, CameraRow, DeviceRow, Devices
from store.views.intake import Intake, IntakeRow
from store.views.intake import Which as IntakeWhich
from store.views.notices import NoticeRow, Slip, Way
from store.views.sources import RefusedRow, RefusedText, SourceRow, Sources
from store.views.warnings import RuleCount, WarningRow, Warnings

T = TypeVar("T")

HOSTILE = "\x1b[2J\x1b]0;owned\x07[bold red]\u202eevil\u202c\n{case}"


def made(cls: type[T], **values: Any) -> T:
    """An instance with what matters to a test; everything else empty."""
    plain: dict[str, Any] = {}
    for item in fields(cls):  # type: ignore[arg-type]
        words = str(item.type)
        empty: Any = None if "None" in words else () if words.startswith("tuple") else {} if "dict" in words else ""
        plain[item.name] = 0 if words in ("int", "float") else False if words == "bool" else empty
    return cls(**(plain | values))


class FakeReports:
    """What the fake gateway says of sources, devices, intake, warnings and notices."""

    def __init__(self, now: datetime) -> None:
        def ago(**amount: float) -> datetime:
            return now - timedelta(**amount)

        self.sources = made(
            Sources, as_of=now,
            rows=(
                made(SourceRow, source="duty-robot", kind="notices.dingtalk", state="broken",
                     detail="credential_refused", ok_at=ago(hours=3), queue=12),
                made(SourceRow, source="river-lora", kind="chirpstack", state="unknown", ok_at=ago(minutes=14),
                     rate=0.0, rejected=7, kept_refused=2, detail=f"silent {HOSTILE}"),
                made(SourceRow, source="hotline", kind="folder", state="up", ok_at=ago(seconds=20), rate=3.25,
                     taken=10_230, rejected=1),
            ),
        )  # fmt: skip
        row = made(RefusedRow, source="river-lora", at=ago(minutes=20), reason="not_json", expected="an object")
        self.refused = (
            RefusedText(replace(row, id=71, size=44), f"{{{HOSTILE}", (("topic", f"application/{HOSTILE}"),)),
            RefusedText(replace(row, id=70, size=3, reason="no_device"), "00 ff 10", ()),
        )
        device = made(DeviceRow, source="river-lora", kind="water_level", kind_label=Label("水位计", "water level"))
        self.devices = made(
            Devices, total=214, states=(("on", 210), ("faulty", 1), ("unknown", 2), ("maintenance", 1)), as_of=now,
            rows=(
                replace(device, id=1, key="a84041", name="泵站东", state="faulty", grid_name="光明1网格",
                        last_at=ago(hours=7), fault_case=1044),
                replace(device, id=2, key=HOSTILE, name=HOSTILE, state="unknown", last_at=None),
                replace(device, id=3, key="a84043", name="下穿桥", state="on", last_at=ago(minutes=2),
                        readings=(("water_level", 31.5, "cm", ago(minutes=2)),)),
            ),
        )  # fmt: skip
        self.cameras: tuple[CameraRow, ...] = (
            made(CameraRow, id=9, key="cam-9", name="东门球机", state="on", address="人民路东口", metres=42.0,
                 url="rtsp://10.0.0.9/1"),
            made(CameraRow, id=8, key="cam-8", name=HOSTILE, state="unknown", metres=None),
        )  # fmt: skip
        self.filing: AutoRow | None = made(AutoRow, rule="water.high", rule_label=Label("水位超限", "high water"),
                                           device="下穿桥")  # fmt: skip
        item = made(IntakeRow, channel="12345", channel_label=Label("12345热线", "hotline 12345"), source="hotline",
                    state="new", version=1)  # fmt: skip
        self.intake = made(
            Intake, waiting=3, late=1, as_of=now,
            rows=(
                replace(item, id=501, title="路面积水，车过不去", at=ago(minutes=31), due_at=ago(minutes=16),
                        grid_code="C1-1-1", grid_name="1号小网格", category="water.flood", proposed=(1042,)),
                replace(item, id=502, title=HOSTILE, text=HOSTILE, at=ago(minutes=4),
                        due_at=now + timedelta(minutes=11)),
                replace(item, id=503, title="咨询医保报销", at=ago(minutes=1), due_at=now + timedelta(minutes=14),
                        category="advice.health", has_call_back=True),
            ),
        )  # fmt: skip
        warning = made(WarningRow, rule="complaints", label=Label("投诉聚集", "complaints cluster"), level=2, version=1)
        self.warnings = made(
            Warnings, open=2, as_of=now,
            rows=(
                replace(warning, id=31, state="raised", grid_name="和平社区", size=12.0, raised_at=ago(minutes=50),
                        facts={"seen": 12, "before": 3}),
                replace(warning, id=30, state="assigned", place=HOSTILE, unit="SAF", raised_at=ago(hours=5),
                        due_at=ago(hours=1), facts={"note": HOSTILE}),
            ),
            rules=(made(RuleCount, rule="complaints", label=warning.label, verified=9, confirmed=6, hidden_risk=1),),
        )  # fmt: skip
        self.slips: dict[int, tuple[Slip, ...]] = {
            1043: (
                Slip(1, "CG", "refused", ago(minutes=9), HOSTILE, (Way("robot", ago(minutes=9), "refused", "", 1),)),
                Slip(2, "P1", "sent", ago(minutes=3), "", (Way("sms", ago(minutes=3), "sent", "", 1),)),
                Slip(3, "AMB", "stored", ago(minutes=2), "no_way", ()),
            ),
        }
        self.notices: tuple[NoticeRow, ...] = (
            made(NoticeRow, id=81, kind="order", recipient="CG", target="robot", title=f"派单 {HOSTILE}",
                 outcome="given_up", error="unknown_target"),
        )  # fmt: skip


class FakeReporting:
    """The methods of `tui.desk.reporting.Reporting` over `FakeReports`."""

    reports_in: FakeReports
    actions: list[tuple[Any, ...]]
    refuse: GriddeskError | None
    _check: Callable[[], None]

    async def slips(self, case_id: int) -> tuple[Slip, ...]:
        return self.reports_in.slips.get(case_id, ())

    async def sources(self) -> Sources:
        self._check()
        return self.reports_in.sources

    async def refused_items(self, source: str) -> tuple[RefusedRow, ...]:
        return tuple(row.row for row in self.reports_in.refused if row.row.source == source)

    async def refused_text(self, item_id: int) -> RefusedText | None:
        return next((text for text in self.reports_in.refused if text.row.id == item_id), None)

    async def replay(self, item_id: int) -> dict[str, Any]:
        self.actions.append(("replay", item_id))
        return {"records": {"Alarm": 1}, "rejections": []}

    async def devices(self) -> Devices:
        self._check()
        return self.reports_in.devices

    async def cameras(self, case_id: int) -> tuple[CameraRow, ...]:
        return self.reports_in.cameras

    async def filing_of(self, case_id: int) -> AutoRow | None:
        return self.reports_in.filing

    async def confirm_filing(self, case_id: int, request_id: str) -> None:
        self.actions.append(("confirm", case_id))

    async def cancel_filing(self, case_id: int, reason: str, request_id: str) -> None:
        self.actions.append(("cancel", case_id, reason))

    async def intake(self, which: IntakeWhich) -> Intake:
        self._check()
        found = self.reports_in.intake
        return found if which == "waiting" else replace(found, rows=(), waiting=0)

    async def intake_item(self, item_id: int) -> IntakeRow:
        return next(row for row in self.reports_in.intake.rows if row.id == item_id)

    async def sort(self, verb: str, item_id: int, version: int, request_id: str, **facts: Any) -> int:
        self.actions.append((verb, item_id, version, facts))
        if self.refuse is not None:
            raise self.refuse
        return 1200

    async def warnings(self) -> Warnings:
        self._check()
        return self.reports_in.warnings

    async def assign_warning(self, warning_id: int, unit: str, version: int, request_id: str) -> None:
        self.actions.append(("assign", warning_id, unit, version))

    async def verify_warning(
        self, warning_id: int, finding: str, note: str, size: float | None, version: int, request_id: str
    ) -> None:
        self.actions.append(("verify", warning_id, finding, note, size, version))

    async def close_warning(self, warning_id: int, note: str, version: int, request_id: str) -> None:
        self.actions.append(("close_warning", warning_id, version))

    async def notices_of(self, case_id: int) -> tuple[NoticeRow, ...]:
        return self.reports_in.notices

    async def send_again(self, notice_id: int, request_id: str) -> None:
        self.actions.append(("send_again", notice_id))
