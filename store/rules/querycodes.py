"""Query codes: random, no look-alikes, a check sign so that a typo never opens another report (K03-R7, T3)."""

from __future__ import annotations

import secrets
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from operator import mul
from typing import Literal

from store.rules.labels import Label
from store.rules.state import CaseState

SIGNS = "23456789ACEFHJKMNPRTWXY"
"""23 signs, a prime: no 0 O D Q, 1 I L, 8 B, 5 S, 2 Z, 6 G, U V; every wrong or swapped sign breaks the check."""
LENGTH = 12
"""Eleven random signs (50 bits) and the check sign."""
GROUP = 4

_PLACE = {sign: place for place, sign in enumerate(SIGNS)}
_MOST = len(SIGNS) ** (LENGTH - 1)
_WEIGHTS = range(1, LENGTH)
_PAIRS = tuple(first + second for first in SIGNS for second in SIGNS)

Stage = Literal["received", "in_progress", "result"]


def new() -> str:
    """A code that nothing about the report can be guessed from."""
    return many(1)[0]


def many(count: int) -> list[str]:
    """So many codes; random numbers are asked for once, for that is what takes the time."""
    drawn = secrets.token_bytes(16 * count)
    return [_made(int.from_bytes(drawn[start : start + 16], "big") % _MOST) for start in range(0, 16 * count, 16)]


def _made(number: int) -> str:
    body = ""
    for _ in range((LENGTH - 1) // 2):
        number, pair = divmod(number, len(_PAIRS))
        body += _PAIRS[pair]
    body += SIGNS[number]
    return body + check(body)


def check(body: str) -> str:
    """The sign behind `body`: places weighted 1, 2, 3, … modulo 23."""
    return SIGNS[sum(map(mul, _WEIGHTS, map(_PLACE.__getitem__, body))) % len(SIGNS)]


def read(typed: str) -> str | None:
    """The code that a person typed, with any blanks, dashes and case; None where it is none or has a slip."""
    if len(typed) > 4 * LENGTH:
        return None
    signs = [sign for sign in unicodedata.normalize("NFKC", typed).upper() if sign not in " -_.\t\r\n\u2010\u2013"]
    if len(signs) != LENGTH or any(sign not in _PLACE for sign in signs):
        return None
    code = "".join(signs)
    return code if check(code[:-1]) == code[-1] else None


def shown(code: str) -> str:
    """In groups of four, as it stands on a receipt."""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What a reporter sees with a code: how it stands, never who works on it."""

    code: str
    stage: Stage
    received_at: datetime
    channel: Label | None
    step: Label | None
    """Step of the case in the profile's words; None while it is no case."""
    with_whom: Literal["centre", "unit", "nobody"]
    where_to: Label | None
    """Line or office that took it over or that the reporter was sent to."""
    result: str
    closed_at: datetime | None
    number: str
    """Number of the case; empty while it is none."""
    may_urge: bool
    may_rate: bool


def may_urge(state: CaseState, today: date, per_day: int) -> bool:
    """Whether an urging by the reporter would count: an open case, so many a day (K09-T3)."""
    counted = state.reporter_urges if state.reporter_urged_on == today else 0
    return not state.closed and state.merged_into is None and counted < per_day
