"""Writing the tree: tables of nodes, changes that wait for their day, and what follows from who is below whom (K01)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, bindparam, delete, func, insert, or_, select, update
from sqlmodel import Session, col

from store import journal
from store.actions.house.founding import ROOT_ID, UNPLACED_ID
from store.actions.loop import folding
from store.actions.people import officers
from store.errors import BadInput, Refused
from store.journal import Entry
from store.profiles.model import Profile
from store.records.event import StoreMeta
from store.records.grid import Grid, GridChange, GridClosure
from store.rules import tree
from store.rules.state import Actor
from store.rules.tree import Node, TreeFinding, TreeRow

NODES: Any = Grid.__table__  # type: ignore[attr-defined]
CLOSURE: Any = GridClosure.__table__  # type: ignore[attr-defined]

CHUNK = 500
"""Ids in one statement."""

FIELDS = ("name", "kind", "net", "households", "hotline", "duty_text", "sponsor")
"""Columns that a table may change; the parent and the days stand apart."""


@dataclass(frozen=True, slots=True)
class TreeImport:
    """Exact counts of one table: rows = new + changed + planned + unchanged."""

    new: int
    changed: int
    planned: int
    """Changes of nodes that take effect on a day to come."""
    unchanged: int
    sizes: tuple[str, ...] = ()
    """Codes of leaves outside the size band: a warning, nothing is blocked (K01-R7, T3)."""


def plant(
    session: Session, profile: Profile, actor: Actor, now: datetime, rows: Sequence[TreeRow],
    starts: date | None = None, file: str = "",
) -> TreeImport:  # fmt: skip
    """Enter a table of nodes whole, or not at all; with `starts`, or a day in the row, from that local day.

    Raises `Refused` `no_power`, `BadInput` `tree_refused` (file, count, findings).
    """
    actor = officers.present(session, profile, actor)
    officers.need(actor, "administer", "grid")
    today = now.astimezone(folding.zone(session)).date()
    held = {row.code: row for row in session.execute(select(*NODES.columns)).all()}
    codes = {row.id: code for code, row in held.items()}
    known = {code: codes.get(row.parent_id) for code, row in held.items()}
    kinds = {kind.id for kind in profile.node_kinds}
    refuse(tree.faults(rows, known, kinds, {net.id for net in profile.nets}), file)
    ids = {code: row.id for code, row in held.items()}
    next_id = max(codes) + 1
    for row in rows:
        if row.code not in ids:
            ids[row.code], next_id = next_id, next_id + 1
    new, changed, planned = [], [], []
    for row in rows:
        day = row.starts or starts
        if row.code not in held:
            new.append(_fresh(row, ids, day))
            continue
        values = _differing(held[row.code], row, ids)
        if not values:
            continue
        if day is not None and day > today:
            fields = {key: value for key, value in values.items() if key not in ("parent_id", "valid_to")}
            fields |= {"parent": row.parent} if "parent_id" in values else {}
            fields |= {"valid_to": row.ends.isoformat()} if row.ends and "valid_to" in values else {}
            planned.append(
                {"grid_id": ids[row.code], "valid_from": day, "fields": fields, "by": actor.code, "applied": False}
            )
        else:
            changed.append({"id": ids[row.code], **values})
    _store(session, held.values(), new, changed, today)
    if planned:
        session.execute(insert(GridChange), planned)
    unchanged = len(rows) - len(new) - len(changed) - len(planned)
    if len(rows) > unchanged:
        data = {"new": len(new), "changed": len(changed), "planned": len(planned), "file": file[-120:]}
        _note(session, "tree_imported", actor, now, data)
    session.flush()
    return TreeImport(len(new), len(changed), len(planned), unchanged, _sizes(session, profile))


def refuse(findings: Sequence[TreeFinding], file: str) -> None:
    """Raise `BadInput` `tree_refused` where there are findings; the first ones go with it."""
    if findings:
        shown = [{"line": item.line, "code": item.code, "word": item.word} for item in findings[:200]]
        raise BadInput("tree_refused", file=file, line=findings[0].line, count=len(findings), findings=shown)


def _fresh(row: TreeRow, ids: dict[str, int], day: date | None) -> dict[str, Any]:
    return {
        "id": ids[row.code], "parent_id": ids[row.parent] if row.parent else ROOT_ID, "tier": 0, "code": row.code,
        "name": row.name, "kind": row.kind, "leaf": False, "unplaced": False, "net": row.net,
        "households": row.households, "hotline": row.hotline, "duty_text": row.duty_text, "sponsor": row.sponsor,
        "valid_from": day, "valid_to": row.ends, "standing": False,
    }  # fmt: skip


def _differing(held: Any, row: TreeRow, ids: dict[str, int]) -> dict[str, Any]:
    values = {
        name: value
        for name in FIELDS
        if (value := getattr(row, name)) not in ("", None) and value != getattr(held, name)
    }
    if row.parent and ids[row.parent] != held.parent_id:
        values["parent_id"] = ids[row.parent]
    if row.ends is not None and row.ends != held.valid_to:
        values["valid_to"] = row.ends
    return values


def _store(
    session: Session, held: Iterable[Any], new: Sequence[dict[str, Any]], changed: Sequence[dict[str, Any]], today: date
) -> None:
    """Write new and changed nodes, each with the tier and the standing that follow from the whole tree."""
    if not new and not changed:
        return
    nodes = {row.id: Node(row.id, row.parent_id, row.valid_from, row.valid_to) for row in held}
    for values in changed:
        node = nodes[values["id"]]
        nodes[node.id] = replace(
            node, parent=values.get("parent_id", node.parent), ends=values.get("valid_to", node.ends)
        )
        plain = {key: value for key, value in values.items() if key != "id"}
        session.execute(update(NODES).where(NODES.c.id == node.id).values(**plain))
    for values in new:
        nodes[values["id"]] = Node(values["id"], values["parent_id"], values["valid_from"], values["valid_to"])
    shape = tree.shape(list(nodes.values()), today)
    for values in new:
        node_id = values["id"]
        values |= {
            "tier": len(shape.paths[node_id]), "leaf": node_id in shape.leaves, "standing": node_id in shape.standing
        }
    if new:
        session.execute(insert(NODES), sorted(new, key=lambda values: values["tier"]))
    reshape(session, today)


def reshape(session: Session, today: date) -> None:
    """Bring tiers, leaves, standing and closure in line with parents and days; raises `Refused` `cycle`, `too_deep`.

    Only what differs is written.
    """
    rows = session.execute(
        select(
            NODES.c.id, NODES.c.parent_id, NODES.c.valid_from, NODES.c.valid_to, NODES.c.tier, NODES.c.leaf,
            NODES.c.standing, NODES.c.unplaced, NODES.c.code,
        )
    ).all()  # fmt: skip
    try:
        shape = tree.shape([Node(r.id, r.parent_id, r.valid_from, r.valid_to) for r in rows], today)
    except Refused as refusal:
        node = next(row.code for row in rows if row.id == refusal.fields["node"])
        raise Refused(refusal.code, grid=node, **refusal.fields) from None
    differing = []
    for row in rows:
        if row.unplaced:
            continue
        wanted = (len(shape.paths[row.id]), row.id in shape.leaves, row.id in shape.standing)
        if wanted != (row.tier, row.leaf, row.standing):
            differing.append({"node": row.id, "t": wanted[0], "l": wanted[1], "s": wanted[2]})
    if differing:
        session.execute(
            update(NODES)
            .where(NODES.c.id == bindparam("node"))
            .values(tier=bindparam("t"), leaf=bindparam("l"), standing=bindparam("s")),
            differing,
        )
    _enclose(session, shape.paths)
    session.execute(update(StoreMeta).values(places_version=col(StoreMeta.places_version) + 1))


def _enclose(session: Session, paths: dict[int, tuple[int, ...]]) -> None:
    held: dict[int, set[int]] = {}
    for ancestor, grid_id in session.execute(select(CLOSURE.c.ancestor_id, CLOSURE.c.grid_id)):
        held.setdefault(grid_id, set()).add(ancestor)
    wrong = [node_id for node_id, path in paths.items() if held.get(node_id) != set(path)]
    stale = [node_id for node_id in wrong if node_id in held]
    for at in range(0, len(stale), CHUNK):
        session.execute(delete(CLOSURE).where(CLOSURE.c.grid_id.in_(stale[at : at + CHUNK])))
    pairs = [{"ancestor_id": ancestor, "grid_id": node_id} for node_id in wrong for ancestor in paths[node_id]]
    if pairs:
        session.execute(insert(CLOSURE), pairs)


def new_day(session: Session, now: datetime) -> int:
    """Carry out what takes effect today: planned changes, nodes that begin or ended (K01-R9). Returns how many."""
    today = now.astimezone(folding.zone(session)).date()
    due = session.execute(
        select(GridChange)
        .where(~col(GridChange.applied), col(GridChange.valid_from) <= today)
        .order_by(col(GridChange.valid_from), col(GridChange.id))
    ).scalars().all()  # fmt: skip
    begun = and_(
        col(Grid.valid_from) <= today, or_(col(Grid.valid_to).is_(None), col(Grid.valid_to) >= today),
        ~col(Grid.standing),
    )  # fmt: skip
    ended = and_(col(Grid.standing), col(Grid.valid_to) < today)
    turned = session.execute(select(func.count()).where(or_(begun, ended))).scalar_one()
    if not due and not turned:
        return 0
    for change in due:
        values = dict(change.fields)
        if "parent" in values:
            values["parent_id"] = folding.grid_id_of(session, str(values.pop("parent"))) or ROOT_ID
        if "valid_to" in values:
            values["valid_to"] = date.fromisoformat(str(values["valid_to"]))
        session.execute(update(NODES).where(NODES.c.id == change.grid_id).values(**values))
        session.execute(update(GridChange).where(col(GridChange.id) == change.id).values(applied=True))
    reshape(session, today)
    data = {"changed": len(due), "turned": int(turned)}
    journal.append(
        session, [Entry("grid", ROOT_ID, 0, "tree_turned", now, "machine:timekeeper", "machine", data)]
    )
    return len(due) + int(turned)


def _sizes(session: Session, profile: Profile) -> tuple[str, ...]:
    rows = session.execute(
        select(col(Grid.code), col(Grid.households))
        .where(col(Grid.leaf), col(Grid.households).is_not(None), col(Grid.id) != UNPLACED_ID)
        .order_by(col(Grid.code))
    )
    return tuple(code for code, households in rows if tree.outside_band(profile, households))


def _note(session: Session, kind: str, actor: Actor, now: datetime, data: dict[str, Any]) -> None:
    journal.append(session, [Entry("grid", ROOT_ID, 0, kind, now, actor.code, actor.kind, data)])
