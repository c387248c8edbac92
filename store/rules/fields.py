"""The fields of every command by name and kind, for whoever spells commands: a shell, a form, a scenario."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import date, datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from store.rules.commands import Called, Command

Kind = Literal["text", "integer", "truth", "date", "instant", "choice", "names", "facts", "members"]
"""`names` is a list of texts, `facts` pairs of a name and a plain value, `members` units of a joint order."""

_KINDS: dict[Any, Kind] = {str: "text", int: "integer", bool: "truth", date: "date", datetime: "instant"}

COMMANDS: Mapping[str, type[Command]] = {command.verb: command for command in get_args(Command)}
"""Every command by its verb."""


@dataclass(frozen=True, slots=True)
class FieldShape:
    """One field of a command; `optional` fields may be None."""

    name: str
    kind: Kind
    required: bool
    optional: bool
    choices: tuple[str, ...] = ()
    default: Any = None


def shapes(command: type[Command]) -> tuple[FieldShape, ...]:
    """The fields of a command in the order of its definition."""
    return _shapes(command.verb)


@cache
def _shapes(verb: str) -> tuple[FieldShape, ...]:
    command = COMMANDS[verb]
    hints = get_type_hints(command)
    return tuple(_shape(item.name, hints[item.name], item.default) for item in fields(command))


def _shape(name: str, hint: Any, default: Any) -> FieldShape:
    optional = False
    if get_origin(hint) in (Union, UnionType):
        parts = [part for part in get_args(hint) if part is not NoneType]
        optional, hint = len(parts) < len(get_args(hint)), parts[0]
    required = default is MISSING
    choices: tuple[str, ...] = ()
    if get_origin(hint) is Literal:
        kind: Kind = "choice"
        choices = tuple(str(word) for word in get_args(hint))
    elif get_origin(hint) is tuple:
        item = get_args(hint)[0]
        kind = "names" if item is str else "members" if item is Called else "facts"
    else:
        kind = _KINDS[hint]
    return FieldShape(name, kind, required, optional, choices, None if required else default)
