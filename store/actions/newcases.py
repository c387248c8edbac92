"""Entering new cases, one or many, in one transaction: ids, numbers, places, clocks, journal, search text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import insert, text
from sqlmodel import Session

from store import journal
from store.actions import folding, placing
from store.actions.clockwork import Running, Timing, turn
from store.profiles.model import Category, Profile
from store.records.case import Case, CaseClock, OrderSlip
from store.rules import grams
from store.rules.decide import apply
from store.rules.workflow import Actor, CaseState, Closed, Dispatched, Event, Filed, Reported

TITLE_LIMIT, TEXT_LIMIT = 200, 8000

DIVERTER = Actor("machine:diversion", "automatic diversion", "machine", frozenset())
"""Signs filing and dispatch by duty of category (K03-R5, S54)."""


TABLES: dict[str, Any] = {
    "case": Case.__table__,  # type: ignore[attr-defined]
    "clock": CaseClock.__table__,  # type: ignore[attr-defined]
    "order": OrderSlip.__table__,  # type: ignore[attr-defined]
}
"""Bare tables: many rows go in several times faster than through the mapped classes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """What is known of a case before it has an id."""

    title: str
    text: str = ""
    category: str | None = None
    kind_name: str = ""
    grid_code: str | None = None
    lat: float | None = None
    lon: float | None = None
    level: int | None = None
    address: str = ""
    channel: str = ""
    finder_unit: str | None = None
    reported_at: datetime | None = None
    closed_at: datetime | None = None
    closed_result: str | None = None
    """Not None: it arrives closed, with this written result from its source."""
    automatic: bool = True
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Added:
    case_id: int
    placed: bool
    categorised: bool
    closed: bool


@lru_cache(maxsize=8)
def _words(profile: Profile) -> tuple[tuple[str, Category], ...]:
    pairs = [(word.casefold(), category) for category in profile.categories for word in category.words]
    return tuple(sorted(pairs, key=lambda pair: -len(pair[0])))


@lru_cache(maxsize=4096)
def guess(profile: Profile, words: str) -> Category | None:
    """The category whose longest word stands in a report's kind or title (K03-R5)."""
    folded = words.casefold()
    return next((category for word, category in _words(profile) if word in folded), None)


def add(session: Session, profile: Profile, batch: Sequence[Fresh], actor: Actor, now: datetime) -> list[Added]:
    """Enter `batch` as cases, in order; the caller has checked for duplicates."""
    if not batch:
        return []
    places = placing.places(session)
    timing = folding.timing(session, profile)
    clocks_of: dict[tuple[str, str | None, int, tuple[str, ...], datetime | None], list[Running]] = {}
    entries: list[journal.Entry] = []
    rows, clock_rows, order_rows, texts, added = [], [], [], [], []
    for case_id, fresh in zip(journal.next_case_ids(session, len(batch)), batch, strict=True):
        grid_id, grid_code = places.resolve(fresh.grid_code, fresh.lat, fresh.lon)
        category = profile.category(fresh.category) or guess(profile, fresh.kind_name) or guess(profile, fresh.title)
        events, machine = _events(profile, fresh, category, grid_code)
        state: CaseState | None = None
        for event in (*events, *machine):
            state = apply(state, event)
        assert state is not None
        key = (state.workflow, state.category, state.level, tuple(e.kind for e in (*events, *machine)), None)
        book = clocks_of.get(key)
        if book is None:
            book = clocks_of[key] = _clocks(state, (*events, *machine), now, timing)
        entries += journal.case_entries(case_id, 0, events, now, actor, fresh.request_id)
        entries += journal.case_entries(case_id, len(events), machine, now, DIVERTER)
        closed_at = fresh.closed_at if state.closed else None
        title = fresh.title.strip()[:TITLE_LIMIT]
        rows.append(
            {
                "id": case_id, "number": f"{now.astimezone(timing.zone):%Y%m%d}-{grid_code or 'NOPLACE'}-{case_id}",
                "profile_version": profile.version, "kind_name": fresh.kind_name[:TITLE_LIMIT], "title": title,
                "text": fresh.text[:TEXT_LIMIT], "address": fresh.address[:TITLE_LIMIT], "channel": fresh.channel,
                "lat": fresh.lat, "lon": fresh.lon, "reported_at": fresh.reported_at or now,
                **folding.row_values(state, profile, grid_id, now, closed_at), **folding.due_values(book),
            }
        )  # fmt: skip
        clock_rows += [folding.clock_values(case_id, clock) for clock in book]
        order_rows += [
            {"case_id": case_id, "unit": e.unit, "text": e.note, "issued_at": now}
            for e in machine
            if isinstance(e, Dispatched)
        ]
        texts.append({"id": case_id, "grams": grams.grams(searchable(title, fresh.text, fresh.address))})
        added.append(Added(case_id, grid_code is not None, category is not None, state.closed))
    session.execute(insert(TABLES["case"]), rows)
    if clock_rows:
        session.execute(insert(TABLES["clock"]), clock_rows)
    if order_rows:
        session.execute(insert(TABLES["order"]), order_rows)
    session.execute(text("INSERT INTO case_text (rowid, grams) VALUES (:id, :grams)"), texts)
    journal.append(session, entries)
    return added


def searchable(title: str, body: str, address: str) -> str:
    """The text that `/` looks through."""
    return f"{title}\n{address}\n{body[:2000]}"


def _clocks(state: CaseState, events: Sequence[Event], now: datetime, timing: Timing) -> list[Running]:
    return turn([], state, events, now, timing)


def _events(
    profile: Profile, fresh: Fresh, category: Category | None, grid_code: str | None
) -> tuple[list[Event], list[Event]]:
    """(what the actor reported, what automatic diversion then does)."""
    template = profile.workflow(profile.default_workflow)
    level = fresh.level or (category.level if category else _default_level(profile))
    events: list[Event] = [
        Reported(
            template.id, template.start, level, profile.level(level).tier, category.id if category else None, grid_code,
            fresh.finder_unit, fresh.channel, fresh.title.strip()[:TITLE_LIMIT],
        )
    ]  # fmt: skip
    if fresh.closed_result is not None:
        close = template.move("close", template.start)
        events.append(Closed((close.target if close else None) or template.start, "source", fresh.closed_result))
        return events, []
    machine: list[Event] = []
    if fresh.automatic and category is not None and category.automatic and category.units and grid_code is not None:
        filing, dispatch = template.move("file", template.start), template.move("dispatch", template.start)
        if filing is not None and filing.target is not None:
            machine.append(Filed(filing.target, category.id, grid_code, level))
        if dispatch is not None and dispatch.target is not None:
            machine.append(Dispatched(dispatch.target, category.units[0]))
    return events, machine


def _default_level(profile: Profile) -> int:
    category = profile.category(profile.default_category)
    return category.level if category else profile.levels[-1].number
