"""Small modal boxes: ask once, fill in, choose, read. The screen behind stays as it is: they cost few bytes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from rich.segment import Segment
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from tui import themes
from tui.desk import keys
from tui.desk.state import DeskState
from tui.desk.widgets.line import Line
from tui.desk.widgets.page import Page, Row
from tui.language import tr
from tui.text import cut, fit

LABEL = 18
"""Cells of the label beside a field."""
R = TypeVar("R")
Title = str | Callable[[], str]
"""A message id, or what makes the words anew in the language of the moment."""


class Choice(Widget, can_focus=True):
    """A button in one line; only Enter presses it, so no pasted letter can."""

    DEFAULT_CSS = "Choice { height: 1; width: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "press", show=False)]

    class Pressed(Message):
        def __init__(self, choice: Choice) -> None:
            super().__init__()
            self.choice = choice

    def __init__(self, words: str, value: str) -> None:
        super().__init__()
        self.words, self.value = words, value

    def action_press(self) -> None:
        self.post_message(self.Pressed(self))

    def render_line(self, y: int) -> Strip:
        here = self.has_focus
        text = cut(f"{'>' if here else ' '} [ {tr(self.words)} ]", self.size.width)
        return Strip([Segment(text, themes.style("active" if here else ""))]).adjust_cell_length(self.size.width)


class Cycle(Widget, can_focus=True):
    """One of a few values; left and right go through them."""

    DEFAULT_CSS = "Cycle { height: 1; width: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,l,space", "turn(1)", show=False),
        Binding("left,h", "turn(-1)", show=False),
    ]

    class Submitted(Message):
        """Enter: on with the form."""

    def __init__(self, options: Sequence[tuple[str, str]], value: str) -> None:
        super().__init__()
        self.options = tuple(options)
        self.at = next((n for n, option in enumerate(options) if option[0] == value), 0)

    @property
    def value(self) -> str:
        return self.options[self.at][0]

    def action_turn(self, step: int) -> None:
        self.at = (self.at + step) % len(self.options)
        self.refresh()

    def key_enter(self) -> None:
        self.post_message(self.Submitted())

    def render_line(self, y: int) -> Strip:
        text = cut(f"< {tr(self.options[self.at][1])} >", self.size.width)
        style = themes.style("active" if self.has_focus else "")
        return Strip([Segment(text, style)]).adjust_cell_length(self.size.width)


class Dialog(ModalScreen[R], Generic[R]):
    """A titled box; subclasses yield their body and know what to say when the language changes."""

    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("dialog")

    def __init__(self, desk_state: DeskState, title: Title) -> None:
        super().__init__()
        self.desk = desk_state
        self.heading = title
        self.head = Line(classes="-title")

    def compose(self) -> ComposeResult:
        with Vertical(classes="-box"):
            yield self.head
            yield from self.body()

    def body(self) -> ComposeResult:
        yield from ()

    def on_mount(self) -> None:
        self.desk.subscribe(self, self.on_topics)
        self.reword()

    def on_topics(self, topics: frozenset[str]) -> None:
        if "language" in topics:
            self.reword()

    def reword(self) -> None:
        """Say everything again in the language of now; what was typed stays."""
        words = self.heading() if callable(self.heading) else tr(self.heading)
        self.head.say((f" {words} ", "active"))
        for widget in self.query("Choice, Cycle"):
            widget.refresh()

    def action_cancel(self) -> None:
        self.dismiss(None)

    def action_confirm(self) -> None:
        """Enter where nothing takes it."""

    def action_focus_on(self, step: int) -> None:
        if step > 0:
            self.focus_next()
        else:
            self.focus_previous()


UP_AND_DOWN: list[BindingType] = [
    Binding("down", "focus_on(1)", show=False),
    Binding("up", "focus_on(-1)", show=False),
]


class Ask(Dialog[str]):
    """A few lines and named answers; gives back the answer's value, or None."""

    BINDINGS: ClassVar[list[BindingType]] = UP_AND_DOWN

    def __init__(
        self,
        desk_state: DeskState,
        title: Title,
        lines: Sequence[Row],
        answers: Sequence[tuple[str, str]],
        first: int = 0,
    ) -> None:
        super().__init__(desk_state, title)
        self.lines_said = tuple(lines)
        self.choices = [Choice(words, value) for value, words in answers]
        self.first = first

    def body(self) -> ComposeResult:
        page = Page()
        page.can_focus = len(self.lines_said) > 12
        page.styles.height = min(12, len(self.lines_said))
        page.set_lines(self.lines_said)
        yield page
        yield from self.choices

    def on_mount(self) -> None:
        self.choices[self.first].focus()

    def on_choice_pressed(self, event: Choice.Pressed) -> None:
        self.dismiss(event.choice.value)


