"""Why a time is due: the sum replayed line by line, with the journal's numbers (K05).

Every change of a clock is applied again in order, by the profile version of the case and the calendar as it was known
when the change was made; the last line ends at the due time to the millisecond.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import Session, col

from store import journal
from store.errors import Refused
from store.profiles import almanac, shelf
from store.profiles.model import Profile
from store.profiles.timing import ClockRule
from store.records.case import Case, CaseClock
from store.records.event import Event
from store.records.governing import DeferralOrder
from store.rules import changes, duties
from store.rules.changes import Change, Days
from store.rules.counting import Line
from store.rules.labels import Label
from store.rules.starts import RAN_OUT, kinds_of


@dataclass(frozen=True, slots=True)
class WhyLine:
    """One line of the sum that leads to a due time; `code` says which sentence, `until` where it then stands."""

    code: str
    fields: dict[str, Any]
    until: datetime


@dataclass(frozen=True, slots=True)
class Why:
    """A clock and the sum that leads to its due time."""

    clock: str
    label: Label
    round: int
    owner: str
    """`officer`: the centre's own clock; `unit`: that of the department."""
    rule: str
    profile: str
    profile_version: str
    started_at: datetime
    due_at: datetime
    original_at: datetime | None
    """Due time before the first extension or deferral."""
    free_until: datetime | None
    """End of a blanket deferral: nothing is overdue before it."""
    state: Literal["running", "paused", "met", "met_late", "ended"]
    lines: tuple[WhyLine, ...]


def why(session: Session, profile: Profile, case_id: int, clock: str | None, timezone: str) -> tuple[WhyLine, ...]:
    """The lines alone; errors as `explain`."""
    return explain(session, profile, case_id, clock, timezone).lines


def explain(session: Session, profile: Profile, case_id: int, clock: str | None, timezone: str) -> Why:
    """The sum of a clock, line by line; without `clock` of the one that runs out first, else of the newest.

    Codes of lines are those of `store.rules.counting.Line` and `store.rules.changes.Change`, and `paused_now` (from)
    and `kept`, where the rules now would give another time than the one that was set. Raises `Refused` with
    `unknown_case`, `no_clock`, or `rule_gone`; `Unavailable` `profile_gone`.
    """
    row = session.execute(select(col(Case.profile), col(Case.profile_version)).where(col(Case.id) == case_id)).first()
    if row is None:
        raise Refused("unknown_case", case=case_id)
    own = shelf.profile_of(session, profile, row.profile, row.profile_version)
    held = _clock(session, case_id, clock)
    zone, seen = ZoneInfo(timezone), _Seen(session, case_id)
    rule = _rule(own, held)
    told = changes.standing(
        rule, held.started_at, held.changes, partial(_days, session, own, zone, tuple(held.changes)), told=True
    )
    lines = [_line(line, place, seen, held, own, rule) for place, line in enumerate(told.due.lines)]
    if held.paused_at is not None and held.stopped_at is None:
        lines.append(WhyLine("paused_now", {"from": held.paused_at.isoformat()}, held.due_at))
    if told.due.due_at != held.due_at:
        lines.append(WhyLine("kept", {"rule": held.rule}, held.due_at))
    return Why(
        held.name, duties.label(own, held.name) or Label(held.name, held.name), held.round, held.owner, held.rule,
        own.id, row.profile_version, held.started_at, held.due_at, held.original_at, held.free_until, _state(held),
        tuple(lines),
    )  # fmt: skip


def _clock(session: Session, case_id: int, name: str | None) -> CaseClock:
    query = select(CaseClock).where(col(CaseClock.case_id) == case_id).order_by(col(CaseClock.id))
    rows = [c for c in session.execute(query).scalars() if name in (None, c.name)]
    if not rows:
        raise Refused("no_clock", case=case_id, clock=name or "")
    open_ = [c for c in rows if c.stopped_at is None]
    running = [c for c in open_ if c.paused_at is None]
    found: CaseClock = min(running or open_, key=lambda c: c.due_at) if open_ else rows[-1]
    return found


def _rule(profile: Profile, held: CaseClock) -> ClockRule:
    """The rule that the clock started under."""
    first = next((change["before"] for change in held.changes if change["code"] == "rule"), held.rule)
    rule = next((rule for rule in profile.clocks if rule.id == first), None)
    if rule is not None:
        return rule
    if not any(change["code"] in ("limit", "by") for change in held.changes):
        raise Refused("rule_gone", rule=held.rule)
    term = Label(held.name, held.name)
    owner: Literal["officer", "unit"] = "unit" if held.owner == "unit" else "officer"
    return ClockRule(held.rule, held.name, term, owner, held.name, (), "minute", 0, near=profile.near)


