"""A commented scenario to start from, made of the profile's own steps, levels, clocks and units."""

from __future__ import annotations

from pathlib import Path

from store.errors import BadInput
from store.profiles import loader
from store.profiles.model import Profile

TEXT = """\
# A scenario for the profile {id}. Try it:   griddesk rehearse FILE     (the whole form: docs/rehearsal.md)
# Each step lets time pass, somebody acts, then what is expected is looked at.
title = "A report is filed and dispatched, and is due when it should be"
profile = "{name}"                      # a shipped profile, or a file beside this one: "./mine.toml"
timezone = "Asia/Shanghai"
start = "2026-03-02 09:00"            # a Monday
grids = [                             # or:  tree = "boundaries.geojson"
    {{ code = "C1", name = "一社区", kind = "community" }},
    {{ code = "G1", name = "一格", parent = "C1" }},
]
officers = [{{ code = "chen", name = "陈值班", roles = [{role}] }}]

# Try other limits before they go live, in the form of a profile:
# changes = '''
# [[clocks]]
# id = "{clock_id}"
# amount = 5
# unit = "working_day"
# '''

[[steps]]
who = "chen"
do = "report"                         # steps of the case afterwards name it by `as`, or mean the last one
as = "case"
title = "试一试"
grid = "G1"
level = {level}                             # {levels}
[steps.expect]
step = "{start}"
open = true
lists.open = {{ has = ["case"], count = 1 }}

[[steps]]
at = "+5m"                            # or "2026-03-02 09:05", "+3 working days"
{second}
[steps.expect]
open = true
# clocks.close = "2026-03-05 24:00"   # what is it due? Fill in what the rule says.
# why = ["close"]                     # the sum adds up to that second

[[steps]]
do = "reopen"
reason = "试试"
refused = "no_such_move"              # what the rules forbid is refused, and nothing changes
expect = {{ open = true, reopens = 0 }}
"""


def starter(name: str) -> str:
    """The text of a scenario that holds as it stands, for a shipped profile or a file.

    Raises `BadInput`: `unknown_profile`, `file_unreadable`, or `profile_invalid`.
    """
    profile = _profile(name)
    template = profile.workflow(profile.default_workflow)
    gentlest = profile.levels[-1]
    close = next((rule.id for rule in profile.clocks if rule.clock == "close"), profile.clocks[0].id)
    unit = profile.units[0].code if profile.units else ""
    units = " ".join(unit.code for unit in profile.units[:8])
    second = f'do = "dispatch"\nunit = "{unit}"{" " * (26 - len(unit))}# {units}'
    if not unit or template.move("dispatch", template.start) is None:
        second = 'do = "wait"                           # a deed or a move of the profile instead'
    return TEXT.format(
        id=profile.id, name=name, role=_roles(profile), clock_id=close, level=gentlest.number, start=template.start,
        second=second, levels=", ".join(f"{level.number} {level.label.en}" for level in profile.levels),
    )  # fmt: skip


def _profile(name: str) -> Profile:
    if not name.endswith(".toml"):
        return loader.load(name)
    try:
        text = Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise BadInput("file_unreadable", file=name, expected=reason or "UTF-8 text") from None
    return loader.parse(text, name)


def _roles(profile: Profile) -> str:
    """Roles that together may report, divert, command and close."""
    wanted, chosen = {"report", "divert", "command", "close"}, []
    for role in sorted(profile.roles, key=lambda role: -len(role.powers & wanted)):
        if role.powers & wanted:
            chosen.append(f'"{role.id}"')
            wanted -= role.powers
    return ", ".join(chosen)
