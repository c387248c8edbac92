"""Cross-checks of how units are told (K08)."""

from __future__ import annotations

from collections.abc import Iterator

from store.profiles.building import Defect
from store.profiles.schema import ProfileTable


def defects(profile: ProfileTable) -> Iterator[Defect]:
    """Quiet hours have two ends, and an alert comes after the patience, not before it."""
    rules = profile.notices
    if (rules.quiet_from is None) != (rules.quiet_to is None):
        missing = "quiet_to" if rules.quiet_to is None else "quiet_from"
        yield Defect(("notices", missing), "both quiet_from and quiet_to, or neither", "")
    elif rules.quiet_from is not None and rules.quiet_from == rules.quiet_to:
        yield Defect(("notices", "quiet_to"), "another time than quiet_from", str(rules.quiet_to))
    if rules.give_up_minutes < rules.patience_minutes:
        expected = f"at least patience_minutes: {rules.patience_minutes}"
        yield Defect(("notices", "give_up_minutes"), expected, str(rules.give_up_minutes))