def _days(session: Session, profile: Profile, zone: ZoneInfo, clock_changes: Sequence[Change], at: datetime) -> Days:
    unit = changes.office_unit(clock_changes)
    hours = dict(profile.hours).get(unit) if unit is not None else None
    return Days(almanac.calendar_of(session, profile.calendar, at), zone, hours)


def _state(held: CaseClock) -> Literal["running", "paused", "met", "met_late", "ended"]:
    if held.stopped_at is None:
        return "running" if held.paused_at is None else "paused"
    if held.met_at is None:
        return "ended"
    over_at = held.due_at if held.free_until is None else max(held.due_at, held.free_until)
    return "met_late" if held.met_at > over_at else "met"


# --- what the journal says of a line ----------------------------------------------------------


class _Seen:
    """The case's events, and those of its clocks, read once when the first line asks."""

    def __init__(self, session: Session, case_id: int) -> None:
        self.session, self.case_id = session, case_id
        clock_ids = select(col(CaseClock.id)).where(col(CaseClock.case_id) == case_id)
        e = Event
        mine = (col(e.subject) == "case") & (col(e.subject_id) == case_id)
        of_clocks = (col(e.subject) == "clock") & col(e.subject_id).in_(clock_ids)
        self.events = session.execute(
            select(col(e.seq), col(e.at), col(e.kind), col(e.actor), col(e.data), col(e.subject))
            .where(mine | of_clocks)
            .order_by(col(e.seq))
        ).all()

    def find(self, kind: str, at: datetime | None, **data: Any) -> dict[str, Any]:
        """seq, by and reason of the first such event; empty where there is none."""
        for event in self.events:
            fits = event.kind == kind and at in (None, event.at)
            if fits and all(event.data.get(name) == value for name, value in data.items()):
                found = {"seq": event.seq, "by": event.actor, "reason": event.data.get("reason", "")}
                return {name: value for name, value in found.items() if value}
        return {}

    def started(self, rule: ClockRule, held: CaseClock) -> dict[str, Any]:
        """seq of the event that started the clock."""
        if rule.start.startswith(RAN_OUT):
            return self.seq(self.find("overdue", held.started_at, clock=rule.start.removeprefix(RAN_OUT)))
        if held.name in (duties.REPORT, duties.SUPERVISION) and held.subject:
            kind = "owed" if held.name == duties.REPORT else "supervised"
            return self.seq(self.find(kind, None, number=held.subject))
        kinds = {
            duties.GAP: "gaps_admitted", duties.REVIEW: "booked", duties.VISIT: "visit_due",
            duties.ARRIVE: "unit_called",
        }  # fmt: skip
        if held.name in kinds and rule.start == held.name:
            return self.seq(self.find(kinds[held.name], held.started_at))
        for event in self.events:
            if event.subject != "case" or (event.at != held.started_at and rule.start != "occurred"):
                continue
            if rule.start in kinds_of(journal.case_event(event.kind, event.data)):
                return {"seq": event.seq}
        return {}

    @staticmethod
    def seq(found: dict[str, Any]) -> dict[str, Any]:
        return {"seq": found["seq"]} if found else {}

    def order(self, number: int) -> dict[str, Any]:
        """Who gave a blanket deferral, and why."""
        row = self.session.execute(
            select(col(DeferralOrder.by), col(DeferralOrder.reason)).where(col(DeferralOrder.id) == number)
        ).first()
        return {} if row is None else {"by": row.by, "reason": row.reason}


def _line(
    line: Line, place: int, seen: _Seen, held: CaseClock, profile: Profile, rule: ClockRule
) -> WhyLine:  # fmt: skip
    fields = {name: value for name, value in line.fields.items() if name != "at"}
    at = datetime.fromisoformat(line.fields["at"]) if "at" in line.fields else None
    match line.code:
        case "start":
            fields |= seen.started(rule, held)
        case "limit" | "by" if place == 1:
            fields |= {"rule": rule.id, "profile": profile.id, "version": profile.version}
        case "season":
            mode = next((mode for mode in profile.modes if mode.id == fields["mode"]), None)
            fields |= {"mode_zh": mode.label.zh, "mode_en": mode.label.en} if mode else {}
            fields |= seen.seq(seen.find("tightened", at, overlay=fields["overlay"]))
        case "extended":
            fields |= seen.find("extended", at, clock=held.name)
        case "deferred":
            fields |= seen.seq(seen.find("deferred", at, order=fields["order"])) | seen.order(fields["order"])
        case "paused":
            fields |= seen.find("paused", datetime.fromisoformat(fields["from"]), clock=held.name)
        case "rule":
            fields |= next((found for kind in RESELECTS if (found := seen.find(kind, at))), {})
        case "since":
            fields |= seen.find("noted", at)
    return WhyLine(line.code, fields, line.until)


RESELECTS = ("escalated", "marked", "noted", "filed")
"""Kinds of events after which another rule may govern a clock."""
