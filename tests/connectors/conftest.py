"""Fixtures of the connectors' tests."""

from __future__ import annotations

import pytest

from connectors.base import Context
from connectors.health import Vitals
from tests.connectors.fake import FakeIntake, FakeStore, FakeTime


@pytest.fixture
def intake() -> FakeIntake:
    return FakeIntake()


@pytest.fixture
def store(intake: FakeIntake) -> FakeStore:
    return FakeStore(intake)


@pytest.fixture
def clock() -> FakeTime:
    return FakeTime()


@pytest.fixture
def context(store: FakeStore, clock: FakeTime) -> Context:
    return Context(store, "Asia/Shanghai", sleep=clock.sleep)


@pytest.fixture
def vitals(store: FakeStore, clock: FakeTime) -> Vitals:
    return Vitals(store, "here", "test", 60.0, steady=clock.steady)
