"""Workflows as TOML: steps, moves, sets of moves that several workflows have in common (K02)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from store.profiles.schema_words import Code, Condition, LabelTable, Name, Table, Text
from store.profiles.source import Path
from store.rules.labels import Label
from store.rules.template import Branch, Move, Signer, Step, Template, Verb

Power = Literal[
    "command", "divert", "record", "supervise", "verify", "close", "assess", "report", "read", "acknowledge",
    "duty", "administer", "audit",
]  # fmt: skip
Place = Annotated[str, StringConstraints(pattern=r"^@?[a-z][a-z0-9_]{0,39}$")]
"""A step, or with @ a group of steps."""
GROUPS = ("start", "open", "closed", "centre", "unit", "nobody", "all")
"""Groups of steps: the first, not closed, closed, by their holder, every one."""


def _listed(value: Any) -> Any:
    """`from = "open"` is short for a list of one group."""
    return [value if value.startswith("@") else f"@{value}"] if isinstance(value, str) else value


class StepTable(LabelTable):
    id: Name
    holder: Literal["centre", "unit", "nobody"]
    closed: bool = False

    def belongs(self, group: str) -> bool:
        """Whether it is one of a group of steps that does not hang on the workflow."""
        if group in ("open", "closed"):
            return self.closed == (group == "closed")
        return group in ("all", self.holder)


class BranchTable(Table):
    when: Condition
    target: Annotated[Place, Field(alias="to")]


class SignerTable(LabelTable):
    id: Name
    role: Name | None = None
    unit: Code | None = None


class MoveTable(Table):
    verb: Verb
    id: Name | None = None
    zh: Text | None = None
    en: Text | None = None
    sources: Annotated[list[Place], BeforeValidator(_listed), Field(alias="from", min_length=1)]
    target: Annotated[Place | None, Field(alias="to")] = None
    power: Power
    roles: list[Name] = []
    when: Condition | None = None
    branches: list[BranchTable] = []
    needs: list[Name] = []
    gate: list[SignerTable] = []
    apart_from: list[Name] = []
    through: list[Verb] = []
    notified: list[Code] = []

    @property
    def name(self) -> str:
        return self.id or self.verb

    @model_validator(mode="after")
    def _both_languages(self) -> MoveTable:
        if (self.zh is None) != (self.en is None):
            raise ValueError("zh and en together")
        return self


class CommonTable(Table):
    """A set of moves that workflows take over by its id."""

    id: Name
    moves: Annotated[list[MoveTable], Field(min_length=1)]


class WorkflowTable(LabelTable):
    id: Code
    start: Name
    steps: Annotated[list[StepTable], Field(min_length=2)]
    common: list[Name] = []
    without: list[Name] = []
    moves: Annotated[list[MoveTable], Field(min_length=1)]

    def template(self, common: Sequence[CommonTable]) -> Template:
        steps = tuple(Step(s.id, s.label, s.holder, s.closed) for s in self.steps)
        moves = tuple(_move(m.table, m.sources, m.target, m.branches) for m in self.written((), common))
        return Template(self.id, self.label, self.start, steps, moves)

    def written(self, path: Path, common: Sequence[CommonTable]) -> Iterator[Written]:
        """Its own moves, then the common ones it takes over, with groups of steps written out.

        Its own move of the same verb (and, for `advance`, id) from the same step goes before a common one.
        """
        own = list(enumerate(self.moves))
        taken = {(_kind(move), step) for _, move in own if not move.when for step in self._steps(move.sources)}
        for number, move in own:
            yield self._write(move, (*path, "moves", number), frozenset())
        for place, table in enumerate(common):
            if table.id not in self.common:
                continue
            for number, move in enumerate(table.moves):
                if move.name in self.without or move.verb in self.without:
                    continue
                left_out = frozenset(step for kind, step in taken if kind == _kind(move))
                found = self._write(move, ("common_moves", place, "moves", number), left_out)
                if found.sources:
                    yield found

    def _write(self, move: MoveTable, path: Path, left_out: frozenset[str]) -> Written:
        sources = tuple(step for step in self._steps(move.sources) if step not in left_out)
        branches = tuple(self._step(branch.target) for branch in move.branches)
        return Written(move, path, sources, None if move.target is None else self._step(move.target), branches)

    def _steps(self, places: Sequence[str]) -> tuple[str, ...]:
        found = [step for place in places for step in (self._group(place[1:]) if place[0] == "@" else (place,))]
        return tuple(dict.fromkeys(found))

    def _step(self, place: str) -> str:
        """`@closed` as a target is the first closed step, `@unit` the first that a unit holds."""
        return place if place[0] != "@" else next(iter(self._group(place[1:])), place)

    def _group(self, word: str) -> tuple[str, ...]:
        if word == "start":
            return (self.start,)
        return tuple(step.id for step in self.steps if step.belongs(word))


class Written:
    """A move of a workflow with its steps named one by one; `path` is where it stands in the file."""

    __slots__ = ("branches", "path", "sources", "table", "target")

    def __init__(
        self, table: MoveTable, path: Path, sources: tuple[str, ...], target: str | None, branches: tuple[str, ...]
    ) -> None:
        self.table, self.path, self.sources, self.target, self.branches = table, path, sources, target, branches


def _kind(move: MoveTable) -> str:
    return move.name if move.verb == "advance" else move.verb


def _move(table: MoveTable, sources: tuple[str, ...], target: str | None, branches: tuple[str, ...]) -> Move:
    return Move(
        table.verb, sources, target, table.power, tuple(table.needs), tuple(table.through), table.name,
        None if table.zh is None or table.en is None else Label(table.zh, table.en), tuple(table.roles),
        table.when or "",
        tuple(Branch(branch.when, step) for branch, step in zip(table.branches, branches, strict=True)),
        tuple(Signer(signer.id, signer.label, signer.role, signer.unit) for signer in table.gate),
        tuple(table.apart_from), tuple(table.notified),
    )  # fmt: skip
