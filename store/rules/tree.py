"""The tree of nodes: depth, leaves, cycles, nets, sizes, and tree tables as rows (K01)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

from store.errors import Refused

if TYPE_CHECKING:
    from store.profiles.model import Profile

DEEPEST = 8
"""Tiers of a tree at most, the root counted (K01-R1)."""

UNPLACED = "NOPLACE"
"""Code of the node under which cases without a certain leaf wait."""

NodeFinding = Literal[
    "no_code", "no_name", "duplicate_code", "bad_parent", "cycle", "too_deep", "wrong_tier", "bad_number", "bad_date",
    "unknown_kind", "unknown_net", "code_taken", "bad_span",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Node:
    """A node as the shape of the tree sees it; `parent` None is the root."""

    id: int
    parent: int | None
    starts: date | None = None
    ends: date | None = None
    """Last local day."""

    def standing(self, today: date) -> bool:
        """Whether it is in force on that local day."""
        return (self.starts is None or self.starts <= today) and (self.ends is None or today <= self.ends)


@dataclass(frozen=True, slots=True)
class Shape:
    """What follows from who is whose parent; all by node id."""

    paths: dict[int, tuple[int, ...]]
    """From the root down to the node itself."""
    leaves: frozenset[int]
    """Standing nodes without a standing child: only they take cases."""
    standing: frozenset[int]


def shape(nodes: Collection[Node], today: date) -> Shape:
    """The shape of a tree on a local day. Raises `Refused` `cycle` or `too_deep` with `node`, the id of one in it."""
    parents = {node.id: node.parent for node in nodes}
    paths: dict[int, tuple[int, ...]] = {}
    for start in parents:
        climbed: list[int] = []
        seen: set[int] = set()
        at: int | None = start
        while at is not None and at not in paths:
            if at in seen:
                raise Refused("cycle", node=at)
            seen.add(at)
            climbed.append(at)
            at = parents[at]
        above = () if at is None else paths[at]
        for node_id in reversed(climbed):
            above = (*above, node_id)
            paths[node_id] = above
        if len(paths[start]) > DEEPEST:
            raise Refused("too_deep", node=start, deepest=DEEPEST)
    standing = frozenset(node.id for node in nodes if node.standing(today))
    inner = {node.parent for node in nodes if node.id in standing}
    return Shape(paths, standing - inner, standing)


def net_for(profile: Profile, category: str | None) -> str:
    """The net whose leaves cases of the category carry (K01-R4); empty where the profile has only one."""
    best, longest = "", -1
    for net in profile.nets:
        for prefix in net.categories or ("",):
            fits = not prefix or category == prefix or (category or "").startswith(f"{prefix}.")
            if fits and len(prefix) > longest:
                best, longest = net.id, len(prefix)
    return best


def outside_band(profile: Profile, households: int | None) -> bool:
    """Whether a leaf of that many households deserves a size warning (K01-R7); unknown sizes never do."""
    band = profile.band
    return band is not None and households is not None and not band.low <= households <= band.high


# --- tree tables ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TreeRow:
    """A node as one line of a table; empty text and None leave what is stored as it is."""

    line: int
    code: str
    name: str = ""
    parent: str = ""
    """Code of the parent; empty: below the root."""
    kind: str = ""
    tier: int | None = None
    """Checked against the depth where it is given."""
    net: str = ""
    households: int | None = None
    hotline: str = ""
    duty_text: str = ""
    sponsor: str = ""
    starts: date | None = None
    ends: date | None = None


@dataclass(frozen=True, slots=True)
class TreeFinding:
    """One fault of a table: the line, what is wrong, and the word concerned."""

    line: int
    code: NodeFinding
    word: str


def faults(
    rows: Sequence[TreeRow], held: Mapping[str, str | None], kinds: Collection[str], nets: Collection[str]
) -> tuple[TreeFinding, ...]:
    """Faults of a table against the stored tree; `held` maps codes to the code of the parent (None: the root)."""
    found: list[TreeFinding] = []
    first: dict[str, TreeRow] = {}
    for row in rows:
        if not row.code:
            found.append(TreeFinding(row.line, "no_code", row.name))
        elif row.code in first:
            found.append(TreeFinding(row.line, "duplicate_code", row.code))
        elif row.code == UNPLACED or (row.code in held and held[row.code] is None):
            found.append(TreeFinding(row.line, "code_taken", row.code))
        else:
            first[row.code] = row
            if not row.name and row.code not in held:
                found.append(TreeFinding(row.line, "no_name", row.code))
        if row.kind and kinds and row.kind not in kinds:
            found.append(TreeFinding(row.line, "unknown_kind", row.kind))
        if row.net and row.net not in nets:
            found.append(TreeFinding(row.line, "unknown_net", row.net))
        if row.starts is not None and row.ends is not None and row.ends < row.starts:
            found.append(TreeFinding(row.line, "bad_span", f"{row.starts} - {row.ends}"))
    found += _climb(first, held)
    return tuple(sorted(found, key=lambda finding: finding.line))


def _climb(rows: Mapping[str, TreeRow], held: Mapping[str, str | None]) -> list[TreeFinding]:
    """Missing parents, circles, depths beyond the limit or other than the tier given."""
    root = next((code for code, parent in held.items() if parent is None), "ROOT")
    depths: dict[str, int] = {root: 1}
    found: list[TreeFinding] = []

    def above(code: str) -> str | None:
        row = rows.get(code)
        if row is None:
            return held.get(code)
        return row.parent or (held.get(code) if code in held else root) or root

    for row in rows.values():
        path: list[str] = []
        at = row.code
        while at not in depths:
            parent = above(at)
            if at in path:
                found.append(TreeFinding(row.line, "cycle", at))
                break
            if parent is None or (parent not in rows and parent not in held):
                found.append(TreeFinding(rows[at].line if at in rows else row.line, "bad_parent", parent or at))
                depths[at] = 0
                break
            path.append(at)
            at = parent
        else:
            for code in reversed(path):
                depths[code] = depths[above(code) or root] + 1
        for code in path:
            depths.setdefault(code, 0)
    for row in rows.values():
        depth = depths.get(row.code, 0)
        if depth > DEEPEST:
            found.append(TreeFinding(row.line, "too_deep", row.code))
        elif depth and row.tier is not None and row.tier != depth:
            found.append(TreeFinding(row.line, "wrong_tier", str(row.tier)))
    return found
