"""Merging duplicates: both cases locked in one order, every report behind them counted (K02-R15)."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlmodel import Session, col

from store import casefold
from store.records.case import Case, SourceReport
from store.rules.events import Absorbed


def lock(session: Session, *case_ids: int) -> None:
    """Lock the cases by their ids in order, so that two desks that merge crosswise never wait for each other."""
    session.execute(select(col(Case.id)).where(col(Case.id).in_(case_ids)).order_by(col(Case.id)).with_for_update())


def absorbed(session: Session, case_id: int) -> Absorbed:
    """What the case that takes `case_id` in learns: how many reports are owed an answer through it.

    A case that was entered by hand counts as one report: somebody told the officer.
    """
    cases = casefold.behind(session, case_id)
    rows = session.execute(
        select(col(SourceReport.case_id), func.count())
        .where(col(SourceReport.case_id).in_(cases))
        .group_by(col(SourceReport.case_id))
    )
    counted = {case: int(count) for case, count in rows}
    return Absorbed(case_id, sum(max(1, counted.get(case, 0)) for case in cases))
