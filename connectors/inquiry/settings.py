"""Settings of the inquiry page: `kind = "inquiry"`."""

from __future__ import annotations

from pydantic import Field

from connectors.credential import Listening


class InquirySettings(Listening):
    """[connectors.NAME] of kind `inquiry`: reporters ask with their query code what became of a report (K03-R7).

    The code is the credential: nothing else opens anything, and wrong ones are counted by address.
    """

    path: str = Field(default="/q", pattern=r"^/[A-Za-z0-9/_.-]{0,100}[A-Za-z0-9_-]$")
    """The page of a code is this, a stroke and the code."""
    public: bool = False
    """Must be true for a `host` that other machines can reach: anybody may come to this page."""
    proxied: bool = False
    """A proxy of ours stands in front: the last address of X-Forwarded-For is who asks."""
    wrong_codes: int = Field(default=10, ge=1, le=1_000)
    """Codes of nobody that one address may try in ten minutes."""
    asks_per_minute: int = Field(default=60, ge=1, le=10_000)
    """Questions of one address in a minute."""
    quiet: float = Field(default=604_800.0, ge=60, le=2_592_000)
    """Seconds without any question that are still normal."""

    def guarded(self) -> bool:
        return self.public

    def credentials(self) -> str:
        return "`public = true`"
