"""The dialogs behind the keys: each asks for what one move needs and gives it back, or None."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from store.rules.commands import Close, Escalate, File, Verify
from store.rules.tree import UNPLACED
from store.views.alerts import AlertRow
from store.views.case import CaseView
from store.views.why import WhyLine
from tui import wording
from tui.desk.gateway import Gateway
from tui.desk.panels.casetext import history_lines
from tui.desk.panels.queue import what_of
from tui.desk.state import DeskState
from tui.desk.widgets.chooser import Chooser, Item
from tui.desk.widgets.dialog import Ask, Field, Form, Read
from tui.desk.widgets.page import Row
from tui.desk.widgets.table import Column
from tui.language import N_, label, tr
from tui.text import cut, fit, safe

if TYPE_CHECKING:
    from textual.app import App

WIDTH = 60
"""Cells of text inside a dialog."""

UNIT_COLUMNS = (
    Column(N_("unit"), 6),
    Column(N_("name"), 18, flexible=1),
    Column(N_("fits"), 4),
    Column(N_("busy"), 5, right=True),
)

KEEPER = {
    "starting": N_("starting"),
    "running": N_("running"),
    "waiting": N_("waiting"),
    "elsewhere": N_("elsewhere"),
    "stopped": N_("stopped"),
}
"""States of the connectors' process."""

OUTCOMES = tuple((name, words) for name, words in wording.OUTCOMES.items() if name != "source")


