"""How a case stands beside its step, in words: marks, flags, booking, missing papers, signatures, merges (K02, K04)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tui import wording
from tui.language import N_, label, tr

if TYPE_CHECKING:
    from store.rules.levels import Shown
    from store.views.case import CaseView
    from store.views.queue import QueueRow

FLAGS: dict[str, str] = {
    "overdue": N_("overdue"),
    "supervised": N_("supervised"),
    "booked": N_("booked"),
    "returned": N_("returned"),
    "reopened": N_("reopened"),
    "extended": N_("extended"),
    "merged": N_("merged"),
}

SIGNS: dict[str, str] = {
    "supervised": N_("sv#flag"),
    "booked": N_("bk#flag"),
    "returned": N_("rt#flag"),
    "reopened": N_("ro#flag"),
    "extended": N_("ex#flag"),
    "merged": N_("mg#flag"),
}
"""The same in two cells; `overdue` is the status letter already."""

VISITS: dict[str, str] = {
    "due": N_("due"),
    **wording.SATISFACTION,
}

COLOURS: dict[str, str] = {
    "red": N_("red"),
    "orange": N_("orange"),
    "yellow": N_("yellow"),
    "green": N_("green"),
    "blue": N_("blue"),
}


def mark(shown: Shown) -> str:
    """Letter and word of a mark: readable on any terminal, with colour or without (K04-R9)."""
    word = label(shown.label)
    return word if word == shown.short else f"{shown.short} {word}"


def marks(row: QueueRow, *, own: bool = False) -> str:
    """All marks of a case; with `own` only those beside status and response level."""
    found = row.marks[2:] if own else row.marks
    return ", ".join(mark(shown) for shown in found)


def signs(row: QueueRow) -> str:
    """For narrow places: letters of the marks beside status and level, signs of the flags that status leaves out."""
    letters = [shown.short for shown in row.marks[2:]]
    return " ".join([*letters, *(tr(SIGNS[flag]) for flag in row.flags if flag in SIGNS)])


def flags(row: QueueRow) -> str:
    """The side flags of a case in words."""
    return ", ".join(tr(FLAGS[flag]) for flag in row.flags if flag in FLAGS)


def visit(answer: str) -> str:
    return tr(VISITS[answer]) if answer in VISITS else answer


def details(view: CaseView) -> Iterator[tuple[str, str]]:
    """(what, words) for everything of it that the case has."""
    row = view.row
    if marks(row):
        yield tr("marks"), marks(row)
    if row.flags:
        yield tr("flags"), flags(row)
    booking = view.booking
    if booking is not None:
        said = N_("written off; {holder} held it, planned {date}: {reason}")
        if row.closed_at is None:
            said = N_("with {holder}, review on {date}: {reason}")
        yield tr("booked list"), tr(said, holder=booking.holder, date=booking.review_on, reason=booking.reason)
    for gap in view.gaps:
        if not gap.supplied:
            said = N_("{item}, overdue since {date}") if gap.overdue else N_("{item}, by {date}")
            yield tr("missing paper"), tr(said, item=gap.item, date=gap.until)
    for gate in view.gates:
        if gate.missing:
            missing = ", ".join(label(signer) for signer in gate.missing)
            name = label(gate.label) or gate.move
            yield tr("waits for signatures"), tr("{move}: {missing}", move=name, missing=missing)
    if view.merged_into is not None:
        yield tr("merged into"), tr("case {id}", id=str(view.merged_into))
    if view.absorbed:
        yield tr("reporters of"), ", ".join(tr("case {id}", id=str(case)) for case in view.absorbed)
    if view.first_acceptor and view.first_acceptor != row.unit:
        yield tr("first accepted by"), view.first_acceptor
    if view.visit:
        yield tr("return visit"), visit(view.visit)
    own = [offer for offer in view.offers if offer.verb == "advance"]
    if own:
        yield tr("further moves"), ", ".join(f"{label(offer.label) or offer.id} ({offer.id})" for offer in own)


def lines(view: CaseView) -> Iterator[str]:
    """The same as single lines, without what a panel shows elsewhere."""
    own = marks(view.row, own=True)
    shown = wording.named(None, ", ".join(part for part in (own, flags(view.row)) if part))
    if shown:
        yield shown
    for what, words in details(view):
        if what not in (tr("marks"), tr("flags")):
            yield tr("{what}: {words}", what=what, words=words)
