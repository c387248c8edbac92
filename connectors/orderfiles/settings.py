"""Settings of a watched folder: `kind = "folder"`."""

from __future__ import annotations

from connectors.inbox import InboxSettings


class FolderSettings(InboxSettings):
    """[connectors.NAME] of kind `folder`."""

    map: str
    """A shipped map by name (`nyc311`, `hotline12345`, …) or the path of your own."""
