"""`rehearse FILE…`: scenarios on an empty drill store, each expectation held or not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from store.errors import BadInput
from tui.language import ntr, tr
from tui.text import safe

if TYPE_CHECKING:
    from store.rehearsal.form import Finding, Outcome
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call


def add(nouns: Nouns) -> None:
    leaf = nouns.command("rehearse", tr("run scenarios on an empty drill store and check what they expect"), run)
    leaf.add_argument("files", nargs="*", metavar="FILE", help=tr("scenarios in TOML (docs/rehearsal.md)"))
    leaf.add_argument("--failed", action="store_true", help=tr("show only what did not hold"))
    leaf.add_argument("--example", metavar="PROFILE", help=tr("print a scenario to start from, for this profile"))
    leaf.set_defaults(lenient=True)


def run(call: Call) -> int:
    """`{"held": bool, "expectations": n, "failed": n, "scenarios": [SCENARIO…]}`; exit status 1 if one fails.

    SCENARIO: file, title, checks (ids), held, findings. FINDING: line, step (from 1), at, case, what, held, expected,
    found; times in `expected` and `found` are local. Without `--store` each scenario has a store of its own in a
    temporary folder; with it the store is made there, which must be empty, and stays.
    """
    if call.args.example:
        from store.rehearsal.example import starter

        text = starter(call.args.example)
        return call.document({"profile": call.args.example, "scenario": text}) if call.json else call.say(text.rstrip())
    if not call.args.files:
        raise BadInput("usage", message=tr("This is missing: {names}.", names="FILE"), usage="griddesk rehearse FILE …")
    if call.args.store and len(call.args.files) > 1:
        message = tr("A store named by --store holds one scenario: give one FILE.")
        raise BadInput("usage", message=message, usage="griddesk --store PLACE rehearse FILE")
    from store.rehearsal import reading
    from store.rehearsal.run import run as rehearse

    scenarios = [reading.read(file) for file in call.args.files]
    outcomes = []
    for scenario in scenarios:
        outcome = rehearse(scenario, call.args.store)
        outcomes.append(outcome)
        if not call.json:
            call.say(*told(outcome, only_failed=call.args.failed))
    held = all(outcome.held for outcome in outcomes)
    count, failed = sum(len(o.findings) for o in outcomes), sum(o.failed for o in outcomes)
    if call.json:
        call.document(
            {"held": held, "expectations": count, "failed": failed, "scenarios": [plain(o) for o in outcomes]}
        )
    else:
        call.say(_summary(len(outcomes), count, failed))
    return 0 if held else 1


def plain(outcome: Outcome) -> dict[str, Any]:
    """A scenario as the JSON document shows it."""
    return {
        "file": outcome.file, "title": outcome.title, "checks": outcome.checks, "held": outcome.held,
        "findings": outcome.findings,
    }  # fmt: skip


def told(outcome: Outcome, *, only_failed: bool = False) -> Iterator[str]:
    """A scenario in lines: its title, then one line an expectation; one that failed says what was found."""
    ids = " ".join(outcome.checks)
    yield " ".join(part for part in (safe(ids), safe(outcome.title), f"({safe(outcome.file)})") if part)
    for finding in outcome.findings:
        if finding.held and only_failed:
            continue
        about = " ".join(part for part in (finding.case, finding.what) if part)
        line = tr("line {line}", line=finding.line)
        if finding.held:
            yield f"  {tr('held')}      {line}  {safe(about)}: {_value(finding.expected)}"
        else:
            yield from _failed(finding, line, about, outcome.timezone)


def _failed(finding: Finding, line: str, about: str, zone: str) -> Iterator[str]:
    from tui import wording

    at = wording.local_stamp(finding.at, zone)
    yield f"  {tr('NOT HELD')}  {line}  {safe(about)}  ({tr('step {step}, {at}', step=finding.step, at=at)})"
    yield "      " + tr("expected: {value}", value=_value(finding.expected))
    yield "      " + tr("found:    {value}", value=_value(finding.found))


def _value(value: Any) -> str:
    """A value in one line; what is not JSON is written as it reads."""
    return safe(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str), 400)


def _summary(scenarios: int, count: int, failed: int) -> str:
    said = ntr("{n} scenario", "{n} scenarios", scenarios)
    if failed:
        return tr("{scenarios}, {count} expectations: {failed} not held.", scenarios=said, count=count, failed=failed)
    return tr("{scenarios}, {count} expectations: all held.", scenarios=said, count=count)
