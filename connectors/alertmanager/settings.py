"""Settings of the Alertmanager receiver: `kind = "alertmanager"`."""

from __future__ import annotations

from pydantic import Field, field_validator

from connectors.credential import PATH, Signed
from connectors.settings import Secret


class AlertmanagerSettings(Signed):
    """[connectors.NAME] of kind `alertmanager`: Prometheus Alertmanager's webhook, version 4.

    In Alertmanager: `webhook_configs: [{url: 'http://HOST:PORT/alertmanager', max_alerts: 0}]`. Several peers may post
    to one source: what they say is folded.
    """

    path: str = Field(default="/alertmanager", pattern=PATH)
    """Path of the address that is posted to."""
    device_labels: tuple[str, ...] = Field(default=("device", "instance"), max_length=20)
    """Labels that may name the device, the first that is there counts; else it is the alert's name."""
    grid_label: str = Field(default="grid", max_length=100)
    """Label with the code of a grid; `lat` and `lon` are read as well."""
    watchdog: str = Field(default="Watchdog", max_length=200)
    """Alert that always fires: it is the heartbeat of the chain behind it, never an alarm."""
    watchdog_seconds: float = Field(default=900.0, ge=10, le=604_800)
    """Longest silence of the watchdog that is normal; Alertmanager repeats it every `repeat_interval`."""
    url: str = Field(default="", max_length=400)
    """Address of Alertmanager itself, for what its messages left out or we missed; empty: it is not asked."""
    url_user: str = ""
    """User of basic authentication there."""
    url_password: Secret | None = None
    """Its password; `file:PATH` and `env:NAME` name where it is."""
    url_token: Secret | None = None
    """Bearer token there; `file:PATH` and `env:NAME` name where it is."""
    receiver: str = Field(default="", max_length=200)
    """Only alerts that go to receivers with this name (a pattern) are asked for; empty: all."""
    every: float = Field(default=60.0, ge=5, le=86_400)
    """Seconds between two such questions."""
    quiet: float = Field(default=86_400.0, ge=60, le=2_592_000)
    """Seconds without any message that are still normal."""

    @field_validator("url")
    @classmethod
    def _url(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("an http or https address")
        return value
