"""The language of the line commands: `--lang`, then the configuration file, then the locale."""

from __future__ import annotations

import os
from collections.abc import Sequence

from tui.language import LANGUAGES, default_language, set_language


def choose(words: Sequence[str]) -> None:
    """Set the language before the arguments are parsed, so that help and errors speak it too."""
    set_language(_asked(words, "--lang") or _configured(words) or default_language(os.environ))


def _asked(words: Sequence[str], option: str) -> str | None:
    for place, word in enumerate(words):
        if word == option and place + 1 < len(words):
            found = words[place + 1]
        elif word.startswith(option + "="):
            found = word.partition("=")[2]
        else:
            continue
        return found if option != "--lang" or found in LANGUAGES else None
    return None


def _configured(words: Sequence[str]) -> str | None:
    """The file's word, or None: a broken file is told of by the command that needs it, not by `--help`."""
    from tui.commands.place import desk_language

    return desk_language(_asked(words, "--config"))
