"""A table of figures as Markdown, and the few statistics that the benches print."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

median = statistics.median


def p95(values: Sequence[float]) -> float:
    """The value that 95 of 100 do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]


def ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f}" if seconds >= 0.01 else f"{seconds * 1000:.1f}"


def spread(values: Sequence[float]) -> str:
    """Median and 95th percentile in milliseconds."""
    return f"{ms(median(values))} / {ms(p95(values))}" if values else "none"


@dataclass(slots=True)
class Table:
    title: str
    head: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)
    note: str = ""

    def add(self, *cells: str) -> None:
        self.rows.append(cells)

    def markdown(self) -> str:
        lines = [f"## {self.title}", "", _row(self.head), _row(tuple("---" for _ in self.head))]
        lines += [_row(row) for row in self.rows]
        return "\n".join([*lines, "", self.note, ""] if self.note else [*lines, ""])


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"
