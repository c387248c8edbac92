"""`grid tree / buildings / card / check`: the tree by table, places by address, cards to print (K01-R2, R7, R10)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from store.errors import BadInput
from tui.commands.table import Column
from tui.language import N_, label, tr
from tui.text import safe, wrap

if TYPE_CHECKING:
    from store.rules.tree import TreeFinding
    from store.views.cards import GridCard
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call

WIDTH = 80
FAULTS = {
    "no_code": N_("no code ({word})"), "no_name": N_("no name: {word}"),
    "duplicate_code": N_("the code {word} stands more than once"), "bad_parent": N_("the parent {word} is not known"),
    "cycle": N_("{word} lies below itself"), "too_deep": N_("{word} lies more than 8 tiers deep"),
    "wrong_tier": N_("tier {word} is not the depth it has"), "bad_number": N_("not a number: {word}"),
    "bad_date": N_("not a day like 2026-03-05: {word}"), "unknown_kind": N_("the profile has no kind {word}"),
    "unknown_net": N_("the profile has no net {word}"), "code_taken": N_("the code {word} is taken"),
    "bad_span": N_("it ends before it begins: {word}"), "none": N_("{word} lies in no grid"),
    "two": N_("{word} lies in two grids"), "unknown_grid": N_("the grid of {word} is not known, or has grids below it"),
    "two_rows": N_("{word} stands more than once"),
}  # fmt: skip


def add(group: Nouns) -> None:
    leaf = group.command("tree", tr("enter the tree from a CSV table (code,name,parent,kind,households…)"), tree)
    leaf.add_argument("file", metavar="FILE", help=tr("the CSV file"))
    leaf.add_argument("--from", dest="starts", metavar="DAY", help=tr("from which local day (now)"))
    leaf = group.command("buildings", tr("link buildings to grids from a CSV table (key,name,grid,from)"), buildings)
    leaf.add_argument("file", metavar="FILE", help=tr("the CSV file"))
    leaf = group.command("card", tr("the card of a node, to print"), card)
    leaf.add_argument("code", metavar="CODE", help=tr("the code of the node"))
    group.command("check", tr("grids whose size is outside the profile's band"), check)


def _bytes(call: Call) -> bytes:
    path = Path(call.args.file)
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise BadInput("no_file", file=str(path)) from error
    except OSError as error:
        raise BadInput("bad_file", file=str(path), reason=error.strerror or "") from error


def _tell(call: Call, code: str, found: list[dict[str, Any]], count: int) -> None:
    """The findings line by line, then the refusal of the whole."""
    if not call.json:
        for item in found:
            words = tr(FAULTS[item["code"]], word=safe(str(item["word"])))
            print(tr("line {line}: {what}", line=item["line"], what=words), file=sys.stderr)
    fields: dict[str, Any] = {"findings": found} if call.json else {}
    raise BadInput(code, file=call.args.file, line=found[0]["line"], count=count, **fields)


def _unread(call: Call, code: str, findings: tuple[TreeFinding, ...]) -> None:
    if findings:
        found = [{"line": item.line, "code": item.code, "word": item.word} for item in findings[:200]]
        _tell(call, code, found, len(findings))


def tree(call: Call) -> int:
    """`{"file", "rows": n, "new", "changed", "planned", "unchanged", "sizes": [code…]}`.

    A faulty table is refused whole. `planned` are changes of known nodes that wait for their day; `sizes` the leaves
    outside the band, a warning.
    """
    from store.actions.places import treebook
    from store.rules import sheets, treefile

    try:
        rows, unread = treefile.read_tree(_bytes(call))
        starts = sheets.day(call.args.starts or "")
    except ValueError as error:
        raise BadInput("bad_time", value=call.args.starts, expected="2026-03-05") from error
    except BadInput as error:
        raise BadInput(error.code, **{"file": call.args.file, **error.fields}) from error
    _unread(call, "tree_refused", unread)
    try:
        done = call.store.write(
            treebook.plant, call.profile, call.actor, call.now, rows, starts, call.args.file
        )
    except BadInput as error:
        if error.code != "tree_refused":
            raise
        _tell(call, error.code, list(error.fields["findings"]), int(error.fields["count"]))
        raise
    if call.json:
        from tui.commands.document import plain

        return call.document({"file": call.args.file, "rows": len(rows), **plain(done)})
    for count, word in (
        (done.new, N_("added")), (done.changed, N_("changed")), (done.planned, N_("changes that wait for their day")),
        (done.unchanged, N_("unchanged")), (len(done.sizes), N_("sizes outside the band (griddesk grid check)")),
    ):  # fmt: skip
        if count or word == "added":
            call.say(f"  {count:>6}  {tr(word)}")
    return 0


def buildings(call: Call) -> int:
    """`{"file", "rows": n, "new", "moved", "unchanged"}`; a place with no grid or with two refuses the whole table."""
    from store.actions.places import buildings
    from store.rules import treefile

    try:
        rows, unread = treefile.read_buildings(_bytes(call))
    except BadInput as error:
        raise BadInput(error.code, **{"file": call.args.file, **error.fields}) from error
    _unread(call, "buildings_refused", unread)
    try:
        done = call.store.write(buildings.enter, call.profile, call.actor, call.now, rows, call.args.file)
    except BadInput as error:
        if error.code != "buildings_refused":
            raise
        _tell(call, error.code, list(error.fields["findings"]), int(error.fields["count"]))
        raise
    if call.json:
        from tui.commands.document import plain

        return call.document({"file": call.args.file, "rows": len(rows), **plain(done)})
    for count, word in (
        (done.new, N_("added")), (done.moved, N_("moved to another grid")), (done.unchanged, N_("unchanged")),
    ):  # fmt: skip
        if count or word == "added":
            call.say(f"  {count:>6}  {tr(word)}")
    return 0


def check(call: Call) -> int:
    """`{"sizes": [{code, name, households, low, high}…]}`: warnings, nothing is blocked."""
    from store.views import cards

    rows = call.read(cards.sizes, call.profile)
    if call.json:
        return call.document({"sizes": rows})
    if not rows:
        return call.say(tr("Every grid whose size is known is inside the band."))
    columns = (
        Column(tr("grid")), Column(tr("name"), least=8), Column(tr("households"), right=True), Column(tr("band"))
    )  # fmt: skip
    call.table(columns, [[row.code, row.name, str(row.households), f"{row.low}-{row.high}"] for row in rows])
    return 0


def card(call: Call) -> int:
    """`{"card": CARD}`; CARD is `store.views.cards.GridCard`. Without `--json` plain text, 80 cells wide, to print."""
    from store.views import cards

    today = call.now.astimezone(ZoneInfo(call.zone)).date()
    found = call.read(cards.card, call.profile, call.now, call.args.code, today)
    if call.json:
        return call.document({"card": found})
    for line in _lines(found, f"{today:%Y-%m-%d}"):
        print(line)
    return 0


def _lines(card: GridCard, today: str) -> Iterator[str]:
    """The card as lines of at most 80 cells; what people entered is made safe."""
    yield "=" * WIDTH
    yield from _wrapped(f"{card.centre}   {tr('Grid card')}   {today}")
    yield "=" * WIDTH
    tier = label(card.tier_label) or tr("tier {n}", n=card.tier)
    kind = label(card.kind_label) or card.kind
    yield from _field(tr("grid"), f"{card.code}  {card.name}")
    yield from _field(tr("tier and kind"), f"{tier}, {kind}" if kind else tier)
    if card.path:
        yield from _field(tr("belongs to"), " > ".join(card.path))
    if not card.standing:
        yield from _field(tr("note"), tr("not in force today"))
    extent = [tr("{n} grids", n=card.leaves)] if not card.leaf else []
    if card.households is not None:
        extent.append(tr("{n} households", n=card.households))
    if card.building_count:
        extent.append(tr("{n} buildings", n=card.building_count))
    if card.place is not None:
        extent.append(f"{card.place[0]:.5f}, {card.place[1]:.5f}")
    yield from _field(tr("extent"), ", ".join(extent) or "-")
    if card.buildings:
        more = card.building_count - len(card.buildings)
        named = ", ".join(card.buildings) + (tr(" and {n} more", n=more) if more else "")
        yield from _field(tr("buildings"), named)
    yield from _field(tr("duty of the grid"), card.duty_text or "-")
    yield from _field(tr("hotline"), card.hotline or "-")
    for post in card.posts:
        who = "; ".join(
            " ".join(
                part
                for part in (tr("{name} (deputy)", name=h.name) if h.deputy else h.name, h.telephone)
                if part
            )
            for h in post.holders
        )
        yield from _field(label(post.label), who or tr("vacant"))
    if not card.posts:
        yield from _field(tr("officers"), tr("no post is set up here"))
    if card.sponsor:
        yield from _field(tr("linked leader or unit"), card.sponsor)
    yield "=" * WIDTH


def _field(name: str, text: str) -> Iterator[str]:
    from tui.text import fit

    lines = wrap(safe(text), WIDTH - 24)
    for place, line in enumerate(lines or [""]):
        yield f"{fit(name if place == 0 else '', 22)}  {line}".rstrip()


def _wrapped(text: str) -> Iterator[str]:
    yield from wrap(safe(text), WIDTH)
