"""Fields of moves from the text people type: numbers, days, lists, facts, units of a joint order."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from store.errors import BadInput
from store.rules.commands import Called, Command, FactValue
from store.rules.fields import FieldShape, shapes

COMMA = re.compile("[,，、;；]")
TRUTHS: dict[str, bool] = {
    "true": True, "yes": True, "是": True, "有": True, "false": False, "no": False, "否": False, "无": False,
}  # fmt: skip
REQUIRED: dict[str, bool] = {
    "": True, "required": True, "必到": True, "as_needed": False, "optional": False, "按需": False,
}  # fmt: skip

EXAMPLES = {
    "integer": "3", "date": "2026-03-31", "instant": "2026-03-01T22:30", "names": "P1,P3", "facts": "amount=100000",
    "members": "P3:as_needed:cut the gas:15",
}  # fmt: skip
"""How each kind is written."""


def command(kind: type[Command], words: dict[str, str], zone: str) -> Command:
    """The command that typed `words` spell; empty ones are left at their default. Raises `BadInput` `bad_field`."""
    values = {}
    for shape in shapes(kind):
        text = words.get(shape.name, "").strip()
        if text or shape.required:
            values[shape.name] = value(shape, text, zone)
    return kind(**values)


def value(shape: FieldShape, text: str, zone: str) -> Any:
    """One field from its text; `zone` is the centre's. Raises `BadInput` `bad_field` (field, value, expected)."""
    try:
        match shape.kind:
            case "integer":
                return int(text)
            case "truth":
                return TRUTHS[text.lower()]
            case "date":
                return date.fromisoformat(text)
            case "instant":
                at = datetime.fromisoformat(text)
                return at if at.tzinfo is not None else at.replace(tzinfo=ZoneInfo(zone))
            case "names":
                return tuple(part.strip() for part in COMMA.split(text) if part.strip())
            case "facts":
                return tuple(fact(part) for part in COMMA.split(text) if part.strip())
            case "members":
                return tuple(member(part) for part in COMMA.split(text) if part.strip())
            case "choice" if text not in shape.choices:
                raise ValueError(text)
            case _:
                return text
    except (ValueError, KeyError):
        expected = EXAMPLES.get(shape.kind) or ", ".join(shape.choices or TRUTHS)
        raise BadInput("bad_field", field=shape.name, value=text, expected=expected) from None


def fact(text: str) -> tuple[str, FactValue]:
    """`amount=100000` as name and value: truth, number, else text. Raises ValueError."""
    name, sign, said = (part.strip() for part in text.partition("="))
    if not (name and sign and said):
        raise ValueError(text)
    if said.lower() in TRUTHS:
        return name, TRUTHS[said.lower()]
    for number in (int, float):
        try:
            return name, number(said)
        except ValueError:
            continue
    return name, said


def member(text: str) -> Called:
    """`UNIT[:required|as_needed[:TASK[:MINUTES]]]`; a task may hold colons. Raises ValueError, KeyError."""
    unit, _, rest = text.strip().partition(":")
    needed, _, rest = rest.partition(":")
    task, _, minutes = rest.rpartition(":")
    if not minutes.strip().isdecimal():
        task, minutes = rest, ""
    if not unit.strip():
        raise ValueError(text)
    return Called(unit.strip(), REQUIRED[needed.strip().lower()], task.strip(), int(minutes) if minutes else None)
