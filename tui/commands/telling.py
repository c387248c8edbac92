"""A case in words: what stands in it, what happened, why its time is due."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from store.rules.events import EVENTS
from store.rules.tree import UNPLACED
from tui import wording
from tui.commands.table import Column, table
from tui.language import N_, label, tr
from tui.standing import details
from tui.text import safe
from tui.wording import reaching

if TYPE_CHECKING:
    from store.views.case import CaseView, ClockLine, HistoryLine
    from store.views.notices import Slip
    from store.views.queue import QueueRow
    from store.views.why import Why, WhyLine
    from tui.commands.call import Call

TEXT_LIMIT = 8000
STATES = {
    "running": N_("running"), "paused": N_("standing still"), "met": N_("met"), "met_late": N_("met late"),
    "ended": N_("ended by closing"),
}  # fmt: skip


def standing(call: Call, row: QueueRow) -> str:
    """Where the case now stands, in one line."""
    if row.closed_at is not None:
        return tr("It is closed; version {version}.", version=row.version)
    unit = label(row.unit_name) or row.unit
    at = tr("Step {step}, level {level}, grid {grid}", step=row.step, level=row.level_short, grid=_grid(row))
    with_unit = tr("with {unit}", unit=unit) if unit else tr("with no unit")
    return f"{at}, {with_unit}; {_due(call, row)}; " + tr("version {version}.", version=row.version)


def done(row: QueueRow, verb: str) -> str:
    """What a move did, in one line."""
    return tr("Case {number}: {verb} done.", number=row.number, verb=wording.verb(verb))


def _grid(row: QueueRow) -> str:
    if row.grid_code == UNPLACED:
        return tr("no place")
    return " ".join(part for part in (row.grid_code, row.grid_name) if part)


def _due(call: Call, row: QueueRow) -> str:
    if row.due_at is None:
        return tr("no clock runs")
    left = wording.time_left(row.due_at, call.now)
    said = N_("overdue since {at} ({left})") if row.due_at <= call.now else N_("due {at} ({left} left)")
    return tr(said, at=wording.local_stamp(row.due_at, call.zone, call.now), left=left)


def whole(call: Call, view: CaseView) -> Iterator[str]:
    """All of a case, a line at a time."""
    row = view.row
    yield f"{safe(row.number)}  {safe(row.title)}"
    what = wording.named(row.category, row.kind_name) or tr("no category")
    place = "" if view.lat is None or view.lon is None else f"{view.lat:.5f},{view.lon:.5f}"
    flags = (
        (N_("urged {n} times"), row.urges), (N_("escalated {n} times"), row.escalations),
        (N_("reopened {n} times"), row.reopens),
    )  # fmt: skip
    pairs = (
        (tr("id"), f"{row.id}  " + tr("version {version}", version=row.version)),
        (tr("category"), what),
        (tr("level"), f"{row.level_short}  " + tr("ladder: {tier}", tier=view.tier)),
        (tr("step"), f"{label(row.step)}  ({label(view.workflow)})"),
        (tr("grid"), _grid(row)),
        (tr("where"), " ".join(part for part in (safe(row.address), place) if part)),
        (tr("unit"), label(row.unit_name) or row.unit or ""),
        (tr("handled by"), ", ".join(view.handlers)),
        (tr("rules"), _rules(view)),
        (tr("reported"), wording.local_stamp(row.reported_at, call.zone, call.now)),
        (
            tr("closed"),
            "" if row.closed_at is None else wording.local_stamp(row.closed_at, call.zone, call.now),
        ),
        (tr("outcome"), wording.outcome(view.outcome) if view.outcome else ""),
        (tr("written result"), view.result),
        (tr("proof"), view.proof),
        (tr("counted"), ", ".join(tr(text, n=n) for text, n in flags if n)),
        *details(view),
    )
    yield from _pairs(pairs)
    if view.text_withheld:
        yield ""
        yield tr("The words of this case are for those who hold it.")
    if view.text.strip():
        yield ""
        yield safe(view.text, TEXT_LIMIT, lines=True)
    if view.clocks:
        yield ""
        yield from _clocks(call, view.clocks)
    for report in view.reports:
        yield ""
        came = wording.local_stamp(report.received_at, call.zone, call.now)
        yield tr("Report {source} {id}, received {at}", source=report.source, id=report.source_id, at=came)
        if report.warnings:
            yield "  " + tr("repaired on the way in: {warnings}", warnings=", ".join(report.warnings))
    yield ""
    verbs = ", ".join(f"{name} ({wording.verb(name)})" if wording.verb(name) != name else name for name in view.moves)
    yield tr("Next moves: {moves}", moves=verbs or tr("none for this officer"))


def _rules(view: CaseView) -> str:
    """The profile that governs the case, and whether it is another version than the one in force."""
    name = f"{label(view.profile)} {view.profile_version}" if view.profile else view.profile_version
    if view.profile_in_force in ("", view.profile_version):
        return name
    return name + "  " + tr("filed under an older version; {version} is in force", version=view.profile_in_force)


def _pairs(pairs: Sequence[tuple[str, str]]) -> Iterator[str]:
    from tui.text import fit, width

    size = max(width(name) for name, _ in pairs)
    for name, text in pairs:
        if text:
            yield f"{fit(name, size)}  {safe(text, 2000)}"


def _clocks(call: Call, clocks: Sequence[ClockLine]) -> Iterator[str]:
    columns = [Column(title) for title in (tr("clock"), tr("due"), tr("left"), tr("state"), tr("met"), tr("rule"))]
    rows = []
    for clock in clocks:
        left = wording.time_left(clock.due_at, call.now) if clock.state == "running" else ""
        met = "" if clock.met_at is None else wording.local_stamp(clock.met_at, call.zone, call.now)
        name = label(clock.label) + (f" ({clock.round})" if clock.round > 1 else "")
        due = wording.local_stamp(clock.due_at, call.zone, call.now)
        rows.append([name, due, left, tr(STATES[clock.state]), met, clock.rule])
    yield from table(columns, rows)
    for clock in clocks:
        yield from _put_off(call, clock)


def _put_off(call: Call, clock: ClockLine) -> Iterator[str]:
    """What an extension or a blanket deferral left behind (K05-R10, R11)."""
    if clock.original_at is not None:
        at = wording.local_stamp(clock.original_at, call.zone, call.now)
        yield tr("{clock}: originally due {at}", clock=label(clock.label), at=at)
    if clock.free_until is not None:
        at = wording.local_stamp(clock.free_until, call.zone, call.now)
        orders = ", ".join(str(number) for number in clock.orders)
        yield tr("{clock}: deferral order {orders}, nothing is overdue before {at}", clock=label(clock.label),
                 orders=orders, at=at)  # fmt: skip


def slips(call: Call, found: Sequence[Slip]) -> Iterator[str]:
    """How far each order of the case came, a line an order."""
    if found:
        yield tr("Orders")
    for slip in found:
        yield f"  {safe(slip.unit)}  {slip_words(call, slip)}"


def slip_words(call: Call, slip: Slip) -> str:
    """Stored, sent, seen by the unit, or refused and why; by which targets it went."""
    at = wording.local_stamp(slip.at, call.zone, call.now)
    by = ", ".join(dict.fromkeys(safe(way.target) for way in slip.ways if way.target and way.state == "sent"))
    why = reaching.why(slip.why) if slip.why else ""
    return "  ".join(part for part in (f"{reaching.word(reaching.STAGES, slip.stage)} {at}", by, why) if part)


def history(call: Call, view: CaseView) -> Iterator[str]:
    """What happened, oldest first."""
    yield f"{safe(view.row.number)}  {safe(view.row.title)}"
    columns = [
        Column(tr("version"), right=True),
        *(Column(title) for title in (tr("time"), tr("by"), tr("what"))),
    ]
    yield from table(columns, [_event(call, line) for line in view.history])


def _event(call: Call, line: HistoryLine) -> list[str]:
    said = wording.actor(line.actor, line.actor_kind, line.actor_name)
    name = line.actor if said == line.actor else f"{said} ({line.actor})"
    at = wording.local_stamp(line.at, call.zone)
    version = str(line.version) if line.kind in EVENTS else ""
    return [version, at, name, wording.event(line.kind, line.data, call.profile, call.zone)]


def whose(call: Call, view: Why) -> Iterator[str]:
    """Which clock it is, and whose: the centre's own or the department's."""
    owner = tr("the department's clock") if view.owner == "unit" else tr("the centre's own clock")
    due = wording.local_stamp(view.due_at, call.zone, call.now)
    yield tr("{clock}: {owner}, due {due}, {state}", clock=label(view.label), owner=owner, due=due,
             state=tr(STATES[view.state]))  # fmt: skip


def sums(call: Call, lines: Sequence[WhyLine]) -> Iterator[str]:
    """The sum that leads to a due time."""
    columns = (Column(tr("until")), Column(tr("because")))
    rows = [
        [wording.local_stamp(line.until, call.zone), wording.why(line.code, line.fields, call.profile, call.zone)]
        for line in lines
    ]
    yield from table(columns, rows)
