"""The limits of research/store.md part IX: what was measured beside what is asked, and the tables of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bench.table import Table


@dataclass(frozen=True, slots=True)
class Limit:
    """One line of the table; `ok` None: shown beside, nothing is asked."""

    number: str
    what: str
    engine: str
    measured: str
    target: str
    ok: bool | None = None

    @property
    def verdict(self) -> str:
        return {True: "ok", False: "MISS", None: ""}[self.ok]

    def line(self) -> str:
        return f"  {self.number:>3} {self.engine:<10} {self.what}: {self.measured} ({self.target}) {self.verdict}"


def at_most(number: str, what: str, engine: str, value: float, limit: float, beside: str = "") -> Limit:
    """A ratio that may not exceed `limit`; `beside` are the two times behind it."""
    return Limit(number, what, engine, _shown(value, beside), f"<= {limit:g}", value <= limit)


def at_least(number: str, what: str, engine: str, value: float, limit: float, beside: str = "") -> Limit:
    return Limit(number, what, engine, _shown(value, beside), f">= {limit:g}", value >= limit)


def none_of(number: str, what: str, engine: str, count: int, beside: str = "") -> Limit:
    """A count that must be 0."""
    return Limit(number, what, engine, f"{count:,}" + (f" ({beside})" if beside else ""), "0", count == 0)


def fact(number: str, what: str, engine: str, measured: str, target: str = "", ok: bool | None = None) -> Limit:
    return Limit(number, what, engine, measured, target, ok)


def _shown(value: float, beside: str) -> str:
    text = f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
    return f"{text} ({beside})" if beside else text


def table(limits: Iterable[Limit], title: str, note: str) -> Table:
    """One row a limit, the engines side by side."""
    rows: dict[tuple[str, str, str], dict[str, Limit]] = {}
    for limit in limits:
        rows.setdefault((limit.number, limit.what, limit.target), {})[limit.engine] = limit
    engines = [name for name in ("SQLite", "PostgreSQL", "both") if any(name in held for held in rows.values())]
    made = Table(title, ("#", "limit", "target", *(word for name in engines for word in (name, ""))), note=note)
    for (number, what, target), held in sorted(rows.items(), key=lambda item: _order(item[0][0])):
        cells = [
            word
            for name in engines
            for word in ((held[name].measured, held[name].verdict) if name in held else ("", ""))
        ]
        made.add(number, what, target, *cells)
    return made


def _order(number: str) -> tuple[int, str]:
    digits = "".join(c for c in number if c.isdigit())
    return (int(digits) if digits else 99, number)
