"""Cross-checks of a profile: every name that one part uses is defined in another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import time
from typing import get_args

from store.profiles.schema import CalendarTable, MoveTable, ProfileTable, WorkflowTable
from store.profiles.source import Path
from store.rules.workflow import EVENTS, Command

COMMANDS = {command.verb: command for command in get_args(Command)}
_MET_BY = frozenset(EVENTS) - {"ran", "updated"}
_STARTS = _MET_BY | {"occurred", "reworked"}
"""Beside the kinds of event: when it happened, and a verification that failed (K02-R10)."""


@dataclass(frozen=True, slots=True)
class Defect:
    path: Path
    expected: str
    found: object = ""


def defects(profile: ProfileTable) -> Iterator[Defect]:
    """What does not fit together, part by part."""
    yield from _unique(profile)
    for number, workflow in enumerate(profile.workflows):
        yield from _workflow(workflow, ("workflows", number), profile)
    yield from _references(profile)
    yield from _clocks(profile)
    yield from _shifts(profile)


def _repeated(keys: Iterable[Hashable], path: Path, key: str) -> Iterator[Defect]:
    seen: set[Hashable] = set()
    for number, value in enumerate(keys):
        if value in seen:
            yield Defect((*path, number, key), "a value used once", value)
        seen.add(value)


def _unique(profile: ProfileTable) -> Iterator[Defect]:
    yield from _repeated((t.number for t in profile.tiers), ("tiers",), "number")
    yield from _repeated((rung.id for rung in profile.ladder), ("ladder",), "id")
    yield from _repeated((level.number for level in profile.levels), ("levels",), "number")
    yield from _repeated((level.short for level in profile.levels), ("levels",), "short")
    yield from _repeated((workflow.id for workflow in profile.workflows), ("workflows",), "id")
    yield from _repeated((clock.id for clock in profile.clocks), ("clocks",), "id")
    yield from _repeated((category.id for category in profile.categories), ("categories",), "id")
    yield from _repeated((unit.code for unit in profile.units), ("units",), "code")
    yield from _repeated((role.id for role in profile.roles), ("roles",), "id")
    yield from _repeated((shift.id for shift in profile.shifts), ("shifts",), "id")
    yield from _repeated((kind.kind for kind in profile.patrol.kinds), ("patrol", "kinds"), "kind")
    for number, tier in enumerate(sorted(t.number for t in profile.tiers)):
        if tier != number + 1:
            yield Defect(("tiers", number, "number"), f"tiers numbered from 1 without a gap: {number + 1}", tier)
    words: dict[str, str] = {}
    for number, category in enumerate(profile.categories):
        for place, word in enumerate(category.words):
            holder = words.setdefault(word.casefold(), category.id)
            if holder != category.id or Counter(w.casefold() for w in category.words)[word.casefold()] > 1:
                yield Defect(("categories", number, "words", place), f"a word not used by {holder}", word)


def _one_of(path: Path, value: object, known: Iterable[object]) -> Iterator[Defect]:
    names = list(known)
    if value not in names:
        yield Defect(path, "one of " + ", ".join(str(name) for name in names[:30]), value)


def _workflow(workflow: WorkflowTable, path: Path, profile: ProfileTable) -> Iterator[Defect]:
    wrong = [*_named(workflow, path, profile)]
    # Steps that nothing leads to would only repeat what a wrong name has caused.
    yield from wrong or _walkable(workflow, path)


def _named(workflow: WorkflowTable, path: Path, profile: ProfileTable) -> Iterator[Defect]:
    steps = {step.id: step for step in workflow.steps}
    yield from _repeated((step.id for step in workflow.steps), (*path, "steps"), "id")
    yield from _one_of((*path, "start"), workflow.start, steps)
    if not any(step.closed for step in workflow.steps):
        yield Defect((*path, "steps"), "at least one step with closed = true")
    taken: dict[tuple[str, str], int] = {}
    held = {power for role in profile.roles for power in role.powers}
    for number, move in enumerate(workflow.moves):
        here = (*path, "moves", number)
        for place, source in enumerate(move.sources):
            yield from _one_of((*here, "from", place), source, steps)
            if taken.setdefault((move.verb, source), number) != number:
                yield Defect((*here, "from", place), f"one move {move.verb} from a step", source)
        if move.target is not None:
            yield from _one_of((*here, "to"), move.target, steps)
        yield from _fields(move, workflow, here)
        if move.power not in held:
            yield Defect((*here, "power"), "a power that some role holds", move.power)
        target = steps.get(move.target or "")
        if move.verb in ("close", "evaluate") and (target is None or not target.closed):
            yield Defect((*here, "to"), "a step with closed = true", move.target)
        if move.verb in ("file", "dispatch", "reopen") and (target is None or target.closed):
            yield Defect((*here, "to"), "a step that is not closed", move.target)


def _fields(move: MoveTable, workflow: WorkflowTable, path: Path) -> Iterator[Defect]:
    known = [field.name for field in fields(COMMANDS[move.verb])]
    for place, need in enumerate(move.needs):
        yield from _one_of((*path, "needs", place), need, known)
    verbs = [other.verb for other in workflow.moves if other.verb == "file" and move.verb != "file"]
    for place, verb in enumerate(move.through):
        if verb not in verbs:
            yield Defect((*path, "through", place), "the verb file of a move of this workflow", verb)


def _walkable(workflow: WorkflowTable, path: Path) -> Iterator[Defect]:
    """Every step can be reached, and an open step can be left."""
    reached = {workflow.start}
    while True:
        further = {move.target for move in workflow.moves if move.target is not None and reached & set(move.sources)}
        if further <= reached:
            break
        reached |= further
    for number, step in enumerate(workflow.steps):
        if step.id not in reached:
            yield Defect((*path, "steps", number, "id"), "a step that moves lead to", step.id)
        leaves = any(step.id in move.sources and move.target not in (None, step.id) for move in workflow.moves)
        if not step.closed and not leaves:
            yield Defect((*path, "steps", number, "id"), "an open step that a move leads out of", step.id)
    answered = {move.target for move in workflow.moves if move.verb == "feedback"}
    verified = {source for move in workflow.moves if move.verb == "verify" for source in move.sources}
    for number, move in enumerate(workflow.moves):
        for place, source in enumerate(move.sources if move.verb == "close" else ()):
            if source in answered - verified:
                yield Defect((*path, "moves", number, "from", place), "a step with a move verify", source)


def _references(profile: ProfileTable) -> Iterator[Defect]:
    yield from _one_of(("default_workflow",), profile.default_workflow, [w.id for w in profile.workflows])
    yield from _one_of(("default_category",), profile.default_category, [c.id for c in profile.categories])
    rungs = [rung.id for rung in profile.ladder]
    for number, level in enumerate(profile.levels):
        yield from _one_of(("levels", number, "tier"), level.tier, rungs)
    levels = [level.number for level in profile.levels]
    units = [unit.code for unit in profile.units]
    for number, category in enumerate(profile.categories):
        path: Path = ("categories", number)
        yield from _one_of((*path, "level"), category.level, levels)
        for place, unit in enumerate(category.units):
            yield from _one_of((*path, "units", place), unit, units)
        if category.automatic and not category.units:
            yield Defect((*path, "automatic"), "units to dispatch to")


def _clocks(profile: ProfileTable) -> Iterator[Defect]:
    categories = [category.id for category in profile.categories]
    for number, clock in enumerate(profile.clocks):
        path: Path = ("clocks", number)
        yield from _one_of((*path, "start"), clock.start, sorted(_STARTS))
        for place, kind in enumerate(clock.met_by):
            yield from _one_of((*path, "met_by", place), kind, sorted(_MET_BY))
        if clock.workflow is not None:
            yield from _one_of((*path, "workflow"), clock.workflow, [w.id for w in profile.workflows])
        if clock.level is not None:
            yield from _one_of((*path, "level"), clock.level, [level.number for level in profile.levels])
        prefix = clock.category
        if prefix and not any(c == prefix or c.startswith(prefix + ".") for c in categories):
            yield Defect((*path, "category"), "the id of a category or of a group of them", prefix)


def _shifts(profile: ProfileTable) -> Iterator[Defect]:
    """Shifts follow each other round the clock."""
    order = sorted(enumerate(profile.shifts), key=lambda pair: pair[1].starts)
    for (number, shift), (_, following) in zip(order, order[1:] + order[:1], strict=True):
        if shift.ends != following.starts:
            expected = f"the start of the next shift, {following.starts:%H:%M}"
            yield Defect(("shifts", number, "ends"), expected, f"{shift.ends:%H:%M}")


def calendar_defects(table: CalendarTable) -> Iterator[Defect]:
    """Days out of the year, runs that end before they start, make-up days that are no day off."""
    yield from _rest(table) or _make_up(table)
    for number, (opens, closes) in enumerate(table.hours):
        before = table.hours[number - 1][1] if number else None
        midnight = closes == time.min
        early = before is not None and (opens < before or before == time.min)
        if early or not (opens < closes or midnight):
            yield Defect(("hours", number), "hours in order, each end after its start", f"{opens}-{closes}")


def _rest(table: CalendarTable) -> list[Defect]:
    found = []
    for number, run in enumerate(table.rest):
        if not 0 <= (run.last - run.first).days <= 60:
            found.append(Defect(("rest", number, "last"), "a day at most 60 days after first", run.last))
        for key, day in (("first", run.first), ("last", run.last)):
            if day.year != table.year:
                found.append(Defect(("rest", number, key), f"a day of {table.year}", day))
    return found


def _make_up(table: CalendarTable) -> list[Defect]:
    expected = f"a Saturday or Sunday of {table.year} outside the rest days"
    return [
        Defect(("make_up", number), expected, day)
        for number, day in enumerate(table.make_up)
        if day.year != table.year or day.weekday() < 5 or any(run.first <= day <= run.last for run in table.rest)
    ]
