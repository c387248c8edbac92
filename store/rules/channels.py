"""Which channel a report came in by: by its own word, its connector, or the one for what names none (K03-R1, R12)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from store.profiles.model import Category, Profile
from store.profiles.reporting import Channel

NOBODY_NAMED = ""


@dataclass(frozen=True, slots=True)
class Way:
    """The way a report came: `channel` is the one it is counted as, `said` what it was before aliases."""

    id: str
    """Id of the channel that counts, or the source's own word where the profile knows none."""
    said: str
    channel: Channel | None = None

    @property
    def sorts(self) -> bool:
        return self.channel is not None and self.channel.sorts


@lru_cache(maxsize=32)
def _names(profile: Profile) -> Mapping[str, Channel]:
    """Every word that means a channel; an id goes before a number, a number before a label or a line behind it."""
    found: dict[str, Channel] = {}
    for words in (
        lambda c: (c.id,), lambda c: (c.number,), lambda c: (c.label.zh, c.label.en), lambda c: c.behind,
    ):  # fmt: skip
        for channel in profile.channels:
            for word in words(channel):
                if word.strip():
                    found.setdefault(word.strip().casefold(), channel)
    return found


@lru_cache(maxsize=32)
def _claims(profile: Profile) -> Mapping[str, Channel]:
    return {source: channel for channel in reversed(profile.channels) for source in channel.sources}


def counted(profile: Profile, channel: Channel) -> Channel:
    """The channel that an alias stands for, over any number of aliases (K03-R12)."""
    seen = {channel.id}
    while channel.alias_of is not None and channel.alias_of not in seen:
        behind = profile.channel(channel.alias_of)
        if behind is None:
            break
        channel = behind
        seen.add(channel.id)
    return channel


@lru_cache(maxsize=4096)
def way(profile: Profile, said: str, source: str, kind: str = "", *, unknown: bool = True) -> Way:
    """The way of a report whose source is the connector `source` of `kind` and which itself says `said`.

    `unknown` lets the profile's channel for what names none take it; a report by hand or by a device stays its own.
    """
    names, claims = _names(profile), _claims(profile)
    found = names.get(said.strip().casefold()) or claims.get(source) or claims.get(kind)
    if found is None and unknown:
        found = profile.channel(profile.intake.unknown)
    if found is None:
        return Way(said or source, said)
    return Way(counted(profile, found).id, found.id, counted(profile, found))


def duty(profile: Profile, category: Category | None, channel: Channel | None) -> str | None:
    """The unit whose duty it is: the line's own unit, else the first of the category's (K03-R5, R6)."""
    if channel is not None and channel.passes_to is not None:
        return channel.passes_to
    return category.units[0] if category is not None and category.units else None
