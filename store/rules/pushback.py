"""What the system that sent us a report hears of it: the states of FixMyStreet's service request updates."""

from __future__ import annotations

from dataclasses import dataclass

from store.rules.events import (
    Accepted,
    Booked,
    Closed,
    Dispatched,
    Event,
    Filed,
    Merged,
    Reopened,
    Returned,
    UnitAnswered,
)
from store.rules.labels import Label

KIND = "fixmystreet"
"""Kind of a [notices.NAME] that takes updates."""


@dataclass(frozen=True, slots=True)
class Step:
    status: str
    """OPEN, INVESTIGATING, IN_PROGRESS, ACTION_SCHEDULED, FIXED, DUPLICATE, NOT_COUNCILS_RESPONSIBILITY,
    NO_FURTHER_ACTION, CLOSED or REOPEN."""
    words: Label


_OUTCOMES: dict[str, Step] = {
    "done": Step("FIXED", Label("已处置完毕", "The matter was dealt with.")),
    "on_the_spot": Step("FIXED", Label("已现场处置", "It was dealt with on the spot.")),
    "advised": Step("NOT_COUNCILS_RESPONSIBILITY", Label("非本中心职责，已指引", "Not ours; advice was given.")),
    "void": Step("NO_FURTHER_ACTION", Label("经核无需处置", "There is nothing to be done.")),
}


def after(event: Event) -> Step | None:
    """The state after an event, and a sentence for the reporter; None where nothing changed for him."""
    match event:
        case Filed():
            return Step("INVESTIGATING", Label("已立案", "The report was filed."))
        case Dispatched():
            return Step("ACTION_SCHEDULED", Label("已派遣处置单位", "A unit was sent."))
        case Accepted() | UnitAnswered(state="arrived"):
            return Step("IN_PROGRESS", Label("正在处置", "Work has begun."))
        case Returned():
            return Step("INVESTIGATING", Label("重新核派", "It is being assigned anew."))
        case Booked():
            return Step("ACTION_SCHEDULED", Label("已列入计划", "It was put on the list of planned work."))
        case Merged():
            return Step("DUPLICATE", Label("与已有案件合并办理", "It is dealt with under a case that is known."))
        case Closed():
            return _OUTCOMES.get(event.outcome, Step("CLOSED", Label("已办结", "The case was closed.")))
        case Reopened():
            return Step("REOPEN", Label("已重新立案", "The case was opened again."))
        case _:
            return None
