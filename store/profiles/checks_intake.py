"""Cross-checks of channels and advice (K03)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time

from store.profiles.building import Defect
from store.profiles.checks_words import categories, one_of, repeated
from store.profiles.schema import ProfileTable
from store.profiles.source import Path


def defects(profile: ProfileTable) -> Iterator[Defect]:
    yield from _channels(profile)
    yield from _aliases(profile)
    yield from repeated((one.id for one in profile.advice), ("advice",), "id")
    if profile.intake.unknown is not None:
        yield from one_of(("intake", "unknown"), profile.intake.unknown, [one.id for one in profile.channels])


def _channels(profile: ProfileTable) -> Iterator[Defect]:
    """Every name is defined, and every word that a report may say means one channel."""
    units, known = [unit.code for unit in profile.units], categories(profile)
    yield from repeated((one.id for one in profile.channels), ("channels",), "id")
    claimed: dict[str, str] = {}
    words: dict[str, str] = {one.id: one.id for one in profile.channels}
    for number, channel in enumerate(profile.channels):
        path: Path = ("channels", number)
        if channel.category is not None:
            yield from one_of((*path, "category"), channel.category, known)
        if channel.passes_to is not None:
            yield from one_of((*path, "passes_to"), channel.passes_to, units)
        if channel.hours not in ("", "24h"):
            yield from _hours((*path, "hours"), channel.hours)
        for place, source in enumerate(channel.sources):
            if claimed.setdefault(source, channel.id) != channel.id:
                yield Defect((*path, "sources", place), f"a source not claimed by {claimed[source]}", source)
        for key, said in (("number", [channel.number]), ("behind", channel.behind)):
            for place, word in enumerate(said):
                folded = word.strip().casefold()
                if folded and words.setdefault(folded, channel.id) != channel.id:
                    at = (*path, key) if key == "number" else (*path, key, place)
                    yield Defect(at, f"a word that does not mean {words[folded]}", word)


def _hours(path: Path, hours: str) -> Iterator[Defect]:
    """`HH:MM-HH:MM`; an end before the start goes over midnight."""
    opens, _, closes = hours.partition("-")
    try:
        fit = time.fromisoformat(opens) != time.fromisoformat(closes)
    except ValueError:
        fit = False
    if not fit:
        yield Defect(path, "24h, or two different times such as 09:00-17:00", hours)


def _aliases(profile: ProfileTable) -> Iterator[Defect]:
    """An alias leads to a channel that is none, and says nothing that only that one may say (K03-R12)."""
    behind = {one.id: one.alias_of for one in profile.channels}
    for number, channel in enumerate(profile.channels):
        if channel.alias_of is None:
            continue
        path: Path = ("channels", number, "alias_of")
        if channel.alias_of not in behind:
            yield from one_of(path, channel.alias_of, list(behind))
            continue
        seen: set[str] = {channel.id}
        at: str | None = channel.alias_of
        while at is not None and at in behind and at not in seen:
            seen.add(at)
            at = behind[at]
        if at is not None and at in seen:
            yield Defect(path, "a channel that leads to no alias of this one", channel.alias_of)
        for key in ("sorts", "diverted", "category", "passes_to"):
            if getattr(channel, key):
                yield Defect(("channels", number, key), f"nothing: {channel.alias_of} says it", getattr(channel, key))
