"""Settings of the inbox of a text message daemon: `kind = "sms_inbox"`."""

from __future__ import annotations

from pydantic import Field

from connectors.settings import Settings


class SmsInboxSettings(Settings):
    """[connectors.NAME] of kind `sms_inbox`: what units answer to text messages, through gammu-smsd's files."""

    path: str
    """`inboxpath` of the daemon."""
    done: str = ""
    """Folder for what was read; `done` inside `path` when empty."""
    interval: float = Field(default=5.0, ge=1, le=3_600)
    """Seconds between two looks."""
    senders: dict[str, str] = Field(default_factory=dict)
    """[connectors.NAME.senders]: telephone number = code of the unit that carries it; others are refused."""
    country: str = Field(default="+86", pattern=r"^\+[0-9]{1,3}$")
    """Prefix that a number may have or lack."""
