"""What a key on a page leads to: refused messages, sorting, warnings; and what stands beside a case."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from store.errors import BadInput, GriddeskError
from store.views.devices import DeviceRow
from store.views.intake import IntakeRow
from store.views.sources import SourceRow
from store.views.warnings import WarningRow
from tui import wording
from tui.desk.flows import Flows
from tui.desk.gateway import Gateway, new_request
from tui.desk.state import DeskState
from tui.desk.widgets.chooser import Chooser, Item
from tui.desk.widgets.dialog import Ask, Field, Form, Read
from tui.desk.widgets.page import Row
from tui.desk.widgets.table import Column
from tui.language import N_, label, tr
from tui.text import safe, wrap
from tui.wording import reaching

if TYPE_CHECKING:
    from textual.app import App

WIDTH = 60
"""Cells of text inside a dialog."""
SHOWN = 8_000
"""Characters of a refused message that are shown."""

REFUSED_COLUMNS = (
    Column(N_("no."), 6, right=True), Column(N_("at"), 11), Column(N_("why"), 14, flexible=1),
    Column(N_("expected"), 12, flexible=1), Column(N_("bytes"), 6, right=True),
)  # fmt: skip
NOTICE_COLUMNS = (
    Column(N_("no."), 6, right=True), Column(N_("kind"), 10), Column(N_("to"), 10, flexible=1),
    Column(N_("by#way"), 10, flexible=1), Column(N_("came to"), 12, flexible=1),
)  # fmt: skip
CAMERA_COLUMNS = (
    Column(N_("camera"), 14, flexible=2), Column(N_("state"), 8), Column(N_("metres"), 6, right=True),
    Column(N_("where"), 14, flexible=2),
)  # fmt: skip
ADVICE_COLUMNS = (Column(N_("where to"), 20, flexible=1), Column(N_("line"), 14))
UNIT_COLUMNS = (Column(N_("unit"), 6), Column(N_("name"), 24, flexible=1))
SORTS: dict[str, str] = {
    "file": N_("file"), "answer": N_("answer"), "hand_over": N_("hand over"), "advise": N_("advise"),
    "duplicate": N_("duplicate"),
}  # fmt: skip


class PageFlows:
    """Each method is one action from key to notice; it runs in a worker and never raises `GriddeskError`."""

    def __init__(
        self, app: App[int], gateway: Gateway, state: DeskState, flows: Flows, refresh: Callable[[], None]
    ) -> None:
        self._app, self._gateway, self._state, self._flows, self._refresh = app, gateway, state, flows, refresh

    def _said(self, words: str) -> None:
        self._flows.say(words)
        self._refresh()

    async def _read(self, title: str, rows: Sequence[Row]) -> None:
        await self._app.push_screen_wait(Read(self._state, lambda: title, rows))

    # --- sources and devices --------------------------------------------------------------------

    async def refused(self, source: SourceRow) -> None:
        """The refused messages of a source; one of them in full; handed in anew where that is wanted."""
        try:
            found = await self._gateway.refused_items(source.source)
            if not found:
                self._flows.say(tr("{source} has refused nothing that is kept.", source=source.source))
                return
            now, zone = self._gateway.now(), self._gateway.timezone
            items = [
                Item(
                    str(row.id),
                    (
                        str(row.id), wording.local_stamp(row.at, zone, now), safe(row.reason, 60),
                        safe(row.expected, 60), str(row.size),
                    ),
                    f"{row.id} {row.reason} {row.origin}".lower(),
                )
                for row in found
            ]  # fmt: skip
            title = f"{tr('refused')} {safe(source.source)}"
            chosen = await self._app.push_screen_wait(
                Chooser(self._state, lambda: title, REFUSED_COLUMNS, items, N_("Enter reads it"))
            )
            if chosen is not None:
                await self._message(int(chosen))
        except GriddeskError as error:
            self._flows.refuse(error)

    async def _message(self, item_id: int) -> None:
        text = await self._gateway.refused_text(item_id)
        if text is None:
            self._flows.say(tr("That message is no longer kept."), good=False)
            return
        row = text.row
        where = "".join(f" {name} {value}" for name, value in (("line", row.line), ("column", row.column)) if value)
        beside = [f"{name}: {value}" for name, value in text.context]
        facts = [f"{row.reason}{where}", row.expected, row.origin, *beside]
        lines: list[Row] = [((line, "head"),) for fact in facts if fact for line in wrap(fact, WIDTH)]
        if row.replayed_at is not None:
            at = wording.local_stamp(row.replayed_at, self._gateway.timezone, self._gateway.now())
            lines.append((tr("handed in anew at {at}", at=at),))
        lines += [(line,) for line in wrap(text.text, WIDTH, SHOWN)]
        answers = [("leave", N_("leave it")), ("replay", N_("hand it in anew"))]
        title = f"{safe(row.source)} {row.id}"
        if await self._app.push_screen_wait(Ask(self._state, lambda: title, lines, answers)) == "replay":
            await self._replay(item_id)

    async def _replay(self, item_id: int) -> None:
        self._flows.say(tr("Handing in message {item} anew.", item=item_id))
        found = await self._gateway.replay(item_id)
        records = sum(int(count) for count in dict(found.get("records") or {}).values())
        if records:
            self._said(tr("Message {item}: {n} records were read and stored.", item=item_id, n=records))
            return
        reasons = [str(one.get("reason", "?")) for one in found.get("rejections") or ()]
        said = tr("Message {item} is still refused: {reason}.", item=item_id, reason=(reasons or ["?"])[0])
        self._flows.say(said, good=False)

    async def device(self, row: DeviceRow) -> None:
        now, zone = self._gateway.now(), self._gateway.timezone
        facts = [
            f"{row.source}:{row.key}", row.name, label(row.kind_label) or row.kind, row.grid_name or "", row.address,
            row.owner, reaching.word(reaching.DEVICE_STATES, row.state), row.detail,
            tr("last heard {at}", at=wording.local_stamp(row.last_at, zone, now)) if row.last_at else tr("never heard"),
        ]  # fmt: skip
        facts += [f"{name} {value:g} {unit}" for name, value, unit, _ in row.readings]
        if row.state == "quarantine":
            facts.append(tr("Not registered: griddesk device add {source} {key}", source=row.source, key=row.key))
        rows: list[Row] = [(line,) for fact in facts if fact for line in wrap(fact, WIDTH)]
        await self._read(safe(row.name or row.key), rows)

    # --- intake ---------------------------------------------------------------------------------

    async def item(self, row: IntakeRow) -> None:
        """One item whole, as far as the officer may read it."""
        try:
            found = await self._gateway.intake_item(row.id)
        except GriddeskError as error:
            self._flows.refuse(error)
            return
        facts = [
            found.title, found.text, found.kind_name, found.address, found.where_to, found.note, *found.media,
            tr("A call-back handle is kept.") if found.has_call_back else "",
        ]  # fmt: skip
        rows: list[Row] = [(line,) for fact in facts if fact for line in wrap(fact, WIDTH)]
        await self._read(f"{found.id}  {label(found.channel_label) or safe(found.channel)}", rows)

    async def sort(self, verb: str, row: IntakeRow) -> None:
        """Make of an item what the officer says it is."""
        try:
            facts = await self._facts(verb, row)
            if facts is None:
                return
            made = await self._gateway.sort(verb, row.id, row.version, new_request(), **facts)
        except GriddeskError as error:
            self._flows.refuse(error)
            return
        if verb == "file":
            self._said(tr("Item {item} is case {case}.", item=row.id, case=made))
        else:
            self._said(tr("Item {item}: {verb} done.", item=row.id, verb=tr(SORTS[verb])))

    async def _facts(self, verb: str, row: IntakeRow) -> dict[str, object] | None:
        """What the verb needs beside the item; None: left."""
        match verb:
            case "file":
                return await self._filing(row)
            case "duplicate":
                first = str(row.proposed[0]) if row.proposed else ""
                fields = [Field("into", wording.FIELDS["into"], first, needed=True)]
                said = await self._form(verb, row, fields)
                return {"into": await self._gateway.find(said["into"])} if said else None
            case "answer":
                said = await self._form(verb, row, [Field("text", wording.FIELDS["text"], needed=True)])
                return {"text": said["text"]} if said else None
            case _:
                return await self._where_to(verb, row)

    async def _filing(self, row: IntakeRow) -> dict[str, object] | None:
        profile = self._gateway.profile
        items = [
            Item(c.id, (label(c.label), c.id), f"{c.id} {c.label.zh} {c.label.en} {' '.join(c.words)}".lower())
            for c in sorted(profile.categories, key=lambda c: c.id != row.category)
        ]
        columns = (Column(N_("category"), 20, flexible=2), Column(N_("id"), 16, flexible=1))
        chosen = await self._app.push_screen_wait(Chooser(self._state, self._title("file", row), columns, items))
        if chosen is None:
            return None
        category = profile.category(chosen)
        levels = tuple((str(level.number), level.short) for level in profile.levels)
        fields = [
            Field("grid", N_("grid code"), row.grid_code or "", needed=True),
            Field("level", wording.FIELDS["level"], str(category.level if category else 1), options=levels),
            Field("title", wording.FIELDS["title"], row.title),
        ]
        said = await self._form("file", row, fields)
        if said is None:
            return None
        return {"category": chosen, "grid": said["grid"], "level": int(said["level"]), "title": said["title"]}

    async def _where_to(self, verb: str, row: IntakeRow) -> dict[str, object] | None:
        """A service or office of the profile, and a note."""
        offices = self._gateway.profile.advice
        if not offices:
            raise BadInput("no_advice")
        items = [
            Item(one.id, (label(one.label), safe(one.line)), f"{one.id} {one.label.zh} {one.label.en}".lower())
            for one in sorted(offices, key=lambda one: not one.emergency)
            if verb == "hand_over" or not one.emergency
        ]
        chosen = await self._app.push_screen_wait(Chooser(self._state, self._title(verb, row), ADVICE_COLUMNS, items))
        if chosen is None:
            return None
        said = await self._form(verb, row, [Field("note", wording.FIELDS["note"])])
        return {"to": chosen, "note": said["note"]} if said else None

    def _title(self, verb: str, row: IntakeRow) -> Callable[[], str]:
        return lambda: f"{tr(SORTS[verb])} {row.id}  {safe(row.title, 36)}"

    async def _form(self, verb: str, row: IntakeRow, fields: Sequence[Field]) -> dict[str, str] | None:
        form = Form(self._state, self._title(verb, row), fields, SORTS[verb], f"intake.{verb}.{row.id}")
        return await self._app.push_screen_wait(form)

    # --- warnings -------------------------------------------------------------------------------

    async def read_warning(self, row: WarningRow) -> None:
        facts = [label(row.label), row.grid_name or "", row.place, row.note]
        facts += [f"{name}: {value}" for name, value in row.facts.items() if value not in (None, "", [], {})]
        rows: list[Row] = [(line,) for fact in facts if fact for line in wrap(str(fact), WIDTH)]
        await self._read(f"{tr('warning')} {row.id}", rows)

    async def warning(self, verb: str, row: WarningRow) -> None:
        """Assign, verify or close a warning."""
        try:
            if verb == "assign":
                unit = await self._unit(row)
                if unit is None:
                    return
                await self._gateway.assign_warning(row.id, unit, row.version, new_request())
                self._said(tr("Warning {warning} is with {unit}.", warning=row.id, unit=unit))
            elif verb == "verify":
                said = await self._finding(row)
                if said is None:
                    return
                size = _number(said["size"])
                await self._gateway.verify_warning(
                    row.id, said["finding"], said["note"], size, row.version, new_request()
                )
                self._said(tr("Warning {warning} is verified.", warning=row.id))
            else:
                await self._gateway.close_warning(row.id, "", row.version, new_request())
                self._said(tr("Warning {warning} is closed.", warning=row.id))
        except GriddeskError as error:
            self._flows.refuse(error)

    async def _unit(self, row: WarningRow) -> str | None:
        units = await self._gateway.proposals(None)
        items = [
            Item(one.code, (safe(one.code), label(one.label)), f"{one.code} {one.label.zh} {one.label.en}".lower())
            for one in units
        ]
        title = f"{tr('assign')} {row.id}  {label(row.label)}"
        return await self._app.push_screen_wait(Chooser(self._state, lambda: title, UNIT_COLUMNS, items))

    async def _finding(self, row: WarningRow) -> dict[str, str] | None:
        fields = [
            Field("finding", wording.FIELDS["finding"], "confirmed", options=tuple(reaching.FINDINGS.items())),
            Field("note", wording.FIELDS["note"], needed=True),
            Field("size", N_("size"), "" if row.size is None else f"{row.size:g}"),
        ]
        title = f"{tr('verify')} {row.id}  {label(row.label)}"
        form = Form(self._state, lambda: title, fields, N_("verify"), f"warning.verify.{row.id}")
        return await self._app.push_screen_wait(form)

    # --- beside a case --------------------------------------------------------------------------

    async def beside(self, verb: str, case_id: int) -> None:
        """Its orders and how far they came, cameras near it, or the verdict on the rule that filed it."""
        try:
            if verb == "orders":
                await self._orders(case_id)
            elif verb == "cameras":
                await self._cameras(case_id)
            else:
                await self._judge(case_id)
        except GriddeskError as error:
            self._flows.refuse(error)

    async def _orders(self, case_id: int) -> None:
        rows = await self._gateway.notices_of(case_id)
        if not rows:
            self._flows.say(tr("Nobody was told of case {case} by message: no way is set up.", case=case_id))
            return
        items = []
        for row in rows:
            came = reaching.word(reaching.OUTCOMES, row.outcome or "owed")
            if row.error and row.outcome not in ("seen", "sent"):
                came = f"{came}: {reaching.why(row.error)}"
            kind, by = reaching.word(reaching.KINDS, row.kind), safe(row.target) or "-"
            cells = (str(row.id), kind, safe(row.recipient), by, came)
            items.append(Item(str(row.id), cells, f"{row.id} {row.recipient} {row.target}".lower()))
        title = f"{tr('orders')} {case_id}"
        chosen = await self._app.push_screen_wait(
            Chooser(self._state, lambda: title, NOTICE_COLUMNS, items, N_("Enter sends it again"))
        )
        if chosen is None:
            return
        again = [("no", N_("leave it")), ("yes", N_("send it again"))]
        words = next(row.title for row in rows if str(row.id) == chosen)
        lines: list[Row] = [(line,) for line in wrap(words, WIDTH)]
        if await self._app.push_screen_wait(Ask(self._state, lambda: title, lines, again)) == "yes":
            await self._gateway.send_again(int(chosen), new_request())
            self._said(tr("Notice {notice} goes out again.", notice=chosen))

    async def _cameras(self, case_id: int) -> None:
        cameras = await self._gateway.cameras(case_id)
        if not cameras:
            self._flows.say(tr("No camera is registered near case {case}.", case=case_id))
            return
        items = [
            Item(
                str(row.id),
                (
                    safe(row.name or row.key), reaching.word(reaching.DEVICE_STATES, row.state),
                    "" if row.metres is None else f"{row.metres:.0f}", safe(row.address),
                ),
                f"{row.key} {row.name} {row.address}".lower(),
            )
            for row in cameras
        ]  # fmt: skip
        title = f"{tr('cameras')} {case_id}"
        chosen = await self._app.push_screen_wait(
            Chooser(self._state, lambda: title, CAMERA_COLUMNS, items, N_("Enter shows its address"))
        )
        if chosen is not None:
            camera = next(row for row in cameras if str(row.id) == chosen)
            facts = [camera.key, camera.name, camera.address, camera.url]
            await self._read(title, [(line,) for fact in facts if fact for line in wrap(fact, WIDTH)])

    async def _judge(self, case_id: int) -> None:
        filing = await self._gateway.filing_of(case_id)
        if filing is None:
            self._flows.say(tr("Case {case} was not filed by a rule, or is judged already.", case=case_id))
            return
        said = tr("{rule} filed it for {device}.", rule=label(filing.rule_label) or filing.rule, device=filing.device)
        lines: list[Row] = [(line,) for line in wrap(said, WIDTH)]
        answers = [("confirm", N_("confirm: it is so")), ("cancel", N_("cancel: false alarm")), ("no", N_("leave it"))]
        title = f"{tr('judge')} {case_id}"
        answer = await self._app.push_screen_wait(Ask(self._state, lambda: title, lines, answers))
        if answer == "confirm":
            await self._gateway.confirm_filing(case_id, new_request())
            self._said(tr("Case {case} is confirmed.", case=case_id))
        elif answer == "cancel":
            fields = [Field("reason", wording.FIELDS["reason"], needed=True)]
            form = Form(self._state, lambda: title, fields, N_("cancel: false alarm"), f"judge.{case_id}")
            given = await self._app.push_screen_wait(form)
            if given is not None:
                await self._gateway.cancel_filing(case_id, given["reason"], new_request())
                self._said(tr("Case {case} is cancelled as a false alarm.", case=case_id))


def _number(words: str) -> float | None:
    """A number as typed; None for nothing. Raises `BadInput` `bad_field`."""
    if not words.strip():
        return None
    try:
        return float(words.replace(",", "."))
    except ValueError:
        raise BadInput("bad_field", field="size", found=words[:40], expected="a number") from None
