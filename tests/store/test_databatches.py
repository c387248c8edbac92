"""K16-R9, R10: batch data whole or not at all, a corrected file for its day, the address as the common key."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select
from sqlmodel import Session, col

from store.actions.warnings import databatches
from store.errors import BadInput, Refused
from store.intake import DataFile, DataRow, Intake, Receipt
from store.records.event import Event
from store.records.grid import Building, Grid
from store.records.warning import DataBatch, Datum
from store.views import warnings as view
from tests.conftest import Desk

FEED = "arrears.water"


def made(desk: Desk, *rows: tuple[str, float], sha: str = "a", **changes: Any) -> DataFile:
    day: date = changes.pop("day", desk.now.date())
    body = tuple(DataRow(place, value) for place, value in rows)
    return DataFile(changes.pop("feed", FEED), day, "water", sha, changes.pop("count", len(body)), body)


def take(desk: Desk, file: DataFile, by: str = "") -> Receipt:
    return desk.store.write(databatches.take, desk.store.profile, file, desk.now, by)


def held(desk: Desk) -> list[tuple[str, float]]:
    with desk.store.read() as session:
        return [(row.place, row.value) for row in session.execute(select(Datum).order_by(col(Datum.id))).scalars()]


def test_K16_R9_the_same_bytes_are_a_no_op_and_a_corrected_file_replaces_its_day(desk: Desk) -> None:
    assert take(desk, made(desk, ("甲公司", 3), ("乙公司", 1))) == Receipt(new=2, unplaced=2)
    assert take(desk, made(desk, ("甲公司", 3), ("乙公司", 1))) == Receipt(unchanged=2)
    yesterday = desk.now.date() - timedelta(days=1)
    take(desk, made(desk, ("丙公司", 9), sha="other", day=yesterday))
    assert take(desk, made(desk, ("甲公司", 2), sha="b")).updated == 1
    assert sorted(held(desk)) == [("丙公司", 9.0), ("甲公司", 2.0)]
    with desk.store.read() as session:
        kinds = session.execute(select(col(Event.kind), col(Event.actor)).where(col(Event.subject) == "data")).all()
        batches = view.batches(session, desk.store.profile)
    assert [tuple(kind) for kind in kinds] == [
        ("data_taken", "source:water"), ("data_taken", "source:water"), ("data_replaced", "source:water"),
    ]  # fmt: skip
    assert [(batch.day, batch.rows, batch.sha256) for batch in batches] == [
        (desk.now.date(), 1, "b"), (yesterday, 1, "other"),
    ]  # fmt: skip
    assert desk.store.verify() is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"feed": "nobody.knows"}, "unknown_feed"), ({"count": 3}, "count_differs"),
     ({"day": date(2026, 3, 7)}, "day_ahead")],
)  # fmt: skip
def test_K16_R9_a_bad_file_is_refused_whole(desk: Desk, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(BadInput, match=code):
        take(desk, made(desk, ("甲公司", 3), **changes))
    assert held(desk) == []


@pytest.mark.parametrize(
    ("place", "code"),
    [("330106199001011234", "person_in_data"), ("13800138000", "person_in_data"), (" ", "place_missing")],
)
def test_K16_T6_no_person_and_no_empty_place_gets_in_by_another_way(desk: Desk, place: str, code: str) -> None:
    with pytest.raises(BadInput, match=code) as bad:
        take(desk, made(desk, ("甲公司", 3), (place, 1)))
    assert bad.value.fields["line"] == 2 and held(desk) == []


def test_K16_R10_places_find_their_grid_by_the_register_of_buildings(desk: Desk) -> None:
    def enter(session: Session) -> None:
        ids = {
            row.code: row.id
            for row in session.execute(select(col(Grid.code), col(Grid.id)).where(col(Grid.code).in_(("G0", "G1"))))
        }
        session.add_all(
            [
                Building(key="文化路12号", name="甲公司", grid_id=ids["G0"]),
                Building(key="文化路13号", name="大厦", grid_id=ids["G0"]),
                Building(key="文化路14号", name="大厦", grid_id=ids["G1"]),
                Building(key="旧址", grid_id=ids["G1"], valid_to=date(2020, 1, 1)),
            ]
        )

    desk.store.write(enter)
    done = take(desk, made(desk, ("文化路 12号", 1), ("甲公司", 1), ("大厦", 1), ("旧址", 1), ("无处", 1)))
    assert (done.new, done.located, done.unplaced) == (5, 2, 3)
    assert held(desk)[0] == ("文化路12号", 1.0)


def test_K16_R9_an_officer_hands_it_in_under_his_own_name_or_not_at_all(desk: Desk) -> None:
    take(desk, made(desk, ("甲公司", 3)), by="chen")
    with desk.store.read() as session:
        (batch,) = view.batches(session, desk.store.profile, FEED)
    assert batch.taken_by == "chen"
    with pytest.raises(Refused, match="no_power"):
        take(desk, made(desk, ("甲公司", 4), sha="b"), by="shen")
    with pytest.raises(Refused, match="unknown_officer"):
        take(desk, made(desk, ("甲公司", 4), sha="b"), by="nobody")


def test_K16_R9_the_door_takes_a_file(desk: Desk) -> None:
    assert Intake(desk.store).data(made(desk, ("甲公司", 3))).new == 1


def test_old_files_are_forgotten_after_the_days_of_their_feed(desk: Desk) -> None:
    take(desk, made(desk, ("甲公司", 3)))
    desk.wait(days=399)
    desk.store.keep_time()
    assert len(held(desk)) == 1
    desk.wait(days=3)
    desk.store.keep_time()
    with desk.store.read() as session:
        assert session.execute(select(func.count()).select_from(DataBatch)).scalar_one() == 0
    assert held(desk) == []


def test_many_rows_are_entered_in_one_piece(desk: Desk) -> None:
    with desk.store.read() as session:
        grid = session.execute(select(col(Grid.id)).where(col(Grid.code) == "G0")).scalar_one()
    desk.store.write(
        lambda session: session.execute(
            insert(Building), [{"key": f"路{n}号", "name": "", "grid_id": grid, "net": ""} for n in range(2_000)]
        )
    )
    done = take(desk, made(desk, *((f"路 {n} 号", 1.0) for n in range(12_000))))
    assert (done.new, done.located) == (12_000, 2_000)
