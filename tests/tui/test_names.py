"""Our widgets define no attribute that Textual already has, unless they mean to override it (A9)."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from pathlib import Path

import pytest
from textual.app import App
from textual.message_pump import MessagePump
from textual.widget import Widget

import tui.desk

MEANT = frozenset(
    {
        "BINDINGS", "CSS_PATH", "DEFAULT_CSS", "TITLE", "ENABLE_COMMAND_PALETTE", "HORIZONTAL_BREAKPOINTS",
        "AUTO_FOCUS", "compose", "render_line", "theme", "get_default_screen", "get_line_filters", "on_event",
        "_fatal_error",
    }
)  # fmt: skip
"""Names that are overridden on purpose; all are documented by Textual but `_fatal_error` (B5)."""

GENERATED = frozenset(
    {"__module__", "__doc__", "__init__", "__annotations__", "__parameters__", "__orig_bases__",
     "__static_attributes__", "__firstlineno__"}
)  # fmt: skip


def ours() -> list[type[MessagePump]]:
    found: set[type[MessagePump]] = set()
    for module in pkgutil.walk_packages([str(Path(tui.desk.__file__).parent)], "tui.desk."):
        for _, member in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(member, (Widget, App)) and member.__module__.startswith("tui."):
                found.add(member)
    return sorted(found, key=lambda cls: cls.__qualname__)


def textual_base(cls: type) -> type:
    return next(base for base in cls.__mro__ if base.__module__.startswith("textual."))


@pytest.mark.parametrize("cls", ours(), ids=lambda cls: cls.__qualname__)
def test_class_attributes_do_not_collide(cls: type[MessagePump]) -> None:
    base = textual_base(cls)
    own = {name for name in vars(cls) if name not in GENERATED and not name.startswith(("on_", "action_", "_reactive"))}
    machinery = {
        name
        for name in own
        if name.startswith(("_css", "_default", "_merged", "_inherit", "_computes", "_decorated", "__"))
    }
    clash = {name for name in own - MEANT - machinery if hasattr(base, name)}
    assert clash <= {"can_focus", "can_focus_children", "namespace", "control"}, clash


def test_instance_attributes_do_not_collide() -> None:
    """What `__init__` of our classes sets is not there before, on a plain Textual instance."""
    plain = {*dir(Widget()), *dir(App())}
    clashes = {}
    for cls in ours():
        source = inspect.getsource(cls.__init__) if "__init__" in vars(cls) else ""
        own = {part.split()[0].rstrip(":,=.(") for part in source.split("self.")[1:]}
        clash = {name for name in own if name in plain} - {
            "animation_level", "set_reactive", "post_message", "can_focus", "styles", "theme", "filter", "screen",
        }  # fmt: skip
        if clash:
            clashes[cls.__qualname__] = clash
    assert clashes == {}
