"""What the cross-checks of a profile have in common: defects, repeated keys, names that must exist."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence

from store.profiles.building import Defect
from store.profiles.schema import ProfileTable
from store.profiles.source import Path

__all__ = ["Defect", "categories", "one_of", "order", "prefixes", "repeated", "shares"]


def repeated(keys: Iterable[Hashable], path: Path, key: str) -> Iterator[Defect]:
    """A key that two tables of a list have."""
    seen: set[Hashable] = set()
    for number, value in enumerate(keys):
        if value in seen:
            yield Defect((*path, number, key) if key else (*path, number), "a value used once", value)
        seen.add(value)


def one_of(path: Path, value: object, known: Iterable[object]) -> Iterator[Defect]:
    names = list(known)
    if value not in names:
        shown = ", ".join(str(name) for name in names[:90])
        yield Defect(path, f"one of {shown}" if names else "nothing: none is defined", value)


def categories(profile: ProfileTable) -> list[str]:
    return [category.id for category in profile.categories]


def prefixes(path: Path, prefix: str | None, known: Collection[str]) -> Iterator[Defect]:
    """The id of a category, or of a group of them."""
    if prefix and not any(one == prefix or one.startswith(prefix + ".") for one in known):
        yield Defect(path, "the id of a category or of a group of them", prefix)


def shares(path: Path, given: Sequence[float | None]) -> Iterator[Defect]:
    """Target shares, where there are any, make a whole."""
    known = [share for share in given if share is not None]
    if known and abs(sum(known) - 1) > 1e-6:
        yield Defect(path, "shares that add up to 1", f"{sum(known):g}")


def order(path: Path, spans: Sequence[Sequence[object]]) -> Iterator[Defect]:
    """Office hours in order, each end after its start; 00:00:00 as an end is midnight."""
    from datetime import time

    for number, (opens, closes) in enumerate(spans):
        assert isinstance(opens, time) and isinstance(closes, time)
        before = spans[number - 1][1] if number else None
        early = isinstance(before, time) and (opens < before or before == time.min)
        if early or not (opens < closes or closes == time.min):
            yield Defect((*path, number), "hours in order, each end after its start", f"{opens}-{closes}")
