"""An argument parser that speaks both languages and reports wrong usage as `BadInput`."""

from __future__ import annotations

import argparse
import re
from typing import Any, NoReturn

from store.errors import BadInput
from tui.language import N_, tr
from tui.text import wrap

SAID: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"the following arguments are required: (?P<names>.+)"), N_("This is missing: {names}.")),
    (re.compile(r"unrecognized arguments: (?P<words>.+)", re.DOTALL), N_("This is not understood: {words}.")),
    (
        re.compile(r"argument (?P<name>.+?): invalid choice: (?P<word>.+) \(choose from (?P<choices>.+)\)", re.DOTALL),
        N_("{name}: {word} is none of {choices}."),
    ),
    (re.compile(r"argument (?P<name>.+?): expected (one|1) argument"), N_("{name} needs a value.")),
    (re.compile(r"argument (?P<name>.+?): expected at least one argument"), N_("{name} needs a value.")),
    (
        re.compile(r"argument (?P<name>.+?): not allowed with argument (?P<other>.+)"),
        N_("{name} cannot go with {other}."),
    ),
    (
        re.compile(r"one of the arguments (?P<names>.+) is required"),
        N_("One of these is needed: {names}."),
    ),
    (
        re.compile(r"ambiguous option: (?P<word>.+) could match (?P<choices>.+)", re.DOTALL),
        N_("{word} may mean {choices}: write it out."),
    ),
    (re.compile(r"argument (?P<name>.+?): (?P<why>.+)", re.DOTALL), "{name}: {why}"),
)


class Formatter(argparse.HelpFormatter):
    """Help in the chosen language, broken at terminal cells, of which a Chinese character takes two."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=30)

    def _split_lines(self, text: str, width: int) -> list[str]:
        return wrap(text, width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(indent + line for line in wrap(text, width - len(indent)))

    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, tr("usage: ") if prefix is None else prefix)


class Parser(argparse.ArgumentParser):
    """Raises `BadInput("usage", message, usage)` where argparse would write and exit."""

    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=Formatter, add_help=False, allow_abbrev=False, **options)
        self._positionals.title = tr("arguments")
        self._optionals.title = tr("options")
        self.add_argument("-h", "--help", action="help", help=tr("show this help and stop"))

    def error(self, message: str) -> NoReturn:
        raise BadInput("usage", message=_said(message), usage=self.format_usage().strip())


def _said(message: str) -> str:
    for pattern, sentence in SAID:
        found = pattern.fullmatch(message)
        if found:
            return tr(sentence, **found.groupdict())
    return message
