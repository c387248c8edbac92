"""`officer add / list`: who may act, and with which roles (K23)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands.table import Column
from tui.language import N_, label, tr

if TYPE_CHECKING:
    from store.rules.workflow import Actor
    from store.views.people import OfficerRow
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call


def add(nouns: Nouns) -> None:
    group = nouns.group("officer", tr("officers and what they may do"))
    leaf = group.command("add", tr("enter an officer, or change one"), enter)
    leaf.add_argument("code", metavar="CODE", help=tr("the code that signs the journal, e.g. wang"))
    leaf.add_argument("--name", required=True, metavar="NAME", help=tr("the name as it is shown"))
    leaf.add_argument(
        "--role", action="append", required=True, metavar="ROLE", help=tr("a role of the profile; repeat")
    )
    leaf.add_argument("--unit", metavar="CODE", help=tr("the unit the officer belongs to (none: the centre)"))
    group.command("list", tr("list the officers"), show)


def enter(call: Call) -> int:
    """`{"officer": {"code", "name", "roles": […], "unit": code | null}, "changed": bool}`.

    While no officer may administer the store, anyone who can write its file may enter one.
    """
    from store.actions import officers

    args = call.args
    changed = call.store.write(
        officers.add, call.profile, _by(call), call.now, args.code, args.name, args.role, unit=args.unit
    )
    if call.json:
        entered = {"code": args.code, "name": args.name, "roles": args.role, "unit": args.unit}
        return call.document({"officer": entered, "changed": changed})
    said = N_("Officer {code} entered.") if changed else N_("Officer {code}: nothing to change.")
    return call.say(tr(said, code=args.code))


def _by(call: Call) -> Actor:
    """The acting officer; while nobody may administer the store, the program itself."""
    from store.actions.officers import FOUNDER
    from store.views import people

    rows = call.read(people.officers)
    for row in rows:
        roles = [call.profile.role(name) for name in row.roles] if row.active else []
        if any(role is not None and "administer" in role.powers for role in roles):
            return call.actor
    return FOUNDER


def show(call: Call) -> int:
    """`{"officers": [{code, name, roles, unit, active}…]}`."""
    from store.views import people

    rows = call.read(people.officers)
    if call.json:
        return call.document({"officers": rows})
    if not rows:
        return call.say(tr("No officers yet: griddesk officer add CODE --name NAME --role duty_officer."))
    columns = (
        Column(tr("code")),
        Column(tr("name"), least=8),
        Column(tr("roles"), least=10),
        Column(tr("unit")),
    )
    call.table(columns, [_cells(call, row) for row in rows])
    return 0


def _cells(call: Call, row: OfficerRow) -> list[str]:
    roles = [label(found.label) if (found := call.profile.role(name)) else name for name in row.roles]
    name = row.name if row.active else tr("{name} (no longer active)", name=row.name)
    return [row.code, name, ", ".join(roles), row.unit or ""]
