"""One case whole: fields, clocks, history, next moves, and why a time is due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, or_, select
from sqlmodel import Session, col

from store import casefold, journal
from store.errors import Refused
from store.profiles import shelf
from store.profiles.model import Profile
from store.records.case import Case, CaseClock, SourceReport
from store.records.event import Event, FeedHead, StoreMeta
from store.records.governing import ProfileText
from store.records.grid import Grid
from store.records.people import Officer, Unit
from store.rules import powers
from store.rules.commands import FactValue
from store.rules.decide import possible
from store.rules.labels import Label
from store.rules.moves import gates
from store.rules.moves.shape import under
from store.rules.state import Actor, CaseState, Facts
from store.rules.template import Template
from store.views import need
from store.views.queue import QueueRow, clock_label, queue_row


@dataclass(frozen=True, slots=True)
class ClockLine:
    name: str
    label: Label
    owner: str
    round: int
    rule: str
    started_at: datetime
    near_at: datetime
    due_at: datetime
    met_at: datetime | None
    state: Literal["running", "paused", "met", "met_late", "ended"]
    """`met_late` stays for ever (K05-T9); `ended` means closing stopped it unmet."""
    original_at: datetime | None = None
    """Due time before the first extension or deferral (K05-R10)."""
    free_until: datetime | None = None
    """End of a blanket deferral: nothing is overdue before it (K05-R11)."""
    orders: tuple[int, ...] = ()
    """Numbers of the blanket deferrals that moved it (K05-R11)."""
    subject: int = 0
    """Number of the report or supervision that it is for; 0 for the loop's own."""
    party: str = ""
    """Unit whose arrival it is for."""


@dataclass(frozen=True, slots=True)
class HistoryLine:
    seq: int
    version: int
    at: datetime
    kind: str
    actor: str
    actor_name: Label
    actor_kind: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ReportLine:
    """A report behind the case; no reporter is ever named."""

    source: str
    source_id: str
    channel: str
    observed_at: datetime | None
    received_at: datetime
    text: str
    status_text: str
    warnings: tuple[str, ...]
    case_id: int = 0
    """The case it came to: this one, or one that was merged into it; its reporter is owed the result too (K02-R15)."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One move that is open to the viewer now; `advance` moves are told apart by their id."""

    id: str
    verb: str
    label: Label | None
    """The profile's own word; None shows the verb."""
    needs: tuple[str, ...]
    target: str | None


@dataclass(frozen=True, slots=True)
class GateLine:
    """A guarded move and who has still to sign before it (K02-R12)."""

    move: str
    label: Label | None
    signed: tuple[Label, ...]
    missing: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class GapLine:
    """A paper that was missing when the case was accepted; overdue on its own (K02-R13)."""

    item: str
    until: date
    supplied: bool
    overdue: bool


@dataclass(frozen=True, slots=True)
class BookingLine:
    """What the booked list says of the case, also after its write-off (K02-R6, R7)."""

    reason: str
    holder: str
    review_on: date


@dataclass(frozen=True, slots=True)
class CaseView:
    row: QueueRow
    workflow: Label
    tier: Label
    text: str
    lat: float | None
    lon: float | None
    result: str
    proof: str
    outcome: str
    handlers: tuple[str, ...]
    clocks: tuple[ClockLine, ...]
    history: tuple[HistoryLine, ...]
    reports: tuple[ReportLine, ...]
    moves: tuple[str, ...]
    """Verbs that step and powers of the viewer permit now."""
    seq: int
    as_of: datetime
    profile: Label | None = None
    profile_version: str = ""
    """The version it was filed under."""
    profile_in_force: str = ""
    """Version that new cases are filed under; another one than `profile_version` says that the rules changed since."""
    offers: tuple[Offer, ...] = ()
    """The same moves one by one, with the profile's words for them."""
    gates: tuple[GateLine, ...] = ()
    gaps: tuple[GapLine, ...] = ()
    booking: BookingLine | None = None
    first_acceptor: str | None = None
    """The unit that accepted first and stays answerable to the end (K02-R8)."""
    merged_into: int | None = None
    absorbed: tuple[int, ...] = ()
    """Cases that went into this one, over any number of merges."""
    facts: tuple[tuple[str, FactValue], ...] = ()
    visit: str = ""
    """`due`, or what the return visit answered."""
    stars: int | None = None
    text_withheld: bool = False
    """The viewer has no need for the words of this case: only its status is here (K23-R5)."""


