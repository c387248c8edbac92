"""The register of units: duties, home node, and the terminals that speak for them (K08 inputs)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlmodel import Session, col

from store import journal
from store.actions.loop import alerts, folding
from store.actions.people import officers
from store.errors import Refused
from store.journal import Entry
from store.profiles.model import Profile
from store.records.people import Terminal, Unit
from store.rules.state import Actor


def add(
    session: Session,
    profile: Profile,
    actor: Actor,
    now: datetime,
    code: str,
    zh: str,
    en: str,
    duties: Sequence[str] = (),
    home_grid: str | None = None,
    terminals: Sequence[tuple[str, str]] = (),
) -> bool:
    """Enter a unit or change one; `terminals` are (source, key) pairs that are added. True when something changed.

    Raises `Refused` with `no_power`, `field_missing`, `unknown_grid` or `unknown_category`.
    """
    actor = officers.present(session, profile, actor)
    if "administer" not in actor.powers:
        raise Refused("no_power", verb="unit", power="administer", officer=actor.code)
    if not code.strip():
        raise Refused("field_missing", verb="unit", field="code")
    for duty in duties:
        if not any(c.id == duty or c.id.startswith(f"{duty}.") for c in profile.categories):
            raise Refused("unknown_category", category=duty)
    home_id = None
    if home_grid is not None:
        home_id = folding.grid_id_of(session, home_grid)
        if home_id is None:
            raise Refused("unknown_grid", grid=home_grid)
    held = session.execute(select(Unit).where(col(Unit.code) == code)).scalar_one_or_none()
    values = {
        "name_zh": zh or (held.name_zh if held else en or code),
        "name_en": en or (held.name_en if held else zh or code),
        "duties": list(duties) or (held.duties if held else []),
        "home_id": home_id if home_id is not None else (held.home_id if held else None),
    }
    changed = held is None or any(getattr(held, key) != value for key, value in values.items())
    if held is None:
        session.execute(insert(Unit).values(code=code, stationing="own", **values))
    elif changed:
        session.execute(update(Unit).where(col(Unit.code) == code).values(**values))
    attached = [pair for pair in terminals if _attach(session, code, pair, now)]
    if not changed and not attached:
        return False
    data = {"code": code, "duties": list(duties), "home": home_grid, "terminals": [f"{s}:{k}" for s, k in attached]}
    journal.append(session, [Entry("unit", 0, 0, "unit_added", now, actor.code, actor.kind, data)])
    return True


def _attach(session: Session, unit: str, pair: tuple[str, str], now: datetime) -> bool:
    """Give a terminal to a unit; one in quarantine leaves it. False when it was the unit's already."""
    source, key = pair
    held = session.execute(
        select(col(Terminal.id), col(Terminal.unit)).where(col(Terminal.source) == source, col(Terminal.key) == key)
    ).first()
    if held is None:
        session.execute(insert(Terminal).values(source=source, key=key, unit=unit))
        return True
    if held.unit == unit:
        return False
    session.execute(update(Terminal).where(col(Terminal.id) == held.id).values(unit=unit))
    alerts.clear(session, [f"quarantine:{source}:{key}"], now)
    return True
