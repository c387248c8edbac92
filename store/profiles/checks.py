"""Cross-checks of a profile: every name that one part uses is defined in another, and nothing contradicts itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from store.profiles import (
    checks_devices,
    checks_govern,
    checks_intake,
    checks_loop,
    checks_notices,
    checks_time,
    checks_warnings,
)
from store.profiles.building import Defect
from store.profiles.checks_calendar import calendar_defects
from store.profiles.checks_words import one_of, repeated
from store.profiles.schema import ProfileTable
from store.profiles.source import Path

__all__ = ["Defect", "calendar_defects", "defects"]


def defects(profile: ProfileTable) -> Iterator[Defect]:
    """What does not fit together, part by part."""
    yield from _tree(profile)
    yield from _categories(profile)
    yield from checks_loop.defects(profile)
    yield from checks_time.defects(profile)
    yield from checks_govern.defects(profile)
    yield from checks_intake.defects(profile)
    yield from checks_devices.defects(profile)
    yield from checks_warnings.defects(profile)
    yield from checks_notices.defects(profile)


def _tree(profile: ProfileTable) -> Iterator[Defect]:
    yield from repeated((t.number for t in profile.tiers), ("tiers",), "number")
    yield from repeated((level.number for level in profile.levels), ("levels",), "number")
    yield from repeated((level.short for level in profile.levels), ("levels",), "short")
    yield from repeated((unit.code for unit in profile.units), ("units",), "code")
    yield from repeated((role.id for role in profile.roles), ("roles",), "id")
    yield from repeated((kind.kind for kind in profile.patrol.kinds), ("patrol", "kinds"), "kind")
    for number, tier in enumerate(sorted(t.number for t in profile.tiers)):
        if tier != number + 1:
            yield Defect(("tiers", number, "number"), f"tiers numbered from 1 without a gap: {number + 1}", tier)


def _categories(profile: ProfileTable) -> Iterator[Defect]:
    yield from repeated((category.id for category in profile.categories), ("categories",), "id")
    words: dict[str, str] = {}
    for number, category in enumerate(profile.categories):
        for place, word in enumerate(category.words):
            holder = words.setdefault(word.casefold(), category.id)
            if holder != category.id or Counter(w.casefold() for w in category.words)[word.casefold()] > 1:
                yield Defect(("categories", number, "words", place), f"a word not used by {holder}", word)
    yield from one_of(("default_workflow",), profile.default_workflow, [w.id for w in profile.workflows])
    yield from one_of(("default_category",), profile.default_category, [c.id for c in profile.categories])
    levels = [level.number for level in profile.levels]
    units = [unit.code for unit in profile.units]
    for number, category in enumerate(profile.categories):
        path: Path = ("categories", number)
        yield from one_of((*path, "level"), category.level, levels)
        for place, unit in enumerate(category.units):
            yield from one_of((*path, "units", place), unit, units)
        if category.workflow is not None:
            yield from one_of((*path, "workflow"), category.workflow, [w.id for w in profile.workflows])
        if category.automatic and not category.units:
            yield Defect((*path, "automatic"), "units to dispatch to")
