"""Chinese and English on screen through standard message catalogues (`locale/*.po`, read at start).

A message id is its English text; where one English word needs several in Chinese, `#` and a remark follow it, which
are never shown. `en.po` holds only what English must say otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polib

from store.rules.labels import Label
from tui.text import safe

LANGUAGES = ("zh", "en")
FOLDER = Path(__file__).parent / "locale"


@dataclass(slots=True)
class Catalogue:
    """The messages of one language."""

    words: dict[str, str] = field(default_factory=dict)
    counted: dict[str, dict[int, str]] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> Catalogue:
        made = cls()
        if not path.exists():
            return made
        for entry in polib.pofile(str(path)):
            if entry.obsolete or "fuzzy" in entry.flags:
                continue
            if entry.msgid_plural:
                made.counted[entry.msgid] = {int(n): text for n, text in entry.msgstr_plural.items() if text}
            elif entry.msgstr:
                made.words[entry.msgid] = entry.msgstr
        return made


_catalogues: dict[str, Catalogue] = {}
_chosen = "en"


def N_(msgid: str) -> str:
    """Mark a text for the catalogue; it is translated where it is shown."""
    return msgid


def default_language(env: Mapping[str, str]) -> str:
    """`zh` when the locale of `env` is Chinese, else `en`."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if env.get(name):
            return "zh" if env[name].lower().startswith("zh") else "en"
    return "en"


def set_language(code: str) -> None:
    """Choose the language of everything shown from here on; raises ValueError for one we do not have."""
    global _chosen
    if code not in LANGUAGES:
        raise ValueError(code)
    _chosen = code
    catalogue()


def language() -> str:
    return _chosen


def catalogue(code: str | None = None) -> Catalogue:
    """The catalogue of `code` (`code.po` and every `*.code.po`), read once."""
    code = code or _chosen
    if code not in _catalogues:
        whole = Catalogue()
        for path in (FOLDER / f"{code}.po", *sorted(FOLDER.glob(f"*.{code}.po"))):
            part = Catalogue.load(path)
            whole.words = part.words | whole.words
            whole.counted = part.counted | whole.counted
        _catalogues[code] = whole
    return _catalogues[code]


def tr(msgid: str, **fields: Any) -> str:
    """`msgid` in the chosen language with `fields` filled in; text fields are made safe for a terminal."""
    return _filled(catalogue().words.get(msgid) or msgid.partition("#")[0], fields)


def ntr(one: str, many: str, n: int, **fields: Any) -> str:
    """`one` or `many` by the number `n`, which also fills `{n}`."""
    forms = catalogue().counted.get(one, {})
    if _chosen == "zh":
        chosen = forms.get(0, many)
    else:
        chosen = forms.get(0 if n == 1 else 1, one if n == 1 else many)
    return _filled(chosen, {"n": n, **fields})


def label(term: Label | None) -> str:
    """A term of the profile in the chosen language; empty for None."""
    return "" if term is None else safe(term.in_language(_chosen))


class _Fields(dict[str, Any]):
    def __missing__(self, name: str) -> str:
        return "?"


def _filled(template: str, fields: Mapping[str, Any]) -> str:
    if not fields and "{" not in template:
        return template
    return template.format_map(_Fields({name: _shown(value) for name, value in fields.items()}))


def _shown(value: Any) -> Any:
    if isinstance(value, Label):
        return label(value)
    if isinstance(value, int | float):
        return value
    return "?" if value is None else safe(str(value))
