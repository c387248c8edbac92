"""`profile list / show / check`: the rules a store may work by (profiles are data)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from store.errors import BadInput
from tui.commands.table import Column
from tui.language import label, tr
from tui.text import safe

if TYPE_CHECKING:
    from store.profiles.model import Profile
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call


def add(nouns: Nouns) -> None:
    group = nouns.group("profile", tr("the rules that stores work by"))
    group.command("list", tr("list the profiles that come with Griddesk"), names)
    leaf = group.command("show", tr("levels, limits, categories, roles and units of a profile"), show)
    leaf.add_argument("profile", nargs="?", metavar="NAME", help=tr("the profile (that of the store)"))
    check_leaf = group.command("check", tr("check a profile of your own"), check)
    check_leaf.add_argument("file", metavar="FILE", help=tr("the TOML file"))


def names(call: Call) -> int:
    """`{"profiles": [{"id", "version", "label"}…]}`; `version` is a hash of the text."""
    from store.profiles import loader

    found = [loader.load(name) for name in loader.names()]
    if call.json:
        heads = [{"id": profile.id, "version": profile.version, "label": profile.label} for profile in found]
        return call.document({"profiles": heads})
    call.table(
        [Column(tr("name")), Column(tr("version")), Column(tr("what"), least=10)],
        [[profile.id, profile.version, label(profile.label)] for profile in found],
    )
    return 0


def show(call: Call) -> int:
    """`store.profiles.model.Profile` as it is: id, version, label, tiers, ladder, workflows, levels, clocks,
    categories, units, roles, shifts, patrol and the numbers beside them."""
    from store.profiles import loader

    profile = loader.load(call.args.profile) if call.args.profile else call.profile
    if call.json:
        return call.document(profile)
    _tell(call, profile)
    return 0


def check(call: Call) -> int:
    """`{"profile": {"id", "version", "label"}, "file"}`.

    A defect is `BadInput` `profile_invalid` with file, line, key, expected, found and more.
    """
    from store.profiles import loader

    path = Path(call.args.file)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise BadInput("no_file", file=str(path)) from error
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput("bad_file", file=str(path), reason="UTF-8") from error
    profile = loader.parse(text, str(path))
    if call.json:
        head = {"id": profile.id, "version": profile.version, "label": profile.label}
        return call.document({"profile": head, "file": str(path)})
    return call.say(
        tr(
            "{file}: profile {id} is sound: {n} categories, {clocks} limits, {workflows} workflows.",
            file=str(path), id=profile.id, n=len(profile.categories), clocks=len(profile.clocks),
            workflows=len(profile.workflows),
        )
    )  # fmt: skip


def _tell(call: Call, profile: Profile) -> None:
    call.say(f"{safe(profile.id)}  {label(profile.label)}  {safe(profile.version)}", "")
    call.table(
        [Column(tr("level")), Column(tr("name")), Column(tr("starts at"))],
        [[level.short, label(level.label), level.tier] for level in profile.levels],
    )
    call.say("")
    call.table(
        [
            Column(tr("limit")),
            Column(tr("clock")),
            Column(tr("owner")),
            Column(tr("runs from")),
            Column(tr("amount")),
        ],
        [[rule.id, label(rule.label), rule.owner, rule.start, f"{rule.amount} {rule.unit}"] for rule in profile.clocks],
    )
    call.say("")
    call.table(
        [
            Column(tr("category")),
            Column(tr("name"), least=10),
            Column(tr("level")),
            Column(tr("units"), least=6),
        ],
        [
            [item.id, label(item.label), profile.level(item.level).short, ", ".join(item.units)]
            for item in profile.categories
        ],
    )
    call.say("")
    call.table(
        [Column(tr("role")), Column(tr("name")), Column(tr("powers"), least=10)],
        [[role.id, label(role.label), ", ".join(sorted(role.powers))] for role in profile.roles],
    )
