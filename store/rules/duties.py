"""Names of the clocks that the engine itself starts beside the loop: reports, supervision, gaps, visits, arrivals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from store.profiles.timing import Limit
from store.rules.labels import Label

if TYPE_CHECKING:
    from store.profiles.model import Profile

REPORT, SUPERVISION, GAP, REVIEW, VISIT, ARRIVE = "report", "supervision", "gap", "review", "visit", "arrive"

LABELS: dict[str, Label] = {
    REPORT: Label("限时报告", "timed report"),
    SUPERVISION: Label("督办答复", "answer to supervision"),
    GAP: Label("容缺补齐", "missing papers"),
    REVIEW: Label("挂账复核", "review of booking"),
    VISIT: Label("回访", "return visit"),
    ARRIVE: Label("到场", "arrival"),
}
SURVIVING = frozenset({REPORT, SUPERVISION, GAP, VISIT})
"""Owed also after the case is closed."""


def label(profile: Profile, name: str) -> Label | None:
    """The name of a clock as the profile calls it, or ours; None for a clock of neither."""
    own = next((rule.label for rule in profile.clocks if rule.clock == name), None)
    return own or dict(profile.clock_labels).get(name) or LABELS.get(name)


def report_limit(profile: Profile, report: str, part: Literal["first", "follow_up", "final"] | str) -> Limit | None:
    """How long an owed report may take from its `since` (K07-R5, R7); None where the profile has no such rule."""
    rule = next((rule for rule in profile.reports if rule.id == report), None)
    if rule is None:
        return None
    return (rule.follow_up or rule.limit) if part == "follow_up" else rule.limit
