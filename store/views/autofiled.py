"""Cases that rules of devices opened, and how often each rule was right (K16-R2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, col

from store import journal
from store.profiles.model import Profile
from store.records.case import Case
from store.records.device import AutoFiling
from store.records.grid import Grid
from store.rules.labels import Label
from store.views.devicestates import DEVICES

LATELY = timedelta(days=90)
"""Verdicts on rules are counted so far back."""


@dataclass(frozen=True, slots=True)
class AutoRow:
    """A case that a rule opened."""

    case_id: int
    number: str
    title: str
    rule: str
    rule_label: Label | None
    device_id: int
    device: str
    grid_code: str | None
    filed_at: datetime
    last_at: datetime
    count: int
    verdict: str
    """`confirmed`, `cancelled`, empty while nobody has looked, `none` where nobody is asked."""
    judged_by: str | None
    closed: bool


@dataclass(frozen=True, slots=True)
class Verdicts:
    """How often a rule was right."""

    rule: str
    rule_label: Label | None
    filed: int
    confirmed: int
    cancelled: int

    @property
    def share(self) -> float | None:
        """Confirmed of those judged."""
        judged = self.confirmed + self.cancelled
        return self.confirmed / judged if judged else None


@dataclass(frozen=True, slots=True)
class AutoFiled:
    rows: tuple[AutoRow, ...]
    waiting: int
    verdicts: tuple[Verdicts, ...]
    """Of the last 90 days, the worst rule first."""
    seq: int
    as_of: datetime


def auto_filed(
    session: Session, profile: Profile, now: datetime, *, waiting: bool = True, limit: int = 200
) -> AutoFiled:
    """Cases that rules opened: those nobody has judged, the oldest first, or all, the newest first."""
    seq = journal.head(session)
    where = [col(AutoFiling.judged_at).is_(None), col(AutoFiling.verdict) == ""] if waiting else []
    rows = of(session, profile, where, limit, oldest=waiting)
    labels = {rule.id: rule.label for rule in profile.device_rules}
    counted: dict[str, dict[str, int]] = {}
    for rule, verdict, count in session.execute(
        select(col(AutoFiling.rule), col(AutoFiling.verdict), func.count())
        .where(col(AutoFiling.filed_at) > now - LATELY)
        .group_by(col(AutoFiling.rule), col(AutoFiling.verdict))
    ):
        counted.setdefault(rule, {})[verdict] = int(count)
    verdicts = [
        Verdicts(rule, labels.get(rule), sum(by.values()), by.get("confirmed", 0), by.get("cancelled", 0))
        for rule, by in counted.items()
    ]
    verdicts.sort(key=lambda v: (1.0 if v.share is None else v.share, v.rule))
    return AutoFiled(rows, judged(session, now)[0], tuple(verdicts), seq, now)


def filing_of(session: Session, profile: Profile, case_id: int) -> AutoRow | None:
    """How the case was filed by itself; None for any other."""
    found = of(session, profile, [col(AutoFiling.case_id) == case_id], 1)
    return found[0] if found else None


def judged(session: Session, now: datetime) -> tuple[int, int, int]:
    """(cases that wait for a verdict, confirmed, cancelled), the verdicts of the last 90 days."""
    waiting = session.execute(
        select(func.count())
        .select_from(AutoFiling)
        .join(Case, col(Case.id) == col(AutoFiling.case_id))
        .where(col(AutoFiling.judged_at).is_(None), col(AutoFiling.verdict) == "", col(Case.closed_at).is_(None))
    ).scalar_one()
    rows = session.execute(
        select(col(AutoFiling.verdict), func.count())
        .where(col(AutoFiling.filed_at) > now - LATELY)
        .group_by(col(AutoFiling.verdict))
    )
    by: dict[str, int] = {verdict: int(count) for verdict, count in rows}
    return int(waiting), by.get("confirmed", 0), by.get("cancelled", 0)


def of(
    session: Session, profile: Profile, where: Sequence[Any], limit: int, *, oldest: bool = False
) -> tuple[AutoRow, ...]:
    order = col(AutoFiling.id) if oldest else col(AutoFiling.id).desc()
    query = (
        select(
            AutoFiling, col(Case.number), col(Case.title), col(Case.closed_at), col(Grid.code), DEVICES.c.source,
            DEVICES.c.key, DEVICES.c.name,
        )
        .join(Case, col(Case.id) == col(AutoFiling.case_id))
        .outerjoin(Grid, col(Grid.id) == col(Case.grid_id))
        .outerjoin(DEVICES, DEVICES.c.id == col(AutoFiling.device_id))
        .where(*where)
        .order_by(order)
        .limit(limit)
    )  # fmt: skip
    if oldest:
        query = query.where(col(Case.closed_at).is_(None))
    labels = {rule.id: rule.label for rule in profile.device_rules}
    return tuple(
        AutoRow(
            a.case_id, number, title, a.rule, labels.get(a.rule), a.device_id, name or f"{source}:{key}", code,
            a.filed_at, a.last_at, a.count, a.verdict, a.judged_by, closed_at is not None,
        )
        for a, number, title, closed_at, code, source, key, name in session.execute(query)
    )  # fmt: skip
