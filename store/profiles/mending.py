"""A profile without what its form forbids, so that the rest of it can be checked in the same run."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from store.profiles.building import Built
from store.profiles.places import key_of
from store.profiles.source import Path


def mended(built: Built, wrong: Iterable[Path]) -> tuple[dict[str, Any], set[Any]]:
    """The data with each wrong value taken from the profile below, or its table left out; and the names left out so.

    The result may still be unusable; it only serves to find further defects.
    """
    data = copy.deepcopy(built.data)
    gone: set[Any] = set()
    # From the end, so that a table that is left out moves no other path.
    for path in sorted(wrong, key=str, reverse=True):
        _mend(data, built.below, path, gone)
    return data, gone


def completed(data: dict[str, Any], base: dict[str, Any], missing: Iterable[Path]) -> dict[str, Any]:
    """The data with keys that are missing at the top or in a table of its own taken from `base`, where it has them."""
    whole = copy.deepcopy(data)
    for path in missing:
        here: Any = whole
        there: Any = base
        for part in path[:-1]:
            here = here.get(part) if isinstance(here, dict) else None
            there = there.get(part) if isinstance(there, dict) else None
        if isinstance(here, dict) and isinstance(there, dict) and path[-1] in there:
            here[str(path[-1])] = there[str(path[-1])]
    return whole


def _mend(data: Any, below: Any, path: Path, gone: set[Any]) -> None:
    """Walk both at once by the keys of tables; put the value from below, else drop the innermost table of a list."""
    drop: tuple[list[Any], int] | None = None
    for number, part in enumerate(path):
        last = number + 1 == len(path)
        if isinstance(data, list) and isinstance(part, int) and part < len(data):
            drop = (data, part)
            key = key_of(data[part])
            below = next((item for item in below if key_of(item) == key), None) if isinstance(below, list) else None
            data = data[part]
        elif isinstance(data, dict) and part in data:
            below = below.get(part) if isinstance(below, dict) else None
            if last and below is not None:
                data[part] = copy.deepcopy(below)
                return
            if last and drop is None:
                del data[part]
                return
            data = data[part]
        else:
            break
    if drop is not None and drop[1] < len(drop[0]):
        item = drop[0].pop(drop[1])
        names = item.values() if isinstance(item, dict) else (item,)
        gone.update(name for name in names if isinstance(name, str | int))
