"""Reports of our own that come back from outside, told from real second reports (K03, `connectors.md` 3.2).

A copy names us in a field of its own or carries our words again; a person who quotes a number and says something new
is no copy. What is only likely is proposed to an officer, never joined in silence.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from string import Formatter

from store.rules import querycodes

LEAST = 12
"""Letters of a text, without blanks and signs, from which on equal words at one place are a copy and no coincidence."""
LONGEST = 2000
"""Characters of a text that are looked through for our numbers and codes."""
LONGEST_NAME = 80
"""Characters of a number of ours, with room."""
NAMES = 8
"""Numbers and codes of one text that are looked up."""

_CODE = re.compile(
    rf"(?<![A-Za-z0-9])[{querycodes.SIGNS}]{{4}}(?:[- ]?[{querycodes.SIGNS}]{{4}}){{2}}(?![A-Za-z0-9])", re.IGNORECASE
)
_SIGNS = bytes(sign for sign in range(128) if not chr(sign).isalnum())
_OTHER = re.compile(r"[\W_]+")
_PARTS = {
    "date": r"\d{8}", "serial": r"\d{1,18}", "profile": r"[a-z0-9_]{1,40}",
    "node": r"[A-Za-z0-9\u4e00-\u9fff][A-Za-z0-9\u4e00-\u9fff_.-]{0,39}?",
}  # fmt: skip


@lru_cache(maxsize=64)
def _number(form: str) -> re.Pattern[str] | None:
    """What numbers of this form look like; None for a form that plain figures of anybody's would fit."""
    pattern, telling = "", 0
    for literal, name, _, _ in Formatter().parse(form):
        pattern += re.escape(literal)
        telling += sum(sign.isalpha() for sign in literal)
        if name:
            pattern += _PARTS[name]
            telling += 2 if name != "serial" else 0
    if telling < 2:
        return None
    return re.compile(rf"(?<![A-Za-z0-9]){pattern}(?![A-Za-z0-9]|-[A-Za-z0-9])")


def numbers(text: str, forms: Sequence[str]) -> list[str]:
    """Words of `text` that look like numbers of our cases."""
    found: list[str] = []
    for form in forms:
        pattern = _number(form)
        if pattern is not None:
            found += pattern.findall(text[:LONGEST])
    return list(dict.fromkeys(found))[:NAMES]


def codes(text: str) -> list[str]:
    """Query codes in `text` whose check sign is right."""
    read = (querycodes.read(match) for match in _CODE.findall(text[:LONGEST]))
    return list(dict.fromkeys(code for code in read if code is not None))[:NAMES]


def whole(words: str, forms: Sequence[str]) -> list[str]:
    """What `words` alone stand for where they may be a number or a code of ours, as such a field is written."""
    words = words.strip()
    if not words or len(words) > LONGEST_NAME:
        return []
    code = querycodes.read(words)
    found = [code] if code else []
    return found + [words for form in forms if (known := _number(form)) and known.fullmatch(words)][:1]


def bare(text: str) -> str:
    """Letters and digits alone, in one case and width: what stays the same however a text is passed on."""
    if text.isascii():
        return text.lower().encode().translate(None, _SIGNS).decode()
    return _OTHER.sub("", unicodedata.normalize("NFKC", text).casefold())


def fingerprint(title: str, text: str) -> int | None:
    """A number for the words of a report (64 bits, signed); None where there are too few to tell a copy by."""
    words = bare(text or title)
    if len(words) < LEAST:
        return None
    return int.from_bytes(hashlib.blake2b(words.encode("utf-8", "surrogatepass"), digest_size=8).digest(), signed=True)


def copied(theirs: str, ours: Sequence[str], names: Sequence[str]) -> bool:
    """Whether a text that names our case says nothing beyond our own words, or repeats all of them."""
    left = theirs
    for name in names:
        left = left.replace(name, " ").replace(querycodes.shown(name), " ")
    rest, own = bare(left), [bare(part) for part in ours]
    if not rest or rest in "".join(own):
        return True
    return any(len(part) >= LEAST and part in rest for part in own)
