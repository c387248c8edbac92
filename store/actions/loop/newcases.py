"""Entering new cases, one or many, in one transaction: ids, numbers, places, clocks, journal, search text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session

from store import casetext, journal
from store.actions.clocks.clockwork import Running, Timing, turn
from store.actions.intake import intakebook
from store.actions.loop import folding, ladderbook, projecting
from store.actions.notices import noticebook
from store.actions.places import placing
from store.errors import Refused
from store.profiles import shelf
from store.profiles.model import Category, Profile
from store.records.case import Case, CaseClock, OrderSlip
from store.records.columns import from_ms, to_ms
from store.rules import ladder, numbering, tree
from store.rules.decide import settle
from store.rules.events import Closed, Dispatched, Event, Filed, Reported
from store.rules.state import Actor, CaseState, Facts

TITLE_LIMIT, TEXT_LIMIT = 200, 8000

DIVERTER = Actor("machine:diversion", "automatic diversion", "machine", frozenset())
"""Signs filing and dispatch by duty of category (K03-R5, S54)."""


RULES = Actor("machine:rules", "rules", "machine", frozenset())
"""Signs what the profile's rules add by themselves."""

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
    occurred_at: datetime | None = None
    drill: bool = False
    profile: str | None = None
    """Id of the profile that governs it; None lets its category decide."""
    unit: str | None = None
    """Unit whose own line it came in by: it is passed on to that one at once (K03-R6)."""
    origin: intakebook.Origin | None = None
    """How it came in; None for what a person enters or a machine finds."""


@dataclass(frozen=True, slots=True)
class Added:
    case_id: int
    placed: bool
    categorised: bool
    closed: bool


@lru_cache(maxsize=64)
def _words(profile: Profile) -> tuple[tuple[str, Category], ...]:
    pairs = [(word.casefold(), category) for category in profile.categories for word in category.words]
    return tuple(sorted(pairs, key=lambda pair: -len(pair[0])))


@lru_cache(maxsize=4096)
def guess(profile: Profile, words: str) -> Category | None:
    """The category whose longest word stands in a report's kind or title (K03-R5)."""
    folded = words.casefold()
    return next((category for word, category in _words(profile) if word in folded), None)


def governing(profiles: Sequence[Profile], profile_id: str | None, category: str | None, *words: str) -> Profile:
    """The profile of a new case: the named one, the first that knows its category, or that a word suggests.

    The first of `profiles` governs what no other does. Raises `Refused` `unknown_profile` or `unknown_category`.
    """
    if profile_id is not None:
        named = next((profile for profile in profiles if profile.id == profile_id), None)
        if named is None:
            raise Refused("unknown_profile", profile=profile_id, known=[profile.id for profile in profiles])
        if category is not None and named.category(category) is None:
            raise Refused("unknown_category", category=category)
        return named
    if category is not None:
        knowing = next((profile for profile in profiles if profile.category(category) is not None), None)
        if knowing is None:
            raise Refused("unknown_category", category=category)
        return knowing
    if len(profiles) > 1:
        for profile in profiles:
            if any(guess(profile, word) is not None for word in words):
                return profile
    return profiles[0]


@dataclass(frozen=True, slots=True)
class _Ground:
    """What is the same for every new case of one profile in one batch."""

    timing: Timing
    facts: Facts
    plain: bool
    """Its clocks look at nothing but workflow, category and level."""


def _ground(session: Session, profile: Profile, now: datetime) -> _Ground:
    timing = folding.timing(session, profile, now)
    facts = Facts(profile, now, now.astimezone(timing.zone).date())
    plain = not timing.scoped and not profile.hours and not any(rule.when for rule in profile.clocks)
    return _Ground(timing, facts, plain)


