"""All keys and marks, made from the key registry; the ones of the panel in use come first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen

from tui import themes, wording
from tui.desk import keys
from tui.desk.orders import FORMS
from tui.desk.state import DeskState
from tui.desk.widgets.line import Line
from tui.desk.widgets.page import Page, Row
from tui.desk.widgets.strips import footer_parts
from tui.language import N_, tr
from tui.text import fit

ORDER_WORDS = {
    "D": N_("dispatch case to unit"),
    "E": N_("escalate; without a reason it is asked for"),
    "C": N_("close; without a result it is asked for"),
    "U": N_("urge the unit"),
    "V": N_("verified: passed"),
    "R": N_("reopen; without a reason it is asked for"),
    "F": N_("file: category, grid, level"),
    "A": N_("acknowledge the alert"),
}


def help_lines(areas: Sequence[str]) -> list[Row]:
    """The whole help text, `areas` first."""
    rest = [area for area in keys.AREAS if area not in areas and area not in ("help", "trouble")]
    lines: list[Row] = []
    for area in (*areas, *rest):
        lines.append(((tr(keys.AREAS[area]), "head"),))
        lines += [(("  " + fit(written(key), 14), "key"), tr(key.tip)) for key in keys.area(area)]
    lines.append(((tr("Marks"), "head"),))
    lines += [((f"  {mark}  ", themes.STATES.get(mark, "")), tr(words)) for mark, words in wording.MARKS.items()]
    lines.append(((tr("Marks of alerts"), "head"),))
    for kind, mark in wording.ALERT_MARKS.items():
        lines.append((f"  {mark}  ", tr(wording.ALERT_KINDS[kind])))
    lines.append((("  !  ", "bad"), tr("wants an acknowledgement")))
    lines.append(((tr("Marks of patrol"), "head"),))
    lines.append(("  G  ", tr("no visit for longer than the interval")))
    lines.append(("  S3 ", tr("fewer staff than the minimum, here three")))
    lines.append(((tr("Command line"), "head"),))
    lines += [((f"  {fit(form, 14)}", "key"), tr(ORDER_WORDS[letter])) for letter, form in FORMS.items()]
    lines.append((("  " + fit("1042", 14), "key"), tr("open the case")))
    return lines


def written(key: keys.Key) -> str:
    """All keys of one entry as people write them."""
    names = [NAMES.get(name, name) for name in key.keys.split(",")]
    return " ".join(dict.fromkeys(names))


NAMES = {
    "question_mark": "?", "slash": "/", "colon": ":", "escape": "Esc", "enter": "Enter", "tab": "Tab",
    "shift+tab": "S-Tab", "pagedown": "PgDn", "pageup": "PgUp", "home": "Home", "end": "End", "up": "Up",
    "down": "Down", "left": "Left", "right": "Right", "space": "Space", "f2": "F2", "ctrl+l": "^L", "ctrl+q": "^Q",
    "ctrl+c": "^C", "ctrl+d": "^D", "ctrl+u": "^U",
}  # fmt: skip


class HelpScreen(Screen[None]):
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("help")

    def __init__(self, desk_state: DeskState, areas: Sequence[str]) -> None:
        super().__init__()
        self.desk = desk_state
        self.areas = tuple(areas)
        self.head, self.foot = Line(), Line()
        self.page = Page()

    def compose(self) -> ComposeResult:
        yield self.head
        yield self.page
        yield self.foot

    def on_mount(self) -> None:
        self.desk.subscribe(self, self.on_topics)
        self.page.focus()
        self.reword()

    def on_topics(self, topics: frozenset[str]) -> None:
        if "language" in topics:
            self.reword()

    def reword(self) -> None:
        self.head.say((f" {tr('Keys')} ", "active"))
        self.page.set_lines(help_lines(self.areas))
        self.foot.say(*footer_parts(("help",), None, 80), f"  {tr('more below: j, PgDn')}")

    def action_leave(self) -> None:
        self.dismiss(None)
