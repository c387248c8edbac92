"""A scenario written in a test, read and run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from store.rehearsal import reading
from store.rehearsal.form import Outcome
from store.rehearsal.run import run

HEAD = """
title = "a test"
start = "2026-03-02 09:00"
officers = [{ code = "chen", name = "陈值班", roles = ["duty_officer"] }]
"""

Rehearse = Callable[..., Outcome]


@pytest.fixture
def rehearse(tmp_path: Path) -> Rehearse:
    """`rehearse(steps, head)`: the outcome of a scenario."""

    def go(steps: str, head: str = HEAD) -> Outcome:
        return run(reading.parse(head + steps, "test.toml", tmp_path))

    return go
