"""One case whole: fields, clocks, history, next moves, and why a time is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlmodel import Session, col

from store import journal
from store.errors import Refused
from store.profiles import loader
from store.profiles.model import Profile
from store.records.case import Case, CaseClock, SourceReport
from store.records.event import Event
from store.records.grid import Grid
from store.records.people import Officer, Unit
from store.rules import clocks
from store.rules.decide import allowed
from store.rules.labels import Label
from store.rules.workflow import Actor, CaseState
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
    state: Literal["running", "met", "met_late", "ended"]
    """`met_late` stays for ever (K05-T9); `ended` means closing stopped it unmet."""


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
class WhyLine:
    """One line of the sum that leads to a due time; `code` says which sentence, `until` where it then stands."""

    code: str
    fields: dict[str, Any]
    until: datetime


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
    row = session.execute(
        select(
            *Case.__table__.columns,  # type: ignore[attr-defined]
            col(Grid.code).label("grid_code"), col(Grid.name).label("grid_name"), col(Unit.name_zh), col(Unit.name_en),
        )
        .join(Grid, col(Grid.id) == col(Case.grid_id))
        .outerjoin(Unit, col(Unit.code) == col(Case.unit))
        .where(col(Case.id) == case_id)
    ).first()  # fmt: skip
    if row is None:
        raise Refused("unknown_case", case=case_id)
    template = profile.workflow(row.workflow)
    state = CaseState(row.workflow, row.step, row.version, row.level, row.tier)
    tier = next((label for tier_id, label in profile.ladder if tier_id == row.tier), Label(row.tier, row.tier))
    return CaseView(
        row=queue_row(profile, row), workflow=template.label, tier=tier, text=row.text, lat=row.lat, lon=row.lon,
        result=row.result or "", proof=row.proof or "", outcome=row.outcome or "", handlers=tuple(row.handlers),
        clocks=_clocks(session, profile, case_id), history=_history(session, case_id),
        reports=_reports(session, case_id), moves=tuple(sorted(allowed(state, actor, template))),
        seq=journal.head(session), as_of=now,
    )  # fmt: skip


def _clocks(session: Session, profile: Profile, case_id: int) -> tuple[ClockLine, ...]:
    rows = session.execute(
        select(CaseClock).where(col(CaseClock.case_id) == case_id).order_by(col(CaseClock.id))
    ).scalars()
    return tuple(
        ClockLine(
            c.name, clock_label(profile, c.name) or Label(c.name, c.name), c.owner, c.round, c.rule, c.started_at,
            c.near_at, c.due_at, c.met_at, _clock_state(c),
        )
        for c in rows
    )  # fmt: skip


def _clock_state(clock: CaseClock) -> Literal["running", "met", "met_late", "ended"]:
    if clock.stopped_at is None:
        return "running"
    if clock.met_at is None:
        return "ended"
    return "met_late" if clock.met_at > clock.due_at else "met"


def _history(session: Session, case_id: int) -> tuple[HistoryLine, ...]:
    """Events of the case and of its clocks, in the order of the journal, with the names of their actors."""
    clock_ids = select(col(CaseClock.id)).where(col(CaseClock.case_id) == case_id)
    e = Event
    names = {u.code: Label(u.name_zh, u.name_en) for u in session.execute(select(Unit)).scalars()}
    names |= {o.code: Label(o.name, o.name) for o in session.execute(select(Officer)).scalars()}
    rows = session.execute(
        select(
            col(e.seq), col(e.version), col(e.at), col(e.kind), col(e.actor), col(e.actor_kind), col(e.data)
        ).where(
            or_(
                (col(e.subject) == "case") & (col(e.subject_id) == case_id),
                (col(e.subject) == "clock") & col(e.subject_id).in_(clock_ids),
            )
        ).order_by(col(e.seq))
    )  # fmt: skip
    return tuple(
        HistoryLine(
            r.seq, r.version, r.at, r.kind, r.actor, names.get(r.actor) or Label(r.actor, r.actor), r.actor_kind,
            r.data,
        )
        for r in rows
    )  # fmt: skip


def _reports(session: Session, case_id: int) -> tuple[ReportLine, ...]:
    rows = session.execute(
        select(SourceReport).where(col(SourceReport.case_id) == case_id).order_by(col(SourceReport.id))
    ).scalars()
    return tuple(
        ReportLine(
            r.source, r.source_id, r.channel, r.observed_at, r.received_at, r.text, r.status_text, tuple(r.warnings)
        )
        for r in rows
    )


def why(
    session: Session, profile: Profile, case_id: int, clock: str | None, timezone: str
) -> tuple[WhyLine, ...]:
    """The sum that leads to a due time, line by line; without `clock` of the one that runs out first.

    Raises `Refused` with `unknown_case`, `no_clock`, or `rule_gone` when the profile no longer has the rule.
    """
    find(session, str(case_id))
    query = select(CaseClock).where(col(CaseClock.case_id) == case_id)
    rows = [c for c in session.execute(query.order_by(col(CaseClock.id))).scalars() if clock in (None, c.name)]
    running = [c for c in rows if c.stopped_at is None]
    if not rows:
        raise Refused("no_clock", case=case_id, clock=clock or "")
    held = min(running, key=lambda c: c.due_at) if running else rows[-1]
    rule = next((r for r in profile.clocks if r.id == held.rule), None)
    if rule is None:
        raise Refused("rule_gone", rule=held.rule)
    due = clocks.due(rule, held.started_at, loader.calendar(), ZoneInfo(timezone))
    lines = [WhyLine(line.code, line.fields, line.until) for line in due.lines]
    if due.due_at != held.due_at:
        lines.append(WhyLine("kept", {"rule": held.rule}, held.due_at))
    return tuple(lines)
