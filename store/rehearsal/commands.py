"""Commands of the rules from the keys of a step, by the kinds of their fields."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from store.rehearsal.places import Place
from store.rules.commands import Called, Command
from store.rules.fields import COMMANDS, FieldShape, shapes

Moment = Callable[[Place], datetime]
"""Reads a time; relative ones count from the step's own."""

INTERNAL = frozenset({"into", "into_version"})
"""Fields that the rehearsal fills in itself."""


def keys(verb: str) -> tuple[str, ...]:
    """The keys that a step with this verb may have beside its own."""
    return tuple(shape.name for shape in shapes(COMMANDS[verb]) if shape.name != "into_version")


def command(verb: str, given: dict[str, Place], step: Place, moment: Moment, into: int = 0) -> Command:
    """The command; raises `BadInput` `scenario_invalid` for a wrong or missing field."""
    kind = COMMANDS[verb]
    values: dict[str, Any] = {}
    for shape in shapes(kind):
        if shape.name == "into":
            values["into"] = into
        elif shape.name in given:
            values[shape.name] = value(given[shape.name], shape, moment)
        elif shape.required and shape.name not in INTERNAL:
            # A text that is left out stays empty: whether the move needs it is for the rules to say.
            values[shape.name] = "" if shape.kind == "text" else _missing(step, shape)
    return kind(**values)


def _missing(step: Place, shape: FieldShape) -> Any:
    return step.needed(shape.name, f"{shape.name} ({shape.kind})")


def value(place: Place, shape: FieldShape, moment: Moment) -> Any:
    """One field from its place in the file."""
    match shape.kind:
        case "integer":
            return place.integer()
        case "truth":
            return place.truth()
        case "date":
            return place.day()
        case "instant":
            return moment(place)
        case "names":
            return place.texts()
        case "facts":
            return tuple((name, _fact(fact)) for name, fact in place.items())
        case "members":
            return tuple(_member(member) for member in place.list())
        case "choice":
            return place.one_of(shape.choices)
        case _:
            return str(place.value) if isinstance(place.value, int) else place.text()


def _fact(place: Place) -> str | int | float | bool:
    if not isinstance(place.value, str | int | float | bool):
        place.wrong("text, a number, true or false")
    found: str | int | float | bool = place.value
    return found


def _member(place: Place) -> Called:
    if isinstance(place.value, str):
        return Called(place.value)
    place.table(("unit", "required", "text", "arrive_minutes"))
    required, minutes = place.get("required"), place.get("arrive_minutes")
    return Called(
        place.needed("unit").text(), True if required is None else required.truth(), place.optional("text"),
        None if minutes is None else minutes.integer(),
    )  # fmt: skip