# Statements of a panel that is read at every change: put together once, on the bare tables.
_c, _k, _e, _r, _g, _u, _o = (
    model.__table__.c for model in (Case, CaseClock, Event, SourceReport, Grid, Unit, Officer)  # type: ignore[union-attr]
)
_m, _t, _h = (model.__table__.c for model in (StoreMeta, ProfileText, FeedHead))  # type: ignore[union-attr]
_CASE = (
    select(
        *_c, _g.code.label("grid_code"), _g.name.label("grid_name"), _g.unplaced, _u.name_zh, _u.name_en,
        select(_m.timezone).where(_m.id == 1).scalar_subquery().label("zone"),
        select(_h.seq).where(_h.id == journal.JOURNAL).scalar_subquery().label("head"),
        select(_t.version).where(_t.profile == _c.profile, _t.current).scalar_subquery().label("in_force"),
    )
    .join_from(_c.id.table, _g.id.table, _g.id == _c.grid_id)
    .outerjoin(_u.id.table, _u.code == _c.unit)
    .where(_c.id == bindparam("case_id"))
)
_CLOCKS = select(*_k).where(_k.case_id == bindparam("case_id")).order_by(_k.id)
_EVENTS = (
    select(
        _e.seq, _e.version, _e.at, _e.kind, _e.actor, _e.actor_kind, _e.data, _u.name_zh, _u.name_en,
        _o.name.label("officer_name"),
    )
    .outerjoin_from(_e.seq.table, _u.id.table, _u.code == _e.actor)
    .outerjoin(_o.id.table, _o.code == _e.actor)
    .where(
        or_(
            (_e.subject == "case") & (_e.subject_id == bindparam("case_id")),
            (_e.subject == "clock") & _e.subject_id.in_(bindparam("clock_ids", expanding=True)),
        )
    )
    .order_by(_e.seq)
)
_REPORTS = (
    select(
        _r.source, _r.source_id, _r.channel, _r.observed_at, _r.received_at, _r.text, _r.status_text, _r.warnings,
        _r.case_id,
    )
    .where(_r.case_id.in_(bindparam("case_ids", expanding=True)))
    .order_by(_r.id)
)


def find(session: Session, text: str) -> int:
    """The case that a person means by an id or a full number; raises `Refused` `unknown_case`."""
    words = text.strip()
    condition = col(Case.number) == words
    if words.isascii() and words.isdigit() and len(words) < 16:
        condition = or_(condition, col(Case.id) == int(words))
    found = session.execute(select(col(Case.id)).where(condition).limit(1)).scalar_one_or_none()
    if found is None:
        raise Refused("unknown_case", case=words)
    return int(found)


