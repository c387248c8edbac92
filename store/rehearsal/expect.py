"""Whether an expectation holds: what is found beside what was wanted, in plain values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from typing import Any

from store.actions.loop import cases
from store.errors import GriddeskError
from store.rehearsal.form import Step, Wish
from store.rehearsal.lists import LISTS, Row
from store.rehearsal.moments import written
from store.rehearsal.stage import Stage
from store.rehearsal.wishing import ListWish
from store.rules.state import CaseState
from store.views import case as case_view
from store.views import changes, modes, why

NOBODY = "nothing"
Looked = tuple[bool, Any, Any]
"""(held, expected, found)."""


@dataclass
class Scene:
    """The stage just after a step: what was refused, and how far the journal was before the step."""

    stage: Stage
    step: Step
    refusal: GriddeskError | None
    before: int
    """Number of the last journal event before the step's time began to pass."""

    def state(self, name: str) -> CaseState:
        """The case of that name as the rules see it."""
        found: CaseState = self.stage.store.write(cases.held, self.stage.cases[name])[1]
        return found

    def view(self, name: str) -> Any:
        """The case as a desk shows it to the officer of the step."""
        stage = self.stage
        with stage.store.read() as session:
            return case_view.case(
                session, stage.store.profile, stage.now, stage.cases[name], stage.actor(self.step.who)
            )

    def shown(self, value: Any) -> Any:
        """A value as the report shows it."""
        if isinstance(value, datetime):
            return written(value, self.stage.zone)
        if isinstance(value, date):
            return value.isoformat()
        if isinstance(value, list | tuple):
            return [self.shown(item) for item in value]
        if isinstance(value, dict):
            return {key: self.shown(item) for key, item in value.items()}
        if isinstance(value, frozenset | set):
            return sorted(value)
        if is_dataclass(value) and not isinstance(value, type):
            return {item.name: self.shown(getattr(value, item.name)) for item in fields(value)}
        return value


def look(scene: Scene, wish: Wish) -> Looked:
    """One expectation; a case that does not exist because its report was refused is found as nothing."""
    if wish.case and wish.case not in scene.stage.cases and wish.kind != "refused":
        return False, scene.shown(wish.wanted), NOBODY
    held, expected, found = LOOKS[wish.kind](scene, wish)
    return held, scene.shown(expected), scene.shown(found)


def _refused(scene: Scene, wish: Wish) -> Looked:
    if scene.refusal is None:
        return False, wish.wanted, "went through"
    found = {"code": scene.refusal.code, **scene.refusal.fields}
    same = all(_alike(found.get(name), value) for name, value in wish.wanted.items())
    return same, wish.wanted, found


def _alike(found: Any, wanted: Any) -> bool:
    return found == wanted or str(found) == str(wanted)


def _field(scene: Scene, wish: Wish) -> Looked:
    state = scene.state(wish.case)
    match wish.name:
        case "open":
            found: Any = not state.closed
        case "flags":
            found = flags(scene, wish.case, state)
            return sorted(found) == sorted(wish.wanted), sorted(wish.wanted), sorted(found)
        case "marks" | "facts":
            found = dict(getattr(state, wish.name))
            return all(found.get(k) == v for k, v in wish.wanted.items()), wish.wanted, found
        case "late":
            found = any(clock.state == "met_late" for clock in scene.view(wish.case).clocks)
        case "overdue" | "due" | "clock" | "number":
            found = _of_row(scene, wish)
        case _:
            found = getattr(state, wish.name)
    if isinstance(wish.wanted, dict | list) and not isinstance(found, str | int):
        return matches(scene.shown(found), scene.shown(wish.wanted)), wish.wanted, found
    if found is None and wish.wanted == "none":
        return True, "none", "none"
    return wish.wanted in (found, scene.shown(found)), wish.wanted, found


def _of_row(scene: Scene, wish: Wish) -> Any:
    row = scene.view(wish.case).row
    match wish.name:
        case "overdue":
            return row.due_at is not None and row.due_at <= scene.stage.now
        case "due":
            return row.due_at
        case "clock":
            return "none" if row.clock is None else row.clock.en
        case _:
            return row.number


