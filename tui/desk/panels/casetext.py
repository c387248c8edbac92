"""A case as lines of text: the head, its clocks, the next moves, what was said, and who did what when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from store.profiles.model import Profile
from store.views.case import CaseView, ClockLine, HistoryLine
from store.views.notices import Slip
from tui import standing, themes, wording
from tui.desk import keys
from tui.desk.panels.queue import mark_of, what_of
from tui.desk.widgets.page import Row
from tui.language import N_, label, ntr, tr
from tui.text import fit, safe, wrap
from tui.text import width as cells_of
from tui.wording import reaching

GOING = ("running", "paused")
SLIPS = 6
"""Orders of a case that the panel shows, the newest."""
CLOCK_STATES = {"paused": N_("paused"), "met": N_("met"), "met_late": N_("met late"), "ended": N_("ended")}


def case_lines(
    view: CaseView, now: datetime, zone: str, width: int, profile: Profile, slips: Sequence[Slip] = (), typed: str = ""
) -> list[Row]:
    """All lines of a case in `width` cells, the most urgent facts first; `typed`: unit whose order is on its way."""
    row = view.row
    mark = mark_of(row, now)
    left = tr("closed") if row.closed_at else wording.time_left(row.due_at, now)
    state = tr(wording.MARKS[mark]) if mark in wording.MARKS else ""
    head: Row = (
        (f"{row.id} ", "head"), (f"{mark} {state} {left}  ".replace("  ", " "), themes.STATES.get(mark, "")),
        f"{safe(row.level_short)} {label(row.step)}",
    )  # fmt: skip
    lines: list[Row] = [head]
    lines += [((text, "head"),) for text in wrap(what_of(row), width)]
    lines += _facts(view, now, zone, width)
    lines += [(text,) for line in standing.lines(view) for text in wrap(line, width)]
    lines += [_clock(clock, now, zone) for clock in view.clocks if clock.state in GOING]
    lines += _moves(view, width)
    lines += slip_lines(slips, typed, now, zone, width, profile)
    lines += [(text,) for text in (wrap(view.text, width) if view.text.strip() else [])]
    if view.text_withheld:
        lines += [(text,) for text in wrap(tr("The words of this case are for those who hold it."), width)]
    if view.result or view.proof:
        said = tr("result: {result} {proof}", result=view.result, proof=view.proof)
        lines += [(text,) for text in wrap(said, width)]
    lines.append(((tr("History, newest first"), "head"),))
    for event in reversed(view.history):
        lines += history_lines(event, now, zone, width, profile)
    lines += _reports(view, now, zone, width)
    done = [clock for clock in view.clocks if clock.state not in GOING]
    if done:
        lines.append(((tr("Clocks that stopped"), "head"),))
        lines += [_clock(clock, now, zone) for clock in done]
    return lines


def _facts(view: CaseView, now: datetime, zone: str, width: int) -> list[Row]:
    row = view.row
    place = safe(row.grid_name) or safe(row.grid_code) or tr("no place")
    address = safe(row.address)
    where = address if place in address else f"{place} {address}".strip()
    unit = wording.named(row.unit_name, row.unit or "") or tr("nobody")
    kind = wording.named(row.category, row.kind_name)
    facts = [
        tr("where: {where}", where=where),
        tr("kind: {kind}  with: {unit}  tier: {tier}", kind=kind, unit=unit, tier=view.tier),
        tr("reported: {at}", at=wording.local_stamp(row.reported_at, zone, now)),
    ]
    counts = [
        ntr("urged once", "urged {n} times", row.urges) if row.urges else "",
        ntr("escalated once", "escalated {n} times", row.escalations) if row.escalations else "",
        ntr("reopened once", "reopened {n} times", row.reopens) if row.reopens else "",
    ]
    if any(counts):
        facts.append(", ".join(filter(None, counts)))
    return [(text,) for fact in facts for text in wrap(fact, width)]


def _clock(clock: ClockLine, now: datetime, zone: str) -> Row:
    running = clock.state == "running"
    mark = wording.mark(clock.due_at, clock.near_at, now) if running else ""
    style = themes.STATES.get(mark, "")
    due = wording.local_stamp(clock.due_at, zone, now)
    name = fit(label(clock.label), 10)
    if running:
        return (
            (f"{mark:1} {name} ", style),
            f"{tr('due {at}', at=due)} ",
            (wording.time_left(clock.due_at, now), style),
        )
    ended = tr(CLOCK_STATES[clock.state])
    return (f"  {name} {tr('due {at}', at=due)} ", (ended, "over" if clock.state == "met_late" else ""))


def slip_lines(
    slips: Sequence[Slip], typed: str, now: datetime, zone: str, width: int, profile: Profile | None
) -> list[Row]:
    """How far each order came, in words: typed, stored, sent, seen by the unit, or refused and why."""
    units = {unit.code: unit.label for unit in profile.units} if profile is not None else {}

    def named(code: str) -> str:
        return label(units[code]) if code in units else safe(code)

    lines: list[Row] = []
    for slip in slips[-SLIPS:]:
        at = wording.local_stamp(slip.at, zone, now)
        why = reaching.why(slip.why) if slip.why else ""
        by = ", ".join(dict.fromkeys(safe(way.target) for way in slip.ways if way.target and way.state == "sent"))
        said = f"{named(slip.unit)}  {reaching.word(reaching.STAGES, slip.stage)} {at}"
        said = "  ".join(part for part in (said, by, why) if part)
        style = "bad" if slip.stage == "refused" else "near" if slip.why else ""
        lines += [((text, style),) for text in wrap(said, width)]
    if typed:
        lines.append(((f"{named(typed)}  {reaching.word(reaching.STAGES, 'typed')}", "near"),))
    return [((tr("Orders"), "head"),), *lines] if lines else []


def _moves(view: CaseView, cells: int) -> list[Row]:
    """The keys of the moves that are open, as many lines as they need."""
    lines: list[list[tuple[str, str] | str]] = [[]]
    used = 0
    for key in keys.area("case"):
        if not key.verb or not keys.allowed(key, view.moves):
            continue
        words = f" {tr(key.label)}"
        if used + cells_of(key.written + words) > cells and lines[-1]:
            lines.append([])
            used = 0
        lines[-1] += [(key.written, "key"), words + "  "]
        used += cells_of(key.written + words) + 2
    return [tuple(line) for line in lines] if lines[0] else [(tr("No move is open to you here."),)]


def _reports(view: CaseView, now: datetime, zone: str, width: int) -> list[Row]:
    lines: list[Row] = [((tr("Reports"), "head"),)] if view.reports else []
    known = {view.text.strip(), view.row.title.strip()}
    for report in view.reports:
        at = wording.local_stamp(report.received_at, zone, now)
        lines.append((f"{at} {safe(report.source)} {safe(report.source_id)} {safe(report.status_text)}".rstrip(),))
        if report.text.strip() and report.text.strip() not in known:
            lines += [(text,) for text in wrap(report.text, width)]
        if report.warnings:
            lines += [(text,) for text in wrap(tr("repaired: {codes}", codes=", ".join(report.warnings)), width)]
    return lines


def history_lines(event: HistoryLine, now: datetime, zone: str, width: int, profile: Profile | None) -> list[Row]:
    """When, who, what; long words go on in the next line, indented."""
    at = wording.local_stamp(event.at, zone, now)
    said = f"{at} {actor_name(event)}: {wording.event(event.kind, event.data, profile, zone)}"
    first, *rest = wrap(said, width)
    return [(first,), *((f"  {text}",) for more in rest for text in wrap(more, width - 2))]


def actor_name(event: HistoryLine) -> str:
    """Who acted; machines of ours by what they are."""
    return wording.actor(event.actor, event.actor_kind, event.actor_name)
