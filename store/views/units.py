"""Units to dispatch to, the likeliest first: duty of the category, then the grid, then the lightest load."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlmodel import Session, col

from store.profiles.model import Profile
from store.records.case import Case
from store.records.grid import GridClosure
from store.records.people import Terminal, Unit
from store.rules.labels import Label


@dataclass(frozen=True, slots=True)
class UnitRow:
    code: str
    label: Label
    stationing: str
    duty: bool
    """The case's category is this unit's duty."""
    near: bool
    """The unit's home node contains the case's grid, or one of its terminals was last seen there."""
    running: int
    """Open cases it holds now."""


def proposals(session: Session, profile: Profile, case_id: int | None) -> tuple[UnitRow, ...]:
    """All units in order of likelihood for the case; without a case by load and code."""
    category_id, grid_id = None, None
    if case_id is not None:
        row = session.execute(select(col(Case.category), col(Case.grid_id)).where(col(Case.id) == case_id)).first()
        category_id, grid_id = (row[0], row[1]) if row else (None, None)
    running = {
        unit: int(count)
        for unit, count in session.execute(
            select(col(Case.unit), func.count())
            .where(col(Case.closed_at).is_(None), col(Case.unit).is_not(None), col(Case.drill).is_(False))
            .group_by(col(Case.unit))
        )
    }
    near = _near(session, grid_id)
    category = profile.category(category_id)
    leads = category.units if category else ()
    rows = []
    for unit in session.execute(select(Unit)).scalars():
        duty = unit.code in leads or _has_duty(unit.duties, category_id)
        rows.append(
            UnitRow(
                unit.code, Label(unit.name_zh, unit.name_en), unit.stationing, duty, unit.code in near,
                running.get(unit.code, 0),
            )
        )  # fmt: skip
    return tuple(sorted(rows, key=lambda r: (not r.duty, _place(leads, r.code), not r.near, r.running, r.code)))


def _has_duty(duties: list[str], category_id: str | None) -> bool:
    return category_id is not None and any(
        category_id == duty or category_id.startswith(f"{duty}.") for duty in duties
    )


def _place(leads: tuple[str, ...], code: str) -> int:
    return leads.index(code) if code in leads else len(leads)


def _near(session: Session, grid_id: int | None) -> set[str]:
    if grid_id is None:
        return set()
    above = select(col(GridClosure.ancestor_id)).where(col(GridClosure.grid_id) == grid_id)
    homes = session.execute(select(col(Unit.code)).where(col(Unit.home_id).in_(above))).scalars()
    there = session.execute(
        select(col(Terminal.unit)).where(col(Terminal.grid_id) == grid_id, col(Terminal.unit).is_not(None))
    ).scalars()
    return {*homes, *(code for code in there if code)}


@dataclass(frozen=True, slots=True)
class TerminalRow:
    source: str
    key: str
    unit: str | None
    seen: int


def terminals(session: Session) -> tuple[TerminalRow, ...]:
    """Every terminal that ever sent; those without a unit are in quarantine."""
    rows = session.execute(
        select(col(Terminal.source), col(Terminal.key), col(Terminal.unit), col(Terminal.seen)).order_by(
            col(Terminal.source), col(Terminal.key)
        )
    )
    return tuple(TerminalRow(*row) for row in rows)
