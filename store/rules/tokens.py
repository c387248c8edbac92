"""The words of a condition (`store.rules.expressions`): names, numbers, texts and signs with their columns."""

from __future__ import annotations

import string
from dataclasses import dataclass
from typing import Literal

LONGEST = 500
"""Characters of a condition; a longer one is refused before it is looked at."""
DIGITS = 15
"""Digits of a number, so that every number is exact."""

_WORDS = frozenset({"and", "or", "not", "in", "under", "true", "false"})
_SIGNS = ("==", "!=", "<=", ">=", "<", ">", "(", ")", "[", "]", ",")
_FIRST = frozenset(string.ascii_letters)
_REST = frozenset(string.ascii_letters + string.digits + "_.-")
_BLANK = frozenset(" \t\r\n")


@dataclass(frozen=True, slots=True)
class Token:
    """One word; `column` counts from 1. A `bad` one says what was `expected` in its place."""

    kind: Literal["name", "word", "number", "text", "sign", "end", "bad"]
    text: str
    column: int
    expected: str = ""


def tokens(text: str) -> list[Token]:
    """All words of `text`, `end` last; stops at the first `bad` one. The caller has limited the length."""
    found: list[Token] = []
    at = 0
    while at < len(text):
        if text[at] in _BLANK:
            at += 1
            continue
        token, at = _token(text, at)
        found.append(token)
        if token.kind == "bad":
            return found
    found.append(Token("end", "", len(text) + 1))
    return found


def _token(text: str, at: int) -> tuple[Token, int]:
    mark = text[at]
    if mark in _FIRST:
        end = _run(text, at, _REST)
        word = text[at:end]
        return Token("word" if word in _WORDS else "name", word, at + 1), end
    if mark in string.digits or mark == "-":
        return _number(text, at)
    if mark in "\"'":
        return _text(text, at)
    for sign in _SIGNS:
        if text.startswith(sign, at):
            return Token("sign", sign, at + 1), at + len(sign)
    if mark == "=":
        return Token("bad", mark, at + 1, "== to compare"), at + 1
    return Token("bad", mark, at + 1, 'a name of letters a-z, a number, "text" or a sign'), at + 1


def _run(text: str, at: int, members: frozenset[str]) -> int:
    while at < len(text) and text[at] in members:
        at += 1
    return at


def _number(text: str, at: int) -> tuple[Token, int]:
    """A whole or decimal number; letters and a second point right behind it belong to the mistake."""
    digits = frozenset(string.digits)
    begin = at + 1 if text[at] == "-" else at
    end = _run(text, begin, digits)
    if begin < end < len(text) and text[end] == "." and text[end + 1 : end + 2] in digits:
        end = _run(text, end + 1, digits)
    stop = _run(text, end, _REST)
    written = text[at:stop]
    if begin == end or stop != end:
        return Token("bad", written, at + 1, "a number such as 100000 or -2.5"), stop
    if sum(mark in digits for mark in written) > DIGITS:
        return Token("bad", written, at + 1, f"a number of at most {DIGITS} digits"), stop
    return Token("number", written, at + 1), end


def _text(text: str, at: int) -> tuple[Token, int]:
    quote = text[at]
    end = text.find(quote, at + 1)
    if end < 0:
        return Token("bad", text[at:], at + 1, f"a closing {quote}"), len(text)
    inner = text[at + 1 : end]
    for place, mark in enumerate(inner):
        if not mark.isprintable():
            return Token("bad", mark, at + 2 + place, "text without control characters"), end + 1
    return Token("text", inner, at + 1), end + 1


def shown(text: str, most: int = 40) -> str:
    """The text as a person may see it: control characters as code points, cut at `most` characters."""
    clean = "".join(mark if mark.isprintable() else f"U+{ord(mark):04X}" for mark in text[: most + 1])
    return clean if len(text) <= most else clean[:most] + "…"
