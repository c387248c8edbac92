"""What may be asked of a case: commands, imperative, one a verb (K02, K05, K07–K11)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Literal

from store.rules.template import Verb

FactValue = str | int | float | bool
"""A fact of a case as the profile's conditions see it (K07-R6)."""


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
    finding: str = ""
    """One of the profile's fixed findings, where it has some (K10-R6)."""


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
    by_reporter: bool = False
    """The reporter urged with the query code: counted once a day (K09-T3)."""


@dataclass(frozen=True, slots=True)
class Evaluate:
    verb: ClassVar[Verb] = "evaluate"
    stars: int


@dataclass(frozen=True, slots=True)
class Advance:
    """A step that only the profile's own template knows (W-INFO, W-RISK, W-FIRE, W-BUILD, …)."""

    verb: ClassVar[Verb] = "advance"
    move: str
    result: str = ""
    proof: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Sign:
    """One signature of a gate (K02-R12); `move` is the id of the guarded move."""

    verb: ClassVar[Verb] = "sign"
    move: str
    signer: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Book:
    """Put on the booked list 挂账 with holder, reason and next review date (K02-R6)."""

    verb: ClassVar[Verb] = "book"
    reason: str
    holder: str
    review_on: date
    stop_clock: bool = False
    """Whether the close clock pauses; only a holder of `supervise` may say so."""


@dataclass(frozen=True, slots=True)
class Merge:
    """This case is the same matter as `into`, which keeps every reporter's feedback duty (K02-R15)."""

    verb: ClassVar[Verb] = "merge"
    into: int
    reason: str = ""
    into_version: int | None = None
    """Version of `into` that the officer saw; a newer one is a conflict, as for the case itself."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Accept with gaps 容缺: what is missing, and until when it must come (K02-R13)."""

    verb: ClassVar[Verb] = "gap"
    items: tuple[str, ...]
    until: date


@dataclass(frozen=True, slots=True)
class Supply:
    verb: ClassVar[Verb] = "supply"
    item: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Extend:
    """Extension 延期, asked for before the due time, granted by the centre (K05-R10)."""

    verb: ClassVar[Verb] = "extend"
    amount: int
    unit: str
    """A unit of K05, e.g. `working_day`."""
    reason: str
    clock: str = "close"


@dataclass(frozen=True, slots=True)
class Pause:
    verb: ClassVar[Verb] = "pause"
    clock: str
    reason: str


@dataclass(frozen=True, slots=True)
class Resume:
    verb: ClassVar[Verb] = "resume"
    clock: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """Set a mark of a scheme (K04); `scheme` `level` is the profile's response level itself."""

    verb: ClassVar[Verb] = "mark"
    scheme: str
    level: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """Facts that conditions look at: amount, head count, absconded, … as the profile declares them (K07-R6)."""

    verb: ClassVar[Verb] = "note"
    facts: tuple[tuple[str, FactValue], ...] = ()
    """Empty: only the note counts, e.g. what the centre did about a red light (K09-R5)."""
    note: str = ""
    occurred_at: datetime | None = None
    """When the matter happened, where that became known (K07-T3)."""


@dataclass(frozen=True, slots=True)
class SendDown:
    """The upper tier hands the case down with an instruction (K07-R3)."""

    verb: ClassVar[Verb] = "send_down"
    instruction: str
    tier: str | None = None
    """The tier that shall hold it; None is the next one down."""


@dataclass(frozen=True, slots=True)
class Supervise:
    """An order of an upper tier 督办 with its own limit and a duty to answer (K09-R2, R7)."""

    verb: ClassVar[Verb] = "supervise"
    text: str
    amount: int | None = None
    """Limit in `unit`; None takes the profile's."""
    unit: str = "working_day"
    by_units: tuple[str, ...] = ()
    """Units that supervise jointly with the centre."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the holder answers to a supervision order."""

    verb: ClassVar[Verb] = "answer"
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class SendReport:
    """A mandatory report went out (K07-R5, R7); `number` of the obligation on this case."""

    verb: ClassVar[Verb] = "send_report"
    number: int
    text: str


@dataclass(frozen=True, slots=True)
class AcknowledgeReport:
    verb: ClassVar[Verb] = "acknowledge_report"
    number: int
    by: str = ""


@dataclass(frozen=True, slots=True)
class Breach:
    """Failure to report, to pass on or to act: three kinds, kept apart (K07-R8)."""

    verb: ClassVar[Verb] = "breach"
    kind: Literal["report", "pass_on", "act"]
    who: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Called:
    """One unit of a joint order: required or as needed, with its task and arrival target (K08-R2, R6)."""

    unit: str
    required: bool = True
    text: str = ""
    arrive_minutes: int | None = None
    notice: bool = False
    """Only told, e.g. a utility before a cut-off: no answer is waited for (K08-R7)."""


@dataclass(frozen=True, slots=True)
class Call:
    """Call further units to the case (K08); the lead stays who he is."""

    verb: ClassVar[Verb] = "call"
    members: tuple[Called, ...]


@dataclass(frozen=True, slots=True)
class StartPlan:
    """Start a plan of the profile: all its orders at once (K08-R6)."""

    verb: ClassVar[Verb] = "plan"
    plan: str
    drill: bool = False


@dataclass(frozen=True, slots=True)
class Lead:
    """Name another lead, with the reason (K08-R1)."""

    verb: ClassVar[Verb] = "lead"
    unit: str
    reason: str


@dataclass(frozen=True, slots=True)
class AnswerCall:
    """What a called unit says: it accepts, arrives, has fed back, or finds the scene safe (K08-R4)."""

    verb: ClassVar[Verb] = "answer_call"
    unit: str
    state: Literal["accepted", "arrived", "fed_back", "safe"]
    text: str = ""


@dataclass(frozen=True, slots=True)
class Release:
    """Release one as-needed unit, or with no unit the whole scene (K08-R3, R4)."""

    verb: ClassVar[Verb] = "release"
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Meet:
    """A joint meeting 联席会议 on a hard case: who took part, what was decided, who does it, by when (K08-R10)."""

    verb: ClassVar[Verb] = "meet"
    units: tuple[str, ...]
    decision: str
    who: str
    by_date: date


@dataclass(frozen=True, slots=True)
class Visit:
    """The outcome of a return visit 回访 (K11)."""

    verb: ClassVar[Verb] = "visit"
    answer: Literal["satisfied", "basically", "not_satisfied", "unreachable"]
    stars: int | None = None
    note: str = ""
    way: str = "telephone"
    """`telephone`, `paper`, `query_code`: all count the same (K11-R6)."""


Command = (
    File | Dispatch | Accept | Return | Feedback | Verify | Close | Reopen | Escalate | Urge | Evaluate | Advance
    | Sign | Book | Merge | Gap | Supply | Extend | Pause | Resume | Mark | Note | SendDown | Supervise | Answer
    | SendReport | AcknowledgeReport | Breach | Call | StartPlan | Lead | AnswerCall | Release | Meet | Visit
)  # fmt: skip
