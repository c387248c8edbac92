"""What every panel is: a title that says what it shows and how old that is, above a list or a text."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget

from tui import wording
from tui.desk.state import DeskState, Part
from tui.desk.widgets.line import Line
from tui.desk.widgets.line import Part as Words
from tui.language import tr


class Panel(Vertical):
    """Subclasses give `part`, `digit`, a `body` and `show_data`."""

    DEFAULT_CSS = "Panel { height: 1fr; width: 1fr; }"
    part: ClassVar[Part]
    digit: ClassVar[str]
    heading: ClassVar[str]
    areas: ClassVar[tuple[str, ...]] = ()
    """Areas of keys that are live here, nearest first."""
    topics: ClassVar[frozenset[str]] = frozenset()
    """Parts of the state this panel shows."""

    def __init__(self, desk_state: DeskState) -> None:
        super().__init__(id=self.part)
        self.desk = desk_state
        self.head = Line()

    def compose(self) -> ComposeResult:
        yield self.head
        yield self.body

    @property
    def body(self) -> Widget:
        """The widget that takes the keys."""
        raise NotImplementedError

    @property
    def active(self) -> bool:
        return self.body.has_focus

    def on_mount(self) -> None:
        self.desk.subscribe(self, self.on_topics)
        self.show_data()
        self.show_head()

    def on_topics(self, topics: frozenset[str]) -> None:
        if topics & (self.topics | {"language", "minute"}):
            self.show_data()
        if "language" in topics:
            self.body.refresh()
        self.show_head()

    def on_descendant_focus(self) -> None:
        self.show_head()

    def on_descendant_blur(self) -> None:
        self.show_head()

    def on_resize(self) -> None:
        self.call_after_refresh(self.show_head)

    def show_data(self) -> None:
        """Bring the body in line with the state."""

    def subject(self) -> str:
        """What stands behind the heading, e.g. the place and the number of rows."""
        return ""

    def detail(self) -> str:
        """The row under the cursor in full, for the status line; empty where the list says it all."""
        return ""

    def show_head(self) -> None:
        # On a small screen the tab line above names the panel already.
        title = "" if self.screen.has_class("-narrow") else f" {self.digit} {tr(self.heading)} "
        tail: tuple[Words, ...] = ()
        if self.desk.age(self.part) is None:
            tail = ((tr("waiting for the store"), "unknown"),)
        elif (age := self.desk.age_shown(self.part)) is not None:
            said = wording.age(age)
            words = tr("UNKNOWN, {age} old", age=said) if self.desk.unknown(self.part) else tr("{age} old", age=said)
            tail = ((words, "unknown"),)
        self.head.say((title, "active" if self.active else "head"), " " + self.subject(), tail=tail)
