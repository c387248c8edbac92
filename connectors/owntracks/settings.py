"""Settings of the OwnTracks intake: `kind = "owntracks"`."""

from __future__ import annotations

from pydantic import Field

from connectors.credential import PATH, Signed


class OwnTracksSettings(Signed):
    """[connectors.NAME] of kind `owntracks`. The app's mode is HTTP, its URL `http://HOST:PORT` and `path`."""

    path: str = Field(default="/owntracks", pattern=PATH)
    """Path of the address that the phones post to."""
    quiet: float = Field(default=3_600.0, ge=60, le=604_800)
    """Seconds without any post that are still normal."""
    stale_hours: float = Field(default=24.0, gt=0, le=8_760)
    """Positions older than this are kept as history and marked `stale`."""
    manual_is_sos: bool = True
    """A position that its bearer sends by hand (`t` = `u`) raises the alarm `sos`."""
