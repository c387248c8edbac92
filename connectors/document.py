"""JSON from outside: strict about text, and an error with its line instead of an exception for the batch."""

from __future__ import annotations

import json
from typing import Any

from store.intake import Rejection

KEEP = 65_536
"""Bytes of an unreadable body that are kept."""


class Unreadable(Exception):
    """The whole body cannot be read; `rejection` says where it fails."""

    def __init__(self, rejection: Rejection) -> None:
        super().__init__(rejection.reason)
        self.rejection = rejection


def _nothing(_: str) -> None:
    return None


def read_json(body: bytes, *, exact: bool = False, keep: bool = True) -> Any:
    """The document in `body` (UTF-8, a BOM is tolerated); NaN and Infinity become None.

    `exact` leaves numbers as the text they were, so that long ids and trailing digits survive.
    Raises `Unreadable` with the codes `not_utf8`, `not_json`, `too_deep`; `keep=False` keeps no bytes.
    """
    raw = body[:KEEP] if keep else b""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        raise Unreadable(Rejection("not_utf8", line=line, expected="UTF-8", raw=raw)) from None
    try:
        if exact:
            return json.loads(text, parse_constant=_nothing, parse_int=str, parse_float=str)
        return json.loads(text, parse_constant=_nothing)
    except json.JSONDecodeError as error:
        expected = f"{error.msg} (column {error.colno})"
        raise Unreadable(Rejection("not_json", line=error.lineno, expected=expected, raw=raw)) from None
    except RecursionError:
        raise Unreadable(Rejection("too_deep", raw=raw)) from None
    except ValueError:
        raise Unreadable(Rejection("not_json", expected="numbers of a sane length", raw=raw)) from None


def compact(value: Any) -> bytes:
    """The allowed part of an item as bytes, the form in which `Record.raw` keeps it."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"), default=str).encode("ascii")[:KEEP]
