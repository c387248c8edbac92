"""Every refusal of the store as a sentence: what went wrong, and what to do next."""

from __future__ import annotations

from typing import Any

from store.errors import GriddeskError
from store.profiles.model import Profile
from store.rules.labels import Label
from tui import wording
from tui.language import N_, label, tr
from tui.refusals import (
    connectors,
    devices,
    input,
    intake,
    ladder,
    loop,
    notices,
    people,
    profiles,
    rehearse,
    rules,
    store,
    timing,
    warnings,
)
from tui.text import safe

SUBJECTS = (
    rules, loop, timing, ladder, people, profiles, rehearse, store, input, connectors, notices, devices, intake,
    warnings,
)  # fmt: skip
SENTENCES: dict[str, str] = {code: words for subject in SUBJECTS for code, words in subject.SENTENCES.items()}

FALLBACK = N_("Not done: {code} ({fields}). Nothing was changed; report this code if it comes again.")
BARE = N_("Not done: {code}. Nothing was changed; report this code if it comes again.")


def sentence(error: GriddeskError, profile: Profile | None = None) -> str:
    """The sentence for `error` in the chosen language; `profile` turns step and unit codes into names."""
    known = SENTENCES.get(error.code)
    if known is None:
        fields = ", ".join(f"{name}={value}" for name, value in error.fields.items())
        return tr(FALLBACK, code=error.code, fields=fields) if fields else tr(BARE, code=error.code)
    worded = _worded(dict(error.fields), profile)
    if error.code == "profile_invalid":
        worded["expected"] = profiles.expected(str(worded.get("expected", "")))
    return tr(known, **worded)


def _worded(fields: dict[str, Any], profile: Profile | None) -> dict[str, Any]:
    for name, value in fields.items():
        if isinstance(value, list | tuple) and name != "defects":
            words = loop.DIFFERS if name == "differs" else {}
            fields[name] = ", ".join(
                label(item) if isinstance(item, Label) else tr(words[item]) if item in words else str(item)
                for item in value
            )
    if fields.get("found") == "":
        fields["found"] = "–"
    if "verb" in fields:
        fields["verb"] = wording.verb(str(fields["verb"]))
    if "field" in fields:
        fields["field"] = wording.field(str(fields["field"]))
    if profile is not None and "step" in fields:
        steps = [step for workflow in profile.workflows for step in workflow.steps if step.id == fields["step"]]
        fields["step"] = steps[0].label if steps else safe(str(fields["step"]))
    return fields
