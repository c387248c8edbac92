"""What can go wrong at the door of the store; every error is a code with fields, never a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class GriddeskError(Exception):
    """A code and its fields; the caller's catalogue turns them into a sentence."""

    exit_status = 3
    """Process exit status of the line commands (design.md, the commands)."""

    def __init__(self, code: str, **fields: Any) -> None:
        super().__init__(code)
        self.code = code
        self.fields: Mapping[str, Any] = fields

    def __str__(self) -> str:
        fields = ", ".join(f"{name}={value}" for name, value in self.fields.items())
        return f"{self.code} ({fields})" if fields else self.code


class Refused(GriddeskError):
    """A rule forbids the action; nothing was written."""

    exit_status = 1


class Conflict(GriddeskError):
    """The record changed since the caller read it; nothing was written.

    Fields: `expected` and `found` versions, `case` id.
    """

    exit_status = 1


class BadInput(GriddeskError):
    """Input that cannot be used: fields `file`, `line`, `column`, `expected` where they are known."""

    exit_status = 2


class Unavailable(GriddeskError):
    """The store cannot be had now: locked, full, moved, read-only, damaged or too new."""
