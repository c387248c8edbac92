"""Settings of a Frigate NVR: `kind = "frigate"`."""

from __future__ import annotations

from pydantic import Field, SecretStr

from connectors.settings import Settings


class FrigateSettings(Settings):
    """[connectors.NAME] of kind `frigate`."""

    url: str = Field(pattern=r"^https?://[^\s]+$")
    """Address of the NVR, e.g. `http://10.0.0.5:5000`; `/api` is added."""
    token: SecretStr | None = None
    """Bearer token, where the NVR asks for one (port 8971)."""
    interval: float = Field(default=10.0, ge=1, le=3_600)
    """Seconds between two polls."""
    limit: int = Field(default=200, ge=10, le=10_000)
    """Reviews asked for at once; a longer list is fetched in parts."""
    places: dict[str, str] = Field(default_factory=dict)
    """[connectors.NAME.places]: camera = code of the grid it looks at."""
    live_minutes: float = Field(default=10.0, ge=0, le=1_440)
    """A review that had ended longer ago than this when it was first seen opens no alert."""
    longest_hours: float = Field(default=12.0, gt=0, le=168)
    """A review that is open longer is taken to have lost its end."""
    stats: bool = True
    """Ask for `/api/stats` too: which cameras give pictures."""
    deadline: float = Field(default=20.0, gt=0, le=600)
    """Seconds for a whole answer."""
