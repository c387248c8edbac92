"""All arguments of `griddesk`, one noun after the other; nothing here opens a store or imports a screen."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from tui.commands.parser import Parser
from tui.language import N_, tr

if TYPE_CHECKING:
    from tui.commands.call import Call

Run = Callable[["Call"], int]

NOUNS = (
    "desk", "demo", "init", "case", "queue", "alert", "coverage", "warning", "data", "device", "register", "search",
    "intake", "querycode", "change", "grid", "orderfile", "booked", "verification", "visits", "duplicates", "legend",
    "orders", "owed", "supervision", "ladder", "plan", "notice", "shift", "officer", "post", "unit", "mode",
    "deferral", "calendar", "profile", "rehearse", "connect", "connector", "audit", "doctor",
)  # fmt: skip
"""Modules of this folder with an `add(nouns)`, in the order of the help."""

ABOUT = N_("The command centre of a street grid office. Without a command it opens the desk.")


class Nouns:
    """Where a noun adds its commands."""

    def __init__(self, parser: argparse.ArgumentParser, title: str = "") -> None:
        self._parsers = parser.add_subparsers(
            title=title or tr("commands"), metavar=tr("COMMAND"), parser_class=Parser, dest=argparse.SUPPRESS
        )
        self._owner = parser

    def command(self, name: str, help: str, run: Run, *, json: bool = True) -> argparse.ArgumentParser:
        """A command with its help, the function that runs it, and `--json` unless it is a screen."""
        leaf = self._leaf(name, help)
        leaf.set_defaults(run=run)
        common(leaf, hidden=True)
        if json:
            leaf.add_argument("--json", action="store_true", help=tr("print one JSON document"))
        return leaf

    def group(self, name: str, help: str, run: Run | None = None) -> Nouns:
        """A noun with verbs below it; with `run` it does something without a verb too, and is `owner` of options."""
        leaf = self._leaf(name, help) if run is None else self.command(name, help, run)
        made = Nouns(leaf)
        made._parsers.required = run is None
        return made

    @property
    def owner(self) -> argparse.ArgumentParser:
        return self._owner

    def _leaf(self, name: str, help: str) -> argparse.ArgumentParser:
        leaf: argparse.ArgumentParser = self._parsers.add_parser(name, help=help, description=help)
        return leaf


def common(parser: argparse.ArgumentParser, *, hidden: bool = False) -> None:
    """The options that every command takes, before it or after it."""

    def option(*names: str, help: str, **rest: Any) -> None:
        shown = argparse.SUPPRESS if hidden else help
        parser.add_argument(*names, help=shown, default=argparse.SUPPRESS, **rest)

    option("--store", metavar="PATH", help=tr("the store: a path or a URL"))
    option("--config", metavar="FILE", help=tr("the configuration file (griddesk.toml)"))
    option("--lang", choices=("zh", "en"), help=tr("the language of what is shown"))
    option("--as", dest="officer", metavar="OFFICER", help=tr("the code of the officer who acts"))
    option("--now", metavar="TIME", help=tr("set the clock of a drill store"))


def build() -> Parser:
    """The whole parser in the chosen language."""
    parser = Parser(prog="griddesk", description=tr(ABOUT))
    common(parser)
    parser.add_argument("--version", action="store_true", help=tr("show the version and stop"))
    nouns = Nouns(parser)
    for name in NOUNS:
        import_module(f"tui.commands.{name}").add(nouns)
    return parser


DEFAULTS = {
    "store": None,
    "config": None,
    "lang": None,
    "officer": None,
    "now": None,
    "json": False,
    "run": None,
}


def parse(words: Sequence[str]) -> argparse.Namespace:
    """The arguments; `run` is None when help or version was all. Raises `BadInput` `usage`."""
    parser = build()
    try:
        args = parser.parse_args(list(words))
    except SystemExit:
        return argparse.Namespace(**DEFAULTS)
    for name, value in DEFAULTS.items():
        if not hasattr(args, name):
            setattr(args, name, value)
    if args.version:
        from importlib.metadata import version

        print(f"griddesk {version('griddesk')}")
        args.run = None
    elif args.run is None:
        args.run = import_module("tui.commands.desk").run
    return args
