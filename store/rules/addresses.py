"""The address as the common key between sources (K16-R10): one spelling for what people write in many ways. Pure."""

from __future__ import annotations

import re
import unicodedata

LENGTH = 200
"""Characters of a key."""
_BETWEEN = re.compile(r"[\s,.;:，。、；：()（）\[\]【】\"'“”‘’_]+")
_DASHES = re.compile(r"[‐‑‒–—―－~～]+")


def key(address: str) -> str:
    """The address without blanks and marks, full-width letters narrow, capitals small; empty for none.

    Numbers and hyphens stay: they tell one door from the next.
    """
    narrow = unicodedata.normalize("NFKC", address).casefold()
    return _BETWEEN.sub("", _DASHES.sub("-", narrow)).strip("-")[:LENGTH]