class Read(Dialog[str]):
    """A text to read, scrollable; Escape or Enter closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,q", "cancel", show=False)]

    def __init__(self, desk_state: DeskState, title: Title, lines: Sequence[Row]) -> None:
        super().__init__(desk_state, title)
        self.page = Page()
        self.page.set_lines(lines)
        self.page.styles.height = min(16, max(1, len(lines)))

    def body(self) -> ComposeResult:
        yield self.page

    def on_mount(self) -> None:
        self.page.focus()


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    label: str
    value: str = ""
    needed: bool = False
    options: tuple[tuple[str, str], ...] = ()
    """(value, message id) to go through; empty for free text."""


class Form(Dialog[dict[str, str]]):
    """Labelled fields and one button; what is typed is kept as a draft until it is sent."""

    BINDINGS: ClassVar[list[BindingType]] = UP_AND_DOWN

    def __init__(
        self,
        desk_state: DeskState,
        title: Title,
        fields: Sequence[Field],
        confirm: str,
        draft: str,
        lines: Sequence[Row] = (),
    ) -> None:
        super().__init__(desk_state, title)
        self.fields = tuple(fields)
        self.draft = draft
        self.lines_said = tuple(lines)
        self.labels = {field.name: Line(classes="-label") for field in fields}
        self.inputs: dict[str, Input | Cycle] = {field.name: self._input(field) for field in fields}
        self.button = Choice(confirm, "send")
        self.trouble = Line(classes="-trouble")

    def _input(self, field: Field) -> Input | Cycle:
        value = self.desk.drafts.get(f"{self.draft}.{field.name}", field.value)
        if field.options:
            return Cycle(field.options, value)
        made = Input(value=value, compact=True, select_on_focus=False, max_length=2000)
        made.cursor_blink = False
        return made

    def body(self) -> ComposeResult:
        if self.lines_said:
            page = Page()
            page.can_focus = False
            page.styles.height = len(self.lines_said)
            page.set_lines(self.lines_said)
            yield page
        for field in self.fields:
            with Horizontal(classes="-field"):
                yield self.labels[field.name]
                yield self.inputs[field.name]
        yield self.trouble
        yield self.button

    def on_mount(self) -> None:
        self._first_empty().focus()

    def reword(self) -> None:
        super().reword()
        for field in self.fields:
            mark = "*" if field.needed else " "
            self.labels[field.name].say(fit(tr(field.label), LABEL) + mark + ":")

    def _first_empty(self) -> Widget:
        for field in self.fields:
            widget = self.inputs[field.name]
            if isinstance(widget, Input) and not widget.value:
                return widget
        return next(iter(self.inputs.values()), self.button)

    def values(self) -> dict[str, str]:
        return {name: widget.value.strip() for name, widget in self.inputs.items()}

    def on_input_changed(self, event: Input.Changed) -> None:
        for name, widget in self.inputs.items():
            if widget is event.input:
                self.desk.drafts[f"{self.draft}.{name}"] = event.value

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self._onward()

    def on_cycle_submitted(self) -> None:
        self._onward()

    def _onward(self) -> None:
        """To the first field that is missing, else to the button: sending takes one more Enter."""
        missing = self._missing()
        (self.inputs[missing.name] if missing else self.button).focus()

    def _missing(self) -> Field | None:
        values = self.values()
        return next((field for field in self.fields if field.needed and not values[field.name]), None)

    def on_choice_pressed(self, event: Choice.Pressed) -> None:
        missing = self._missing()
        if missing is not None:
            self.trouble.say((tr("Fill in: {field}", field=tr(missing.label)), "bad"))
            self.inputs[missing.name].focus()
            return
        self.dismiss(self.values())
