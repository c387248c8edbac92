"""Moves without a key of their own: the list of those that the case allows, and a form for what each needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.rules.commands import Command
from store.rules.fields import COMMANDS, FieldShape, shapes
from store.views.case import CaseView, Offer
from tui import spelling, wording
from tui.desk import keys
from tui.desk.panels.queue import what_of
from tui.desk.widgets.chooser import Chooser, Item
from tui.desk.widgets.dialog import Field, Form
from tui.desk.widgets.page import Row
from tui.desk.widgets.table import Column
from tui.language import N_, label, tr
from tui.moves import BY_VERB, Asked
from tui.text import cut, safe

if TYPE_CHECKING:
    from textual.app import App

    from tui.desk.gateway import Gateway
    from tui.desk.state import DeskState

COLUMNS = (Column(N_("move"), 18, flexible=1), Column(N_("what it does"), 34, flexible=2))
TRUTHS = (("false", N_("no#fact")), ("true", N_("yes")))
LIMIT_UNITS = ("working_day", "day", "working_hour", "hour", "minute", "month")


def offers(view: CaseView) -> list[Offer]:
    """What the case allows beside the moves that have a key, in the order of the table of moves."""
    keyed = {verb for key in keys.KEYS if key.id != "case.more" for verb in key.verb.split(",")}
    order = {verb: number for number, verb in enumerate(BY_VERB)}
    found = [offer for offer in view.offers if offer.verb in order and offer.verb not in keyed]
    return sorted(found, key=lambda offer: order[offer.verb])


def _head(words: str, view: CaseView) -> str:
    return f"{words} {view.row.id}  {cut(what_of(view.row), 36)}"


def words_of(offer: Offer) -> str:
    """The profile's own word for the move, else the verb's."""
    return label(offer.label) or wording.verb(offer.verb)


class Further:
    """The dialogs of these moves."""

    def __init__(self, app: App[int], gateway: Gateway, state: DeskState) -> None:
        self._app, self._gateway, self._state = app, gateway, state

    async def which(self, view: CaseView) -> Offer | None:
        """The move that is chosen from the list, or None."""
        found = offers(view)
        items = [
            Item(
                str(number), (words_of(offer), tr(BY_VERB[offer.verb].help)), f"{words_of(offer)} {offer.verb}".lower()
            )
            for number, offer in enumerate(found)
        ]
        chooser = Chooser(self._state, lambda: _head(tr("more moves"), view), COLUMNS, items)
        chosen = await self._app.push_screen_wait(chooser)
        return None if chosen is None else found[int(chosen)]

    async def command(self, view: CaseView, offer: Offer) -> Command | None:
        """The move with all that it needs; raises `BadInput` `bad_field`, what was typed stays in the form."""
        kind = COMMANDS[offer.verb]
        known = {shape.name: shape for shape in shapes(kind)}
        asked = [item for item in BY_VERB[offer.verb].fields if not (item.name == "move" and offer.verb == "advance")]
        fields = [self._field(view, item, known[item.name], offer) for item in asked]
        lines: list[Row] = [(tr(BY_VERB[offer.verb].help),)]
        lines += [(f"  {tr(item.help)}",) for item in asked if known[item.name].kind in ("facts", "members", "names")]
        form = Form(
            self._state, lambda: _head(words_of(offer), view), fields, wording.VERBS[offer.verb],
            f"{offer.verb}.{view.row.id}", lines,
        )  # fmt: skip
        said = await self._app.push_screen_wait(form)
        if said is None:
            return None
        if offer.verb == "advance":
            said["move"] = offer.id
        if "into" in said:
            into = await self._gateway.find(said["into"])
            said["into"], said["into_version"] = str(into), str((await self._gateway.case(into)).row.version)
        return spelling.command(kind, said, self._gateway.timezone)

    def _field(self, view: CaseView, asked: Asked, shape: FieldShape, offer: Offer) -> Field:
        needed = shape.required or shape.name in offer.needs
        title = asked.help if asked.choices and shape.name == "unit" else wording.FIELDS[shape.name]
        options = self._options(view, asked, shape)
        value = str(shape.default) if options and shape.default is not None else ""
        if shape.name == "unit" and not options and needed:
            value = view.row.unit or ""
        return Field(shape.name, title, value.lower() if shape.kind == "truth" else value, needed, options)

    def _options(self, view: CaseView, asked: Asked, shape: FieldShape) -> tuple[tuple[str, str], ...]:
        """(value, message id) of fields with a few values; the profile's own words are message ids of their own."""
        if shape.kind == "truth":
            return TRUTHS
        if asked.choices and shape.name == "unit":
            return tuple((unit, wording.UNITS_OF_TIME[unit]) for unit in LIMIT_UNITS)
        words = wording.CHOICES.get(shape.name, {})
        if asked.choices or shape.choices:
            return tuple((value, words.get(value, value)) for value in asked.choices or shape.choices)
        profile = self._gateway.profile
        if shape.name == "move" and view.gates:
            return tuple((gate.move, label(gate.label) or gate.move) for gate in view.gates)
        if shape.name == "item" and view.gaps:
            return tuple((gap.item, safe(gap.item)) for gap in view.gaps if not gap.supplied)
        if shape.name == "clock":
            return tuple((c.name, safe(label(c.label))) for c in view.clocks if c.state in ("running", "paused"))
        if shape.name == "plan":
            return tuple((plan.id, safe(label(plan.label))) for plan in profile.plans)
        if shape.name == "scheme":
            own = tuple((scheme.id, safe(label(scheme.label))) for scheme in profile.schemes)
            return (("level", wording.FIELDS["level"]), *own)
        if shape.name == "finding" and profile.verification.findings:
            return tuple((finding.id, safe(label(finding.label))) for finding in profile.verification.findings)
        return ()