def add(session: Session, profile: Profile, batch: Sequence[Fresh], actor: Actor, now: datetime) -> list[Added]:
    """Enter `batch` as cases, in order; the caller has checked for duplicates.

    `profile` is the store's own; a case whose category only another profile of the store knows is filed under that.
    """
    if not batch:
        return []
    places = placing.places(session)
    profiles = shelf.profiles(session, profile)
    grounds: dict[str, _Ground] = {}
    limited: list[tuple[int, CaseState, list[Event], Profile]] = []
    owing: list[tuple[int, CaseState, tuple[Event, ...], list[Running], Profile]] = []
    clocks_of: dict[tuple[str, str, str | None, int, tuple[str, ...]], list[Running]] = {}
    written: list[journal.Entry] = []
    rows, clock_rows, order_rows, texts, added, became = [], [], [], [], [], []
    own = profile
    for case_id, fresh in zip(journal.next_case_ids(session, len(batch)), batch, strict=True):
        profile = _profile_of(profiles, fresh)
        ground = grounds.get(profile.id)
        if ground is None:
            ground = grounds[profile.id] = _ground(session, profile, now)
        timing, facts = ground.timing, ground.facts
        category = profile.category(fresh.category) or guess(profile, fresh.kind_name) or guess(profile, fresh.title)
        net = tree.net_for(profile, category.id if category else profile.default_category) if profile.nets else ""
        code = fresh.grid_code
        if code is None and places.buildings:
            code = placing.of_address(session, fresh.address, facts.today, net)
        grid_id, grid_code = places.resolve(code, fresh.lat, fresh.lon, net)
        events, machine = _events(profile, fresh, category, grid_code, now)
        if fresh.closed_result is not None:
            facts = replace(facts, arrived_closed=True)
        state, told = settle(None, (*events, *machine), facts)
        follows = tuple(event for event, by_rule in told if by_rule)
        key = (profile.id, state.workflow, state.category, state.level, tuple(e.kind for e in (*events, *machine)))
        plain = ground.plain and not follows and state.occurred_at is None
        book = clocks_of.get(key) if plain else None
        if book is None:
            here = folding.placed(session, timing, grid_id)
            book = turn([], state, tuple(event for event, _ in told), now, here)
            if plain:
                clocks_of[key] = book
        written += entries(case_id, 0, told, now, actor, fresh.request_id, own=len(events))
        if any(rung.hold for rung in profile.ladder):
            limited.append((case_id, state, events, profile))
        if follows:
            owing.append((case_id, state, follows, book, profile))
        closed_at = fresh.closed_at if state.closed else None
        title = fresh.title.strip()[:TITLE_LIMIT]
        rows.append(
            {
                "id": case_id,
                "number": numbering.number(profile.number_form, facts.today, grid_code, case_id, profile.id),
                "profile": profile.id, "profile_version": profile.version, "kind_name": fresh.kind_name[:TITLE_LIMIT],
                "title": title,
                "text": fresh.text[:TEXT_LIMIT], "address": fresh.address[:TITLE_LIMIT], "channel": fresh.channel,
                "lat": fresh.lat, "lon": fresh.lon, "reported_at": fresh.reported_at or now,
                **folding.row_values(state, profile, grid_id, now, closed_at), **folding.due_values(book),
            }
        )  # fmt: skip
        clock_rows += [folding.clock_values(case_id, clock) for clock in book]
        order_rows += [
            {
                "case_id": case_id, "unit": e.unit, "role": "lead", "text": e.note, "plan": "", "result": "",
                "drill": state.drill, "issued_at": now,
            }
            for e in machine
            if isinstance(e, Dispatched)
        ]
        texts.append((case_id, searchable(title, fresh.text, fresh.address)))
        added.append(Added(case_id, grid_code is not None, category is not None, state.closed))
        if not fresh.drill:
            diverted = next((event.unit for event in machine if isinstance(event, Dispatched)), None)
            divided = category.id if category else None
            became.append(
                intakebook.Became(case_id, fresh.channel, fresh.origin, divided, diverted, state.closed)
            )
    session.execute(insert(TABLES["case"]), rows)
    if clock_rows:
        session.execute(insert(TABLES["clock"]), clock_rows)
    if order_rows:
        session.execute(insert(TABLES["order"]), order_rows)
        noticebook.begun(session, profiles[0], added[0].case_id, added[-1].case_id, now)
    casetext.enter(session, texts)
    for case_id, state, begun, profile in limited:
        ladderbook.project(session, profile, case_id, state, begun, now, ())
    for case_id, state, follows, book, profile in owing:
        for project in projecting.PROJECTIONS:
            project(session, profile, case_id, state, follows, now, book)
    intakebook.enter_filed(session, own, became, actor, now)
    journal.append(session, written)
    return added


def entries(
    case_id: int, version: int, told: Sequence[tuple[Event, bool]], at: datetime, actor: Actor,
    request_id: str | None = None, own: int | None = None,
) -> list[journal.Entry]:  # fmt: skip
    """Journal entries in the order in which it happened: the actor's, the rules', and of new cases the diversion's.

    The first `own` events that are not by rule (None: all) are the actor's; the request id goes on the last of
    them, or on the last of all where `own` is None, so that a repeated request learns the version after the whole.
    """
    made: list[journal.Entry] = []
    count = 0
    for place, (event, by_rule) in enumerate(told):
        count += not by_rule
        signer = RULES if by_rule else actor if own is None or count <= own else DIVERTER
        last = place == len(told) - 1 if own is None else not by_rule and count == own
        request = request_id if last else None
        made += journal.case_entries(case_id, version + place, (event,), at, signer, request)
    return made


def searchable(title: str, body: str, address: str) -> str:
    """The text that `/` looks through."""
    return f"{title}\n{address}\n{body[:2000]}"


def _profile_of(profiles: Sequence[Profile], fresh: Fresh) -> Profile:
    """The profile of a report from outside: a category that nobody knows is left to an officer, never refused."""
    if len(profiles) == 1:
        return profiles[0]
    known = fresh.category if any(p.category(fresh.category) is not None for p in profiles) else None
    return governing(profiles, fresh.profile, known, fresh.kind_name, fresh.title)


def _events(
    profile: Profile, fresh: Fresh, category: Category | None, grid_code: str | None, now: datetime
) -> tuple[list[Event], list[Event]]:
    """(what the actor reported, what automatic diversion then does)."""
    template = profile.workflow_of(category)
    level = fresh.level or (category.level if category else _default_level(profile))
    events: list[Event] = [
        Reported(
            template.id, template.start, level, ladder.start(profile, level), category.id if category else None,
            grid_code,
            fresh.finder_unit, fresh.channel, fresh.title.strip()[:TITLE_LIMIT], fresh.occurred_at, fresh.drill,
            from_ms(to_ms(fresh.reported_at or now)),
        )
    ]  # fmt: skip
    if fresh.closed_result is not None:
        close = template.move("close", template.start)
        events.append(Closed((close.target if close else None) or template.start, "source", fresh.closed_result))
        return events, []
    machine: list[Event] = []
    unit = fresh.unit
    if unit is None and fresh.automatic and category is not None and category.automatic and category.units:
        unit = category.units[0]
    if unit is not None and category is not None and grid_code is not None:
        filing, dispatch = template.move("file", template.start), template.move("dispatch", template.start)
        if filing is not None and filing.target is not None:
            machine.append(Filed(filing.target, category.id, grid_code, level))
        if dispatch is not None and dispatch.target is not None:
            machine.append(Dispatched(dispatch.target, unit))
    return events, machine


def _default_level(profile: Profile) -> int:
    category = profile.category(profile.default_category)
    return category.level if category else profile.levels[-1].number
