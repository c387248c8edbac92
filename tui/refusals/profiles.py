"""What profiles refuse, and what they expected, in words."""

from __future__ import annotations

import re

from tui.language import N_, tr

SENTENCES: dict[str, str] = {
}

EXPECTED: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.DOTALL), words)
    for pattern, words in (
        (r"no such key", N_("no such key here")),
        (r"this key", N_("this key, which is missing")),
        (r"text", N_("text")),
        (r"a whole number", N_("a whole number")),
        (r"a number", N_("a number")),
        (r"true or false", N_("true or false")),
        (r"a list", N_("a list")),
        (r"a table", N_("a table")),
        (r"a local time such as 08:00:00", N_("a local time such as 08:00:00")),
        (r"a date such as 2026-01-31", N_("a date such as 2026-01-31")),
        (r"a limit such as (?P<form>.+)", N_("a limit such as {form}")),
        (r"text like (?P<form>.+)", N_("text of the form {form}")),
        (r"one of (?P<names>.+)", N_("one of {names}")),
        (r"nothing: none is defined", N_("nothing, because none is defined")),
        (r"a value used once", N_("a value that is used once only")),
        (r"a word not used by (?P<name>.+)", N_("a word that {name} does not use")),
        (r"at character (?P<n>\d+): (?P<what>.+)", N_("at character {n} of the condition: {what}")),
        (r"Input should be greater than or equal to (?P<n>\S+)", N_("at least {n}")),
        (r"Input should be greater than (?P<n>\S+)", N_("more than {n}")),
        (r"Input should be less than or equal to (?P<n>\S+)", N_("at most {n}")),
        (r"shares that add up to 1", N_("shares that add up to 1")),
        (r"clocks that do not start each other in a circle", N_("clocks that do not start each other in a circle")),
        (r"windows that do not overlap", N_("windows that do not overlap")),
        (r"the id of a category or of a group of them", N_("the id of a category, or of a group of them")),
        (r"a step with closed = true", N_("a step with closed = true")),
        (r"a step that is not closed", N_("a step that is not closed")),
        (r"a step that moves lead to", N_("a step that some move leads to")),
        (r"an open step that a move leads out of", N_("an open step that some move leads out of")),
        (r"a power that some role holds", N_("a power that some role holds")),
        (r"a power that one of its roles holds", N_("a power that one of its roles holds")),
        (r"a move sign from the same step", N_("a move sign from the same step")),
        (r"a unit other than the lead", N_("another unit than the lead")),
        (r"at most (?P<n>\d+) for (?P<unit>\w+)", N_("at most {n} where the unit is {unit}")),
        (r"a profile that does not build on this one", N_("a profile that does not build on this one")),
        (r"a length of time: (?P<units>.+)", N_("a length of time ({units})")),
        (r"the start of the next shift, (?P<at>.+)", N_("the start of the next shift, {at}")),
        (r"alarms or a metric, and not both", N_("alarms or a metric, and not both")),
        (r"a metric beside it", N_("a metric beside it")),
        (r"alarms beside it", N_("alarms beside it")),
        (r"above or below", N_("above or below")),
        (r"above or below, and not both", N_("above or below, and not both")),
        (r"less than above", N_("less than above")),
        (r"at most above", N_("at most above")),
        (r"at least below", N_("at least below")),
        (r"starts and ends, or neither", N_("starts and ends, or neither")),
        (r"a local time without a zone", N_("a local time without a zone")),
        (r"a thing or a state, never a person or a plate", N_("a thing or a state, never a person or a plate")),
        (r"hours in order, each end after its start", N_("hours in order, each end after its start")),
    )
)
"""What a defect of a profile expected, by the store's own words for it; others are shown as they are."""


def expected(words: str) -> str:
    """What was expected, in the chosen language."""
    for pattern, sentence in EXPECTED:
        found = pattern.fullmatch(words)
        if found:
            return tr(sentence, **found.groupdict())
    return words
