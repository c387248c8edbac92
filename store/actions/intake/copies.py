"""Which new reports are our own come back, and which may repeat an open case (K03, K02-R15)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select, text
from sqlmodel import Session, col

from store.profiles import shelf
from store.profiles.model import Profile
from store.records.case import Case
from store.records.columns import UtcTime
from store.records.intake import IntakeItem
from store.rules import mirrors
from store.rules.inbound import Report
from store.views.duplicates import metres

PART = 500
"""Values of one lookup."""
PROPOSED = 10


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of one new report."""

    fingerprint: int | None = None
    mirror: bool = False
    case_id: int | None = None
    """The case whose copy it is."""
    item_id: int | None = None
    """The item whose copy it is, while that one has no case."""
    proposed: tuple[int, ...] = ()
    """Cases that it names and yet says something new of."""


@dataclass(frozen=True, slots=True)
class _Named:
    """What our own numbers and codes in a report stand for."""

    cases: dict[str, int]
    items: dict[str, int]


def look(session: Session, profile: Profile, source: str, reports: Sequence[Report], now: datetime) -> list[Seen]:
    """Judge `reports` of one source, in order; three lookups however many there are, and none of words alone."""
    forms = tuple(dict.fromkeys(own.number_form for own in shelf.profiles(session, profile)))
    exact: list[list[str]] = []
    quoted: list[list[str]] = []
    for report in reports:
        words = f"{report.title}\n{report.text}\n{report.address}"
        exact.append([*mirrors.whole(report.source_id, forms), *mirrors.whole(report.own_reference, forms)])
        quoted.append(mirrors.numbers(words, forms) + mirrors.codes(words))
    named = _resolve(session, {name for names in (*exact, *quoted) for name in names})
    prints = [mirrors.fingerprint(report.title, report.text) for report in reports]
    before = _before(session, profile, source, {p for p in prints if p is not None}, now)
    seen = []
    for report, own, said, print_ in zip(reports, exact, quoted, prints, strict=True):
        found = _of_names(session, report, own, said, named, print_)
        seen.append(found or _of_words(profile, report, print_, before.get(print_ or 0, ())))
    return seen


def _resolve(session: Session, names: set[str]) -> _Named:
    cases: dict[str, int] = {}
    items: dict[str, int] = {}
    wanted = sorted(names)
    for start in range(0, len(wanted), PART):
        part = wanted[start : start + PART]
        numbered = select(col(Case.number), col(Case.id)).where(col(Case.number).in_(part))
        for number, case_id in session.execute(numbered):
            cases[number] = int(case_id)
        for code, case_id, item_id in session.execute(
            select(col(IntakeItem.code), col(IntakeItem.case_id), col(IntakeItem.id)).where(
                col(IntakeItem.code).in_(part)
            )
        ):
            if case_id is not None:
                cases[code] = int(case_id)
            else:
                items[code] = int(item_id)
    return _Named(cases, items)


def _of_names(
    session: Session, report: Report, own: Sequence[str], said: Sequence[str], named: _Named, print_: int | None
) -> Seen | None:
    """A report that names us: in a field of its own, or in its words."""
    for name in own:
        if name in named.cases or name in named.items:
            return Seen(print_, True, named.cases.get(name), named.items.get(name))
    known = [name for name in said if name in named.cases]
    for name in known:
        case_id = named.cases[name]
        row = session.execute(
            select(col(Case.title), col(Case.text), col(Case.address)).where(col(Case.id) == case_id)
        ).one()
        if mirrors.copied(f"{report.title}\n{report.text}", tuple(row), said):
            return Seen(print_, True, case_id)
    if known:
        return Seen(print_, proposed=tuple(dict.fromkeys(named.cases[name] for name in known)))
    return None


def _before(
    session: Session, profile: Profile, source: str, prints: set[int], now: datetime
) -> dict[int, tuple[Any, ...]]:
    """Items of other sources with the same words within the window, by fingerprint."""
    if not prints or profile.intake.mirror_minutes == 0:
        return {}
    # Whole numbers of our own stand in the statement itself: as parameters they cost more than the look-up.
    hits = session.execute(
        text(
            "SELECT id FROM intake_item WHERE fingerprint IS NOT NULL AND source <> :source AND at >= :since"
            f" AND fingerprint IN ({', '.join(map(str, sorted(prints)))})"
        ).bindparams(bindparam("since", type_=UtcTime())),
        {"source": source, "since": now - timedelta(minutes=profile.intake.mirror_minutes)},
    ).scalars()
    ids = [int(item_id) for item_id in hits]
    if not ids:
        return {}
    rows = session.execute(
        select(
            col(IntakeItem.id), col(IntakeItem.fingerprint), col(IntakeItem.case_id), col(IntakeItem.lat),
            col(IntakeItem.lon), col(IntakeItem.address), col(Case.lat).label("case_lat"),
            col(Case.lon).label("case_lon"), col(Case.address).label("case_address"),
        )
        .outerjoin(Case, col(Case.id) == col(IntakeItem.case_id))
        .where(col(IntakeItem.id).in_(ids), col(IntakeItem.state).not_in(("mirror", "duplicate")))
        .order_by(col(IntakeItem.id))
    )  # fmt: skip
    found: dict[int, tuple[Any, ...]] = {}
    for row in rows:
        found[row.fingerprint] = (*found.get(row.fingerprint, ()), row)
    return found


def _of_words(profile: Profile, report: Report, print_: int | None, before: Sequence[Any]) -> Seen:
    """The same words at the same place from another source are a copy; at another place they are a report."""
    for row in before:
        lat, lon = (row.lat, row.lon) if row.case_id is None else (row.case_lat, row.case_lon)
        address = row.address if row.case_id is None else row.case_address
        apart = metres(report.lat, report.lon, lat, lon)
        if apart is None:
            same = bool(mirrors.bare(address or "")) and mirrors.bare(address or "") == mirrors.bare(report.address)
        else:
            same = apart <= profile.intake.mirror_metres
        if same:
            return Seen(print_, True, row.case_id, row.id if row.case_id is None else None)
    return Seen(print_)


def alike(
    session: Session, profile: Profile, category: str | None, grid_id: int | None, at: datetime
) -> tuple[int, ...]:
    """Open cases of the same leaf and category within the window, the newest first (K02-R15)."""
    if category is None or grid_id is None:
        return ()
    window = timedelta(hours=profile.merge_hours)
    rows = session.execute(
        select(col(Case.id))
        .where(
            col(Case.grid_id) == grid_id, col(Case.closed_at).is_(None), col(Case.category) == category,
            col(Case.drill).is_(False), col(Case.reported_at) >= at - window, col(Case.reported_at) <= at + window,
        )
        .order_by(col(Case.id).desc())
        .limit(PROPOSED)
    )  # fmt: skip
    return tuple(int(case_id) for case_id in rows.scalars())
