"""Words for what the store names by code: verbs, events, alerts, clock sums, marks, and times as people read them."""

from __future__ import annotations

from tui.wording.alerts import ALARMS, ALERT_KINDS, ALERT_MARKS, ALERTS, STATES, alarm, alert, state
from tui.wording.history import EVENTS, PARTS, TRIGGERS, event
from tui.wording.names import actor, named
from tui.wording.steps import STEPS, step_short
from tui.wording.sums import STARTS, UNITS_OF_TIME, WHY, unit_of_time, why
from tui.wording.times import MARKS, age, local_clock, local_stamp, mark, short_stamp, span, time_left
from tui.wording.verbs import (
    BREACHES,
    CALLS,
    CHOICES,
    FIELDS,
    OUTCOMES,
    SATISFACTION,
    VERBS,
    WAYS,
    choice,
    field,
    outcome,
    verb,
)

__all__ = [
    "ALARMS", "ALERTS", "ALERT_KINDS", "ALERT_MARKS", "BREACHES", "CALLS", "CHOICES", "EVENTS", "FIELDS", "MARKS",
    "OUTCOMES", "PARTS", "SATISFACTION", "STARTS", "STATES", "STEPS", "TRIGGERS", "UNITS_OF_TIME", "VERBS", "WAYS",
    "WHY", "actor", "age", "alarm", "alert", "choice", "event", "field", "local_clock", "local_stamp", "mark", "named",
    "outcome", "short_stamp", "span", "state", "step_short", "time_left", "unit_of_time", "verb", "why",
]  # fmt: skip
