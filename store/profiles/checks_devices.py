"""Cross-checks of device kinds and rules (K16)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import time

from store.profiles.building import Defect
from store.profiles.checks_words import categories, one_of, repeated
from store.profiles.schema import ProfileTable
from store.profiles.schema_reporting import DeviceRuleTable
from store.profiles.source import Path

PERSON = re.compile(
    r"(^|[_.+-])(face|facial|person_id|identity|plate|licen[cs]e|driver|resident|gait|fingerprint|biometric|name)"
    r"([_.+-]|s?$)"
)
"""Kinds of alarm and metrics that would recognise a person or a vehicle's owner (K16-R7)."""


def defects(profile: ProfileTable) -> Iterator[Defect]:
    yield from repeated((kind.id for kind in profile.device_kinds), ("device_kinds",), "id")
    yield from repeated((kind.short for kind in profile.device_kinds), ("device_kinds",), "short")
    yield from repeated((kind.id for kind in profile.place_kinds), ("place_kinds",), "id")
    yield from repeated((rule.id for rule in profile.device_rules), ("device_rules",), "id")
    known = categories(profile)
    if profile.devices.fault_category is not None:
        yield from one_of(("devices", "fault_category"), profile.devices.fault_category, known)
    for number, rule in enumerate(profile.device_rules):
        yield from _rule(profile, rule, ("device_rules", number), known)


def _rule(profile: ProfileTable, rule: DeviceRuleTable, path: Path, known: list[str]) -> Iterator[Defect]:
    yield from one_of((*path, "category"), rule.category, known)
    for column, values, names in (
        ("kinds", rule.kinds, [kind.id for kind in profile.device_kinds]),
        ("places", rule.places, [kind.id for kind in profile.place_kinds]),
    ):
        for place, value in enumerate(values):
            yield from one_of((*path, column, place), value, names)
    if rule.level is not None:
        yield from one_of((*path, "level"), rule.level, [level.number for level in profile.levels])
    if rule.mode is not None:
        yield from one_of((*path, "mode"), rule.mode, [mode.id for mode in profile.modes])
    if rule.plan is not None:
        yield from one_of((*path, "plan"), rule.plan, [plan.id for plan in profile.plans])
    if bool(rule.alarms) == bool(rule.metric):
        yield Defect(path, "alarms or a metric, and not both", rule.id)
    yield from _person(rule, path)
    yield from _threshold(rule, path)
    yield from _hours(rule, path)


def _person(rule: DeviceRuleTable, path: Path) -> Iterator[Defect]:
    for place, kind in enumerate(rule.alarms):
        if PERSON.search(kind):
            yield Defect((*path, "alarms", place), "a thing or a state, never a person or a plate", kind)
    if rule.metric and PERSON.search(rule.metric):
        yield Defect((*path, "metric"), "a thing or a state, never a person or a plate", rule.metric)


def _threshold(rule: DeviceRuleTable, path: Path) -> Iterator[Defect]:
    given = [name for name in ("above", "below", "clear") if getattr(rule, name) is not None]
    if not rule.metric:
        for name in given:
            yield Defect((*path, name), "a metric beside it", getattr(rule, name))
        if rule.unit:
            yield Defect((*path, "unit"), "a metric beside it", rule.unit)
        return
    if rule.severity != "minor":
        yield Defect((*path, "severity"), "alarms beside it", rule.severity)
    if rule.above is None and rule.below is None:
        yield Defect(path, "above or below", rule.id)
    if rule.above is not None and rule.below is not None:
        if rule.clear is not None:
            yield Defect((*path, "clear"), "above or below, and not both", rule.clear)
        if rule.below >= rule.above:
            yield Defect((*path, "below"), "less than above", rule.below)
    elif rule.clear is not None and rule.above is not None and rule.clear > rule.above:
        yield Defect((*path, "clear"), "at most above", rule.clear)
    elif rule.clear is not None and rule.below is not None and rule.clear < rule.below:
        yield Defect((*path, "clear"), "at least below", rule.clear)


def _hours(rule: DeviceRuleTable, path: Path) -> Iterator[Defect]:
    if (rule.starts is None) != (rule.ends is None):
        given = "starts" if rule.starts is not None else "ends"
        yield Defect((*path, given), "starts and ends, or neither", str(rule.starts or rule.ends))
    for name in ("starts", "ends"):
        at: time | None = getattr(rule, name)
        if at is not None and at.tzinfo is not None:
            yield Defect((*path, name), "a local time without a zone", str(at))
