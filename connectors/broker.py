"""Settings of a broker, shared by every interface that listens to one: `[connectors.NAME.broker]`."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, model_validator

from connectors.base import Broker
from connectors.settings import Secret, Settings


class BrokerSettings(Settings):
    """[connectors.NAME.broker]: an MQTT broker. Needs the extra `griddesk[mqtt]`."""

    host: str = Field(min_length=1, max_length=253, pattern=r"^[^\s/@]+$")
    """Name or address of the broker."""
    port: int = Field(default=0, ge=0, le=65_535)
    """0 stands for 1883, with `tls` for 8883."""
    client_id: str = Field(default="", max_length=64, pattern=r"^[A-Za-z0-9._:-]*$")
    """`griddesk-NAME` when empty. The broker keeps messages for it: the same on all hosts of one store, another for
    another store."""
    user: str = ""
    """User, where the broker asks for one."""
    password: Secret | None = None
    """Its password; `file:PATH` and `env:NAME` name where it is."""
    tls: bool = False
    """Speak TLS and check the broker's certificate and name."""
    ca_file: str = ""
    """Certificates that the broker's is checked against; the system's when empty."""
    keepalive: int = Field(default=15, ge=3, le=600)
    """Seconds between two signs of life; a frozen broker is noticed within twice as many."""

    @model_validator(mode="after")
    def _whole(self) -> BrokerSettings:
        if self.ca_file and not self.tls:
            raise ValueError("`tls = true` beside `ca_file`")
        return self

    def broker(self, name: str, folder: Path) -> Broker:
        """The broker of the source `name`; relative paths start at `folder`."""
        return Broker(
            host=self.host,
            port=self.port or (8883 if self.tls else 1883),
            client_id=self.client_id or f"griddesk-{name}",
            user=self.user,
            password=self.password.get_secret_value() if self.password else "",
            tls=self.tls,
            ca_file=str(folder / Path(self.ca_file).expanduser()) if self.ca_file else "",
            keepalive=self.keepalive,
        )
