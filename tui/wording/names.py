"""The profile's own words in the place of its codes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from store.profiles.model import Profile
from store.rules import duties
from store.rules.labels import Label
from tui.language import label, tr
from tui.text import safe
from tui.wording.verbs import field

UNITS = ("unit", "before", "who", "holder")
"""Fields that may hold the code of a unit."""


def labelled(fields: Mapping[str, Any], profile: Profile | None) -> dict[str, Any]:
    """Labels in the place of the profile's codes, for the fields that hold some."""
    if profile is None:
        return {}
    named: dict[str, Any] = {}
    if "tier" in fields:
        named["tier"] = next((r.label for r in profile.ladder if r.id == fields["tier"]), fields["tier"])
    if "clock" in fields:
        named["clock"] = _clock(profile, str(fields["clock"]))
    for name in UNITS:
        if fields.get(name):
            named[name] = _unit(profile, fields[name])
    for name in ("units", "by_units"):
        if fields.get(name):
            named[name] = [_unit(profile, code) for code in fields[name]]
    named |= _governed(fields, profile)
    return named


def _clock(profile: Profile, name: str) -> Any:
    rule = next((rule for rule in profile.clocks if name in (rule.clock, rule.id)), None)
    return rule.label if rule else duties.label(profile, name) or name


def _governed(fields: Mapping[str, Any], profile: Profile) -> dict[str, Any]:
    """Schemes, facts, reports, plans, modes, moves, signers and findings."""
    named: dict[str, Any] = {}
    for name, known in (("report", profile.reports), ("plan", profile.plans), ("mode", profile.modes)):
        if fields.get(name):
            named[name] = _label(fields[name], known)
    if fields.get("finding"):
        named["finding"] = _label(fields["finding"], profile.verification.findings)
    if fields.get("facts"):
        named["facts"] = [(_label(name, profile.facts), value) for name, value in fields["facts"]]
    if "scheme" in fields:
        scheme = profile.scheme(str(fields["scheme"]))
        named["scheme"] = scheme.label if scheme else _levels(fields["scheme"])
        named["level"] = _label(fields.get("level"), scheme.levels) if scheme else _level(profile, fields.get("level"))
    moves = [move for workflow in profile.workflows for move in workflow.moves]
    if fields.get("move"):
        named["move"] = next((m.label for m in moves if m.id == fields["move"] and m.label), fields["move"])
    if fields.get("signer"):
        signers = [signer for move in moves for signer in move.gate]
        named["signer"] = _label(fields["signer"], signers)
    return named


def _levels(scheme: Any) -> Any:
    """The response level has no scheme of its own in the profile."""
    return field("level") if scheme == "level" else scheme


def _level(profile: Profile, level: Any) -> Any:
    return next((found.label for found in profile.levels if str(found.number) == str(level)), level)


def _label(wanted: Any, known: Iterable[Any]) -> Any:
    """The label of the thing with the id `wanted`; `wanted` itself where there is none."""
    return next((thing.label for thing in known if thing.id == wanted), wanted)


def _unit(profile: Profile, code: Any) -> Any:
    return next((unit.label for unit in profile.units if unit.code == code), code)


def named(term: Label | None, other: str = "") -> str:
    """A label, or the source's own word where there is none."""
    return label(term) or safe(other)


def actor(code: str, kind: str, term: Label) -> str:
    """Who acted: officers and units by name, machines of ours by what they are."""
    if kind != "machine":
        return safe(label(term))
    made_by, _, name = code.partition(":")
    return tr("source {source}", source=name) if made_by == "source" else tr("the system")