class Asking:
    def __init__(self, app: App[int], gateway: Gateway, state: DeskState) -> None:
        self._app, self._gateway, self._state = app, gateway, state

    def _title(self, verb: str, view: CaseView) -> Callable[[], str]:
        return lambda: f"{wording.verb(verb)} {view.row.id}  {cut(what_of(view.row), 36)}"

    async def unit(self, view: CaseView) -> str | None:
        """Units, the likeliest first: D its duty, N near the place; then the load."""
        units = await self._gateway.proposals(view.row.id)
        items = [
            Item(
                row.code,
                (
                    safe(row.code), label(row.label), f"{'D' if row.duty else ' '}{'N' if row.near else ' '}",
                    str(row.running),
                ),
                f"{row.code} {row.label.zh} {row.label.en}".lower(),
            )
            for row in units
        ]  # fmt: skip
        hint = N_("D its duty  N near  busy: open cases it holds")
        chooser = Chooser(self._state, self._title("dispatch", view), UNIT_COLUMNS, items, hint)
        return await self._app.push_screen_wait(chooser)

    async def _form(
        self, verb: str, view: CaseView, fields: Sequence[Field], lines: Sequence[Row] = ()
    ) -> dict[str, str] | None:
        draft = f"{verb}.{view.row.id}"
        form = Form(self._state, self._title(verb, view), fields, wording.VERBS[verb], draft, lines)
        return await self._app.push_screen_wait(form)

    async def reason(self, view: CaseView, verb: str) -> str | None:
        said = await self._form(verb, view, [Field("reason", wording.FIELDS["reason"], needed=True)])
        return said["reason"] if said else None

    async def escalation(self, view: CaseView) -> dict[str, str] | None:
        """A reason, and a graver level if wanted; a lower one is not offered (K04-R10)."""
        levels = [level.number for level in self._gateway.profile.levels]
        graver = levels[: levels.index(view.row.level)] if view.row.level in levels else []
        options = [("", N_("as it is"))]
        options += [(str(n), self._gateway.profile.level(n).short) for n in reversed(graver)]
        fields = [
            Field("reason", wording.FIELDS["reason"], needed=True),
            Field("level", wording.FIELDS["level"], options=tuple(options)),
        ]
        words = tr("From {tier} one step up the ladder; this cannot be undone.", tier=view.tier)
        return await self._form("escalate", view, fields, [(words,)])

    async def result(self, view: CaseView) -> dict[str, str] | None:
        fields = [
            Field("result", wording.FIELDS["result"], needed=True),
            Field("proof", N_("after-picture")),
        ]
        return await self._form("feedback", view, fields)

    async def closing(self, view: CaseView) -> dict[str, str] | None:
        """Result or proof, and the outcome (K02-R4)."""
        handled = "verify" in view.moves
        fields = [
            Field("result", wording.FIELDS["result"], view.result, needed=not view.proof),
            Field("proof", N_("after-picture"), view.proof),
            Field("outcome", N_("outcome"), "done" if handled else "on_the_spot", options=OUTCOMES),
        ]
        lines: list[Row] = []
        if handled:
            lines = [(tr("Closing verifies what the unit did, in your name."),)]
        elif view.row.unit is None:
            lines = [(tr("No unit had this case: say how it was settled."),)]
        return await self._form("close", view, fields, lines)

    async def verification(self, view: CaseView) -> Verify | None:
        said = safe(view.result) or tr("nothing written")
        lines: list[Row] = [(cut(tr("The unit says: {result}", result=said), WIDTH),)]
        answers = [("passed", N_("passed")), ("failed", N_("failed: back to the unit"))]
        answer = await self._app.push_screen_wait(Ask(self._state, self._title("verify", view), lines, answers))
        if answer == "passed":
            return Verify(True)
        if answer is None:
            return None
        reason = await self.reason(view, "verify")
        return Verify(False, reason) if reason else None

    async def which_answer(self, view: CaseView) -> str | None:
        """What the unit said by telephone."""
        names = {
            "accept": N_("the unit accepts"),
            "return": N_("the unit returns it: not its duty"),
            "feedback": N_("the unit reports it done"),
        }
        answers = [(verb, words) for verb, words in names.items() if verb in view.moves]
        if not answers:
            return "accept"
        unit = wording.named(view.row.unit_name, view.row.unit or "")
        lines: list[Row] = [(tr("By telephone from {unit}:", unit=unit),)]
        return await self._app.push_screen_wait(Ask(self._state, self._title("record", view), lines, answers))

    async def filing(self, view: CaseView) -> File | None:
        """Category from the list, then grid and level."""
        profile = self._gateway.profile
        items = [
            Item(c.id, (label(c.label), c.id), f"{c.id} {c.label.zh} {c.label.en} {' '.join(c.words)}".lower())
            for c in profile.categories
        ]
        columns = (Column(N_("category"), 20, flexible=2), Column(N_("id"), 16, flexible=1))
        category = await self._app.push_screen_wait(Chooser(self._state, self._title("file", view), columns, items))
        if category is None:
            return None
        levels = tuple((str(level.number), level.short) for level in profile.levels)
        found = profile.category(category)
        grid = "" if view.row.grid_code == UNPLACED else view.row.grid_code
        fields = [
            Field("grid", N_("grid code"), grid, needed=True),
            Field("level", wording.FIELDS["level"], str(found.level if found else view.row.level), options=levels),
            Field("note", wording.FIELDS["note"]),
        ]
        said = await self._form("file", view, fields)
        return File(category, said["grid"], int(said["level"]), said["note"]) if said else None

    async def new_report(self, grid_code: str, alert: AlertRow | None) -> dict[str, str] | None:
        title = wording.alert(alert.code, alert.fields, self._gateway.profile) if alert else ""
        fields = [
            Field("title", wording.FIELDS["title"], title, needed=True),
            Field("grid", N_("grid code"), (alert.grid_code or "") if alert else grid_code),
            Field("address", N_("address or spot")),
            Field("text", N_("details")),
        ]
        draft = f"report.{alert.id if alert else 'new'}"
        return await self._app.push_screen_wait(
            Form(self._state, N_("New report by hand"), fields, wording.VERBS["report"], draft)
        )

    async def sure(self, view: CaseView, command: Close | Escalate) -> bool:
        """Ask once before what cannot be undone."""
        text = command.reason if isinstance(command, Escalate) else command.result
        answers = [("yes", wording.VERBS[command.verb]), ("no", N_("cancel"))]
        lines: list[Row] = [(cut(safe(text), WIDTH),)]
        title = self._title(command.verb, view)
        return await self._app.push_screen_wait(Ask(self._state, title, lines, answers)) == "yes"

    async def redo(self, fresh: CaseView, seen: int, verb: str) -> bool:
        """Somebody was faster: show what he did; the later one decides."""
        now, zone = self._gateway.now(), self._gateway.timezone
        lines: list[Row] = [(tr("Changed since you looked:"),)]
        for event in fresh.history:
            if event.version > seen and event.kind not in ("near_due", "overdue"):
                lines += history_lines(event, now, zone, WIDTH, self._gateway.profile)
        answers = [("leave", N_("leave it as it is"))]
        if verb in fresh.moves:
            answers.append(("redo", N_("do it all the same")))
        else:
            lines.append((tr("{verb} is no longer possible.", verb=wording.verb(verb)),))
        return await self._app.push_screen_wait(Ask(self._state, self._title(verb, fresh), lines, answers)) == "redo"

    async def show_why(self, case_id: int, lines: Sequence[WhyLine]) -> None:
        now, zone = self._gateway.now(), self._gateway.timezone
        rows: list[Row] = []
        for line in lines:
            until = "" if line.until.year > 9000 else wording.local_stamp(line.until, zone, now)
            words = wording.why(line.code, line.fields, self._gateway.profile, zone)
            rows.append((f"{fit(until, 11)} ", words))
        await self._app.push_screen_wait(Read(self._state, lambda: f"{tr('why due')} {case_id}", rows))

    async def show_sources(self) -> None:
        header, now = self._state.header, self._gateway.now()
        rows: list[Row] = []
        for source in header.sources if header else ():
            rows.append(self._source(source.source, source.state, source.ok_at, now))
            if source.rejected or source.dropped:
                counts = tr("{rejected} refused, {dropped} dropped", rejected=source.rejected, dropped=source.dropped)
                rows.append((f"    {counts}",))
            if source.detail and source.state != "up":
                rows.append((f"    {cut(source.detail, WIDTH - 4)}",))
        if self._state.keeper:
            rows.append((tr("connectors process: {state}", state=tr(KEEPER[self._state.keeper])),))
        empty: list[Row] = [(tr("No source has reported yet. Start: griddesk connect"),)]
        await self._app.push_screen_wait(Read(self._state, N_("Sources"), rows or empty))

    def _source(self, name: str, state: str, ok_at: datetime | None, now: datetime) -> Row:
        age = wording.age((now - ok_at).total_seconds()) if ok_at else tr("never")
        words = f"{fit(name, 16)} {fit(wording.state(state), 10)} "
        return ((words, "" if state == "up" else "bad"), f"{tr('last good {age}', age=age)}")
