"""Case numbers by the profile's form (K02-R2): `{date}`, `{node}`, `{serial}`, `{profile}` and plain signs."""

from __future__ import annotations

import re
from datetime import date
from string import Formatter

from store.rules.tree import UNPLACED

NAMES = ("date", "node", "serial", "profile")
LONGEST = 60
_PADDING = re.compile(r"0\d{1,2}")
_PLAIN = re.compile(r"[A-Za-z0-9一-鿿〔〕()._/#-]*")


def fault(form: str) -> str | None:
    """What is expected instead where a form cannot give unique codes; None for a good one.

    The serial is the store's own counter, so a form with `{serial}` standing free never gives a code twice.
    """
    if not 0 < len(form) <= LONGEST:
        return f"1 to {LONGEST} characters"
    try:
        parts = list(Formatter().parse(form))
    except ValueError:
        return "placeholders in braces: " + _known()
    serials = 0
    for place, (literal, name, spec, conversion) in enumerate(parts):
        if not _PLAIN.fullmatch(literal):
            return "letters, digits and - . _ / # ( ) between the placeholders"
        if name is None:
            continue
        if name not in NAMES or conversion or (spec and not (name == "serial" and _PADDING.fullmatch(spec))):
            return "only " + _known() + " (and {serial:06})"
        if name == "serial":
            serials += 1
            after = parts[place + 1][0] if place + 1 < len(parts) else ""
            last = place + 1 == len(parts)
            free_before = (place == 0 and not literal) or (literal != "" and not literal[-1].isalnum())
            free_after = last or (after != "" and not after[0].isalnum())
            if not (free_before and free_after):
                return "a sign such as - on both sides of {serial}"
    return None if serials == 1 else "{serial} once"


def _known() -> str:
    return ", ".join(f"{{{name}}}" for name in NAMES)


def number(form: str, day: date, node: str | None, serial: int, profile: str) -> str:
    """The code of a case; `day` is the local day of its report, `node` the code of its leaf."""
    return form.format(date=f"{day:%Y%m%d}", node=node or UNPLACED, serial=serial, profile=profile)
