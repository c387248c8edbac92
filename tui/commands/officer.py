"""`officer add / list / grant / revoke / suspend / readmit / roles`: who may act, and with which roles (K23)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.commands.post import span, spanned
from tui.commands.table import Column
from tui.language import N_, label, tr

if TYPE_CHECKING:
    from store.rules.powers import Held
    from store.rules.state import Actor
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
    leaf.add_argument("--telephone", metavar="NUMBER", help=tr("the work telephone, for the grid card"))
    group.command("list", tr("list the officers"), show)
    for name, help, run in (
        ("grant", tr("give an officer a role, from a day or until one"), grant),
        ("revoke", tr("take a role away, at once"), revoke),
    ):
        leaf = group.command(name, help, run)
        leaf.add_argument("code", metavar="CODE", help=tr("the code of the officer"))
        leaf.add_argument("role", metavar="ROLE", help=tr("a role of the profile"))
        if name == "grant":
            span(leaf)
    for name, help, run in (
        ("suspend", tr("let an officer do nothing from now on"), suspend),
        ("readmit", tr("let a suspended officer act again"), readmit),
    ):
        group.command(name, help, run).add_argument("code", metavar="CODE", help=tr("the code of the officer"))
    group.command("roles", tr("the roles of the profile and their powers"), roles)


def enter(call: Call) -> int:
    """`{"officer": {"code", "name", "roles": […], "unit": code | null}, "changed": bool}`.

    While no officer may administer the store, anyone who can write its file may enter one.
    """
    from store.actions.people import officers

    args = call.args
    changed = call.store.write(
        officers.add, call.profile, _by(call), call.now, args.code, args.name, args.role, unit=args.unit,
        telephone=args.telephone,
    )  # fmt: skip
    if call.json:
        entered = {"code": args.code, "name": args.name, "roles": args.role, "unit": args.unit}
        return call.document({"officer": entered, "changed": changed})
    said = N_("Officer {code} entered.") if changed else N_("Officer {code}: nothing to change.")
    return call.say(tr(said, code=args.code))


def _by(call: Call) -> Actor:
    """The acting officer; while nobody may administer the store, the program itself."""
    from store.actions.people.officers import FOUNDER
    from store.views import people

    rows = call.read(people.officers)
    for row in rows:
        names = {*row.roles, *(held.role for held in row.held)} if row.active else set()
        found = [call.profile.role(name) for name in names]
        if any(role is not None and "administer" in role.powers for role in found):
            return call.actor
    return FOUNDER


def grant(call: Call) -> int:
    """`{"officer": code, "role": id, "from": instant, "to": instant | null}`."""
    from store.actions.people import officers

    args, (starts, ends) = call.args, spanned(call)
    call.store.write(officers.grant, call.profile, call.actor, call.now, args.code, args.role, starts, ends)
    if call.json:
        return call.document({"officer": args.code, "role": args.role, "from": starts or call.now, "to": ends})
    return call.say(tr("{officer} has the role {role}.", officer=args.code, role=args.role))


def revoke(call: Call) -> int:
    """`{"officer": code, "role": id}`."""
    from store.actions.people import officers

    args = call.args
    call.store.write(officers.revoke, call.profile, call.actor, call.now, args.code, args.role)
    if call.json:
        return call.document({"officer": args.code, "role": args.role})
    return call.say(tr("{officer} no longer has the role {role}.", officer=args.code, role=args.role))


def suspend(call: Call, *, active: bool = False) -> int:
    """`{"officer": code, "active": bool, "changed": bool}`."""
    from store.actions.people import officers

    code = call.args.code
    changed = call.store.write(officers.suspend, call.profile, call.actor, call.now, code, active=active)
    if call.json:
        return call.document({"officer": code, "active": active, "changed": changed})
    said = N_("{officer} may act again.") if active else N_("{officer} is suspended and can do nothing.")
    return call.say(tr(said, officer=code))


def readmit(call: Call) -> int:
    """As `officer suspend`."""
    return suspend(call, active=True)


def show(call: Call) -> int:
    """`{"officers": [{code, name, roles, unit, active, telephone, held: [{role, by, post, valid_to, …}…]}…]}`."""
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
    roles += [_held(call, held) for held in row.held]
    name = row.name if row.active else tr("{name} (no longer active)", name=row.name)
    return [row.code, name, ", ".join(roles), row.unit or ""]


def _held(call: Call, held: Held) -> str:
    """A grant or a post in a few words; the role of a post is named by its kind."""
    if held.by == "grant":
        found = call.profile.role(held.role)
        return label(found.label) if found else held.role
    return tr("post {post} (deputy)", post=held.post) if held.by == "deputy" else tr("post {post}", post=held.post)


def roles(call: Call) -> int:
    """`{"powers": [id…], "roles": [{id, label, powers: [id…], planes: [id…]}…], "separation": [pair…]}`."""
    powers = sorted({power for role in call.profile.roles for power in role.powers})
    if call.json:
        found = [
            {"id": role.id, "label": role.label, "powers": sorted(role.powers), "planes": role.planes}
            for role in call.profile.roles
        ]
        return call.document({"powers": powers, "roles": found, "separation": call.profile.separation})
    for role in call.profile.roles:
        call.say(tr("{role} ({id})", role=label(role.label), id=role.id))
        call.say("    " + ", ".join(tr(POWERS[power]) if power in POWERS else power for power in sorted(role.powers)))
    return 0


POWERS = {
    "command": N_("command and dispatch"), "divert": N_("diversion and assignment"),
    "supervise": N_("supervision"), "assess": N_("assessment, reward and penalty"),
    "record": N_("record what units say"),
    "verify": N_("independent verification"), "close": N_("closing"), "report": N_("reporting"),
    "read": N_("reading"),
    "acknowledge": N_("acknowledging alerts"), "duty": N_("taking a shift"), "administer": N_("administration"),
    "audit": N_("reading the whole log"),
}  # fmt: skip
