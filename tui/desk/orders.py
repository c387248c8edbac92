"""The dispatcher's dotted line: `D.P3.1042`, `E.1042.reason`, `C.1042.result`, `U.1042`, `A.7`, or a case number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from store.errors import BadInput

Letter = Literal["D", "E", "C", "U", "V", "R", "A", "F"]

FORMS: dict[str, str] = {
    "D": "D.unit.case",
    "E": "E.case.reason",
    "C": "C.case.result",
    "U": "U.case",
    "V": "V.case",
    "R": "R.case.reason",
    "F": "F.case",
    "A": "A.alert",
}


@dataclass(frozen=True, slots=True)
class Order:
    """What one line asks for; `letter` None opens the case."""

    letter: Letter | None
    target: str
    """Case id or number, or alert id, as typed."""
    unit: str = ""
    text: str = ""


def parse(line: str) -> Order:
    """Read a line of the command bar.

    Raises `BadInput` with `order_empty`, `order_unknown` (word), `order_form` (expected) or `order_alert` (alert).
    """
    line = line.strip().removeprefix(":").strip()
    if not line:
        raise BadInput("order_empty")
    head, dot, rest = line.partition(".")
    letter = head.strip().upper()
    if not dot or letter not in FORMS:
        if any(character.isdigit() for character in head) or (not dot and len(head) > 2):
            return Order(None, line)
        raise BadInput("order_unknown", word=head, known=" ".join(FORMS.values()))
    words = [word.strip() for word in rest.split(".")]
    if letter == "D":
        if len(words) < 2 or not words[0] or not words[1]:
            raise BadInput("order_form", expected=FORMS[letter])
        return Order("D", words[1], unit=words[0].upper(), text=".".join(words[2:]))
    if not words[0]:
        raise BadInput("order_form", expected=FORMS[letter])
    if letter == "A" and not words[0].isdecimal():
        raise BadInput("order_alert", alert=words[0])
    text = rest.partition(".")[2].strip()
    return Order(_letter(letter), words[0], text=text)


def _letter(letter: str) -> Letter:
    for known in ("D", "E", "C", "U", "V", "R", "A", "F"):
        if letter == known:
            return known
    raise BadInput("order_unknown", word=letter, known=" ".join(FORMS.values()))
