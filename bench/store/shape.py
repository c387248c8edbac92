"""What a generated store looks like: a city's tree, how many cases, how they spread (research/store.md section 1)."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate

NOW = datetime(2026, 3, 5, 2, 0, tzinfo=UTC)
"""The stores' clock stands still here, a Thursday, 10:00 in Shanghai."""
A_DAY = 2_740
"""New cases a day: 1,000,000 are one year."""
LEAVES, COMMUNITIES, STREETS = 113, 6, 13
"""Leaves and communities of a street, streets of a district: 113 leaves a street, 1,469 a district."""
ROOT, UNPLACED = 1, 2


@dataclass(frozen=True, slots=True)
class Size:
    """One generated store; `districts` 14 is the city of 20,566 leaves."""

    cases: int
    open_cases: int
    districts: int = 14

    @property
    def name(self) -> str:
        return f"c{self.cases}o{self.open_cases}d{self.districts}"

    @property
    def words(self) -> str:
        return f"{self.cases:,} cases, {self.open_cases:,} open"


@dataclass(frozen=True, slots=True)
class Node:
    id: int
    parent: int
    depth: int
    code: str
    name: str
    kind: str
    leaf: bool
    path: tuple[int, ...]
    """Ids from the root to the node itself."""


@dataclass(frozen=True, slots=True)
class Tree:
    nodes: tuple[Node, ...]
    """Without the root and the `no place` node, which the product makes."""
    leaves: tuple[Node, ...]
    street: int
    """Id of the street whose desk is measured."""
    district: int


def tree(districts: int) -> Tree:
    """City, districts, streets, communities, leaves; ids from 3 on, parents before children."""
    nodes: list[Node] = []
    leaves: list[Node] = []
    top: dict[int, list[int]] = {2: [], 3: []}

    def grow(parent: tuple[int, ...], code: str, name: str, kind: str, leaf: bool = False) -> tuple[int, ...]:
        path = (*parent, len(nodes) + 3)
        node = Node(path[-1], path[-2], len(path), code, name, kind, leaf, path)
        nodes.append(node)
        if leaf:
            leaves.append(node)
        elif len(path) in top:
            top[len(path)].append(node.id)
        return path

    for d in range(1, districts + 1):
        district = grow((ROOT,), f"D{d}", f"第{d}区", "district")
        for s in range(1, STREETS + 1):
            street = grow(district, f"D{d}-S{s}", f"{d}区{s}街", "street")
            homes = [grow(street, f"D{d}-S{s}-C{c}", f"{s}街{c}社区", "community") for c in range(1, COMMUNITIES + 1)]
            for n in range(LEAVES):
                home = homes[n % COMMUNITIES]
                grow(home, f"D{d}-S{s}-G{n + 1}", f"{d}区{s}街{n + 1}格", "grid", leaf=True)
    return Tree(tuple(nodes), tuple(leaves), top[3][len(top[3]) // 2], top[2][len(top[2]) // 2])


class Spread:
    """Which leaf a case falls on: a few are hot, most are quiet (log-normal)."""

    def __init__(self, leaves: int, seed: int) -> None:
        self._random = random.Random(seed)
        weights = [self._random.lognormvariate(0.0, 1.0) for _ in range(leaves)]
        self._sums = list(accumulate(weights))
        self._all = range(leaves)

    def some(self, count: int) -> list[int]:
        """Places in the list of leaves for `count` cases."""
        return self._random.choices(self._all, cum_weights=self._sums, k=count)
