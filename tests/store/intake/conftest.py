"""The desk with short ways to deliver reports and to sort them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import text

from store.actions.intake import intake as actions
from store.intake import Intake, Receipt, Report
from store.views import case as case_view
from store.views import intake as views
from store.views.case import CaseView
from tests.conftest import START, Desk


def report(source_id: str = "1", **fields: Any) -> Report:
    """A report of the people's hotline, whose items an officer sorts first."""
    given: dict[str, Any] = {
        "source": "line", "title": "路灯不亮", "text": "三号楼前的路灯已经两天不亮了请来修", "lat": 0.5, "lon": 1.5,
        "observed_at": START, "channel": "962000", **fields,
    }  # fmt: skip
    return Report(source_id=source_id, **given)


@dataclass
class List:
    """The intake list of a desk."""

    desk: Desk
    door: Intake

    def deliver(self, *reports: Report, source: str = "line", kind: str = "") -> Receipt:
        return self.door.deliver(source, reports, kind=kind)

    def rows(self, which: views.Which = "all") -> tuple[views.IntakeRow, ...]:
        return self.whole(which).rows

    def whole(self, which: views.Which = "all") -> views.Intake:
        with self.desk.store.read() as session:
            return views.intake(session, self.desk.store.profile, self.desk.now, which)

    def one(self, item_id: int, by: str = "chen") -> views.IntakeRow:
        with self.desk.store.read() as session:
            return views.item(session, self.desk.store.profile, self.desk.now, item_id, self.desk.actors[by])

    def act(self, action: Callable[..., Any], *args: Any, by: str = "chen", **named: Any) -> Any:
        named.setdefault("request_id", self.desk.request())
        actor = self.desk.actors[by]
        return self.desk.store.write(action, self.desk.store.profile, actor, self.desk.now, *args, **named)

    def waiting(self, **fields: Any) -> int:
        """The id of an item that waits."""
        before = {row.id for row in self.rows()}
        self.deliver(report(**{"source_id": f"w{len(before)}", **fields}))
        return next(row.id for row in self.rows() if row.id not in before)

    def file(self, item_id: int, **named: Any) -> int:
        return int(self.act(actions.file, item_id, **named))

    def case(self, case_id: int, by: str = "chen") -> CaseView:
        with self.desk.store.read() as session:
            return case_view.case(
                session, self.desk.store.profile, self.desk.now, case_id, self.desk.actors[by]
            )

    def count(self, table: str) -> int:
        with self.desk.store.read() as session:
            return int(session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())

    def journal(self) -> list[tuple[str, str, str]]:
        """(kind, actor, data) of everything that happened to items."""
        with self.desk.store.read() as session:
            rows = session.execute(
                text("SELECT kind, actor, CAST(data AS text) FROM event WHERE subject = 'intake' ORDER BY seq")
            )
            return [(row[0], row[1], row[2]) for row in rows]


@pytest.fixture
def listed(desk: Desk) -> List:
    return List(desk, Intake(desk.store))
