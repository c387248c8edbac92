"""Settings of a watched folder of batch data: `kind = "data"`."""

from __future__ import annotations

from connectors.inbox import InboxSettings


class DataSettings(InboxSettings):
    """[connectors.NAME] of kind `data`: files of numbers at places, taken whole or refused whole."""

    map: str
    """A shipped map by name (`arrears_water`, `wage_accounts`, …) or the path of your own."""
