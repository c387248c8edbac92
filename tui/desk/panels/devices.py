"""Who reports in and who is told: every source and target with its health, below them the troubled devices."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import ClassVar

from textual.binding import BindingType
from textual.message import Message
from textual.widget import Widget

from store.views.devices import DeviceRow
from store.views.sources import SourceRow
from tui import wording
from tui.desk import keys
from tui.desk.panels.panel import Panel
from tui.desk.state import DeskState
from tui.desk.widgets.table import Cells, Column, Table
from tui.language import N_, label, tr
from tui.text import safe
from tui.wording import reaching

COLUMNS = (
    Column(N_("state"), 10),
    Column(N_("source or device"), 14, flexible=2),
    Column(N_("kind"), 10, flexible=1),
    Column(N_("good"), 6, right=True),
    Column(N_("a minute"), 8, right=True, rank=2),
    Column(N_("refused"), 7, right=True),
    Column(N_("queue#column"), 6, right=True),
    Column(N_("what it says#source"), 12, flexible=3, rank=1),
)
DEVICE = 1_000_000
"""Keys of devices begin here; sources are numbered from 1, a heading between them is 0."""
GOOD = frozenset({"up", "on"})
CALM = GOOD | {"maintenance", "suppressed"}


def source_cells(row: SourceRow, now: datetime, *, stale: bool) -> Cells:
    """The state is a word; a source that was not seen good for long is never shown as up."""
    state = "unknown" if stale and row.state == "up" else row.state
    age = wording.age(max(0.0, (now - row.ok_at).total_seconds())) if row.ok_at else tr("never")
    detail = row.detail
    if row.dropped:
        detail = f"{tr('{n} dropped', n=row.dropped)} {detail}"
    return (
        (wording.state(state), "" if state == "up" else "unknown" if state == "unknown" else "bad"),
        safe(row.source), safe(row.kind), (age, "" if state == "up" else "near"),
        f"{row.rate:.0f}" if row.rate >= 10 else f"{row.rate:.1f}" if row.rate else "",
        (str(row.kept_refused or row.rejected or ""), "near" if row.kept_refused else ""), str(row.queue or ""),
        safe(detail),
    )  # fmt: skip


def device_cells(row: DeviceRow, now: datetime, *, stale: bool) -> Cells:
    state = "unknown" if stale and row.state in GOOD else row.state
    style = "" if state in CALM else "unknown" if state in ("unknown", "quarantine") else "bad"
    age = wording.age(max(0.0, (now - row.last_at).total_seconds())) if row.last_at else tr("never")
    said = "  ".join(f"{name} {value:g}{unit}" for name, value, unit, _ in row.readings[:2])
    place = row.grid_name or row.address
    return (
        (reaching.word(reaching.DEVICE_STATES, state), style), safe(row.name or row.key),
        label(row.kind_label) or safe(row.kind), (age, "" if state in CALM else "near"), "", "", "",
        safe("  ".join(part for part in (place, said, row.detail) if part)),
    )  # fmt: skip


class DevicesPanel(Panel):
    part = "devices"
    digit = "6"
    heading = N_("Devices")
    areas: ClassVar[tuple[str, ...]] = ("table", "devices")
    topics = frozenset({"devices"})
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("devices")

    class Stood(Message):
        """The cursor stands on another row."""

    class Refused(Message):
        """What this source sent that could not be read is wanted."""

        def __init__(self, source: SourceRow) -> None:
            super().__init__()
            self.source = source

    class Opened(Message):
        """Enter on a device."""

        def __init__(self, device: DeviceRow) -> None:
            super().__init__()
            self.device = device

    def __init__(self, desk_state: DeskState, now: Callable[[], datetime]) -> None:
        super().__init__(desk_state)
        self.now = now
        self.table = Table(
            COLUMNS, widget_id="device-table", empty=N_("No source has reported yet. Start: griddesk connect")
        )

    @property
    def body(self) -> Widget:
        return self.table

    @property
    def source(self) -> SourceRow | None:
        rows = self.desk.sources.rows if self.desk.sources else ()
        at = (self.table.cursor_key or 0) - 1
        return rows[at] if 0 <= at < len(rows) else None

    @property
    def device(self) -> DeviceRow | None:
        rows = self.desk.devices.rows if self.desk.devices else ()
        return next((row for row in rows if row.id + DEVICE == self.table.cursor_key), None)

    def show_data(self) -> None:
        now, stale = self.now(), self.desk.unknown("devices") or self.desk.age("devices") is None
        sources = self.desk.sources.rows if self.desk.sources else ()
        devices = self.desk.devices.rows if self.desk.devices else ()
        cells: dict[int, Cells] = {n: source_cells(row, now, stale=stale) for n, row in enumerate(sources, start=1)}
        found = list(cells)
        if devices:
            cells[0] = (("", ""), (tr("Devices, the troubled first"), "head"), "", "", "", "", "", "")
            found.append(0)
        for row in devices:
            cells[DEVICE + row.id] = device_cells(row, now, stale=stale)
            found.append(DEVICE + row.id)
        self.table.set_cells(cells, replace=True)
        self.table.set_keys(found)

    def subject(self) -> str:
        sources, devices = self.desk.sources, self.desk.devices
        if sources is None:
            return ""
        up = sum(row.state == "up" for row in sources.rows)
        words = tr("sources {up}/{all}", up=up, all=len(sources.rows))
        if devices is not None and devices.total:
            states = ", ".join(
                f"{reaching.word(reaching.DEVICE_STATES, state)} {count}" for state, count in devices.states if count
            )
            words += f"  {tr('{n} devices', n=devices.total)}: {states}"
        return words

    def detail(self) -> str:
        """The row under the cursor in full."""
        if (source := self.source) is not None:
            taken = tr("{n} records in all", n=source.taken)
            said = [safe(source.source), safe(source.kind), safe(source.detail), taken]
            if source.kept_refused:
                said.append(tr("{n} refused can be read: r", n=source.kept_refused))
            return "  ".join(word for word in said if word)
        if (device := self.device) is not None:
            readings = [f"{name} {value:g} {unit}".rstrip() for name, value, unit, _ in device.readings]
            about = (f"{device.source}:{device.key}", device.name, device.address, device.owner, *readings)
            return safe("  ".join(word for word in (*about, device.detail) if word))
        return ""

    def on_table_moved(self, event: Table.Moved) -> None:
        event.stop()
        self.post_message(self.Stood())

    def on_table_chosen(self, event: Table.Chosen) -> None:
        event.stop()
        if (device := self.device) is not None:
            self.post_message(self.Opened(device))
        else:
            self.action_read_refused()

    def action_read_refused(self) -> None:
        if (source := self.source) is not None:
            self.post_message(self.Refused(source))
