"""Text and numbers from outside, made safe to keep: capped, whole, NFC. Nothing is stripped for display here."""

from __future__ import annotations

import math
import unicodedata

TEXT_LIMIT = 8_000
"""Characters of a report's text that are kept."""
TITLE_LIMIT = 300
CODE_LIMIT = 200

_EDGES = " \t\r\n\v\f\u3000\u00a0\ufeff\u200b"


def clean(value: object, limit: int = TEXT_LIMIT, warnings: list[str] | None = None) -> str:
    """`value` as text without NUL, lone surrogates and blank edges, at most `limit` characters.

    Appends `nul_removed`, `bad_characters` and `text_cut` to `warnings` where it changed something.
    """
    if value is None:
        return ""
    text = value if isinstance(value, str) else str(value)
    notes = warnings if warnings is not None else []
    text = text.strip(_EDGES)
    if len(text) > limit:
        text = text[:limit]
        _note(notes, "text_cut")
    if "\x00" in text:
        text = text.replace("\x00", "")
        _note(notes, "nul_removed")
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            _note(notes, "bad_characters")
        text = unicodedata.normalize("NFC", text)[:limit]
    return text


def _note(notes: list[str], code: str) -> None:
    if code not in notes:
        notes.append(code)


def number(value: object) -> float | None:
    """A finite number from a number or its text; None from anything else."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, float)):
        found = _float(value)
    elif isinstance(value, str) and len(value) <= 64:
        found = _float(value.strip())
    else:
        return None
    return found if found is not None and math.isfinite(found) else None


def _float(value: int | float | str) -> float | None:
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def visible(name: str) -> str:
    """A file's name with control characters and undecodable bytes written out, safe to print and to store."""
    whole = name.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in whole)
