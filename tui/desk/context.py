"""Everything the desk is given at its start, so that a test can make it whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from store.actions.house.opening import Store
    from tui.desk.keeper import Keeper


@dataclass(slots=True)
class Context:
    store: Store | None
    """The open store; the desk closes it at the end. None only in tests that bring their own gateway."""
    officer: str = ""
    """Code of the officer at this desk; empty shows the desk but lets nobody act."""
    language: str = "en"
    theme: str = "dark"
    keeper: Keeper | None = None
    """Watches over the connectors' process; None when somebody else runs it."""
    config: str = ""
    """The settings file, for the connectors' own commands."""
    follow_seconds: float = 0.15
    """How long the cursor rests before the queue follows the tree and the case follows the queue."""
    paste_guard: bool = True
    """Swallow bursts of keys that no person types (B6); tests of keys switch it off."""
    trouble: str = ""
    """Reference of a crash log: the desk opens on the trouble screen."""
    notice: str = ""
    """Said once at the start, e.g. after a restart."""
    kept: dict[str, object] = field(default_factory=dict)
    """Drafts and places that outlive a restart of the desk."""
