"""`warnings` and `warning`: early warnings, their life, the validity of each rule, ledger and trend (K17)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from store.errors import Refused
from tui.commands.table import Cell, Column
from tui.language import N_, label, tr
from tui.text import safe

if TYPE_CHECKING:
    from store.views.warnings import RuleCount, WarningEvent, WarningRow
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call

STATES = {
    "raised": N_("raised"), "assigned": N_("assigned"), "verified": N_("verified#warning"), "closed": N_("closed"),
    "rose": N_("rose to a graver level"),
}  # fmt: skip
FINDINGS = {"confirmed": N_("confirmed"), "hidden_risk": N_("hidden risk"), "none": N_("nothing there")}


def add(nouns: Nouns) -> None:
    leaf = nouns.command("warnings", tr("early warnings that are open, the gravest first"), listed)
    leaf.add_argument("--all", action="store_true", help=tr("also closed ones, the newest first"))
    leaf.add_argument("--grid", metavar="CODE", help=tr("only this node and what lies below it"))
    leaf.add_argument("--limit", type=int, default=500, metavar="N", help=tr("show at most N warnings (500)"))
    below = nouns.group("warning", tr("one early warning, and what the rules are worth"))
    shown = below.command("show", tr("one warning with its numbers and its history"), show)
    giving = below.command("assign", tr("give a warning to the unit that verifies it"), assign)
    looking = below.command("verify", tr("enter what was found on the spot; confirmed opens a case"), verify)
    closing = below.command("close", tr("close a warning that was verified"), close)
    for verb in (shown, giving, looking, closing):
        verb.add_argument("warning", type=int, metavar="ID", help=tr("the number of the warning"))
    giving.add_argument("unit", metavar="UNIT", help=tr("code of the unit"))
    giving.add_argument("--due", metavar="TIME", help=tr("until when; without it the rule's own time"))
    looking.add_argument("finding", choices=tuple(FINDINGS), help=tr("what was found"))
    looking.add_argument("--size", type=float, metavar="N", help=tr("the number as it was found"))
    looking.add_argument("--note", required=True, metavar="TEXT", help=tr("what was seen"))
    for verb in (giving, closing):
        verb.add_argument("--note", default="", metavar="TEXT", help=tr("a remark for the journal"))
    for verb in (giving, looking, closing):
        seen = tr("refuse where it has changed since")
        verb.add_argument("--version", dest="expected", type=int, metavar="N", help=seen)
        verb.add_argument("--request-id", metavar="ID", help=tr("the same id again changes nothing"))
    below.command("rules", tr("the validity of each rule, so that bad ones can be removed"), rules)
    below.command("ledger", tr("the early-warning ledger: likely time, place, group, size"), ledger)
    trending = below.command("trend", tr("warnings of each week by grid"), trend)
    trending.add_argument("--grid", metavar="CODE", help=tr("the node whose children are shown"))
    trending.add_argument("--rule", metavar="ID", help=tr("only this rule"))
    trending.add_argument("--weeks", type=int, default=8, metavar="N", help=tr("so many weeks (8)"))


def listed(call: Call) -> int:
    """`{"warnings": [WARNING…], "rules": [RULE…], "open": n, "seq": n, "as_of": instant}`.

    WARNING is `store.views.warnings.WarningRow`: id, rule, label, kind, state, level, grid_code, grid_name, category,
    place, size, expected_at, facts, raised_at, last_at, count, unit, due_at, finding, note, case_id, version. RULE is
    as in `warning rules`.
    """
    from store.views import warnings
    from tui.commands import queue

    with call.store.read() as session:
        grid_id = None if call.args.grid is None else queue.node(call, session, call.args.grid)
        found = warnings.warnings(
            session, call.profile, call.now, everything=call.args.all, grid_id=grid_id, limit=call.args.limit
        )
    if call.json:
        return call.document(
            {
                "warnings": found.rows, "rules": found.rules, "open": found.open, "seq": found.seq,
                "as_of": found.as_of,
            }
        )  # fmt: skip
    if not found.rows:
        return call.say(tr("No early warning."))
    columns = (
        Column(tr("id"), right=True), Column(tr("level")), Column(tr("since")), Column(tr("state")),
        Column(tr("grid"), least=6), Column(tr("place"), least=8), Column(tr("what"), least=10),
        Column(tr("size"), right=True), Column(tr("unit")), Column(tr("until")), Column(tr("case")),
    )  # fmt: skip
    call.table(columns, [_cells(call, row) for row in found.rows])
    return call.say(tr("{n} early warnings are open.", n=found.open))


def _cells(call: Call, row: WarningRow) -> list[str | Cell]:
    from tui import wording

    late = row.due_at is not None and row.state == "assigned" and row.due_at <= call.now
    due = wording.local_stamp(row.due_at, call.zone, call.now) if row.due_at is not None else ""
    state = _word(STATES, row.state)
    if row.finding:
        state += " " + _word(FINDINGS, row.finding)
    return [
        str(row.id), _level(call, row.level), wording.local_stamp(row.raised_at, call.zone, call.now), state,
        row.grid_name or "", row.place, label(row.label), _number(row.size), row.unit or "",
        Cell(due, "bad" if late else ""), "" if row.case_id is None else str(row.case_id),
    ]  # fmt: skip


def _level(call: Call, number: int) -> str:
    return next((level.short for level in call.profile.levels if level.number == number), str(number))


def _word(words: dict[str, str], name: str) -> str:
    return tr(words[name]) if name in words else safe(name)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def show(call: Call) -> int:
    """`{"warning": WARNING, "history": [EVENT…]}`; EVENT: at, kind, actor, data."""
    from store.views import warnings

    with call.store.read() as session:
        row = warnings.warning(session, call.profile, call.args.warning)
        events = warnings.history(session, row.id)
    if call.json:
        return call.document({"warning": row, "history": events})
    call.say(*_told(call, row))
    call.say(*(_line(call, event) for event in events))
    return 0


def _told(call: Call, row: WarningRow) -> list[str]:
    from tui import wording

    lines = [
        tr(
            "Early warning {id}: {what}, {level}, {state}", id=str(row.id), what=row.label,
            level=_level(call, row.level), state=_word(STATES, row.state),
        ),
        tr("  where: {grid} {place}", grid=row.grid_name or row.grid_code or "", place=row.place),
        tr("  size: {size} (threshold {threshold}, window {window})", size=_number(row.size),
           threshold=_number(row.facts.get("threshold")), window=str(row.facts.get("window", ""))),
    ]  # fmt: skip
    if row.expected_at is not None:
        lines.append(tr("  likely at: {at}", at=wording.local_stamp(row.expected_at, call.zone, call.now)))
    if row.unit:
        due = "" if row.due_at is None else wording.local_stamp(row.due_at, call.zone, call.now)
        lines.append(tr("  verifies: {unit} {due}", unit=row.unit, due=due))
    if row.finding:
        lines.append(tr("  found: {finding}. {note}", finding=_word(FINDINGS, row.finding), note=row.note))
    if row.case_id is not None:
        lines.append(tr("  case: {case}", case=str(row.case_id)))
    return lines


def _line(call: Call, event: WarningEvent) -> str:
    from tui import wording

    at = wording.local_stamp(event.at, call.zone, call.now)
    return safe(f"  {at}  {_word(STATES, event.kind)}  {event.actor}  {event.data.get('note') or ''}".rstrip())


def assign(call: Call) -> int:
    """`{"warning": id, "unit": code, "version": n}`."""
    from store.actions.warnings import warnings
    from tui.commands.instant import parse

    due = None if call.args.due is None else parse(call.args.due, call.zone)
    return _done(call, warnings.assign, {"unit": call.args.unit}, call.args.unit, due_at=due, note=call.args.note)


def verify(call: Call) -> int:
    """`{"warning": id, "finding": word, "case_id": id or null, "version": n}`."""
    from store.actions.warnings import warnings

    finding: Any = call.args.finding
    return _done(
        call, warnings.verify, {"finding": finding}, finding, note=call.args.note, size=call.args.size
    )


def close(call: Call) -> int:
    """`{"warning": id, "finding": word, "case_id": id or null, "version": n}`."""
    from store.actions.warnings import warnings

    return _done(call, warnings.close, {}, note=call.args.note)


def _done(call: Call, action: Any, told: dict[str, Any], *given: Any, **named: Any) -> int:
    from store.views import warnings

    number: int = call.args.warning
    version = call.store.write(
        action, call.profile, call.actor, call.now, number, *given, expected_version=call.args.expected,
        request_id=call.request_id, **named,
    )  # fmt: skip
    row = call.read(warnings.warning, call.profile, number)
    if call.json:
        more = {} if "unit" in told else {"finding": row.finding, "case_id": row.case_id}
        return call.document({"warning": number, **told, **more, "version": version})
    call.say(tr("Early warning {id}: {state}.", id=str(number), state=_word(STATES, row.state)))
    if told.get("finding") == "confirmed" and row.case_id is not None:
        call.say(tr("Case {case} was opened.", case=str(row.case_id)))
    return 0


def rules(call: Call) -> int:
    """`{"rules": [RULE…]}`; RULE: rule, label, raised, verified, confirmed, hidden_risk, none, validity (0 to 1)."""
    from store.views import warnings

    found = call.read(warnings.rules, call.profile)
    if call.json:
        return call.document({"rules": found})
    if not found:
        return call.say(tr("The profile has no early-warning rules."))
    columns = (
        Column(tr("rule")), Column(tr("what"), least=10), Column(tr("raised"), right=True),
        Column(tr("verified#warning"), right=True), Column(tr("confirmed"), right=True),
        Column(tr("hidden risk"), right=True), Column(tr("nothing there"), right=True),
        Column(tr("validity"), right=True),
    )  # fmt: skip
    call.table(columns, [_rule(row) for row in found])
    return 0


def _rule(row: RuleCount) -> list[str | Cell]:
    share = "-" if row.validity is None else f"{row.validity:.2%}"
    counts = (row.raised, row.verified, row.confirmed, row.hidden_risk, row.none)
    return [row.rule, label(row.label), *(str(count) for count in counts), share]


def ledger(call: Call) -> int:
    """`{"ledger": [LINE…]}`; LINE: warning, expected_at, grid_code, place, group, size, level, state, finding."""
    from store.views import warnings
    from tui import wording

    found = call.read(warnings.ledger, call.profile, call.now)
    if call.json:
        return call.document({"ledger": found})
    if not found:
        return call.say(tr("No early warning."))
    columns = (
        Column(tr("id"), right=True), Column(tr("likely at")), Column(tr("grid")), Column(tr("place"), least=8),
        Column(tr("group concerned"), least=8), Column(tr("size"), right=True), Column(tr("level")),
        Column(tr("state")),
    )  # fmt: skip
    rows: list[list[str | Cell]] = [
        [
            str(row.warning),
            "" if row.expected_at is None else wording.local_stamp(row.expected_at, call.zone, call.now),
            row.grid_code or "", row.place, label(row.group), _number(row.size), _level(call, row.level),
            _word(STATES, row.state),
        ]
        for row in found
    ]  # fmt: skip
    call.table(columns, rows)
    return 0


def trend(call: Call) -> int:
    """`{"grid": code, "weeks": [first day…], "rows": [ROW…]}`.

    ROW: grid_id, grid_code, grid_name, weeks (warnings raised in each), total, confirmed, hidden_risk; the node itself
    is the last.
    """
    from store.views import warnings

    weeks = max(1, min(call.args.weeks, 104))
    known = {one.rule for one in call.read(warnings.rules, call.profile)}
    if call.args.rule is not None and call.args.rule not in known:
        raise Refused("unknown_warning_rule", rule=call.args.rule)
    found = call.read(
        warnings.trend, call.profile, call.now, call.zone, call.args.grid, weeks, call.args.rule
    )
    if call.json:
        return call.document({"grid": found.grid_code, "weeks": found.starts, "rows": found.rows})
    columns = (
        Column(tr("grid"), least=6), *(Column(f"{day:%m-%d}", right=True) for day in found.starts),
        Column(tr("sum"), right=True), Column(tr("confirmed"), right=True), Column(tr("hidden risk"), right=True),
    )  # fmt: skip
    rows: list[list[str | Cell]] = [
        [row.grid_name or row.grid_code, *(str(n) for n in row.weeks), str(row.total), str(row.confirmed),
         str(row.hidden_risk)]
        for row in found.rows
    ]  # fmt: skip
    call.table(columns, rows)
    return 0
