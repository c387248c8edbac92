"""Cross-checks of levels, ladder, conditions, reports, plans, posts, nets (K01, K04, K07 to K11)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from string import Formatter

from store.profiles.building import Defect
from store.profiles.checks_time import span
from store.profiles.checks_words import categories, one_of, prefixes, repeated, shares
from store.profiles.schema import ProfileTable
from store.profiles.schema_govern import PlanTable, SchemeTable
from store.profiles.source import Path
from store.rules.expressions import ExpressionError, parse
from store.rules.facts import FACT_NAMES, fact_kinds

STATUS = ("closed", "in_process", "near_due", "overdue")
"""Ids of the levels of a scheme of dimension `status`, which are derived and never set (K04-R2)."""
_RESERVED = ("and", "or", "not", "in", "under", "true", "false")
_FORM = ("date", "node", "serial", "profile")


def defects(profile: ProfileTable) -> Iterator[Defect]:
    yield from _ladder(profile)
    yield from _schemes(profile)
    yield from _conditions(profile)
    yield from _reports(profile)
    yield from _plans(profile)
    yield from _verification(profile)
    yield from _posts(profile)
    yield from _nets(profile)
    yield from _number_form(profile.number_form)


def _ladder(profile: ProfileTable) -> Iterator[Defect]:
    """A ladder goes up: no rung comes back, and the shares of its rungs make a whole (K07-R10)."""
    yield from repeated((rung.id for rung in profile.ladder), ("ladder",), "id")
    yield from shares(("ladder",), [rung.share for rung in profile.ladder])
    for number, rung in enumerate(profile.ladder):
        yield from span(("ladder", number, "hold"), rung.hold)
    rungs = [rung.id for rung in profile.ladder]
    for number, level in enumerate(profile.levels):
        yield from one_of(("levels", number, "tier"), level.tier, rungs)
    clocks = sorted({clock.clock for clock in profile.clocks})
    if profile.climbing.overdue:
        yield from one_of(("climbing", "overdue_clock"), profile.climbing.overdue_clock, clocks)
    yield from repeated(profile.climbing.capacity, ("climbing", "capacity"), "")
    for number, rung_id in enumerate(profile.climbing.capacity):
        yield from one_of(("climbing", "capacity", number), rung_id, rungs)
    for path, limit in (
        (("supervision", "limit"), profile.supervision.limit),
        (("visits", "after"), profile.visits.after),
        (("visits", "follow_up"), profile.visits.follow_up),
    ):
        yield from span(path, limit)
    yield from repeated(profile.supervision.triggers, ("supervision", "triggers"), "")
    yield from repeated(profile.separation, ("separation",), "")


def _schemes(profile: ProfileTable) -> Iterator[Defect]:
    yield from repeated((scheme.id for scheme in profile.schemes), ("schemes",), "id")
    rungs = [rung.id for rung in profile.ladder]
    for number, scheme in enumerate(profile.schemes):
        path: Path = ("schemes", number)
        levels = [level.id for level in scheme.levels]
        yield from repeated(levels, (*path, "levels"), "id")
        yield from repeated((level.short for level in scheme.levels), (*path, "levels"), "short")
        yield from shares((*path, "levels"), [level.share for level in scheme.levels])
        if scheme.default is not None:
            yield from one_of((*path, "default"), scheme.default, levels)
        for place, level in enumerate(scheme.levels):
            if level.tier is not None:
                yield from one_of((*path, "levels", place, "tier"), level.tier, rungs)
        if scheme.dimension == "status":
            yield from _status(scheme, path)
    status = [number for number, scheme in enumerate(profile.schemes) if scheme.dimension == "status"]
    for number in status[1:]:
        yield Defect(("schemes", number, "dimension"), "one scheme of dimension status", "status")
    for number, fact in enumerate(profile.facts):
        if fact.id in FACT_NAMES or fact.id in _RESERVED:
            yield Defect(("facts", number, "id"), "a name that no fact of every case has", fact.id)
    yield from repeated((fact.id for fact in profile.facts), ("facts",), "id")


def _status(scheme: SchemeTable, path: Path) -> Iterator[Defect]:
    for place, level in enumerate(scheme.levels):
        yield from one_of((*path, "levels", place, "id"), level.id, STATUS)
        if level.when:
            yield Defect((*path, "levels", place, "when"), "no condition: the clocks give the status", level.when)


def _conditions(profile: ProfileTable) -> Iterator[Defect]:
    kinds = fact_kinds(profile)
    ids = _ids(profile)
    for path, text in conditions(profile):
        try:
            found = parse(text, kinds)
        except ExpressionError as error:
            expected, column = error.fields["expected"], error.fields["column"]
            yield Defect(path, f"at character {column}: {expected}", error.fields["found"])
            continue
        for name, value in found.mentions:
            if name == "category":
                yield from prefixes(path, value, categories(profile))
            elif name in ids and value not in ids[name]:
                yield Defect(path, f"{name}: one of {', '.join(ids[name])}", value)


def _ids(profile: ProfileTable) -> Mapping[str, list[str]]:
    """What a fact may be compared with, where the profile names it all."""
    steps = [step.id for workflow in profile.workflows for step in workflow.steps]
    return {
        "tier": [rung.id for rung in profile.ladder],
        "workflow": [workflow.id for workflow in profile.workflows],
        "step": list(dict.fromkeys(steps)),
        "category_kind": ["component", "event"],
        **{scheme.id: [level.id for level in scheme.levels] for scheme in profile.schemes},
    }


def conditions(profile: ProfileTable) -> Iterator[tuple[Path, str]]:
    """Every condition of the profile and where it stands."""
    places: list[tuple[Path, str | None]] = []
    for number, scheme in enumerate(profile.schemes):
        places += [(("schemes", number, "levels", n, "when"), level.when) for n, level in enumerate(scheme.levels)]
    for number, clock in enumerate(profile.clocks):
        places.append((("clocks", number, "when"), clock.when))
    for number, report in enumerate(profile.reports):
        places.append((("reports", number, "when"), report.when))
    places.append((("visits", "follow_up_when"), profile.visits.follow_up_when))
    for number, rung in enumerate(profile.ladder):
        places.append((("ladder", number, "when"), rung.when))
    sets = [(("workflows", n), workflow.moves) for n, workflow in enumerate(profile.workflows)]
    sets += [(("common_moves", n), common.moves) for n, common in enumerate(profile.common_moves)]
    for path, moves in sets:
        for number, move in enumerate(moves):
            here = (*path, "moves", number)
            places.append(((*here, "when"), move.when))
            places += [((*here, "branches", n, "when"), branch.when) for n, branch in enumerate(move.branches)]
    return ((path, text) for path, text in places if text)


def _reports(profile: ProfileTable) -> Iterator[Defect]:
    yield from repeated((report.id for report in profile.reports), ("reports",), "id")
    for number, report in enumerate(profile.reports):
        yield from span(("reports", number, "limit"), report.limit)
        yield from span(("reports", number, "follow_up"), report.follow_up)
        yield from repeated(report.recipients, ("reports", number, "recipients"), "")


def _plans(profile: ProfileTable) -> Iterator[Defect]:
    """Its units exist, and one of them leads (K08-R1)."""
    yield from repeated((plan.id for plan in profile.plans), ("plans",), "id")
    for number, plan in enumerate(profile.plans):
        yield from _plan(plan, ("plans", number), profile)


def _plan(plan: PlanTable, path: Path, profile: ProfileTable) -> Iterator[Defect]:
    units = [unit.code for unit in profile.units]
    yield from one_of((*path, "lead"), plan.lead, units)
    yield from prefixes((*path, "category"), plan.category, categories(profile))
    yield from repeated((member.unit for member in plan.members), (*path, "members"), "unit")
    for place, member in enumerate(plan.members):
        yield from one_of((*path, "members", place, "unit"), member.unit, units)
        if member.unit == plan.lead:
            yield Defect((*path, "members", place, "unit"), "a unit other than the lead", member.unit)


def _verification(profile: ProfileTable) -> Iterator[Defect]:
    roles = [role.id for role in profile.roles]
    for number, role in enumerate(profile.verification.chain):
        yield from one_of(("verification", "chain", number), role, roles)
    yield from repeated(profile.verification.chain, ("verification", "chain"), "")
    yield from repeated((f.id for f in profile.verification.findings), ("verification", "findings"), "id")
    powers = {power for role in profile.roles for power in role.powers}
    if profile.booking_power not in powers:
        yield Defect(("booking_power",), "a power that some role holds", profile.booking_power)


def _posts(profile: ProfileTable) -> Iterator[Defect]:
    planes = [plane.id for plane in profile.planes]
    yield from repeated(planes, ("planes",), "id")
    yield from repeated((kind.id for kind in profile.node_kinds), ("node_kinds",), "id")
    for number, unit in enumerate(profile.units):
        yield from repeated(unit.days, ("units", number, "days"), "")
        if unit.days and unit.stationing != "rotating":
            yield Defect(("units", number, "days"), "the stationing rotating for days", unit.stationing)
    yield from repeated((post.id for post in profile.posts), ("posts",), "id")
    for number, post in enumerate(profile.posts):
        yield from one_of(("posts", number, "role"), post.role, [role.id for role in profile.roles])
        yield from one_of(("posts", number, "tier"), post.tier, [tier.number for tier in profile.tiers])
    for number, tier in enumerate(profile.tiers):
        if tier.plane is not None:
            yield from one_of(("tiers", number, "plane"), tier.plane, planes)
    for number, role in enumerate(profile.roles):
        for place, plane in enumerate(role.planes):
            yield from one_of(("roles", number, "planes", place), plane, planes)
    if profile.band is not None and profile.band.low > profile.band.high:
        yield Defect(("band", "high"), f"at least {profile.band.low}, the lower end", profile.band.high)


def _nets(profile: ProfileTable) -> Iterator[Defect]:
    """A category belongs to one net at most (K01-R4)."""
    yield from repeated((net.id for net in profile.nets), ("nets",), "id")
    holders: dict[str, str] = {}
    for number, net in enumerate(profile.nets):
        for place, prefix in enumerate(net.categories):
            path: Path = ("nets", number, "categories", place)
            yield from prefixes(path, prefix, categories(profile))
            for category in categories(profile):
                if category == prefix or category.startswith(prefix + "."):
                    holder = holders.setdefault(category, net.id)
                    if holder != net.id:
                        yield Defect(path, f"categories that are not in the net {holder}", category)
                        break


def _number_form(form: str) -> Iterator[Defect]:
    """Fields in braces of which one makes every number a new one (K02-R2)."""
    fault = _fault()
    if fault is not None:
        found = fault(form)
        if found:
            yield Defect(("number_form",), found, form)
        return
    try:
        fields = [name for _, name, _, _ in Formatter().parse(form) if name is not None]
    except ValueError:
        fields = []
    if "serial" not in fields or set(fields) - set(_FORM):
        yield Defect(("number_form",), "a form with {serial}, and of {date}, {node}, {profile} as you like", form)


def _fault() -> Callable[[str], str | None] | None:
    try:
        from store.rules.numbering import fault
    except ImportError:
        return None
    return fault
