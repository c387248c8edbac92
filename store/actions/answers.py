"""What units say of their orders, over a terminal instead of the telephone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from store.actions import cases
from store.errors import Refused
from store.profiles.model import Profile
from store.rules.inbound import Answer, Receipt
from store.rules.workflow import Accept, Actor, Command, Feedback, Return

UNIT_POWERS = frozenset({"record", "read"})


def take(session: Session, profile: Profile, answers: Sequence[Answer], now: datetime) -> Receipt:
    """Carry out each answer as a move of the unit; one that the workflow no longer allows changes nothing."""
    updated = 0
    for answer in answers:
        actor = Actor(answer.unit, answer.unit, "unit", UNIT_POWERS, answer.unit)
        command: Command
        match answer.state:
            case "accepted":
                command = Accept(answer.text)
            case "returned":
                command = Return(answer.text or "returned")
            case "done":
                command = Feedback(answer.text or "done", answer.proof)
        try:
            _, state = cases.held(session, answer.case_id)
            if state.unit != answer.unit:
                continue
            cases.move(
                session, profile, actor, now, answer.case_id, command, expected_version=None,
                request_id=f"{answer.source}:{answer.source_id}:{answer.state}",
            )  # fmt: skip
            updated += 1
        except Refused:
            continue
    return Receipt(updated=updated, unchanged=len(answers) - updated)
