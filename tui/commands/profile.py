"""`profile list / show / check / add`: the rules a store may work by (profiles are data)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from store.errors import BadInput, Unavailable
from tui.commands.table import Column
from tui.language import N_, label, tr
from tui.text import safe

if TYPE_CHECKING:
    from store.profiles.building import Find
    from store.profiles.model import Profile
    from store.views.profiles import VersionLine
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call

STANDS = {True: N_("in force"), False: N_("for older cases")}


def add(nouns: Nouns) -> None:
    group = nouns.group("profile", tr("the rules that stores work by"))
    group.command("list", tr("list the profiles that come with Griddesk, and those of the store"), names)
    leaf = group.command("show", tr("levels, limits, categories, roles and units of a profile"), show)
    leaf.add_argument(
        "profile", nargs="?", metavar="NAME", help=tr("the profile (that of the store); NAME@VERSION is an older one")
    )
    leaf.add_argument(
        "--resolved", action="store_true", help=tr("print it as one TOML text, with all it builds on put in")
    )
    check_leaf = group.command("check", tr("check a profile of your own"), check)
    check_leaf.add_argument("file", metavar="FILE", help=tr("the TOML file"))
    take_leaf = group.command("add", tr("put a profile, or a new version of one, into force in the store"), take)
    take_leaf.add_argument("file", metavar="FILE", help=tr("the TOML file"))
    take_leaf.add_argument("--default", action="store_true", help=tr("make it the store's own profile"))


def read(name: str) -> str:
    """The text of a file; raises `BadInput` `no_file` or `bad_file`."""
    path = Path(name)
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise BadInput("no_file", file=str(path)) from error
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput("bad_file", file=str(path), reason="UTF-8") from error


def names(call: Call) -> int:
    """`{"profiles": [{"id", "version", "label"}…], "store": [VERSION…] | null}`; `version` is a hash of the rules.

    VERSION: profile, version, label, current, default, taken_at, taken_by, open, cases. Without a store it is null.
    """
    from store.profiles import loader

    found = [loader.load(name) for name in loader.names()]
    held = _held(call)
    if call.json:
        heads = [{"id": profile.id, "version": profile.version, "label": profile.label} for profile in found]
        return call.document({"profiles": heads, "store": held})
    call.table(
        [Column(tr("name")), Column(tr("version")), Column(tr("what"), least=10)],
        [[profile.id, profile.version, label(profile.label)] for profile in found],
    )
    if held:
        call.say("", tr("In the store {location}:", location=call.store.shown))
        _tell_versions(call, held)
    return 0


def _held(call: Call) -> tuple[VersionLine, ...] | None:
    from store.views import profiles

    try:
        return call.read(profiles.versions, call.profile)
    except Unavailable as error:
        if error.code != "store_missing":
            raise
        return None


def _tell_versions(call: Call, held: tuple[VersionLine, ...]) -> None:
    from tui import wording

    call.table(
        [
            Column(tr("name")), Column(tr("version")), Column(tr("state")), Column(tr("cases"), right=True),
            Column(tr("open"), right=True), Column(tr("taken")), Column(tr("by")),
        ],
        [
            [
                line.profile, line.version,
                tr("the store's own") if line.default else tr(STANDS[line.current]), str(line.cases),
                str(line.open), wording.local_stamp(line.taken_at, call.zone, call.now), line.taken_by,
            ]
            for line in held
        ],
    )  # fmt: skip


def show(call: Call) -> int:
    """`store.profiles.model.Profile` as it is: id, version, label, tiers, ladder, workflows, levels, clocks, modes,
    schemes, facts, reports, plans, categories, units, roles, shifts, patrol and the numbers beside them.

    With `--resolved`: `{"id", "version", "text"}`, the text as canonical TOML.
    """
    name, _, version = (call.args.profile or "").partition("@")
    profile, text = _from_package(name) if _shipped(name) and not version else _stored(call, name, version)
    if call.args.resolved:
        if call.json:
            return call.document({"id": profile.id, "version": profile.version, "text": text})
        print(safe(text, len(text), lines=True), end="")
        return 0
    if call.json:
        return call.document(profile)
    _tell(call, profile)
    return 0


def _shipped(name: str) -> bool:
    from store.profiles import loader

    return name in loader.names()


def _from_package(name: str) -> tuple[Profile, str]:
    from store.profiles import loader

    return loader.load(name), loader.resolved(name)


def _stored(call: Call, name: str, version: str) -> tuple[Profile, str]:
    """A profile of the store: its own where no name is given; raises `BadInput` `unknown_profile`."""
    from store.profiles import loader
    from store.views import profiles

    held: list[str] = []
    if not name or _held(call) is not None:
        wanted = name.removeprefix("store:") or call.profile.id
        held = [line.profile for line in call.read(profiles.versions, call.profile)]
        kept = call.read(profiles.text, wanted, version or None)
        if kept is not None:
            return loader.stored(kept[1], f"{wanted}.toml", kept[0]), kept[1]
    raise BadInput("unknown_profile", profile=call.args.profile, known=list(dict.fromkeys((*loader.names(), *held))))


def check(call: Call) -> int:
    """`{"profile": {"id", "version", "label"}, "file", "builds_on": [file…]}`.

    A defect is `BadInput` `profile_invalid` with file, line, key, expected, found, more, and `defects`, all of them.
    """
    from store.profiles import building, loader

    path = call.args.file
    examined = loader.examine(read(path), str(path), _finder(call))
    if examined.profile is None:
        raise building.refusal(list(examined.defects))
    profile = examined.profile
    if call.json:
        head = {"id": profile.id, "version": profile.version, "label": profile.label}
        return call.document({"profile": head, "file": str(path), "builds_on": list(examined.files[1:])})
    call.say(
        tr(
            "{file}: profile {id} is sound: {n} categories, {clocks} limits, {workflows} workflows.",
            file=str(path), id=profile.id, n=len(profile.categories), clocks=len(profile.clocks),
            workflows=len(profile.workflows),
        )
    )  # fmt: skip
    if examined.files[1:]:
        call.say(tr("It builds on {files}.", files=", ".join(examined.files[1:])))
    return 0


def _finder(call: Call) -> Find:
    """Where `extends = "store:NAME"` is looked up; without a store there are only the shipped ones and files."""
    from store.profiles import shelf

    try:
        texts = call.read(shelf.texts)
    except Unavailable:
        texts = ()
    return shelf.finder(texts)


def take(call: Call) -> int:
    """`{"profile", "version", "before", "changed", "units": [code…]}`; `before` is the version it replaces."""
    from store.actions.house import profiles

    path = call.args.file
    taken = call.store.write(
        profiles.add, call.profile, call.actor, call.now, read(path), str(path), default=call.args.default
    )
    if call.json:
        return call.document(taken)
    if not taken.changed:
        said = N_("Profile {id} is in force in version {version} already.")
        return call.say(tr(said, id=taken.profile, version=taken.version))
    call.say(tr("Profile {id} is in force in version {version}.", id=taken.profile, version=taken.version))
    if taken.before is not None:
        call.say(tr("Cases that are open keep version {version}.", version=taken.before))
    if taken.units:
        call.say(tr("Units entered: {units}.", units=", ".join(taken.units)))
    return 0


def _tell(call: Call, profile: Profile) -> None:
    from tui.commands.profiletext import tell

    tell(call, profile)
