"""Generated cases: what the journal, the row, the clocks, the orders and the search text of each would be."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bench.store.shape import A_DAY, NOW, Node, Size, Spread, Tree
from store.actions.clocks.clockwork import Running, Timing, turn
from store.actions.loop import folding, newcases
from store.journal import Entry, case_entries
from store.profiles import loader
from store.profiles.model import Category, Profile
from store.rules import grams
from store.rules.decide import apply
from store.rules.events import Accepted, Closed, Dispatched, Event, FedBack, Filed, Reported
from store.rules.state import Actor, CaseState

WORDS = ("路灯不亮", "井盖松动", "垃圾满溢", "占道经营", "夜间施工噪音", "消防通道违停", "污水外溢", "树枝折断",
         "电动车楼道充电", "管道漏水", "违规搭建", "道路积水")  # fmt: skip
STREETS = ("望江", "清波", "湖滨", "小营", "南星", "紫阳", "闸弄口", "凯旋", "采荷", "四季青", "笕桥", "彭埠")
STEPS = ("reported", "filed", "dispatched", "accepted", "fed_back", "closed")
OFFICER = Actor("W1", "值班一", "officer", frozenset())
NOT_FOUND = "煤气"
"""Two characters that stand in no generated text."""


@dataclass(frozen=True, slots=True)
class Made:
    row: dict[str, Any]
    entries: list[Entry]
    clocks: list[dict[str, Any]]
    orders: list[dict[str, Any]]
    grams: str


@dataclass(frozen=True, slots=True)
class _Model:
    """A case of one category and length, as it stands at `NOW`; others are the same at other times."""

    state: CaseState
    events: tuple[Event, ...]
    clocks: tuple[Running, ...]
    row: dict[str, Any]


class Maker:
    """Makes case after case; the archive first, the open ones last."""

    def __init__(self, profile: Profile, timezone: str, plan: Tree, size: Size) -> None:
        self.profile, self.leaves, self.size = profile, plan.leaves, size
        self.timing = Timing(profile, loader.calendar(profile.calendar), ZoneInfo(timezone))
        self.categories = [c for c in profile.categories if c.units]
        self.random = random.Random(7)
        self.spread = Spread(len(plan.leaves), 11)
        self.where: list[int] = []
        self.models: dict[tuple[str, tuple[str, ...]], _Model] = {}
        self.clock_id = 0
        self.order_id = 0
        self.days: dict[int, str] = {}

    def case(self, case_id: int, n: int) -> Made:
        if not self.where:
            self.where = self.spread.some(A_DAY)
        leaf = self.leaves[self.where.pop()]
        is_open = n >= self.size.cases - self.size.open_cases
        at = self._at(n, is_open)
        category = self.categories[n * 7 % len(self.categories)]
        model = self._model(category, self._course(is_open))
        title = f"{STREETS[n % 12]}{leaf.name}{WORDS[n // 5 % 12]}"
        body = f"{STREETS[n * 5 % 12]}路{n % 997 + 1}号附近{WORDS[n // 5 % 12]}，已有{n % 9 + 1}人反映，请尽快处理"
        shift = at - NOW
        row = self._row(model, case_id, leaf, at, shift, title, body)
        return Made(
            row, self._entries(model, case_id, leaf, title, at), self._clocks(model, case_id, shift),
            self._orders(model, case_id, at), grams.grams(newcases.searchable(title, body, row["address"])),
        )  # fmt: skip

    def _at(self, n: int, is_open: bool) -> datetime:
        if is_open:
            # Nine in ten are young enough that nothing is late; the rest is hours old.
            back = 600.0 if self.random.random() < 0.9 else 86_400.0
            return NOW - timedelta(seconds=int(self.random.random() * back), milliseconds=n % 1000)
        last = self.size.cases - self.size.open_cases
        return NOW - timedelta(days=2) - timedelta(seconds=(last - n) * 86_400 // A_DAY)

    def _course(self, is_open: bool) -> tuple[str, ...]:
        dice = self.random.random()
        if is_open:
            return STEPS[: 1 + sum(dice > limit for limit in (0.3, 0.55, 0.85))]
        return ("reported", "filed", "closed") if dice < 0.3 else STEPS

    def _model(self, category: Category, course: tuple[str, ...]) -> _Model:
        found = self.models.get((category.id, course))
        if found is None:
            found = self.models[category.id, course] = self._walked(category, course)
        return found

    def _walked(self, category: Category, course: Sequence[str]) -> _Model:
        """The events applied one by one by the product's rules, its clocks turned with them."""
        template = self.profile.workflow(self.profile.default_workflow)
        step = {verb: self._target(verb) for verb in ("file", "dispatch", "accept", "feedback", "close")}
        level = category.level
        unit = category.units[0]
        possible: dict[str, Event] = {
            "reported": Reported(
                template.id, template.start, level, self.profile.level(level).tier, category.id, "GRID", channel="desk"
            ),
            "filed": Filed(step["file"], category.id, "GRID", level),
            "dispatched": Dispatched(step["dispatch"], unit),
            "accepted": Accepted(step["accept"]),
            "fed_back": FedBack(step["feedback"], "已处理"),
            "closed": Closed(step["close"], "done", "已处理", "照片"),
        }
        state: CaseState | None = None
        book: list[Running] = []
        events = tuple(possible[name] for name in course)
        for place, event in enumerate(events):
            state = apply(state, event)
            book = turn(book, state, (event,), NOW + timedelta(minutes=2 * place), self.timing)
        assert state is not None
        row = {**folding.row_values(state, self.profile, 0, NOW, None), **folding.due_values(book)}
        return _Model(state, events, tuple(book), row)

    def _target(self, verb: str) -> str:
        template = self.profile.workflow(self.profile.default_workflow)
        return next(move.target for move in template.moves if move.verb == verb and move.target is not None)

    def _row(
        self, model: _Model, case_id: int, leaf: Node, at: datetime, shift: timedelta, title: str, body: str
    ) -> dict[str, Any]:
        row = dict(model.row)
        closed = row["closed_at"] is not None
        row["closed_at"] = at + timedelta(minutes=2 * (len(model.events) - 1)) if closed else None
        if row["due_clock"]:
            row["due_at"] += shift
            row["near_at"] += shift
        day = self.days.get(at.toordinal())
        if day is None:
            day = self.days[at.toordinal()] = f"{at:%Y%m%d}"
        row |= {
            "id": case_id, "number": f"{day}-{leaf.code}-{case_id}", "grid_id": leaf.id, "profile": self.profile.id,
            "profile_version": self.profile.version, "title": title, "text": body,
            "address": f"{leaf.name}{case_id % 997 + 1}号", "channel": "desk", "reported_at": at,
        }  # fmt: skip
        return row

    def _entries(self, model: _Model, case_id: int, leaf: Node, title: str, at: datetime) -> list[Entry]:
        made = []
        for place, event in enumerate(model.events):
            if isinstance(event, Reported):
                event = replace(event, grid=leaf.code, title=title)
            elif isinstance(event, Filed):
                event = replace(event, grid=leaf.code)
            made += case_entries(case_id, place, (event,), at + timedelta(minutes=2 * place), OFFICER)
        return made

    def _clocks(self, model: _Model, case_id: int, shift: timedelta) -> list[dict[str, Any]]:
        rows = []
        for clock in model.clocks:
            values = folding.clock_values(case_id, clock)
            for name in ("started_at", "near_at", "due_at", "met_at", "stopped_at"):
                if values[name] is not None:
                    values[name] += shift
            # The timekeeper has been by: what is near or late is noted.
            if values["mark_at"] is not None:
                near, due = values["near_at"], values["due_at"]
                values["mark_at"] = near if near > NOW else due if due > NOW else None
            self.clock_id += 1
            rows.append({"id": self.clock_id, **values})
        return rows

    def _orders(self, model: _Model, case_id: int, at: datetime) -> list[dict[str, Any]]:
        if model.state.unit is None:
            return []
        self.order_id += 1
        closed = at + timedelta(minutes=10) if model.state.closed else None
        return [
            {"id": self.order_id, "case_id": case_id, "unit": model.state.unit, "issued_at": at, "ended_at": closed}
        ]
