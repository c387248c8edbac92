"""From a finding to a warning: one a scope and quiet time, told to its recipients, given to who verifies (K17-R2)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlmodel import Session, col

from store import journal
from store.actions.clocks import limits
from store.actions.house.founding import ROOT_ID
from store.actions.loop import alerts
from store.actions.loop.alerts import Cause
from store.actions.notices import noticebook
from store.journal import Entry
from store.profiles.model import Profile
from store.profiles.reporting import WarningRule
from store.records.device import Device
from store.records.grid import Grid
from store.records.warning import Warning as Row
from store.rules import warnings as rules
from store.rules.state import Actor
from store.rules.warnings import Finding, Scope

WATCHER = Actor("machine:warnings", "warnings", "machine", frozenset())
"""Signs what the rules raise by themselves."""
CHUNK = 400
"""Scopes asked for in one query."""
PLACE_LENGTH = 200

_HELD: tuple[Any, ...] = (
    Row.id, Row.rule, Row.scope, Row.level, Row.size, Row.raised_at, Row.quiet_until, Row.closed_at, Row.version,
    Row.grid_id, Row.place,
)  # fmt: skip


def news(session: Session, profile: Profile, findings: Sequence[Finding], now: datetime) -> list[Finding]:
    """The findings that would change something: new ones, and known ones that have grown. Nothing is written.

    More new ones of one rule than a person can look at are folded into one.
    """
    made: list[Finding] = []
    for several in _by_rule(findings).values():
        rule = several[0].rule
        held = _held(session, _series(profile, rule), [found.scope.key for found in several])
        star = _held(session, [rule.id], [Scope(whole=True).key]).get(Scope(whole=True).key)
        fresh, grown = [], []
        for found in several:
            what = _what(profile, held.get(found.scope.key), found, now)
            if what == "new":
                fresh.append(found)
            elif what != "nothing":
                grown.append(found)
        whole = star is not None and star.quiet_until > now
        new = rules.folded(fresh, ROOT_ID)
        if whole and fresh and not new[0].scope.whole:
            new = []
        made += [found for found in (*grown, *new) if _what_of_folded(profile, star, found, now)]
    return made


def _by_rule(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for one in findings:
        found.setdefault(one.rule.id, []).append(one)
    return found


def _what_of_folded(profile: Profile, star: Any, found: Finding, now: datetime) -> bool:
    return not found.scope.whole or _what(profile, star, found, now) != "nothing"


def _series(profile: Profile, rule: WarningRule) -> list[str]:
    own = rules.series(rule)
    return [other.id for other in profile.warnings if rules.series(other) == own] or [rule.id]


def _held(session: Session, ids: Sequence[str], scopes: Sequence[str]) -> dict[str, Any]:
    """The newest warning of each scope under any of these rules."""
    found: dict[str, Any] = {}
    for start in range(0, len(scopes), CHUNK):
        part = scopes[start : start + CHUNK]
        rows = session.execute(
            select(*_HELD)
            .where(col(Row.rule).in_(ids), col(Row.scope).in_(part))
            .order_by(col(Row.raised_at), col(Row.id))
        )
        found.update({row.scope: row for row in rows})
    return found


def _what(profile: Profile, held: Any, found: Finding, now: datetime) -> str:
    """`new`, `grown`, `graver` or `nothing`."""
    if held is None:
        return "new"
    order = [level.number for level in profile.levels]
    graver = rules.rank(order, found.rule.level) < rules.rank(order, held.level)
    if graver and held.rule != found.rule.id:
        return "graver" if held.closed_at is None else "new"
    if held.quiet_until <= now:
        old = found.newest is not None and found.newest <= held.raised_at and found.size <= (held.size or 0)
        return "nothing" if old else "new"
    if held.rule == found.rule.id and held.closed_at is None and found.size > (held.size or 0):
        return "grown"
    return "nothing"


def enter(session: Session, profile: Profile, findings: Collection[Finding], now: datetime) -> int:
    """Raise what is new, let grow what has grown; returns how many warnings are new."""
    raised = 0
    for found in findings:
        held = _held(session, _series(profile, found.rule), [found.scope.key]).get(found.scope.key)
        what = _what(profile, held, found, now)
        if what == "new":
            _raise(session, profile, found, now)
            raised += 1
        elif what == "grown":
            _grow(session, held, found, now)
        elif what == "graver":
            _graver(session, profile, held, found, now)
    return raised


def _raise(session: Session, profile: Profile, found: Finding, now: datetime) -> None:
    rule = found.rule
    category = found.scope.category or rule.category
    unit = rule.verify or _duty(profile, category or rule.case_category)
    grid_id = found.grid if found.grid is not None else ROOT_ID
    place = _place(session, found)
    due_at = None if rule.verify_within is None else limits.due(session, profile, rule.verify_within, now)
    values: dict[str, Any] = {
        "rule": rule.id, "profile": profile.id, "profile_version": profile.version, "scope": found.scope.key,
        "state": "assigned" if unit else "raised", "level": rule.level, "grid_id": grid_id, "category": category,
        "place": place, "size": found.size, "facts": dict(found.facts), "raised_at": now, "last_at": now, "count": 1,
        "expected_at": now if rule.ahead is None else now + rules.length(rule.ahead),
        "quiet_until": now + rules.length(rule.quiet), "unit": unit or None, "finding": "", "note": "", "version": 1,
        "assigned_at": now if unit else None, "assigned_by": WATCHER.code if unit else None,
        "due_at": due_at if unit else None,
    }  # fmt: skip
    warning_id = int(session.execute(insert(Row).values(**values).returning(col(Row.id))).scalar_one())
    code = session.execute(select(col(Grid.code)).where(col(Grid.id) == grid_id)).scalar_one_or_none()
    data = {
        "rule": rule.id, "scope": found.scope.key, "level": rule.level, "grid": code, "category": category,
        "place": place, "size": found.size, "unit": unit or None, "numbers": dict(found.facts),
    }  # fmt: skip
    journal.append(session, [Entry("warning", warning_id, 1, "raised", now, WATCHER.code, WATCHER.kind, data)])
    ring(session, profile, warning_id, found, place, grid_id, now)
    tell(session, profile, rule, warning_id, place, code, found.size, now, unit)


def _grow(session: Session, held: Any, found: Finding, now: datetime) -> None:
    """The rule held again inside its quiet time: the number and the count rise, nobody is told anew."""
    session.execute(
        update(Row)
        .where(col(Row.id) == held.id)
        .values(count=col(Row.count) + 1, size=found.size, last_at=now, facts=dict(found.facts))
    )


def _graver(session: Session, profile: Profile, held: Any, found: Finding, now: datetime) -> None:
    """A graver rule of the same series: the open warning rises to its level, so that one cause stays one row (T3)."""
    rule = found.rule
    values = {
        "rule": rule.id, "level": rule.level, "size": found.size, "facts": dict(found.facts), "last_at": now,
        "quiet_until": now + rules.length(rule.quiet), "count": col(Row.count) + 1, "version": held.version + 1,
    }  # fmt: skip
    session.execute(update(Row).where(col(Row.id) == held.id).values(**values))
    data = {"rule": rule.id, "from": held.rule, "level": rule.level, "size": found.size, "numbers": dict(found.facts)}
    entry = Entry("warning", held.id, held.version + 1, "rose", now, WATCHER.code, WATCHER.kind, data)
    journal.append(session, [entry])
    alerts.clear(session, [cause(held.rule, held.scope)], now, WATCHER)
    ring(session, profile, held.id, found, held.place, held.grid_id, now)
    code = session.execute(select(col(Grid.code)).where(col(Grid.id) == held.grid_id)).scalar_one_or_none()
    tell(session, profile, rule, held.id, held.place, code, found.size, now, "")


def _duty(profile: Profile, category: str | None) -> str:
    known = profile.category(category)
    return known.units[0] if known is not None and known.units else ""


def _place(session: Session, found: Finding) -> str:
    if found.scope.device is None:
        return found.scope.place[:PLACE_LENGTH]
    row = session.execute(
        select(col(Device.address), col(Device.name), col(Device.key)).where(col(Device.id) == found.scope.device)
    ).first()
    return "" if row is None else str(row.address or row.name or row.key)[:PLACE_LENGTH]


def cause(rule: str, scope: str) -> str:
    """Key of the alert of one rule and scope."""
    return f"warning:{rule}:{scope}"


def ring(
    session: Session, profile: Profile, warning_id: int, found: Finding, place: str, grid_id: int, now: datetime
) -> None:
    """One alert a cause; a second warning of it while it stands raises the count."""
    rule = found.rule
    order = [level.number for level in profile.levels]
    fields = {
        "warning": warning_id, "rule": rule.id, "zh": rule.label.zh, "en": rule.label.en, "place": place,
        "size": f"{found.size:g}", "level": rule.level,
    }  # fmt: skip
    priority = min(3, rules.rank(order, rule.level) + 1)
    one = Cause(cause(rule.id, found.scope.key), "warning", priority, "early_warning", fields, grid_id)
    alerts.raise_alert(session, one, now, WATCHER)


def tell(
    session: Session, profile: Profile, rule: WarningRule, warning_id: int, place: str, grid: str | None,
    size: float, now: datetime, unit: str,
) -> None:  # fmt: skip
    """Owe the notice to every recipient of the rule and to the unit that verifies: number, place, size, no more."""
    order = [level.number for level in profile.levels]
    where = " ".join(part for part in (grid or "", place) if part)
    for recipient in dict.fromkeys((*rule.recipients, *((unit,) if unit else ()))):
        noticebook.owe(
            session, profile, kind="warning", recipient=recipient, title=f"预警 {warning_id} {rule.label.zh}",
            text=f"{where} {size:g}".strip(), priority=min(3, rules.rank(order, rule.level) + 1), now=now,
            dedupe_key=f"warning:{warning_id}:{rule.id}:{recipient}",
            payload={"warning": warning_id, "rule": rule.id, "grid": grid or "", "place": place, "size": size},
        )  # fmt: skip
