"""What a source's health counts: records ever, records a minute, and nothing twice."""

from __future__ import annotations

import pytest

from connectors.base import Batch
from connectors.health import Vitals
from store.intake import Report
from tests.connectors.fake import FakeIntake, FakeStore, FakeTime
from tests.connectors.test_runner import Living, Polling, batch, living

__all__ = ["living"]


async def test_the_rate_is_of_the_last_five_minutes(vitals: Vitals, clock: FakeTime) -> None:
    vitals.took(50)
    await clock.advance(60)
    vitals.took(10)
    assert vitals.rate == pytest.approx(12.0)
    await clock.advance(250)
    assert vitals.rate == pytest.approx(2.0)
    await clock.advance(100)
    assert vitals.rate == 0.0
    assert vitals.taken == 60


async def test_what_was_told_is_told_once_and_what_could_not_be_told_later(
    vitals: Vitals, intake: FakeIntake, clock: FakeTime
) -> None:
    vitals.took(3)
    await vitals.up()
    vitals.took(2)
    intake.away = "store_gone"
    await clock.advance(10)
    await vitals.up()
    intake.away = None
    await vitals.refresh()
    await vitals.up()
    await vitals.up()
    assert [health.taken for health, _ in intake.healths] == [3, 2]
    assert intake.healths[-1][0].last_record_at is not None


async def test_a_queue_that_emptied_is_told_by_the_next_tick(vitals: Vitals, intake: FakeIntake) -> None:
    held = 400
    vitals.queue = lambda: held
    await vitals.up()
    held = 0
    await vitals.refresh()
    await vitals.refresh()
    assert [health.queue for health, _ in intake.healths] == [400, 0]


async def test_an_hour_of_many_records_keeps_few_counts(vitals: Vitals, clock: FakeTime) -> None:
    for _ in range(360):
        vitals.took(1_000)
        assert vitals.rate >= 0
        await clock.advance(10)
    assert len(vitals._counts) <= 32


async def test_every_shape_counts_what_the_store_took(living: Living, intake: FakeIntake) -> None:
    intake.poison = {"2"}
    records = tuple(Report(source="a", source_id=str(n)) for n in range(4))
    async with living(Polling("a", Batch(records), batch(9), interval=10.0)) as life:
        await life.pass_(40)
        assert life.runner.vitals["a"].taken == 4
    assert sum(health.taken for health, _ in intake.healths if health.source == "a") == 4


async def test_the_state_is_written_when_it_changes_and_else_rarely(
    store: FakeStore, vitals: Vitals, intake: FakeIntake, clock: FakeTime
) -> None:
    for _ in range(50):
        await vitals.up()
    assert len(intake.healths) == 1
    await clock.advance(6)
    await vitals.up()
    assert len(intake.healths) == 2