def matches(found: Any, wanted: Any) -> bool:
    """Tables by the keys that are wanted, lists item by item, anything else by equality."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(matches(found.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list):
        return (
            isinstance(found, list)
            and len(found) == len(wanted)
            and all(matches(one, other) for one, other in zip(found, wanted, strict=True))
        )
    return bool(found == wanted)


def flags(scene: Scene, name: str, state: CaseState) -> list[str]:
    """The side flags of a case (K02, state)."""
    row = scene.view(name).row
    held = {
        "booked": state.booked is not None and not state.closed,
        "returned": state.returns > 0 or state.reworks > 0,
        "supervised": state.supervised,
        "extended": bool(state.extended),
        "overdue": row.due_at is not None and row.due_at <= scene.stage.now,
        "reopened": state.reopens > 0,
        "merged": state.merged_into is not None,
    }
    return [flag for flag, is_held in held.items() if is_held]


def _clock(scene: Scene, wish: Wish) -> Looked:
    which, key = wish.name.split(" ")
    name, _, which_one = which.partition("#")
    number, _, subject = which_one.partition("/")
    clocks = [
        clock
        for clock in scene.view(wish.case).clocks
        if clock.name == name and number in ("", str(clock.round)) and subject in ("", str(clock.subject))
    ]
    if not clocks:
        return wish.wanted == "none", wish.wanted, "none"
    clock = clocks[-1]
    found = {
        "due": clock.due_at, "near": clock.near_at, "started": clock.started_at, "met": clock.met_at,
        "state": clock.state, "owner": clock.owner, "rule": clock.rule,
        "original": clock.original_at, "penalty_free": clock.free_until is not None, "free_until": clock.free_until,
    }[key]  # fmt: skip
    if wish.wanted == "none":
        return found is None, "none", found
    return found == wish.wanted, wish.wanted, found


def _list(scene: Scene, wish: Wish) -> Looked:
    wanted: ListWish = wish.wanted
    rows = LISTS[wish.name](scene.stage, dict(wanted.given))
    names = {case_id: name for name, case_id in scene.stage.cases.items()}
    on_it = [names.get(row["case"], str(row["case"])) for row in rows]
    held = (
        all(name in on_it for name in wanted.has)
        and not any(name in on_it for name in wanted.lacks)
        and wanted.count in (None, len(rows))
        and wanted.order in (None, tuple(on_it))
        and all(any(_row_fits(scene, row, want, names) for row in rows) for want in wanted.rows)
    )
    expected = {
        key: value
        for key, value in (
            ("has", list(wanted.has)), ("lacks", list(wanted.lacks)), ("count", wanted.count),
            ("order", None if wanted.order is None else list(wanted.order)), ("rows", list(wanted.rows)),
        )
        if value not in (None, [])
    }  # fmt: skip
    asked = {key for want in wanted.rows for key in want}
    shown = [{key: row.get(key) for key in asked if key != "case"} for row in rows] if wanted.rows else None
    found = {"cases": on_it} | ({"rows": shown} if shown is not None else {})
    return held, expected, found


def _row_fits(scene: Scene, row: Row, wanted: dict[str, Any], names: dict[int, str]) -> bool:
    for key, value in wanted.items():
        found = names.get(row["case"], "") if key == "case" else row.get(key, row.get(f"{key}_at"))
        if not isinstance(value, datetime):
            found = scene.shown(found)
        if not matches(found, value):
            return False
    return True


def _events(scene: Scene, wish: Wish) -> Looked:
    lines = scene.view(wish.case).history
    if wish.kind == "events":
        lines = [line for line in lines if line.seq > scene.before]
    found = [line.kind for line in lines]
    return found == wish.wanted, wish.wanted, found


def _happened(scene: Scene, wish: Wish) -> Looked:
    """The wanted events in this order, whatever lies between them."""
    found = [line.kind for line in scene.view(wish.case).history]
    rest = iter(found)
    return all(kind in rest for kind in wish.wanted), wish.wanted, found


def _counts(scene: Scene, wish: Wish) -> Looked:
    found = sum(1 for line in scene.view(wish.case).history if line.kind == wish.name)
    return found == wish.wanted, wish.wanted, found


def _journal(scene: Scene, wish: Wish) -> Looked:
    found, since = 0, 0
    while True:
        with scene.stage.store.read() as session:
            rows = changes.changes(session, since)
        if not rows:
            return found == wish.wanted, wish.wanted, found
        found += sum(1 for row in rows if row.kind == wish.name)
        since = rows[-1].seq


def _why(scene: Scene, wish: Wish) -> Looked:
    """The sum must end at the stored due time to the second, and never go back."""
    stage = scene.stage
    with stage.store.read() as session:
        lines = why.why(session, stage.store.profile, stage.cases[wish.case], wish.name, stage.store.timezone)
    clocks = [clock for clock in scene.view(wish.case).clocks if clock.name == wish.name]
    running = [clock for clock in clocks if clock.state in ("running", "paused")] or clocks[-1:]
    due = running[0].due_at if running else None
    found = lines[-1].until if lines else None
    return found == due, due, found


def _settings(scene: Scene, wish: Wish) -> Looked:
    """What the modes that are on set for a node; `none` for what they leave alone (K06-T1)."""
    found = scene.stage.view(modes.settings, scene.stage.store.timezone, wish.name).settings
    shown = {name: found.get(name, "none") for name in wish.wanted}
    return shown == wish.wanted, wish.wanted, shown


def _header(scene: Scene, wish: Wish) -> Looked:
    found = getattr(scene.stage.store.header(), wish.name)
    return found == wish.wanted, wish.wanted, found


def _moves(scene: Scene, wish: Wish) -> Looked:
    found = set(scene.view(wish.case).moves)
    held = found.issuperset(wish.wanted.get("has", ())) and not found.intersection(wish.wanted.get("lacks", ()))
    return held, wish.wanted, sorted(found)


LOOKS: dict[str, Callable[[Scene, Wish], Looked]] = {
    "refused": _refused, "field": _field, "clock": _clock, "list": _list, "events": _events, "history": _events,
    "happened": _happened, "counts": _counts, "journal": _journal, "why": _why, "moves": _moves,
    "settings": _settings, "header": _header,
}  # fmt: skip
