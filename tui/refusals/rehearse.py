"""What is wrong with a scenario, or keeps a rehearsal from starting."""

from __future__ import annotations

from tui.language import N_

SENTENCES: dict[str, str] = {
    "scenario_invalid": N_("{file}, line {line}: {key} is {found}. Expected: {expected}."),
}
