"""What a scenario may expect after a step, as wishes with their lines."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from store.rehearsal.commands import Moment
from store.rehearsal.form import Wish
from store.rehearsal.lists import LISTS
from store.rehearsal.places import Place
from store.rules.events import EVENTS
from store.rules.state import CaseState

COMPUTED = ("open", "late", "overdue", "due", "clock", "flags", "number", "version")
"""Facts of a case that are not fields of its state."""
STATE = tuple(item.name for item in fields(CaseState))
KINDS = (
    "clocks", "lists", "events", "history", "happened", "counts", "why", "moves", "journal", "settings", "header",
    "case",
)  # fmt: skip
HEADER = ("open", "overdue", "unacknowledged")
CLOCK = (
    "due", "near", "started", "original", "met", "state", "owner", "rule", "round", "subject", "penalty_free",
    "free_until",
)  # fmt: skip
CLOCK_TIMES = frozenset({"due", "near", "started", "original", "met", "free_until"})
CLOCK_STATES = ("running", "paused", "met", "met_late", "ended", "none")
LIST = ("has", "lacks", "count", "rows", "order", "with")
ROW_TIMES = frozenset({
    "due", "due_at", "at", "since", "issued_at", "accepted_at", "arrived_at", "fed_back_at", "safe_at",
    "ended_at", "ordered_at", "answered_at", "sent_at", "acknowledged_at", "raised_at", "starts_at", "ends_at",
})  # fmt: skip
"""Keys of rows that are times; others of their kind that hold a plain date are compared as text."""
HAPPENED = frozenset({*EVENTS, "near_due", "overdue"})


@dataclass(frozen=True, slots=True)
class ListWish:
    """What a list must show; rows are matched by the keys that each gives."""

    has: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    count: int | None = None
    order: tuple[str, ...] | None = None
    """Names of the cases of the whole list, in its order."""
    rows: tuple[dict[str, Any], ...] = ()
    given: tuple[tuple[str, Any], ...] = ()
    """Values that the list itself asks for, e.g. the tier of `waiting`."""


def wishes(step: Place, case: str, cases: Collection[str], moment: Moment) -> Iterator[Wish]:
    """All wishes of a step, in the order of the file; a refusal first."""
    refused = step.get("refused")
    if refused is not None:
        yield _refusal(refused, case)
    expected = step.get("expect")
    if expected is None:
        return
    for place in expected.list():
        place.table((*KINDS, *COMPUTED, *STATE))
        named = place.get("case")
        about = case if named is None else named.one_of(tuple(cases))
        for key, found in place.items():
            if key != "case":
                yield from _wish(key, found, about, cases, moment)


def _refusal(place: Place, case: str) -> Wish:
    if isinstance(place.value, str):
        return Wish(place.line, "refused", "refused", {"code": place.value}, case)
    place.needed("code").text()
    return Wish(place.line, "refused", "refused", dict(place.value), case)


def _wish(key: str, place: Place, case: str, cases: Collection[str], moment: Moment) -> Iterator[Wish]:
    if key == "clocks":
        for name, clock in place.items():
            yield from _clock(name, clock, case, moment)
    elif key == "lists":
        for name, wanted in place.items():
            if name not in LISTS:
                wanted.wrong("one of " + ", ".join(LISTS), found=name)
            yield Wish(wanted.line, "list", name, _list(wanted, cases, moment))
    elif key in ("events", "history", "happened"):
        for item in place.list():
            item.one_of(HAPPENED)
        kind: Any = key
        yield Wish(place.line, kind, key, list(place.texts()), case)
    elif key in ("counts", "journal"):
        for name, count in place.items():
            if key == "counts" and name not in HAPPENED:
                count.wrong("one of " + ", ".join(sorted(HAPPENED)), found=name)
            yield Wish(count.line, "counts" if key == "counts" else "journal", name, count.integer(), case)
    elif key == "settings":
        for node, wanted in place.items():
            yield Wish(wanted.line, "settings", node, dict(wanted.table().value))
    elif key == "header":
        for name, count in place.table(HEADER).items():
            yield Wish(count.line, "header", name, count.integer())
    elif key == "why":
        for item in place.list():
            yield Wish(item.line, "why", item.text(), "adds up", case)
    elif key == "moves":
        place.table(("has", "lacks"))
        yield Wish(place.line, "moves", "moves", {name: list(part.texts()) for name, part in place.items()}, case)
    else:
        yield Wish(place.line, "field", key, _plain(place, moment, time=key == "due"), case)


def _clock(name: str, place: Place, case: str, moment: Moment) -> Iterator[Wish]:
    if place.value == "none":
        yield Wish(place.line, "clock", f"{name} state", "none", case)
        return
    if isinstance(place.value, str | datetime):
        yield Wish(place.line, "clock", f"{name} due", moment(place), case)
        return
    place.table(CLOCK)
    turn, subject = place.get("round"), place.get("subject")
    which = name
    if turn is not None or subject is not None:
        which += f"#{turn.integer() if turn else ''}/{subject.integer() if subject else ''}"
    for key, found in place.items():
        if key in ("round", "subject"):
            continue
        if key == "state":
            found.one_of(CLOCK_STATES)
        wanted = moment(found) if key in CLOCK_TIMES else found.value
        yield Wish(found.line, "clock", f"{which} {key}", wanted, case)


def _list(place: Place, cases: Collection[str], moment: Moment) -> ListWish:
    place.table(LIST)

    def named(key: str) -> tuple[str, ...]:
        found = place.get(key)
        return () if found is None else tuple(item.one_of(tuple(cases)) for item in found.list())

    count, rows, given = place.get("count"), place.get("rows"), place.get("with")
    return ListWish(
        named("has"), named("lacks"), None if count is None else count.integer(),
        named("order") if "order" in place.value else None,
        tuple(_row(row, cases, moment) for row in rows.list()) if rows is not None else (),
        tuple(given.table().value.items()) if given is not None else (),
    )  # fmt: skip


def _row(place: Place, cases: Collection[str], moment: Moment) -> dict[str, Any]:
    made = {}
    for key, found in place.items():
        if key == "case":
            made[key] = found.one_of(tuple(cases))
        else:
            time = key in ROW_TIMES and isinstance(found.value, str | datetime)
            made[key] = _plain(found, moment, time=time)
    return made


def _plain(place: Place, moment: Moment, *, time: bool) -> Any:
    """A value as it is compared; times are read where the name says that one stands there."""
    return moment(place) if time and place.value != "none" else place.value
