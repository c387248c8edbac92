"""What units say of their orders, over a terminal instead of the telephone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from store.actions.loop import cases, urgingbook
from store.errors import Refused
from store.profiles.model import Profile
from store.rules.commands import Accept, AnswerCall, Command, Feedback, Return
from store.rules.inbound import Answer, Receipt
from store.rules.state import Actor, CaseState

UNIT_POWERS = frozenset({"record", "read"})


def take(session: Session, profile: Profile, answers: Sequence[Answer], now: datetime) -> Receipt:
    """Carry out each answer as a move of the unit; one that the workflow no longer allows changes nothing.

    The lead answers by the moves of the loop, a called unit by its call (K08-R5). A lead that accepts what it has
    accepted already shows that it had the urging (K09-R1).
    """
    updated = 0
    for answer in answers:
        actor = Actor(answer.unit, answer.unit, "unit", UNIT_POWERS, answer.unit)
        try:
            _, state = cases.held(session, answer.case_id)
            command = _command(state, answer)
            if command is None:
                continue
            if isinstance(command, Accept) and state.handling_unit == answer.unit:
                updated += urgingbook.received(session, answer.case_id, now, answer.unit) > 0
                continue
            cases.move(
                session, profile, actor, now, answer.case_id, command, expected_version=None,
                request_id=f"{answer.source}:{answer.source_id}:{answer.state}",
            )  # fmt: skip
            updated += 1
        except Refused:
            continue
    return Receipt(updated=updated, unchanged=len(answers) - updated)


def _command(state: CaseState, answer: Answer) -> Command | None:
    """The move that the answer means; None where the unit has no order on the case."""
    member = next((member for member in state.members if member.unit == answer.unit), None)
    if answer.state in ("arrived", "safe"):
        known = state.unit == answer.unit or member is not None
        return AnswerCall(answer.unit, answer.state, answer.text) if known else None
    if state.unit == answer.unit:
        match answer.state:
            case "accepted":
                return Accept(answer.text)
            case "returned":
                return Return(answer.text or "returned")
            case _:
                return Feedback(answer.text or "done", answer.proof)
    if member is None or answer.state == "returned":
        return None
    if answer.state == "accepted":
        return AnswerCall(answer.unit, "accepted", answer.text)
    return AnswerCall(answer.unit, "fed_back", answer.text or "done")
