"""A notice to send, and a builder of targets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors import registry
from connectors.base import Context, Target
from store.outbox import OwedNotice
from tests.connectors.fake import FakeStore

NOTICE = OwedNotice(
    7, "1a2b3c4d-order:17", "order", "P3", "there", "", 2, "派单 GD20260304-0007", "请处置：路灯不亮，东区一格0",
    datetime(2026, 3, 4, 18, 0, tzinfo=UTC), 1, case_number="GD20260304-0007", payload={"number": "GD20260304-0007"},
)  # fmt: skip


@pytest.fixture
def notice() -> Callable[..., OwedNotice]:
    """The notice with other values in some fields."""
    return lambda **values: replace(NOTICE, **values)


Make = Callable[..., Target]


@pytest.fixture
def make(store: FakeStore, tmp_path: Path) -> Make:
    """`make(kind, key=value…)`."""

    def make(kind: str, **table: Any) -> Target:
        return registry.target("there", kind, table, Context(store, "Asia/Shanghai", tmp_path))

    return make
