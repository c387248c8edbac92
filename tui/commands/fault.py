"""Errors on standard error: a sentence, then `code=… field=…`; with `--json` one JSON document instead."""

from __future__ import annotations

import os
import sys
import traceback
from typing import TYPE_CHECKING, Any

from store.errors import GriddeskError
from tui.language import N_, tr
from tui.text import safe

if TYPE_CHECKING:
    from store.profiles.model import Profile

SENTENCES: dict[str, str] = {
    "config_missing": N_("There is no configuration file {file}."),
    "config_unreadable": N_("The configuration file {file} cannot be read as {expected} text."),
    "config_not_toml": N_("{file}, line {line}, column {column}: this is not TOML."),
    "config_unknown_key": N_("{file}, line {line}: the key {key} is not known. Known here: {expected}."),
    "config_bad_value": N_("{file}, line {line}: {key} must be {expected}."),
    "no_file": N_("There is no file {file}."),
    "bad_file": N_("{file} cannot be read ({reason})."),
    "not_geojson": N_("{file}, line {line}, column {column}: expected {expected}."),
    "wrong_crs": N_("{file}: the reference system is {found}; only {expected} can be read."),
    "unknown_field": N_("{file} has no property {field}. It has: {known}."),
    "no_code_field": N_("{file}: no property holds a code for every area. Name one with --code: {known}."),
    "invalid_boundaries": N_("{file}: {count} faults. Nothing was entered; --skip-invalid enters what is sound."),
    "bad_time": N_("{value} is no time. Expected: {expected}."),
    "which_officer": N_("Who acts? Several officers are known ({officers}): say --as CODE or set [desk] officer."),
    "no_duty_officer": N_("Nobody may act here yet: griddesk officer add CODE --name NAME --role duty_officer."),
    "import_failed": N_("The connectors ended with status {status}: {said}"),
    "connectors_failed": N_("The connectors cannot be started ({reason})."),
    "no_answer": N_("The simulator gave no answer within {seconds} seconds."),
}
"""Sentences for what the commands themselves refuse; the rest is in `tui.refusals`."""

READ = N_("{file}{where} cannot be used: expected {expected} ({code}).")

KINDS = {1: "refused", 2: "bad_input"}


def sentence(error: GriddeskError, profile: Profile | None = None) -> str:
    """The error in the chosen language."""
    if error.code == "usage":
        return str(error.fields["message"])
    fields = dict(error.fields)
    if error.code in SENTENCES:
        return tr(SENTENCES[error.code], **fields)
    from tui import refusals

    if error.code in refusals.SENTENCES:
        return refusals.sentence(error, profile)
    if "file" in fields and fields.get("expected"):
        where = tr(", line {line}", line=fields["line"]) if fields.get("line") else ""
        return tr(READ, file=fields["file"], where=where, expected=fields["expected"], code=error.code)
    return refusals.sentence(error)


def _listed(value: Any) -> Any:
    """Lists as words; `tr` makes all text safe."""
    return ", ".join(str(item) for item in value) if isinstance(value, list | tuple) else value


def tell(error: GriddeskError, *, as_json: bool = False, profile: Profile | None = None) -> int:
    """Write `error` to standard error and return its exit status.

    With `as_json`: `{"refused" | "bad_input" | "unavailable": {"code": …, fields…}}`.
    """
    if as_json:
        from tui.commands.document import dump

        kind = KINDS.get(error.exit_status, "unavailable")
        print(dump({kind: {**error.fields, "code": error.code}}), file=sys.stderr)
        return error.exit_status
    told = ("defects",) if error.code != "usage" else tuple(error.fields)
    fields = {name: value for name, value in error.fields.items() if name not in told}
    if error.code == "usage":
        print(safe(str(error.fields["usage"]), 4000, lines=True), file=sys.stderr)
    print("griddesk: " + safe(sentence(error, profile), 1000), file=sys.stderr)
    words = [f"code={error.code}", *(f"{name}={_quoted(value)}" for name, value in fields.items())]
    print(" ".join(words), file=sys.stderr)
    for further in error.fields.get("defects", ())[1:]:
        print("griddesk: " + safe(sentence(type(error)(error.code, **further), profile), 1000), file=sys.stderr)
    return error.exit_status


def _quoted(value: object) -> str:
    text = safe(str(_listed(value)))
    if text and not any(mark in text for mark in " \"'="):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def defect(error: Exception) -> int:
    """A fault of the program itself: where it happened, without the values of variables."""
    if os.environ.get("GRIDDESK_TRACE"):
        traceback.print_exception(error)
    places = traceback.extract_tb(error.__traceback__)
    where = f"{places[-1].filename}:{places[-1].lineno}" if places else "?"
    said = tr("This is a defect of Griddesk: {kind} at {where}.", kind=type(error).__name__, where=where)
    print(f"griddesk: {said}", file=sys.stderr)
    print(tr("Set GRIDDESK_TRACE=1 and run it again to see more."), file=sys.stderr)
    return 70
