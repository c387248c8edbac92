"""Settings of a watched folder: `kind = "folder"`."""

from __future__ import annotations

from pydantic import Field

from connectors.settings import Settings


class FolderSettings(Settings):
    """[connectors.NAME] of kind `folder`."""

    path: str
    """The folder that is watched; relative to the configuration file."""
    map: str
    """A shipped map by name (`nyc311`, `hotline12345`, …) or the path of your own."""
    settle: float = Field(default=2.0, ge=0, le=3_600)
    """Seconds a file's size and time must stand still before it is read."""
    rescan: float = Field(default=60.0, ge=1, le=86_400)
    """Seconds between two full scans, whatever the system says."""
    force_polling: bool = False
    """Look for changes instead of being told; for network shares."""
