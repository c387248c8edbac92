"""The words of the closed loop: templates, commands, events, the state of a case (K02).

`store.rules.decide` holds `decide`, `apply` and `allowed`. No step name stands in either file: steps and moves
come from the template of the profile (K02-R1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from store.rules.labels import Label

Verb = Literal[
    "file", "dispatch", "accept", "return", "feedback", "verify", "close", "reopen", "escalate", "urge", "evaluate"
]


@dataclass(frozen=True, slots=True)
class Step:
    """A station of the loop; `holder` says whose clock it is."""

    id: str
    label: Label
    holder: Literal["centre", "unit", "nobody"]
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Move:
    """An allowed move: from these steps to that one, by holders of a power, with required fields."""

    verb: Verb
    sources: tuple[str, ...]
    target: str | None
    """Step after the move; None keeps the step."""
    power: str
    needs: tuple[str, ...] = ()
    """Fields that must not be empty, e.g. `unit`, `reason`, `result`."""
    through: tuple[Verb, ...] = ()
    """Moves made first, in the same transaction, when the case stands before their target."""


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

    def move(self, verb: Verb, step_id: str) -> Move | None:
        return next((m for m in self.moves if m.verb == verb and step_id in m.sources), None)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: an officer of the centre, a unit by its terminal, or a machine of ours."""

    code: str
    name: str
    kind: Literal["officer", "unit", "machine"]
    powers: frozenset[str]
    unit: str | None = None
    """Unit the officer belongs to; None is the centre itself."""


@dataclass(frozen=True, slots=True)
class CaseState:
    """What the rules need to know of a case: the fold of its events."""

    workflow: str
    step: str
    version: int
    level: int
    tier: str
    category: str | None = None
    grid: str | None = None
    unit: str | None = None
    finder_unit: str | None = None
    handlers: frozenset[str] = frozenset()
    """Officers who acted for the handling unit; none of them may verify (K10-R1)."""
    handling_unit: str | None = None
    verified: bool | None = None
    result: str | None = None
    proof: str | None = None
    outcome: str | None = None
    closed: bool = False
    returns: int = 0
    reworks: int = 0
    urges: int = 0
    reopens: int = 0
    escalations: int = 0


# --- commands: imperative -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class File:
    verb: ClassVar[Verb] = "file"
    category: str | None = None
    grid: str | None = None
    level: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Dispatch:
    verb: ClassVar[Verb] = "dispatch"
    unit: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Accept:
    verb: ClassVar[Verb] = "accept"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Return:
    verb: ClassVar[Verb] = "return"
    reason: str


@dataclass(frozen=True, slots=True)
class Feedback:
    verb: ClassVar[Verb] = "feedback"
    result: str
    proof: str = ""
    """Reference of the after-picture: a path or an address, never the picture."""


@dataclass(frozen=True, slots=True)
class Verify:
    verb: ClassVar[Verb] = "verify"
    passed: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Close:
    verb: ClassVar[Verb] = "close"
    result: str = ""
    proof: str = ""
    outcome: str = "done"
    """`done`, `on_the_spot`, `advised` (not ours), `void`, or `source` (closed where it came from)."""


@dataclass(frozen=True, slots=True)
class Reopen:
    verb: ClassVar[Verb] = "reopen"
    reason: str


@dataclass(frozen=True, slots=True)
class Escalate:
    verb: ClassVar[Verb] = "escalate"
    reason: str
    level: int | None = None
    """New level when the officer also raises it; never a lower one (K04-R10)."""


@dataclass(frozen=True, slots=True)
class Urge:
    verb: ClassVar[Verb] = "urge"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Evaluate:
    verb: ClassVar[Verb] = "evaluate"
    stars: int


Command = File | Dispatch | Accept | Return | Feedback | Verify | Close | Reopen | Escalate | Urge | Evaluate


# --- events: past tense ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reported:
    kind: ClassVar[str] = "reported"
    workflow: str
    step: str
    level: int
    tier: str
    category: str | None = None
    grid: str | None = None
    finder_unit: str | None = None
    channel: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Filed:
    kind: ClassVar[str] = "filed"
    step: str
    category: str
    grid: str
    level: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Dispatched:
    kind: ClassVar[str] = "dispatched"
    step: str
    unit: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    kind: ClassVar[str] = "accepted"
    step: str
    by_officer: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Returned:
    kind: ClassVar[str] = "returned"
    step: str
    unit: str
    reason: str


@dataclass(frozen=True, slots=True)
class FedBack:
    kind: ClassVar[str] = "fed_back"
    step: str
    result: str
    proof: str = ""
    by_officer: str | None = None


@dataclass(frozen=True, slots=True)
class Verified:
    kind: ClassVar[str] = "verified"
    step: str
    passed: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Closed:
    kind: ClassVar[str] = "closed"
    step: str
    outcome: str
    result: str = ""
    proof: str = ""


@dataclass(frozen=True, slots=True)
class Reopened:
    kind: ClassVar[str] = "reopened"
    step: str
    reason: str


@dataclass(frozen=True, slots=True)
class Escalated:
    kind: ClassVar[str] = "escalated"
    tier: str
    level: int
    reason: str


@dataclass(frozen=True, slots=True)
class Urged:
    kind: ClassVar[str] = "urged"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Evaluated:
    kind: ClassVar[str] = "evaluated"
    step: str
    stars: int


@dataclass(frozen=True, slots=True)
class Updated:
    """The source sent a newer version of the same report; the text is refreshed, the step is not."""

    kind: ClassVar[str] = "updated"
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Placed:
    """The leaf became known, or changed because boundaries did (K01-R9)."""

    kind: ClassVar[str] = "placed"
    grid: str


Event = (
    Reported | Filed | Dispatched | Accepted | Returned | FedBack | Verified | Closed | Reopened | Escalated
    | Urged | Evaluated | Updated | Placed
)  # fmt: skip

EVENTS: dict[str, type[Event]] = {
    cls.kind: cls
    for cls in (
        Reported, Filed, Dispatched, Accepted, Returned, FedBack, Verified, Closed, Reopened, Escalated, Urged,
        Evaluated, Updated, Placed,
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Facts:
    """What `decide` must know beside the case itself."""

    ladder: tuple[str, ...]
    """Tiers from the lowest to the highest (K07)."""
    units: frozenset[str]
    grids: frozenset[str] | None = None
    """Codes of places that exist; None when the caller has checked."""
    levels: tuple[int, ...] = (1, 2, 3)
    """Level numbers, the most serious first (K04-R11)."""
    default_category: str = ""
    returns_allowed: int = 1
