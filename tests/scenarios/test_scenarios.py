"""The checks of systems.md as scenarios: every expectation of every file beside this one holds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from store.rehearsal import reading
from store.rehearsal.run import run

HERE = Path(__file__).parent
FILES = sorted(HERE.glob("*.toml"))
CHECK = re.compile(r"^K(0[1-9]|1\d|2[0-3])-[RT]\d{1,2}$")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_scenario(file: Path) -> None:
    outcome = run(reading.read(file))
    failed = [
        f"line {finding.line} {finding.case} {finding.what}: expected {finding.expected}, found {finding.found}"
        for finding in outcome.findings
        if not finding.held
    ]
    assert failed == []
    assert outcome.findings


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_file_is_named_after_the_checks_it_carries(file: Path) -> None:
    scenario = reading.read(file)
    assert scenario.checks and all(CHECK.match(check) for check in scenario.checks)
    assert file.stem.startswith(scenario.checks[0].replace("-", "_"))
