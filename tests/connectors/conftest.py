"""Fixtures of the connectors' tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors import log
from connectors.base import Context
from connectors.health import Vitals
from tests.connectors.fake import FakeIntake, FakeStore, FakeTime


@pytest.fixture(autouse=True)
def nothing_hidden() -> Iterator[None]:
    """What one test configures as a secret is an ordinary word in the next."""
    yield
    log._hidden.clear()


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
