"""A profile as tables: what it consists of, part by part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands.table import Column
from tui.language import label, tr
from tui.text import safe

if TYPE_CHECKING:
    from store.profiles.model import Profile
    from store.profiles.timing import Limit
    from tui.commands.call import Call


def tell(call: Call, profile: Profile) -> None:
    """Levels, ladder, workflows, limits, modes, reports, plans, categories, roles."""
    call.say(f"{safe(profile.id)}  {label(profile.label)}  {safe(profile.version)}", "")
    call.table(
        [Column(tr("level")), Column(tr("name")), Column(tr("starts at"))],
        [[level.short, label(level.label), level.tier] for level in profile.levels],
    )
    call.say("")
    _ladder(call, profile)
    _workflows(call, profile)
    _times(call, profile)
    _joint(call, profile)
    call.say("")
    call.table(
        [
            Column(tr("category")),
            Column(tr("name"), least=10),
            Column(tr("level")),
            Column(tr("units"), least=6),
        ],
        [
            [item.id, label(item.label), profile.level(item.level).short, ", ".join(item.units)]
            for item in profile.categories
        ],
    )
    call.say("")
    call.table(
        [Column(tr("role")), Column(tr("name")), Column(tr("powers"), least=10)],
        [[role.id, label(role.label), ", ".join(sorted(role.powers))] for role in profile.roles],
    )


def _limit(limit: Limit | None) -> str:
    return "" if limit is None else f"{limit.amount} {limit.unit}"


def _share(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"


def _ladder(call: Call, profile: Profile) -> None:
    call.table(
        [
            Column(tr("tier")), Column(tr("name")), Column(tr("share"), right=True), Column(tr("holds")),
            Column(tr("condition"), least=10),
        ],
        [
            [rung.id, label(rung.label), _share(rung.share), _limit(rung.hold), rung.when]
            for rung in profile.ladder
        ],
    )  # fmt: skip


def _workflows(call: Call, profile: Profile) -> None:
    call.say("")
    call.table(
        [Column(tr("workflow")), Column(tr("name")), Column(tr("steps"), least=20)],
        [[w.id, label(w.label), ", ".join(label(step.label) for step in w.steps)] for w in profile.workflows],
    )


def _times(call: Call, profile: Profile) -> None:
    call.say("")
    call.table(
        [
            Column(tr("limit")),
            Column(tr("clock")),
            Column(tr("owner")),
            Column(tr("runs from")),
            Column(tr("amount")),
        ],
        [[rule.id, label(rule.label), rule.owner, rule.start, f"{rule.amount} {rule.unit}"] for rule in profile.clocks],
    )
    if profile.modes:
        call.say("")
        call.table(
            [Column(tr("mode")), Column(tr("name")), Column(tr("windows")), Column(tr("limits in it"), least=10)],
            [
                [
                    mode.id, label(mode.label), ", ".join(f"{w.first}–{w.last}" for w in mode.windows),
                    ", ".join(f"{o.clock} {o.amount} {o.unit}" for o in mode.overlays),
                ]
                for mode in profile.modes
            ],
        )  # fmt: skip


def _joint(call: Call, profile: Profile) -> None:
    if profile.reports:
        call.say("")
        call.table(
            [Column(tr("report")), Column(tr("name")), Column(tr("amount")), Column(tr("condition"), least=10)],
            [[rule.id, label(rule.label), _limit(rule.limit), rule.when] for rule in profile.reports],
        )
    if profile.plans:
        call.say("")
        call.table(
            [Column(tr("plan")), Column(tr("name")), Column(tr("lead")), Column(tr("units"), least=6)],
            [
                [plan.id, label(plan.label), plan.lead, ", ".join(member.unit for member in plan.members)]
                for plan in profile.plans
            ],
        )
