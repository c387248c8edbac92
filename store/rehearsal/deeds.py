"""What a step may do beside the moves of a case: each deed with its keys, and the action it calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import signature
from typing import TYPE_CHECKING, Any, Literal

from store.actions.clocks import deferrals, seasons
from store.actions.house import profiles
from store.actions.loop import cases, drills
from store.actions.people import access, officers, posts, shifts, units
from store.views import moments

if TYPE_CHECKING:
    from store.rehearsal.stage import Stage
    from store.rules.state import Actor

Kind = Literal["text", "integer", "number", "truth", "date", "instant", "names", "table"]
Do = Callable[["Stage", "Actor", Mapping[str, Any], str], Any]
"""Carries the deed out: the stage, who, its fields, a request id."""


@dataclass(frozen=True, slots=True)
class Deed:
    """A deed of a scenario; `keys` by kind, those in `needed` must be there."""

    do: Do
    keys: Mapping[str, Kind]
    needed: tuple[str, ...] = ()


def _report(stage: Stage, actor: Actor, fields: Mapping[str, Any], request: str) -> int:
    said = dict(fields)
    profile = stage.profile(str(said.pop("profile", stage.store.profile.id)))
    made: int = stage.store.write(cases.report, profile, actor, stage.now, request_id=request, **said)
    return made


def _profile(stage: Stage, actor: Actor, fields: Mapping[str, Any], request: str) -> None:
    stage.write(profiles.add, actor, fields["text"], f"step {request}", default=bool(fields.get("default")))
    stage.store.take_profile()


def _shift(stage: Stage, actor: Actor, fields: Mapping[str, Any], request: str) -> None:
    stage.write(shifts.start, actor, stage.store.timezone, request)


def _officer(stage: Stage, actor: Actor, fields: Mapping[str, Any], request: str) -> None:
    name = fields.get("name") or fields["code"]
    stage.write(officers.add, actor, fields["code"], name, fields["roles"], fields.get("unit"))


def _grant(stage: Stage, actor: Actor, fields: Mapping[str, Any], request: str) -> None:
    stage.write(officers.grant, actor, fields["officer"], fields["role"], fields.get("starts"), fields.get("ends"))


def _revoke(stage: Stage, actor: Actor, fields: Mapping[str, Any], request: str) -> None:
    stage.write(officers.revoke, actor, fields["officer"], fields["role"])


def _post(stage: Stage, actor: Actor, fields: Mapping[str, Any], request: str) -> None:
    stage.write(posts.add, actor, fields["code"], fields["kind"], fields["grid"], fields.get("unit"))


def _assign(stage: Stage, actor: Actor, fields: Mapping[str, Any], request: str) -> None:
    stage.write(
        posts.assign, actor, fields["code"], fields["officer"], fields.get("starts"), fields.get("ends"),
        deputy=bool(fields.get("deputy")),
    )  # fmt: skip


def _review(stage: Stage, actor: Actor, fields: Mapping[str, Any], request: str) -> None:
    """Countersign the newest entry of the journal."""
    with stage.store.read() as session:
        newest = moments.head(session)
    stage.write(access.review, actor, newest, fields.get("note", ""))


def _unit(stage: Stage, actor: Actor, fields: Mapping[str, Any], request: str) -> None:
    stage.write(
        units.add, actor, fields["code"], fields.get("zh", ""), fields.get("en", ""), fields.get("duties", ()),
        fields.get("home"),
    )  # fmt: skip


def _drill(stage: Stage, actor: Actor, fields: Mapping[str, Any], request: str) -> int:
    made: int = stage.write(drills.start, actor, fields["plan"], grid=fields["grid"], request_id=request)
    return made


def _mode_start(stage: Stage, actor: Actor, fields: Mapping[str, Any], request: str) -> int:
    made: int = stage.write(
        seasons.start, actor, fields["mode"], until=fields["until"], reason=fields.get("reason", ""),
        nodes=fields.get("nodes", ()), request_id=request,
    )  # fmt: skip
    return made


def _mode_stop(stage: Stage, actor: Actor, fields: Mapping[str, Any], request: str) -> int:
    ended: int = stage.write(seasons.stop, actor, fields["mode"], reason=fields.get("reason", ""), request_id=request)
    return ended


def _deferral(stage: Stage, actor: Actor, fields: Mapping[str, Any], request: str) -> int:
    made: int = stage.write(
        deferrals.order, actor, categories=fields["categories"], amount=fields["amount"], unit=fields["unit"],
        until=fields["until"], reason=fields.get("reason", ""), clock=fields.get("clock", "close"), request_id=request,
    )  # fmt: skip
    return made


def _nothing(stage: Stage, actor: Actor, fields: Mapping[str, Any], request: str) -> None:
    """Time has passed; that was all."""


REPORT: dict[str, Kind] = {
    "title": "text", "text": "text", "category": "text", "grid": "text", "level": "integer", "address": "text",
    "occurred_at": "instant", "drill": "truth", "workflow": "text", "channel": "text",
    "profile": "text",
}  # fmt: skip
TAKEN = frozenset({*signature(cases.report).parameters} | {"profile"})
"""What a report by hand may say."""

MAKING = ("report", "drill")
"""Deeds that make a case, which gets a name by `as`."""

DEEDS: dict[str, Deed] = {
    "wait": Deed(_nothing, {}),
    "report": Deed(_report, {name: kind for name, kind in REPORT.items() if name in TAKEN}),
    "drill": Deed(_drill, {"plan": "text", "grid": "text"}, ("plan", "grid")),
    "shift": Deed(_shift, {}),
    "officer": Deed(_officer, {"code": "text", "name": "text", "roles": "names", "unit": "text"}, ("code", "roles")),
    "unit": Deed(_unit, {"code": "text", "zh": "text", "en": "text", "duties": "names", "home": "text"}, ("code",)),
    "grant": Deed(_grant, {"officer": "text", "role": "text", "starts": "instant", "ends": "instant"},
        ("officer", "role")),
    "revoke": Deed(_revoke, {"officer": "text", "role": "text"}, ("officer", "role")),
    "post": Deed(_post, {"code": "text", "kind": "text", "grid": "text", "unit": "text"}, ("code", "kind", "grid")),
    "assign": Deed(_assign, {
        "code": "text", "officer": "text", "starts": "instant", "ends": "instant", "deputy": "truth",
    }, ("code", "officer")),
    "review": Deed(_review, {"note": "text"}),
    "profile": Deed(_profile, {"text": "text", "default": "truth"}, ("text",)),
    "mode_start": Deed(_mode_start, {"mode": "text", "until": "instant", "reason": "text", "nodes": "names"},
        ("mode", "until")),
    "mode_stop": Deed(_mode_stop, {"mode": "text", "reason": "text"}, ("mode",)),
    "deferral": Deed(_deferral, {
        "categories": "names", "amount": "integer", "unit": "text", "until": "date", "reason": "text", "clock": "text",
    }, ("categories", "amount", "unit", "until")),
}  # fmt: skip
