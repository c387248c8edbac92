"""The evening shift of the demo: an officer who dispatches, checks, closes, and leaves the worst to the night."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from store.errors import Conflict, Refused
from store.rules.commands import Close, Command, Dispatch, Escalate, File, Urge, Verify
from store.rules.tree import UNPLACED

if TYPE_CHECKING:
    from store.actions.house.opening import Store
    from store.rules.state import Actor
    from store.views.queue import QueueRow, Which

CHECKED = ("电话核实，已处理完毕", "现场照片前后对比，问题已消除", "回访来电人，表示已解决", "巡查队复看，现场已恢复")
NOT_DONE = ("照片与现场不符", "来电人称问题仍在", "只清了一半")
PRESSING = ("来电人多次来电，请尽快", "已超时，请说明进度")
UPWARD = ("处置单位无力解决，需街道协调", "涉及多个部门")
DUPLICATE = "重复来电，已并入前案答复"


@dataclass(frozen=True, slots=True)
class Diligence:
    """Share of each kind of work that gets done in one round."""

    dispatch: float
    place: float
    check: float
    acknowledge: float
    urge: float


FRESH = Diligence(dispatch=0.75, place=0.5, check=0.7, acknowledge=0.5, urge=0.25)
TIRED = Diligence(dispatch=0.1, place=0.1, check=0.25, acknowledge=0.25, urge=0.1)
LAST_STRETCH = timedelta(minutes=100)
"""Before the handover the officer gets through less, so that the night begins with a queue."""
OLD_ALERT = timedelta(minutes=15)
PER_ROUND = 30


@dataclass(slots=True)
class Evening:
    """Acts as `officer` on a drill store whose clock the caller moves; the same seed does the same."""

    store: Store
    officer: Actor
    ends: datetime
    seed: int
    acted: int = 0
    leaves: dict[str, str] = field(default_factory=dict)
    """Codes of the grids by name, for reports that only say where in words."""

    def round(self, now: datetime) -> None:
        """What the officer gets done at `now`."""
        rng = random.Random(f"{self.seed}:{now.isoformat()}")
        diligence = TIRED if now > self.ends - LAST_STRETCH else FRESH
        for row in self._cases(now, "undispatched"):
            if row.step_id == "feedback" or rng.random() > diligence.dispatch:
                continue
            self._dispatch(row, now, rng, diligence)
        for row in self._cases(now, "open"):
            if row.step_id == "feedback" and rng.random() < diligence.check:
                self._check(row, now, rng)
        for row in self._cases(now, "overdue"):
            self._press(row, now, rng, diligence)
        self._acknowledge(now, rng, diligence)

    def _cases(self, now: datetime, which: Which) -> Iterator[QueueRow]:
        from store.views import queue

        with self.store.read() as session:
            keys = queue.keys(session, self.store.profile, now, None, which)
            rows = queue.rows(session, self.store.profile, now, keys.ids[:PER_ROUND])
        yield from rows

    def _dispatch(self, row: QueueRow, now: datetime, rng: random.Random, diligence: Diligence) -> None:
        from store.views.units import proposals

        if rng.random() < 0.06:
            self._move(row, Close(result=DUPLICATE, outcome="advised"), now)
            return
        unplaced = row.grid_code == UNPLACED
        if unplaced:
            grid = next((code for name, code in self.leaves.items() if name in row.address), None)
            if grid is None or rng.random() > diligence.place or not self._move(row, File(grid=grid), now):
                return
        with self.store.read() as session:
            units = proposals(session, self.store.profile, row.id)[:2]
        if not units:
            return
        unit = units[0] if rng.random() < 0.85 else units[-1]
        self._move(row, Dispatch(unit=unit.code), now, read_anew=unplaced)

    def _check(self, row: QueueRow, now: datetime, rng: random.Random) -> None:
        if rng.random() < 0.08:
            self._move(row, Verify(passed=False, reason=rng.choice(NOT_DONE)), now)
        else:
            self._move(row, Close(result=rng.choice(CHECKED)), now)

    def _press(self, row: QueueRow, now: datetime, rng: random.Random, diligence: Diligence) -> None:
        if row.unit is None or row.step_id == "feedback":
            return
        luck = rng.random()
        if luck < diligence.urge and row.urges == 0:
            self._move(row, Urge(note=rng.choice(PRESSING)), now)
        elif luck > 0.97 and row.escalations == 0:
            self._move(row, Escalate(reason=rng.choice(UPWARD)), now)

    def _acknowledge(self, now: datetime, rng: random.Random, diligence: Diligence) -> None:
        from store.actions.loop import alerts as acting
        from store.views import alerts

        with self.store.read() as session:
            rows = alerts.alerts(session, self.store.profile, now).rows
        for row in rows:
            seen = row.acknowledged_by is not None or now - row.raised_at < OLD_ALERT
            if seen or rng.random() > diligence.acknowledge / row.priority**0.5:
                continue
            self._try(acting.acknowledge, now, row.id)

    def _move(self, row: QueueRow, command: Command, now: datetime, *, read_anew: bool = False) -> bool:
        from store.actions.loop import cases

        version = None if read_anew else row.version
        return self._try(cases.move, now, row.id, command, expected_version=version)

    def _try(self, action: Callable[..., Any], now: datetime, *args: Any, **named: Any) -> bool:
        """Do it unless a rule says no: an officer who is refused goes on to the next."""
        self.acted += 1
        request = f"evening-{self.seed}-{self.acted}"
        try:
            self.store.write(action, self.store.profile, self.officer, now, *args, request_id=request, **named)
        except (Refused, Conflict):
            return False
        return True
