"""A workflow as data: steps, moves, gates, branches (K02-R1). The engine has no step and no move of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from store.rules.labels import Label

Verb = Literal[
    "file", "dispatch", "accept", "return", "feedback", "verify", "close", "reopen", "escalate", "urge", "evaluate",
    "advance", "sign", "book", "merge", "gap", "supply", "extend", "pause", "resume", "mark", "note",
    "send_down", "supervise", "answer", "send_report", "acknowledge_report", "breach",
    "call", "plan", "lead", "answer_call", "release", "meet", "visit",
]  # fmt: skip
"""What can be done to a case; which of it may be done at a step, and by whom, stands in the template."""


@dataclass(frozen=True, slots=True)
class Step:
    """A station of the loop; `holder` says whose clock it is."""

    id: str
    label: Label
    holder: Literal["centre", "unit", "nobody"]
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Branch:
    """Another target of a move, where the facts of the case hold (K02-R14)."""

    when: str
    """Expression over case facts (`store.rules.expressions`)."""
    target: str


@dataclass(frozen=True, slots=True)
class Signer:
    """One signature that a gate waits for (K02-R12): given by an officer of the role or unit."""

    id: str
    label: Label
    role: str | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """An allowed move: from these steps to that one, by holders of a power, with required fields."""

    verb: Verb
    sources: tuple[str, ...]
    target: str | None
    """Step after the move; None keeps the step."""
    power: str
    needs: tuple[str, ...] = ()
    """Fields that must not be empty, e.g. `unit`, `reason`, `result`, `proof`."""
    through: tuple[Verb, ...] = ()
    """Moves made first, in the same transaction, when the case stands before their target."""
    id: str = ""
    """Name of the move; the verb where the profile gives none. `advance` moves are told apart by it."""
    label: Label | None = None
    """The row's own word for the move, e.g. 复查 re-check; None shows the verb."""
    roles: tuple[str, ...] = ()
    """Roles that may make it beside the power; empty: every holder of the power (K02-R1)."""
    when: str = ""
    """The move exists only where this expression holds."""
    branches: tuple[Branch, ...] = ()
    """The first whose expression holds gives the target instead."""
    gate: tuple[Signer, ...] = ()
    """All must have signed before (K02-R12)."""
    apart_from: tuple[str, ...] = ()
    """Ids of moves whose maker must not make this one (K02-T6, K10-R3, K23-R3)."""
    notified: tuple[str, ...] = ()
    """Units that must have been called before, e.g. utilities before a cut-off (K08-R7)."""


@dataclass(frozen=True, slots=True)
class Template:
    """A workflow of the profile (systems.md 2.2, templates)."""

    id: str
    label: Label
    start: str
    steps: tuple[Step, ...]
    moves: tuple[Move, ...]

    def step(self, step_id: str) -> Step:
        return next(step for step in self.steps if step.id == step_id)

    def move(self, verb: Verb, step_id: str, move_id: str | None = None) -> Move | None:
        """The first move of this verb (and id) that leads out of the step."""
        return next(
            (m for m in self.moves if m.verb == verb and step_id in m.sources and move_id in (None, m.id)), None
        )
