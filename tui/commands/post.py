"""`post list / add / close / assign / deputy / vacate / vacancies`: posts and who fills them (K01, K23)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from tui.commands.table import Cell, Column
from tui.language import N_, label, tr

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from store.views.posts import PostRow
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call


def add(nouns: Nouns) -> None:
    group = nouns.group("post", tr("posts at grids, and who fills them"))
    leaf = group.command("list", tr("list the posts and who fills them"), show)
    leaf.add_argument("--grid", metavar="CODE", help=tr("only those of this node"))
    leaf = group.command("add", tr("set up a post, or change one"), enter)
    _code(leaf)
    leaf.add_argument("--kind", required=True, metavar="ID", help=tr("the kind of post, as the profile names it"))
    leaf.add_argument("--grid", required=True, metavar="CODE", help=tr("the node it belongs to"))
    leaf.add_argument("--unit", metavar="CODE", help=tr("the unit it belongs to (none: the centre)"))
    leaf.add_argument("--part-time", action="store_true", help=tr("a part-time post"))
    _code(group.command("close", tr("give up a post"), close))
    for name, help, run in (
        ("assign", tr("let an officer fill a post"), assign),
        ("deputy", tr("let an officer stand in for the holder by the roster"), deputy),
    ):
        leaf = group.command(name, help, run)
        _code(leaf)
        leaf.add_argument("who", metavar="OFFICER", help=tr("the code of the officer"))
        span(leaf, ends_needed=name == "deputy")
    leaf = group.command("vacate", tr("end who fills a post, now"), vacate)
    _code(leaf)
    leaf.add_argument("--officer", dest="who", metavar="OFFICER", help=tr("only this one, also a deputy"))
    leaf = group.command("vacancies", tr("where staff is short of the minimum, the worst first"), vacancies)
    leaf.add_argument("--kind", metavar="ID", help=tr("only this kind of post"))
    leaf.add_argument("--limit", type=int, default=200, metavar="N", help=tr("at most N lines (200)"))


def _code(leaf: ArgumentParser) -> None:
    leaf.add_argument("code", metavar="POST", help=tr("the code of the post"))


def span(leaf: ArgumentParser, *, ends_needed: bool = False) -> None:
    """`--from` and `--to`, instants or local days."""
    leaf.add_argument("--from", dest="starts", metavar="TIME", help=tr("from when (now)"))
    leaf.add_argument("--to", dest="ends", required=ends_needed, metavar="TIME", help=tr("until when, not included"))


def spanned(call: Call) -> tuple[datetime | None, datetime | None]:
    """The span asked for; a day alone begins at its local midnight."""
    from tui.commands.instant import parse

    starts, ends = call.args.starts, call.args.ends
    return (
        parse(starts, call.zone) if starts is not None else None,
        parse(ends, call.zone) if ends is not None else None,
    )


def enter(call: Call) -> int:
    """`{"post": code, "changed": bool}`."""
    from store.actions.people import posts

    args = call.args
    changed = call.store.write(
        posts.add, call.profile, call.actor, call.now, args.code, args.kind, args.grid, args.unit,
        full_time=not args.part_time,
    )  # fmt: skip
    if call.json:
        return call.document({"post": args.code, "changed": changed})
    said = N_("Post {code} set up.") if changed else N_("Post {code}: nothing to change.")
    return call.say(tr(said, code=args.code))


def close(call: Call) -> int:
    """`{"post": code}`."""
    from store.actions.people import posts

    call.store.write(posts.close, call.profile, call.actor, call.now, call.args.code)
    if call.json:
        return call.document({"post": call.args.code})
    return call.say(tr("Post {code} given up.", code=call.args.code))


def assign(call: Call, *, as_deputy: bool = False) -> int:
    """`{"post", "officer", "deputy", "from", "to"}`."""
    from store.actions.people import posts

    args, (starts, ends) = call.args, spanned(call)
    call.store.write(
        posts.assign, call.profile, call.actor, call.now, args.code, args.who, starts, ends, deputy=as_deputy
    )
    if call.json:
        return call.document(
            {"post": args.code, "officer": args.who, "deputy": as_deputy, "from": starts or call.now, "to": ends}
        )
    said = N_("{officer} stands in at post {code}.") if as_deputy else N_("{officer} fills post {code}.")
    return call.say(tr(said, officer=args.who, code=args.code))


def deputy(call: Call) -> int:
    """As `post assign`."""
    return assign(call, as_deputy=True)


def vacate(call: Call) -> int:
    """`{"post": code}`."""
    from store.actions.people import posts

    call.store.write(posts.vacate, call.profile, call.actor, call.now, call.args.code, call.args.who)
    if call.json:
        return call.document({"post": call.args.code})
    return call.say(tr("Post {code} is vacant.", code=call.args.code))


def show(call: Call) -> int:
    """`{"posts": [POST…]}`; POST is `store.views.posts.PostRow` with its holders."""
    from store.views import posts

    wanted = call.args.grid
    rows = [row for row in call.read(posts.posts, call.profile, call.now) if wanted in (None, row.grid_code)]
    if call.json:
        return call.document({"posts": rows})
    if not rows:
        return call.say(tr("No posts yet: griddesk post add CODE --kind ID --grid CODE."))
    columns = (
        Column(tr("post")), Column(tr("grid"), least=8), Column(tr("kind"), least=6), Column(tr("filled by"), least=8)
    )  # fmt: skip
    call.table(columns, [_cells(row) for row in rows])
    return 0


def _cells(row: PostRow) -> list[str | Cell]:
    who = ", ".join(
        tr("{name} (deputy)", name=holder.name) if holder.deputy else holder.name for holder in row.holders
    )
    kind = label(row.label) if row.full_time else tr("{kind}, part-time", kind=label(row.label))
    filled = any(not holder.deputy for holder in row.holders)
    vacant = tr("vacant") if not who else tr("vacant, {who}", who=who)
    return [row.code, f"{row.grid_code} {row.grid_name}", kind, who if filled else Cell(vacant, "warn")]


def vacancies(call: Call) -> int:
    """`{"vacancies": [{kind, label, grid_id, grid_code, grid_name, filled, minimum}…]}`."""
    from store.views import posts

    rows = call.read(posts.vacancies, call.profile, call.now, call.args.kind, call.args.limit)[: call.args.limit]
    if call.json:
        return call.document({"vacancies": rows})
    if not rows:
        return call.say(tr("No vacancies: every minimum is met."))
    columns = (Column(tr("grid")), Column(tr("name"), least=8), Column(tr("post")), Column(tr("filled"), right=True))
    call.table(
        columns,
        [
            [row.grid_code, row.grid_name, label(row.label), tr("{n} of {minimum}", n=row.filled, minimum=row.minimum)]
            for row in rows
        ],
    )
    return 0
