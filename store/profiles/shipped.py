"""The profiles and calendars that come with the program, as texts."""

from __future__ import annotations

from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

PARTS = "parts"
"""Folder of texts that profiles build on and that are no profiles of their own."""


def folder() -> Traversable:
    return resources.files("store.profiles")


def _stems(where: Traversable) -> list[str]:
    return sorted(item.name.removesuffix(".toml") for item in where.iterdir() if item.name.endswith(".toml"))


@cache
def names() -> tuple[str, ...]:
    """Ids of the profiles that ship with the program, in order."""
    return tuple(_stems(folder()))


@cache
def parts() -> tuple[str, ...]:
    """Names of the texts that profiles may build on beside other profiles."""
    return tuple(_stems(folder() / PARTS))


def text(name: str) -> str | None:
    """The text of a profile or part; None where there is none of that name."""
    if name in names():
        return (folder() / f"{name}.toml").read_text(encoding="utf-8")
    if name in parts():
        return (folder() / PARTS / f"{name}.toml").read_text(encoding="utf-8")
    return None


@cache
def calendars() -> tuple[str, ...]:
    """Names of the calendars; each has a file a year."""
    return tuple(sorted({stem.rpartition("_")[0] for stem in _stems(folder() / "calendars")}))
