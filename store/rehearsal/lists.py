"""The lists a scenario may look at: each from its view, as rows with the id of their case and plain facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from store.views import (
    alerts,
    booked,
    deferrals,
    duplicates,
    ladder,
    modes,
    orders,
    owed,
    plans,
    queue,
    supervision,
    urgings,
    verification,
    visits,
)

if TYPE_CHECKING:
    from store.rehearsal.stage import Stage

Row = dict[str, Any]
"""`case` is the id of the row's case, 0 for none; the rest are the fields of the view's row."""
Look = Callable[["Stage", Mapping[str, Any]], list[Row]]

CASE_FIELDS = ("case_id", "case", "id")
"""Where a view's row keeps the id of its case; `id` only where there is nothing else."""


def _queue(which: str) -> Look:
    def look(stage: Stage, given: Mapping[str, Any]) -> list[Row]:
        ids = stage.view(queue.keys, given.get("grid"), which).ids
        return [plain(row) for row in stage.view(queue.rows, ids)]

    return look


def _alerts(stage: Stage, given: Mapping[str, Any]) -> list[Row]:
    return [plain(row) for row in stage.view(alerts.alerts).rows]


def _modes(stage: Stage, given: Mapping[str, Any]) -> list[Row]:
    lines = stage.view(modes.lines, stage.store.timezone)
    return [plain(line) for line in lines if line.state == given.get("state", "on")]


def _deferrals(stage: Stage, given: Mapping[str, Any]) -> list[Row]:
    with stage.store.read() as session:
        return [plain(line) for line in deferrals.deferrals(session, stage.now, stage.store.timezone)]


def _rows(view: Callable[..., Any]) -> Look:
    """A list whose view gives `rows`, of a node where the scenario names one."""

    def look(stage: Stage, given: Mapping[str, Any]) -> list[Row]:
        return [plain(row) for row in stage.view(view, **_named(stage, given)).rows]

    return look


def _zoned(view: Callable[..., Any], part: str = "rows") -> Look:
    """A list whose view is told the centre's zone."""

    def look(stage: Stage, given: Mapping[str, Any]) -> list[Row]:
        return [plain(row) for row in getattr(stage.view(view, stage.store.timezone, **_named(stage, given)), part)]

    return look


def _ladder(part: str) -> Look:
    def look(stage: Stage, given: Mapping[str, Any]) -> list[Row]:
        return [plain(row) for row in getattr(stage.view(ladder.board, **given), part)]

    return look


def _named(stage: Stage, given: Mapping[str, Any]) -> dict[str, Any]:
    """What a list is asked for, with the id of a case in the place of its name."""
    return {
        "case_id" if key == "of" else key: stage.cases[str(value)] if key == "of" else value
        for key, value in given.items()
    }


def _papers(stage: Stage, given: Mapping[str, Any]) -> list[Row]:
    return [plain(row) for row in stage.view(booked.papers)]


def _duplicates(stage: Stage, given: Mapping[str, Any]) -> list[Row]:
    pairs = stage.view(duplicates.duplicates, stage.cases[str(given["of"])]).pairs
    return [plain(pair.other) | plain(pair) for pair in pairs]


def _verifiers(stage: Stage, given: Mapping[str, Any]) -> list[Row]:
    return [plain(row) for row in stage.view(verification.verifiers, stage.cases[str(given["of"])])]


def _satisfaction(stage: Stage, given: Mapping[str, Any]) -> list[Row]:
    return [plain(row) for row in stage.view(visits.satisfaction, str(given.get("by", "unit")))]


def _drills(stage: Stage, given: Mapping[str, Any]) -> list[Row]:
    return [plain(row) for row in stage.view(plans.plans).drills]


def plain(row: Any) -> Row:
    """A row of a view as a table; the row of a case inside it is laid open beside its own fields."""
    own = {item.name: getattr(row, item.name) for item in fields(row)}
    inside = [value for value in own.values() if is_dataclass(value) and hasattr(value, "number")]
    made = own if not inside else {**plain(inside[0]), **own}
    if inside and own.get("case") is inside[0]:
        made["case"] = made["case_id"] = inside[0].id
    made["case"] = next((made[name] for name in CASE_FIELDS if isinstance(made.get(name), int)), 0)
    return made


LISTS: dict[str, Look] = {
    "open": _queue("open"), "undispatched": _queue("undispatched"), "near": _queue("near"),
    "overdue": _queue("overdue"), "closed": _queue("closed"),
    "alerts": _alerts, "modes": _modes, "deferrals": _deferrals,
    "booked": _rows(booked.booked), "papers": _papers, "duplicates": _duplicates,
    "owed": _rows(owed.owed), "orders": _zoned(orders.orders), "plans": _rows(plans.plans), "drills": _drills,
    "supervision": _zoned(supervision.supervision), "red": _zoned(supervision.supervision, "red"),
    "urgings": _rows(urgings.urgings), "waiting": _ladder("waiting"), "informed": _ladder("informed"),
    "tiers": _ladder("tiers"), "verification": _rows(verification.queue), "verifiers": _verifiers,
    "visits": _rows(visits.queue), "satisfaction": _satisfaction,
}  # fmt: skip
