"""A scenario on either engine gives the same outcome, refusals and times included."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from store.rehearsal import reading
from store.rehearsal.run import run
from tests.support.engines import new_place

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"


@pytest.mark.parametrize(
    "name", ["K05_T1_T2_working_days_and_season", "K08_T2_gas_plan", "K10_T3_two_failures_in_a_row"]
)
def test_a_drill_store_on_postgresql(name: str, tmp_path: Path) -> None:
    scenario = reading.read(SCENARIOS / f"{name}.toml")
    here = run(scenario)
    with new_place("postgresql", tmp_path) as location:
        there = run(scenario, location)
    assert replace(there, file="") == replace(here, file="")
    assert there.held
