"""`init`: a new store, its first officer, and what to do next."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from tui.commands.acting import login_name
from tui.commands.profile import read
from tui.language import tr
from tui.text import safe

if TYPE_CHECKING:
    from datetime import datetime

    from store.actions.house.opening import Store
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call

FIRST_ROLES = ["duty_officer", "administrator"]
ZONE = "Asia/Shanghai"


def add(nouns: Nouns) -> None:
    leaf = nouns.command("init", tr("make a new store"), run)
    leaf.add_argument(
        "--profile", default="street", metavar="NAME", help=tr("the rules it works by, a name or a file (street)")
    )
    leaf.add_argument("--centre", default="", metavar="NAME", help=tr("the name of the centre"))
    leaf.add_argument("--timezone", metavar="ZONE", help=tr("the centre's time zone (Asia/Shanghai)"))
    leaf.add_argument("--drill", action="store_true", help=tr("a store for drills, whose clock may be set"))
    leaf.add_argument("--start", metavar="TIME", help=tr("where a drill's clock starts"))
    leaf.add_argument("--officer", dest="first", metavar="CODE", help=tr("the first officer (your login name)"))
    leaf.add_argument("--no-officer", action="store_true", help=tr("enter no officer"))
    leaf.add_argument("--name", metavar="NAME", help=tr("the name of the first officer"))


def run(call: Call) -> int:
    """`{"location", "profile", "centre", "timezone", "drill", "units": n, "officer": code | null}`."""
    from store.actions.house.opening import create_store

    args = call.args
    zone = args.timezone or call.settings.store.timezone or ZONE
    own = args.profile.endswith(".toml")
    store = create_store(
        call.location, profile_id=args.profile, centre=args.centre, timezone=zone, drill=args.drill,
        start=_start(args.start, zone), profile_text=read(args.profile) if own else None, profile_file=args.profile,
    )  # fmt: skip
    first = None if args.no_officer else args.first or login_name()
    try:
        if first:
            _first_officer(store, first, args.name or first)
        if call.json:
            return call.document(
                {
                    "location": store.location, "profile": store.profile.id, "centre": store.centre,
                    "timezone": store.timezone, "drill": store.drill, "units": len(store.profile.units),
                    "officer": first,
                }
            )  # fmt: skip
        return _tell(call, store, first)
    finally:
        store.close()


def _start(text: str | None, zone: str) -> datetime | None:
    from tui.commands.instant import parse

    return None if text is None else parse(text, zone)


def _first_officer(store: Store, code: str, name: str) -> None:
    from store.actions.people import officers

    store.write(officers.add, store.profile, officers.FOUNDER, store.now(), code, name, FIRST_ROLES)


def _tell(call: Call, store: Store, first: str | None) -> int:
    kind = tr("drill store") if store.drill else tr("store")
    call.say(
        tr("Made a {kind} at {location}.", kind=kind, location=store.shown),
        tr(
            "Centre {centre}, profile {profile}, time zone {zone}, {n} units.",
            centre=store.centre, profile=store.profile.label, zone=store.timezone, n=len(store.profile.units),
        ),
    )  # fmt: skip
    here = "" if call.args.store is None else f" --store {safe(shlex.quote(store.location))}"
    if first:
        call.say(tr("{officer} is duty officer and administrator.", officer=safe(first)))
    call.say(tr("What to do next:"))
    if not first:
        call.say(f"  griddesk{here} officer add CODE --name NAME --role duty_officer --role administrator")
    call.say(f"  griddesk{here} grid import FILE.geojson", f"  griddesk{here}")
    return 0
