"""Cross-checks of early-warning rules and data feeds: streams that are there, kinds that fit, no person (K17-T4)."""

from __future__ import annotations

from collections.abc import Iterator

from store.profiles.building import Defect
from store.profiles.checks_words import categories, one_of, prefixes, repeated
from store.profiles.schema import ProfileTable
from store.profiles.schema_reporting import WarningTable
from store.profiles.schema_words import LimitTable
from store.profiles.source import Path
from store.rules import persons
from store.rules.warnings import LENGTHS

STREAMS = "cases, alarms:KIND, reading:METRIC or data:FEED"
NOT_YET = "a stream with numbers: tasks have none yet, and a rule on them would never hold"
PLACES_ONLY = "a place, a category, a device or a firm: no rule looks at persons"
BY = {
    "cases": {"grid", "category", "place"}, "alarms": {"grid", "device"}, "reading": {"grid", "device"},
    "data": {"grid", "place"},
}  # fmt: skip
"""What a warning can be about, by the stream that it rests on."""


def defects(profile: ProfileTable) -> Iterator[Defect]:
    yield from repeated((rule.id for rule in profile.warnings), ("warnings",), "id")
    yield from repeated((feed.id for feed in profile.feeds), ("feeds",), "id")
    for number, feed in enumerate(profile.feeds):
        for name, text in (("id", feed.id), ("zh", feed.zh), ("en", feed.en)):
            yield from _no_person(("feeds", number, name), text)
    for number, rule in enumerate(profile.warnings):
        path: Path = ("warnings", number)
        yield from _words(path, rule)
        yield from _names(profile, path, rule)
        yield from _lengths(path, rule)
        yield from _streams(profile, path, rule)
        yield from _kind(path, rule)


def _no_person(path: Path, text: str) -> Iterator[Defect]:
    word = persons.word(text)
    if word:
        yield Defect(path, PLACES_ONLY, word)


def _words(path: Path, rule: WarningTable) -> Iterator[Defect]:
    named = [("id", rule.id), ("zh", rule.zh), ("en", rule.en), ("stream", rule.stream), ("over", rule.over or "")]
    for name, text in named:
        yield from _no_person((*path, name), text)
    for place, part in enumerate(rule.parts):
        yield from _no_person((*path, "parts", place, "stream"), part.stream)


def _names(profile: ProfileTable, path: Path, rule: WarningTable) -> Iterator[Defect]:
    known, units = categories(profile), [unit.code for unit in profile.units]
    yield from one_of((*path, "level"), rule.level, [level.number for level in profile.levels])
    yield from prefixes((*path, "category"), rule.category, known)
    yield from prefixes((*path, "over_category"), rule.over_category, known)
    for place, part in enumerate(rule.parts):
        yield from prefixes((*path, "parts", place, "category"), part.category, known)
    if rule.case_category is not None:
        yield from one_of((*path, "case_category"), rule.case_category, known)
    if rule.verify is not None:
        yield from one_of((*path, "verify"), rule.verify, units)
    for place, recipient in enumerate(rule.recipients):
        yield from one_of((*path, "recipients", place), recipient, units)
    if rule.tier is not None:
        yield from one_of((*path, "tier"), rule.tier, [tier.number for tier in profile.tiers])
        if "grid" not in rule.by:
            yield Defect((*path, "tier"), '"grid" in `by`, or no tier', rule.tier)


def _lengths(path: Path, rule: WarningTable) -> Iterator[Defect]:
    lengths: tuple[tuple[str, LimitTable | None], ...] = (
        ("window", rule.window), ("quiet", rule.quiet), ("ahead", rule.ahead),
    )  # fmt: skip
    for name, limit in lengths:
        if limit is not None and limit.unit not in LENGTHS:
            yield Defect((*path, name, "unit"), f"one of {', '.join(LENGTHS)}", limit.unit)


def _streams(profile: ProfileTable, path: Path, rule: WarningTable) -> Iterator[Defect]:
    feeds = [feed.id for feed in profile.feeds]
    named: list[tuple[Path, str]] = [((*path, "stream"), rule.stream)]
    named += [((*path, "over"), rule.over)] if rule.over is not None else []
    named += [((*path, "parts", place, "stream"), part.stream) for place, part in enumerate(rule.parts)]
    for where, stream in named:
        kind, colon, name = stream.partition(":")
        if kind == "tasks":
            yield Defect(where, NOT_YET, stream)
        elif kind not in BY or (kind == "cases") == bool(colon) or (kind != "cases" and not name):
            yield Defect(where, f"a stream: {STREAMS}", stream)
        elif kind == "data":
            yield from one_of(where, name, feeds)
        elif kind == "reading" and "*" in name:
            yield Defect(where, "the name of one metric", stream)
        if kind in BY and not set(rule.by) <= BY[kind]:
            yield Defect((*path, "by"), f"of {stream} only {', '.join(sorted(BY[kind]))}", ", ".join(rule.by))


def _kind(path: Path, rule: WarningTable) -> Iterator[Defect]:
    if rule.threshold <= 0:
        yield Defect((*path, "threshold"), "a number above 0", rule.threshold)
    if (rule.over is not None) != (rule.kind == "ratio"):
        expected = "the stream that it is a share of" if rule.kind == "ratio" else "`over` only where kind is ratio"
        yield Defect((*path, "over"), expected, rule.over or "")
    if bool(rule.parts) != (rule.kind == "mix"):
        expected = "the sources and their weights" if rule.kind == "mix" else "`parts` only where kind is mix"
        yield Defect((*path, "parts"), expected, len(rule.parts))
    if rule.kind == "mix" and rule.stream not in [part.stream for part in rule.parts]:
        yield Defect((*path, "stream"), "the stream of one of its parts", rule.stream)
    if rule.kind == "growth":
        if not rule.stream.startswith("reading:"):
            yield Defect((*path, "stream"), "reading:METRIC, for growth is seen within minutes", rule.stream)
        if rule.window.unit == "day":
            yield Defect((*path, "window", "unit"), "minute or hour", rule.window.unit)
        if rule.threshold <= 1:
            yield Defect((*path, "threshold"), "a factor above 1", rule.threshold)
    if (rule.absent_after is not None) != (rule.kind == "absence"):
        expected = "a local time such as 18:00:00" if rule.kind == "absence" else "`absent_after` only for absence"
        yield Defect((*path, "absent_after"), expected, rule.absent_after or "")
    if rule.kind == "absence" and rule.by != ["grid"]:
        yield Defect((*path, "by"), '["grid"]: nodes owe reports', ", ".join(rule.by))