def case(session: Session, profile: Profile, now: datetime, case_id: int, actor: Actor) -> CaseView:
    """Everything of one case at `now`; `moves` are what `actor` may do. Raises `Refused` `unknown_case`."""
    row = session.execute(_CASE, {"case_id": case_id}).first()
    if row is None:
        raise Refused("unknown_case", case=case_id)
    default, profile = profile, shelf.profile_of(session, profile, row.profile, row.profile_version)
    held = session.execute(_CLOCKS, {"case_id": case_id}).all()
    template = profile.workflow(row.workflow)
    state = casefold.state_of(row, None if row.unplaced else row.grid_code)
    today = now.astimezone(ZoneInfo(row.zone)).date()
    viewer, known = under(actor, default, profile), Facts(profile, now, today, case_id=case_id)
    open_to = possible(state, viewer, template, known)
    behind = casefold.behind(session, case_id) if state.absorbed else (case_id,)
    tier = next((rung.label for rung in profile.ladder if rung.id == row.tier), Label(row.tier, row.tier))
    view = CaseView(
        row=queue_row(profile, row, now), workflow=template.label, tier=tier, text=row.text, lat=row.lat, lon=row.lon,
        result=row.result or "", proof=row.proof or "", outcome=row.outcome or "", handlers=tuple(row.handlers),
        clocks=_clocks(profile, held), history=_history(session, case_id, [clock.id for clock in held]),
        reports=_reports(session, behind), moves=tuple(sorted({move.verb for move in open_to})),
        seq=row.head, as_of=now, profile=profile.label, profile_version=row.profile_version,
        profile_in_force=row.in_force or profile.version,
        offers=tuple(Offer(gates.name(m), m.verb, m.label, m.needs, m.target) for m in open_to),
        gates=_gates(state, template, known), gaps=_gaps(state, today), booking=_booking(state),
        first_acceptor=state.first_acceptor, merged_into=state.merged_into, absorbed=behind[1:], facts=state.facts,
        visit=state.visit or "", stars=state.stars,
    )  # fmt: skip
    may = powers.may_read_texts(profile, viewer, (state.unit, state.handling_unit, state.finder_unit))
    return view if may else need.withheld(view)


def _gates(state: CaseState, template: Template, known: Facts) -> tuple[GateLine, ...]:
    lines = []
    for move in gates.gated(state, template, known):
        missing = gates.missing(move, state)
        signed = tuple(signer.label for signer in move.gate if signer not in missing)
        lines.append(GateLine(gates.name(move), move.label, signed, tuple(signer.label for signer in missing)))
    return tuple(lines)


def _gaps(state: CaseState, today: date) -> tuple[GapLine, ...]:
    return tuple(GapLine(g.item, g.until, g.supplied, not g.supplied and g.until < today) for g in state.gaps)


def _booking(state: CaseState) -> BookingLine | None:
    booked = state.booked
    return BookingLine(booked.reason, booked.holder, booked.review_on) if booked else None


def _clocks(profile: Profile, held: Sequence[Any]) -> tuple[ClockLine, ...]:
    return tuple(
        ClockLine(
            c.name, clock_label(profile, c.name) or Label(c.name, c.name), c.owner, c.round, c.rule, c.started_at,
            c.near_at, c.due_at, c.met_at, _clock_state(c), c.original_at, c.free_until,
            tuple(change["order"] for change in c.changes if change["code"] == "deferred"), c.subject, c.party,
        )
        for c in held
    )  # fmt: skip


def _clock_state(clock: Any) -> Literal["running", "paused", "met", "met_late", "ended"]:
    if clock.stopped_at is None:
        return "running" if clock.paused_at is None else "paused"
    if clock.met_at is None:
        return "ended"
    over_at = clock.due_at if clock.free_until is None else max(clock.due_at, clock.free_until)
    return "met_late" if clock.met_at > over_at else "met"


def _history(session: Session, case_id: int, clock_ids: Sequence[int]) -> tuple[HistoryLine, ...]:
    """Events of the case and of its clocks, in the order of the journal, with the names of their actors."""
    rows = session.execute(_EVENTS, {"case_id": case_id, "clock_ids": clock_ids}).all()
    return tuple(
        HistoryLine(
            r.seq, r.version, r.at, r.kind, r.actor, _name(r), r.actor_kind,
            r.data,
        )
        for r in rows
    )  # fmt: skip


def _name(row: Any) -> Label:
    """The actor of an event: an officer, a unit, or a machine by its code."""
    name = row.officer_name or row.name_zh or row.actor
    return Label(name, row.officer_name or row.name_en or row.actor)


def _reports(session: Session, case_ids: Sequence[int]) -> tuple[ReportLine, ...]:
    return tuple(
        ReportLine(
            r.source, r.source_id, r.channel, r.observed_at, r.received_at, r.text, r.status_text, tuple(r.warnings),
            r.case_id,
        )
        for r in session.execute(_REPORTS, {"case_ids": list(case_ids)})
    )
