"""What a reporter does with a query code: urge and rate (K03-R7, K09-T3, K11-R6). The code alone is his right."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlmodel import Session

from store.actions.intake import intakebook
from store.actions.loop import cases, folding
from store.errors import Refused
from store.profiles import shelf
from store.profiles.model import Profile
from store.rules import querycodes
from store.rules.commands import Visit
from store.rules.events import Urged
from store.rules.satisfaction import ANSWERS
from store.rules.state import Actor
from store.views import inquiries

REPORTER = Actor("machine:query_code", "query code", "machine", frozenset({"verify"}))
"""Signs what reporters do; nobody knows more of them than their code."""


def urge(session: Session, profile: Profile, now: datetime, code: str) -> bool:
    """Count an urging by the reporter, so many a day; False where it does not count, or the code is none."""
    item = inquiries.by_code(session, code)
    if item is None:
        return False
    item = intakebook.locked(session, item.id)
    if item.case_id is None:
        if not inquiries.standing(session, profile, now, item).may_urge:
            return False
        intakebook.change(session, item, "urged", REPORTER, now, {"urged_at": now})
        return True
    case_id = inquiries.followed(session, item.case_id)
    row, state = cases.held(session, case_id)
    own = shelf.profile_of(session, profile, row.profile, row.profile_version)
    today = now.astimezone(folding.zone(session)).date()
    if not querycodes.may_urge(state, today, own.supervision.reporter_urges_per_day):
        return False
    cases.by_rule(session, profile, now, case_id, [Urged("", "reporter", unit=state.unit or "", on=today)], REPORTER)
    return True


def rate(session: Session, profile: Profile, now: datetime, code: str, answer: str, stars: int | None = None) -> bool:
    """Enter what the reporter says of the result, once for each closing; False where nothing waits for it.

    Raises `Refused` with `unknown_answer` or `stars_out_of_range`.
    """
    item = inquiries.by_code(session, code)
    if answer not in ANSWERS or answer == "unreachable":
        raise Refused("unknown_answer", answer=answer, known=[a for a in ANSWERS if a != "unreachable"])
    most = profile.visits.stars
    if stars is not None and not 1 <= stars <= most:
        raise Refused("stars_out_of_range", most=most)
    if item is None:
        return False
    item = intakebook.locked(session, item.id)
    if not inquiries.standing(session, profile, now, item).may_rate:
        return False
    if item.case_id is None:
        values: dict[str, Any] = {"rating": answer, "stars": stars}
        intakebook.change(session, item, "rated", REPORTER, now, values, {"answer": answer, "stars": stars})
        return True
    case_id = inquiries.followed(session, item.case_id)
    row, _ = cases.held(session, case_id)
    visit = Visit(cast(Any, answer), stars, way="query_code")
    cases.move(
        session, profile, REPORTER, now, case_id, visit, expected_version=row.version,
        request_id=f"rated:{item.id}:{row.version}",
    )  # fmt: skip
    return True
