"""Which profile governs a case: the version it was filed under, or the one in force."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

from sqlalchemy import select
from sqlmodel import Session, col

from store.errors import Unavailable
from store.profiles import loader
from store.profiles.building import Find, Text
from store.profiles.model import Profile
from store.records.governing import ProfileText

_known: dict[tuple[str, str], Profile] = {}
"""Profiles by id and version; a version is a hash of the text, so that one never changes."""
_reading = Lock()
STORED = "store:"
"""Before a name in `extends`: the profile of that name in the store, not the one that ships."""


def profile_of(session: Session, profile: Profile, profile_id: str, version: str) -> Profile:
    """The profile `profile_id` as it was in `version`; `profile` itself where it is the same.

    Raises `Unavailable` `profile_gone` when the store does not have that version.
    """
    if (profile_id, version) in (("", version), (profile.id, profile.version)):
        return profile
    return _known.get((profile_id, version)) or _read(session, profile_id, version)


def profiles(session: Session, profile: Profile) -> tuple[Profile, ...]:
    """Every profile in force in this store, the store's own first; new cases may be filed under any of them.

    `profile` is the store's own as the caller knows it; a newer version of it that was taken meanwhile governs.
    """
    rows = session.execute(
        select(col(ProfileText.profile), col(ProfileText.version))
        .where(col(ProfileText.current))
        .order_by(col(ProfileText.profile))
    ).all()
    versions: dict[str, str] = {row.profile: row.version for row in rows}
    own = profile_of(session, profile, profile.id, versions.pop(profile.id, profile.version))
    return (own, *(profile_of(session, profile, name, version) for name, version in versions.items()))


def current(session: Session, profile_id: str) -> Profile:
    """The version of a profile that new cases are filed under; the shipped one where the store has no text of it.

    Raises `BadInput` `unknown_profile`.
    """
    version = session.execute(
        select(col(ProfileText.version)).where(col(ProfileText.profile) == profile_id, col(ProfileText.current))
    ).scalar_one_or_none()
    if version is None:
        return loader.load(profile_id)
    return _known.get((profile_id, version)) or _read(session, profile_id, version)


def _read(session: Session, profile_id: str, version: str) -> Profile:
    text = session.execute(
        select(col(ProfileText.text)).where(
            col(ProfileText.profile) == profile_id, col(ProfileText.version) == version
        )
    ).scalar_one_or_none()
    if text is None:
        raise Unavailable("profile_gone", profile=profile_id, version=version)
    with _reading:
        # One object for one version: caches are keyed by it.
        found = _known.get((profile_id, version))
        if found is None:
            found = _known[profile_id, version] = loader.stored(text, f"{profile_id}.toml", version)
        return found


def finder(texts: Sequence[tuple[str, str]]) -> Find:
    """What `extends` means beside a store: a path, a shipped profile, or one of `texts` (id, canonical text)."""
    stored = dict(texts)

    def find(name: str, asking: Text) -> Text:
        wanted = name.removeprefix(STORED)
        if wanted in stored and (name != wanted or wanted not in loader.names()):
            return Text(stored[wanted], f"{STORED}{wanted}", key=f"{STORED}{wanted}")
        if name != wanted:
            raise LookupError("one of " + ", ".join(f"{STORED}{known}" for known in sorted(stored)))
        return loader.by_name(name, asking)

    return find


def texts(session: Session) -> tuple[tuple[str, str], ...]:
    """(id, canonical text) of every profile in force in the store."""
    rows = session.execute(
        select(col(ProfileText.profile), col(ProfileText.text)).where(col(ProfileText.current))
    ).all()
    return tuple((name, text) for name, text in rows)
