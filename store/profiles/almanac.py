"""The calendar that a store counts by: the shipped files, and in their place those that the store was given (K05-R14).

A file kept in the store holds for every host that opens it. Old due times are explained by the calendar as it was
known when they were set.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from sqlalchemy import bindparam, select
from sqlmodel import Session, col

from store.profiles import loader
from store.records.governing import CalendarText
from store.rules.calendars import Calendar

_TEXTS = CalendarText.__table__.c  # type: ignore[attr-defined]
_OWN = select(_TEXTS.year, _TEXTS.id).where(_TEXTS.calendar == bindparam("name")).order_by(_TEXTS.id)


def calendar_of(session: Session, name: str, at: datetime | None = None) -> Calendar:
    """The calendar `name` as it is known now, or as it was at an instant; raises `BadInput` `unknown_calendar`."""
    query = _OWN if at is None else _OWN.where(_TEXTS.taken_at <= at)
    newest = {int(year): int(key) for year, key in session.execute(query, {"name": name})}
    if not newest:
        return loader.calendar(name)
    wanted = tuple(sorted(newest.values()))
    texts = session.execute(
        select(col(CalendarText.year), col(CalendarText.text)).where(col(CalendarText.id).in_(wanted))
    )
    return _with(name, tuple(sorted((int(year), str(text)) for year, text in texts)))


@lru_cache(maxsize=64)
def _with(name: str, texts: tuple[tuple[int, str], ...]) -> Calendar:
    own = {year: loader.parse_calendar(text, f"{name}_{year}.toml") for year, text in texts}
    years = loader.calendar_years(name) | own
    return loader.merged(years[year] for year in sorted(years))
