"""Runs a scenario: time passes, somebody acts, expectations are looked at, one step after the other."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from store.actions.loop import cases
from store.errors import GriddeskError, Refused
from store.rehearsal import expect, stage
from store.rehearsal.deeds import DEEDS
from store.rehearsal.expect import Scene
from store.rehearsal.form import Finding, Outcome, Scenario, Step, Wish
from store.rehearsal.stage import Stage
from store.rules.commands import Merge
from store.views import moments


def run(scenario: Scenario, location: str | None = None) -> Outcome:
    """Rehearse on a new drill store, in a folder of its own that is removed again unless `location` names a place.

    Refusals of the rules are findings. Raises `Unavailable`, `Refused` `store_exists`, and what the stage refuses.
    """
    with _place(location) as where:
        held = stage.build(scenario, where)
        try:
            findings = [
                finding
                for step, following in zip(scenario.steps, (*scenario.steps[1:], None), strict=True)
                for finding in _step(held, step, tick=_ticks(step, following))
            ]
        finally:
            held.store.close()
    return Outcome(scenario.file, scenario.title, scenario.checks, tuple(findings), scenario.timezone)


@contextmanager
def _place(location: str | None) -> Iterator[str]:
    if location is not None:
        yield location
        return
    with tempfile.TemporaryDirectory(prefix="griddesk-rehearsal-") as folder:
        yield str(Path(folder) / "rehearsal.db")


def _ticks(step: Step, following: Step | None) -> bool:
    """Whether the timekeeper looks in after the step: always, but between deeds of one instant that nobody looks at."""
    return bool(step.wishes) or following is None or following.at > step.at


def _step(held: Stage, step: Step, *, tick: bool) -> Iterator[Finding]:
    with held.store.read() as session:

        before = moments.head(session)
    held.pass_time(step.at)
    refusal = _refusal(held, step)
    if tick:
        held.store.keep_time()
    scene = Scene(held, step, refusal, before)
    wishes = step.wishes
    if refusal is not None and not any(wish.kind == "refused" for wish in wishes):
        wishes = (Wish(step.line, "told", step.do, "done", step.case), *wishes)
    for wish in wishes:
        if wish.kind == "told":
            assert refusal is not None
            looked = (False, "done", scene.shown({"code": refusal.code, **refusal.fields}))
        else:
            looked = _looked(scene, wish)
        what = wish.name if wish.name.startswith(wish.kind) or wish.kind == "field" else f"{wish.kind} {wish.name}"
        yield Finding(wish.line, step.number, step.at, what, looked[0], looked[1], looked[2], wish.case)


def _looked(scene: Scene, wish: Wish) -> expect.Looked:
    try:
        return expect.look(scene, wish)
    except Refused as error:
        return False, scene.shown(wish.wanted), scene.shown({"code": error.code, **error.fields})


def _refusal(held: Stage, step: Step) -> GriddeskError | None:
    """Carry out what the step does; the refusal if it is one."""
    try:
        _act(held, step)
    except GriddeskError as error:
        if error.exit_status == 3:
            raise
        return error
    return None


def _act(held: Stage, step: Step) -> None:
    request = f"rehearsal-{step.number}"
    if step.command is None:
        made = DEEDS[step.do].do(held, held.actor(step.who), step.fields, request)
        if step.name:
            held.cases[step.name] = made
        return
    command = step.command
    if isinstance(command, Merge):
        command = replace(command, into=_known(held, step.into))
    held.write(
        cases.move, held.actor(step.who), _known(held, step.case), command, expected_version=None, request_id=request
    )


def _known(held: Stage, name: str) -> int:
    """The id of a case; raises `Refused` `unknown_case` where its report was refused."""
    if name not in held.cases:
        raise Refused("unknown_case", case=name)
    return held.cases[name]
