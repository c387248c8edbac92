"""Acts of the outbox, for the tests of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from store.actions.notices import notices, reaching
from store.intake import Acknowledgement, Answer, Intake
from store.outbox import Outbox, OwedNotice, TargetFacts
from store.rules.commands import Dispatch
from store.views import notices as notice_view
from tests.conftest import Desk


def way(desk: Desk, unit: str, target: str, by: str = "chen", **fields: Any) -> int:
    return desk.store.write(
        reaching.put, desk.store.profile, desk.actors[by], desk.now, unit, target, request_id=desk.request(), **fields
    )


def box(desk: Desk, *targets: str, kind: str = "webhook") -> Outbox:
    """The outbox of this desk's store, after a courier told of its targets."""
    outbox = Outbox(desk.store)
    outbox.know({name: TargetFacts(kind) for name in targets})
    return outbox


def take(outbox: Outbox, *targets: str, **asked: Any) -> tuple[OwedNotice, ...]:
    return outbox.lease("host:1:a", targets, **asked)


def slip(desk: Desk, case_id: int) -> notice_view.Slip:
    """The newest order of a case."""
    with desk.store.read() as session:
        return notice_view.slips(session, case_id)[-1]


def rows(desk: Desk, which: notice_view.Which = "all", **asked: Any) -> list[notice_view.NoticeRow]:
    with desk.store.read() as session:
        return list(notice_view.notices(session, desk.store.profile, desk.now, which=which, **asked).rows)


def says(desk: Desk, key: str, state: Any = "seen", recipient: str = "", text: str = "") -> Any:
    word = Acknowledgement(
        source="line", source_id=f"{key}:{state}", notice=key, recipient=recipient, state=state, text=text
    )
    return Intake(desk.store).deliver("line", [word])


def answers(desk: Desk, case_id: int, unit: str, state: Any) -> None:
    Intake(desk.store).deliver(
        "line", [Answer(source="line", source_id=f"{case_id}:{unit}", case_id=case_id, unit=unit, state=state)]
    )


def tick(desk: Desk, **amount: float) -> None:
    """Let time pass, and let the outbox do what time alone does."""
    desk.wait(**amount)
    while desk.store.write(notices.advance, desk.store.profile, desk.now):
        pass


def dispatched(desk: Desk, unit: str = "POL", **fields: Any) -> int:
    case_id = desk.report(category="order.fight", **fields)
    desk.move(case_id, Dispatch(unit))
    return case_id


def rules(desk: Desk, **changes: Any) -> None:
    held = desk.store.profile
    desk.store.profile = replace(held, notices=replace(held.notices, **changes))
