"""`grid import / list / locate`: boundaries and the tree of places (K01); tables and cards are in `gridtable`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from store.errors import BadInput
from tui.commands import gridtable
from tui.commands.table import Cell, Column
from tui.language import N_, tr

if TYPE_CHECKING:
    from store.actions.places.grids import GridImport
    from store.rules.boundaries import Boundaries, Finding
    from store.views.grids import GridRow
    from tui.commands.arguments import Nouns
    from tui.commands.call import Call

FINDINGS = {
    "crossing": N_("{name}: its outline crosses itself near {place}"),
    "overlap": N_("{name} and {other} overlap ({share} of the smaller)"),
    "too_few_points": N_("{name}: an outline of fewer than three points"),
    "not_closed": N_("{name}: an outline that does not end where it begins"),
    "out_of_range": N_("{name}: a place off the globe ({place})"),
    "no_geometry": N_("{name}: no outline"),
    "duplicate_code": N_("{name}: its code stands more than once in the file"),
    "cycle": N_("{name}: it lies below itself"),
    "bad_parent": N_("{name}: its parent is not in the file"),
    "no_code": N_("{name}: no code"),
    "stray_hole": N_("{name}: a hole outside its outline near {place}"),
    "bad_shape": N_("{name}: not a polygon that can be read"),
}
ENTERED = ("overlap", "duplicate_code")
"""Faults that leave an area usable: a place where two overlap is certain of neither and waits under no place."""


def add(nouns: Nouns) -> None:
    group = nouns.group("grid", tr("boundaries and the tree of places"))
    leaf = group.command("import", tr("enter boundaries from a GeoJSON file"), enter)
    leaf.add_argument("file", metavar="FILE", help=tr("the GeoJSON file"))
    for name, help in (
        ("code", tr("the property that holds the code (guessed)")),
        ("name", tr("the property that holds the name (guessed)")),
        ("parent", tr("the property that names the parent (guessed)")),
        ("kind", tr("the property that holds the kind (guessed)")),
    ):
        leaf.add_argument(f"--{name}", metavar="FIELD", help=help)
    leaf.add_argument("--net", default="", metavar="ID", help=tr("the net that all its areas belong to"))
    leaf.add_argument("--skip-invalid", action="store_true", help=tr("leave out what is faulty, enter the rest"))
    group.command("list", tr("the tree with its counts, the worst first"), show)
    place = group.command("locate", tr("the grid that a place lies in"), locate)
    place.add_argument("lat", type=float, metavar="LAT", help=tr("degrees north"))
    place.add_argument("lon", type=float, metavar="LON", help=tr("degrees east"))
    gridtable.add(group)


def enter(call: Call) -> int:
    """`{"file", "areas", "points", "fields", "groups", "findings", "skipped": [code…], "new", "changed", …}`.

    The counts are new, changed, unchanged, parents (nodes that the file only names), points_new, points_unchanged,
    placed (cases that got a grid by it) and lost_points. A finding is {code, names, codes, lat, lon, share,
    feature}. A file with findings is refused whole (`invalid_boundaries`) unless `--skip-invalid`.
    """
    from store.actions.places import grids

    read = _read(call)
    skipped = _left_out(read)
    if read.findings and not call.args.skip_invalid:
        _refuse(call, read)
    areas = [area for area in read.areas if area.code not in skipped]
    done = call.store.write(
        grids.import_boundaries, call.profile, call.actor, call.now, areas, read.points, call.args.net
    )
    if call.json:
        return call.document(_document(call, read, sorted(skipped), done))
    for finding in read.findings:
        print(told(finding), file=sys.stderr)
    return _tell(call, read, len(skipped), done)


def _read(call: Call) -> Boundaries:
    from store.rules import boundaries

    path, args = Path(call.args.file), call.args
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise BadInput("no_file", file=str(path)) from error
    except OSError as error:
        raise BadInput("bad_file", file=str(path), reason=error.strerror or "") from error
    try:
        return boundaries.read(
            data, code_field=args.code, name_field=args.name, parent_field=args.parent, kind_field=args.kind
        )
    except BadInput as error:
        raise BadInput(error.code, file=str(path), **error.fields) from error


def _left_out(read: Boundaries) -> set[str]:
    return {code for finding in read.findings if finding.code not in ENTERED for code in finding.codes}


def _refuse(call: Call, read: Boundaries) -> None:
    fields: dict[str, Any] = {"file": call.args.file, "count": len(read.findings)}
    if call.json:
        from tui.commands.document import plain

        fields["findings"] = plain(read.findings)
    else:
        for finding in read.findings:
            print(told(finding), file=sys.stderr)
    raise BadInput("invalid_boundaries", **fields)


def told(finding: Finding) -> str:
    """A fault of a boundary file in words, by the names of the areas."""
    place = "" if finding.lat is None or finding.lon is None else f"{finding.lat:.5f},{finding.lon:.5f}"
    share = "" if finding.share is None else f"{finding.share:.1%}"
    other = finding.names[1] if len(finding.names) > 1 else ""
    said = tr(FINDINGS[finding.code], name=finding.names[0], other=other, place=place, share=share)
    return said if finding.feature is None else tr("feature {n}: {what}", n=finding.feature, what=said)


def _document(call: Call, read: Boundaries, skipped: list[str], done: GridImport) -> dict[str, Any]:
    from tui.commands.document import plain

    return {
        "file": call.args.file, "areas": len(read.areas), "points": len(read.points), "fields": read.fields,
        "groups": read.groups, "findings": read.findings, "skipped": skipped, **plain(done),
    }  # fmt: skip


def _tell(call: Call, read: Boundaries, skipped: int, done: GridImport) -> int:
    fields = read.fields
    call.say(
        tr(
            "{file}: {n} areas; code from {code}, name from {name}, parent from {parent}.",
            file=call.args.file, n=len(read.areas), code=fields.code or "-", name=fields.name or "-",
            parent=fields.parent or "-",
        )
    )  # fmt: skip
    counts = (
        (done.new, N_("added")), (done.changed, N_("changed")), (done.unchanged, N_("unchanged")),
        (skipped, N_("left out as faulty")), (done.parents, N_("parents that the file only names")),
        (done.points_new, N_("new patrol points")), (done.points_unchanged, N_("patrol points unchanged")),
        (len(done.lost_points), N_("patrol points in no grid")), (done.placed, N_("cases that now have a grid")),
    )  # fmt: skip
    for count, word in counts:
        if count or word in ("added", "unchanged"):
            call.say(f"  {count:>6}  {tr(word)}")
    if done.lost_points:
        call.say("          " + tr("in no grid: {codes}", codes=", ".join(done.lost_points)))
    if not (done.new or done.changed or done.points_new):
        call.say(tr("Seen before: nothing changed."))
    return 0


def show(call: Call) -> int:
    """`{"grids": [GRID…], "seq": n, "as_of": instant}`; the tree in pre-order, the worst child first.

    GRID is `store.views.grids.GridRow`: id, parent_id, depth, tier, code, name, leaf, unplaced, counts {open,
    undispatched, near, overdue}, visited, planned, worst_due. Counts of a parent are the sums of its children's.
    """
    from store.views import grids

    board = call.read(grids.board, call.profile, call.now)
    if call.json:
        return call.document({"grids": board.rows, "seq": board.seq, "as_of": board.as_of})
    columns = (
        Column(tr("code"), least=6), Column(tr("name"), least=10), Column(tr("open cases"), right=True),
        Column(tr("undispatched"), right=True), Column(tr("near due"), right=True),
        Column(tr("overdue"), right=True), Column(tr("patrol"), right=True),
    )  # fmt: skip
    call.table(columns, [_cells(row) for row in board.rows])
    return 0


def _cells(row: GridRow) -> list[str | Cell]:
    counts = row.counts
    name = tr("no place") if row.unplaced else row.name
    return [
        "  " * row.depth + row.code, name, str(counts.open), str(counts.undispatched),
        Cell(str(counts.near), "warn" if counts.near else ""),
        Cell(str(counts.overdue), "bad" if counts.overdue else ""),
        f"{row.visited}/{row.planned}" if row.planned else "-",
    ]  # fmt: skip


def locate(call: Call) -> int:
    """`{"lat", "lon", "grids": [{"code", "name"}…]}`: one grid, none, or several where boundaries overlap."""
    from store.actions.places import placing
    from store.views import cards

    lat, lon = call.args.lat, call.args.lon
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        message = tr("{lat}, {lon} is off the globe: LAT is -90 to 90, LON -180 to 180.", lat=lat, lon=lon)
        raise BadInput("usage", message=message, usage="griddesk grid locate LAT LON")
    with call.store.read() as session:
        codes = placing.places(session).locator.locate(lat, lon)
        names = cards.names(session, codes)
    found = [{"code": code, "name": names.get(code, "")} for code in codes]
    if call.json:
        return call.document({"lat": lat, "lon": lon, "grids": found})
    if not found:
        return call.say(tr("In no grid: a case there waits under no place."))
    for item in found:
        call.say(tr("{code}  {name}", **item))
    return 0 if len(found) == 1 else call.say(tr("Several grids overlap there: a case there waits under no place."))
