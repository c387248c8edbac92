"""One run of `griddesk`: its arguments, settings, store, officer, and the two ways to answer."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar
from uuid import uuid4

from store.errors import BadInput, Refused
from tui.commands.place import find, without_password
from tui.commands.table import Cell, Column, coloured, room, table

if TYPE_CHECKING:
    from store.actions.house.opening import Store
    from store.profiles.model import Profile
    from store.rules.state import Actor
    from tui.commands.settings import Settings

P = ParamSpec("P")
T = TypeVar("T")


class Call:
    """Opens the store and finds the officer only when a command asks for them; closes what it opened."""

    def __init__(self, args: Namespace) -> None:
        self.args = args
        self.json: bool = getattr(args, "json", False)

    def __enter__(self) -> Call:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if "store" in self.__dict__:
            self.store.close()

    @cached_property
    def settings(self) -> Settings:
        from tui.commands.settings import load

        return load(self.args.config)

    def check(self) -> None:
        """Read the configuration where there is one, so that a broken one never goes unseen; `doctor` tells itself."""
        if not getattr(self.args, "lenient", False) and find(self.args.config) is not None:
            assert self.settings is not None

    @cached_property
    def location(self) -> str:
        """The store asked for: `--store`, the configuration, else the user's own."""
        asked = self.args.store or self.settings.location()
        if asked:
            return without_password(str(asked))
        from store.actions.house.opening import default_location

        return str(default_location())

    @cached_property
    def store(self) -> Store:
        from tui.commands.instant import opened

        return opened(self.location, self.args.now)

    @property
    def profile(self) -> Profile:
        return self.store.profile

    @property
    def opened_profile(self) -> Profile | None:
        """The store's profile if the store was opened at all; for names in errors."""
        return self.store.profile if "store" in self.__dict__ else None

    @property
    def zone(self) -> str:
        return self.store.timezone

    @cached_property
    def now(self) -> datetime:
        """The store's time, read once a command."""
        return self.store.now()

    @cached_property
    def officer(self) -> Actor:
        """Who acts or looks, as the rules see him."""
        from tui.commands.acting import actor

        return actor(self.store, self.args.officer, self.settings.desk.officer)

    @cached_property
    def actor(self) -> Actor:
        """The officer for commands that act; that he does so from here is logged once a day (K23-R4)."""
        from tui.commands.acting import note_line

        note_line(self.store, self.officer)
        return self.officer

    def exported(self, what: str, rows: int) -> None:
        """Log a large document that goes into a file or a pipe (K23-R4)."""
        from tui.commands.acting import note_export

        note_export(self.store, self.viewer, what, rows)

    @cached_property
    def viewer(self) -> Actor:
        """The officer for commands that only look; one without powers when nobody in particular asks."""
        from store.rules.state import Actor

        try:
            return self.officer
        except (Refused, BadInput):
            if self.args.officer is not None:
                raise
            return Actor("", "", "officer", frozenset())

    @property
    def request_id(self) -> str:
        """The identity of this request: the script's own, or a new one."""
        return getattr(self.args, "request_id", None) or uuid4().hex

    def read(self, view: Callable[Concatenate[Any, P], T], *args: P.args, **named: P.kwargs) -> T:
        """`view(session, …)` in a short read transaction."""
        with self.store.read() as session:
            return view(session, *args, **named)

    # --- answers ------------------------------------------------------------------------------

    def document(self, value: Any) -> int:
        """The one JSON document of the command."""
        from tui.commands.document import dump

        print(dump(value))
        return 0

    def say(self, *lines: str) -> int:
        """Lines of ours; what came from outside has gone through `tr` or `safe`."""
        for line in lines:
            print(line)
        return 0

    def table(self, columns: Sequence[Column], rows: Iterable[Sequence[str | Cell]]) -> None:
        for line in table(columns, list(rows), cells=room(), colour=coloured(sys.stdout)):
            print(line)
