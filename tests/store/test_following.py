"""Which reports of a source are open here, in parts, for a source that is asked what became of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from store.actions.loop import following
from store.intake import Intake, Report
from tests.conftest import START, Desk

REPORT = Report(source="city", source_id="0", version="1", title="Pothole", lat=0.5, lon=1.5, observed_at=START)


def asked(intake: Intake, limit: int, source: str = "city") -> list[tuple[str, ...]]:
    parts: list[tuple[str, ...]] = []
    after = ""
    while True:
        ids, after = intake.following(source, after, limit)
        parts.append(ids)
        if not after:
            return parts


def test_open_ones_alone_in_order_and_to_the_end(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "STEP", 7)
    intake = Intake(desk.store)
    many = [replace(REPORT, source_id=f"{n:03d}", status="closed" if n % 3 else "open",
                    closed_at=START + timedelta(hours=1) if n % 3 else None) for n in range(40)]  # fmt: skip
    intake.deliver("city", many)
    intake.deliver("other", [replace(REPORT, source="other", source_id="x")])
    wanted = [f"{n:03d}" for n in range(0, 40, 3)]
    for limit in (1, 2, 50):
        assert [key for part in asked(intake, limit) for key in part] == wanted
    assert asked(intake, 50, "nobody") == [()]
