"""Cross-checks of workflows: every step, role, unit and move that a move names is there (K02)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields

from store.profiles.checks_words import Defect, one_of, repeated
from store.profiles.schema import ProfileTable
from store.profiles.schema_loop import GROUPS, MoveTable, StepTable, WorkflowTable, Written
from store.profiles.source import Path
from store.rules.fields import COMMANDS

_TO_CLOSED = ("close", "evaluate", "merge")
_TO_NAMED = ("close", "evaluate", "file", "dispatch", "return", "reopen")
_TO_OPEN = ("file", "dispatch", "accept", "return", "feedback", "reopen", "book")


def defects(profile: ProfileTable) -> Iterator[Defect]:
    yield from repeated((workflow.id for workflow in profile.workflows), ("workflows",), "id")
    yield from repeated((common.id for common in profile.common_moves), ("common_moves",), "id")
    told: set[tuple[Path, str]] = set()
    for number, workflow in enumerate(profile.workflows):
        for defect in _workflow(workflow, ("workflows", number), profile):
            if (defect.path, defect.expected) not in told:
                told.add((defect.path, defect.expected))
                yield defect


def move_names(profile: ProfileTable) -> set[str]:
    """Ids of all moves of all workflows; clocks start and are met by them."""
    own = {move.name for workflow in profile.workflows for move in workflow.moves if move.id}
    return own | {move.name for common in profile.common_moves for move in common.moves if move.id}


def _workflow(workflow: WorkflowTable, path: Path, profile: ProfileTable) -> Iterator[Defect]:
    written = list(workflow.written(path, profile.common_moves))
    wrong = [*_named(workflow, path, profile, written)]
    # Steps that nothing leads to would only repeat what a wrong name has caused.
    yield from wrong or _walkable(workflow, path, written)


def _named(
    workflow: WorkflowTable, path: Path, profile: ProfileTable, written: list[Written]
) -> Iterator[Defect]:
    steps = {step.id: step for step in workflow.steps}
    yield from repeated((step.id for step in workflow.steps), (*path, "steps"), "id")
    yield from one_of((*path, "start"), workflow.start, steps)
    known = [common.id for common in profile.common_moves]
    for place, name in enumerate(workflow.common):
        yield from one_of((*path, "common", place), name, known)
    taken_over = [m for common in profile.common_moves if common.id in workflow.common for m in common.moves]
    for place, name in enumerate(workflow.without):
        yield from one_of((*path, "without", place), name, dict.fromkeys(m.name for m in taken_over))
    if not any(step.closed for step in workflow.steps):
        yield Defect((*path, "steps"), "at least one step with closed = true")
    names = {name for move in written for name in (move.table.name, move.table.verb)}
    signs = {step for move in written if move.table.verb == "sign" for step in move.sources}
    roles = {role.id: role.powers for role in profile.roles}
    filed = any(move.table.verb == "file" for move in written)
    for move in written:
        yield from _places(move, steps)
        yield from _fields(move.table, filed, move.path)
        yield from _powers(move.table, move.path, roles)
        yield from _gate(move, signs, profile)
        for place, name in enumerate(move.table.apart_from):
            yield from one_of((*move.path, "apart_from", place), name, sorted(names - {move.table.name}))
        for place, unit in enumerate(move.table.notified):
            yield from one_of((*move.path, "notified", place), unit, [unit.code for unit in profile.units])
    yield from _one_each(written)


def _places(move: Written, steps: Mapping[str, StepTable]) -> Iterator[Defect]:
    table, here = move.table, move.path
    for place, source in enumerate(table.sources):
        if source[0] == "@":
            yield from one_of((*here, "from", place), source[1:], GROUPS)
        else:
            yield from one_of((*here, "from", place), source, steps)
    if not move.sources:
        yield Defect((*here, "from"), "a group that has steps", table.sources)
    targets: list[tuple[Path, str]] = [((*here, "branches", n, "to"), to) for n, to in enumerate(move.branches)]
    if move.target is not None:
        targets.append(((*here, "to"), move.target))
    for where, target in targets:
        yield from one_of(where, target, steps)
        step = steps.get(target)
        if table.verb in _TO_CLOSED and (step is None or not step.closed):
            yield Defect(where, "a step with closed = true", target)
        if table.verb in _TO_OPEN and (step is None or step.closed):
            yield Defect(where, "a step that is not closed", target)
    stays_closed = table.verb == "evaluate" and all(steps[s].closed for s in move.sources if s in steps)
    if move.target is None and table.verb in _TO_NAMED and not stays_closed:
        yield Defect((*here, "to"), "this key")
    if table.branches and move.target is None:
        yield Defect((*here, "to"), "this key: the step where no branch holds")


def _one_each(written: list[Written]) -> Iterator[Defect]:
    """From one step one move of a verb; several only where all but the last have a condition."""
    taken: dict[tuple[str, str, str], Written] = {}
    for move in written:
        name = move.table.name if move.table.verb == "advance" else ""
        for source in move.sources:
            before = taken.get((move.table.verb, name, source))
            if before is not None and not before.table.when:
                place = next((n for n, given in enumerate(move.table.sources) if given == source), 0)
                yield Defect((*move.path, "from", place), f"one move {move.table.verb} from a step", source)
            taken[move.table.verb, name, source] = move
    for move in written:
        if move.table.verb == "advance" and not move.table.id:
            yield Defect((*move.path, "id"), "this key: a move advance is told apart by its id")


def _fields(move: MoveTable, filed: bool, path: Path) -> Iterator[Defect]:
    known = [field.name for field in fields(COMMANDS[move.verb])]
    for place, need in enumerate(move.needs):
        yield from one_of((*path, "needs", place), need, known)
    # A set may name a move that one of its workflows lacks: nothing goes before it there.
    for place, verb in enumerate(move.through if path[0] == "workflows" else ()):
        if verb != "file" or move.verb == "file" or not filed:
            yield Defect((*path, "through", place), "the verb file of a move of this workflow", verb)


def _powers(move: MoveTable, path: Path, roles: Mapping[str, Sequence[str]]) -> Iterator[Defect]:
    for place, role in enumerate(move.roles):
        yield from one_of((*path, "roles", place), role, roles)
    able = [role for role, powers in roles.items() if move.power in powers]
    if not able:
        yield Defect((*path, "power"), "a power that some role holds", move.power)
    elif move.roles and not set(move.roles) & set(able) and set(move.roles) <= set(roles):
        # Powers may come from another role of the same officer; that nobody of these holds it is a mistake.
        yield Defect((*path, "power"), "a power that one of its roles holds", move.power)


def _gate(move: Written, signs: set[str], profile: ProfileTable) -> Iterator[Defect]:
    path = (*move.path, "gate")
    yield from repeated((signer.id for signer in move.table.gate), path, "id")
    for number, signer in enumerate(move.table.gate):
        if signer.role is None and signer.unit is None:
            yield Defect((*path, number), "role or unit: who may sign")
        if signer.role is not None:
            yield from one_of((*path, number, "role"), signer.role, [role.id for role in profile.roles])
        if signer.unit is not None:
            yield from one_of((*path, number, "unit"), signer.unit, [unit.code for unit in profile.units])
    if move.table.gate:
        for source in move.sources:
            if source not in signs:
                yield Defect(path, "a move sign from the same step", source)


def _walkable(workflow: WorkflowTable, path: Path, written: list[Written]) -> Iterator[Defect]:
    """Every step can be reached, and an open step can be left."""
    reached = {workflow.start}
    while True:
        further = {to for move in written if reached & set(move.sources) for to in _targets(move)}
        if further <= reached:
            break
        reached |= further
    for number, step in enumerate(workflow.steps):
        if step.id not in reached:
            yield Defect((*path, "steps", number, "id"), "a step that moves lead to", step.id)
        leaves = any(
            step.id in move.sources and set(_targets(move)) - {step.id}
            for move in written
            if move.table.verb != "merge"
        )
        if not step.closed and not leaves:
            yield Defect((*path, "steps", number, "id"), "an open step that a move leads out of", step.id)
    answered = {to for move in written if move.table.verb == "feedback" for to in _targets(move)}
    verified = {source for move in written if move.table.verb == "verify" for source in move.sources}
    for move in written:
        for place, source in enumerate(move.sources if move.table.verb == "close" else ()):
            if source in answered - verified:
                yield Defect((*move.path, "from", place), "a step with a move verify", source)


def _targets(move: Written) -> tuple[str, ...]:
    return (*move.branches, *((move.target,) if move.target is not None else ()))
