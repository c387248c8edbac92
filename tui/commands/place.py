"""Where the configuration file lies, and its text; light enough for `--help`."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

from store.errors import BadInput

NAME = "griddesk.toml"


def without_password(location: str) -> str:
    """A URL without its password, which moves to where only this account's processes see it.

    The command lines of the connectors' process can be read by everybody on the host, `PGPASSWORD` cannot.
    """
    if "://" not in location:
        return location
    from store.actions.house.opening import without_secrets

    location, environment = without_secrets(location)
    os.environ.update(environment)
    return location


def find(option: str | None) -> Path | None:
    """`option` if given (it must exist), else the file here, else the user's; None when there is none."""
    if option is not None:
        path = Path(option).expanduser()
        if not path.is_file():
            raise BadInput("config_missing", file=str(path))
        return path
    here = Path(NAME)
    if here.is_file():
        return here.absolute()
    import platformdirs

    users = Path(platformdirs.user_config_dir("griddesk")) / NAME
    return users if users.is_file() else None


def read(path: Path) -> str:
    """The text of the file; raises `BadInput` `config_unreadable`."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput("config_unreadable", file=str(path), expected="UTF-8") from error


def desk_language(option: str | None) -> str | None:
    """`[desk] language` as far as the file can be read; never raises, for it serves `--help` too."""
    try:
        path = find(option)
        desk = tomllib.loads(read(path)).get("desk", {}) if path else {}
    except (BadInput, tomllib.TOMLDecodeError):
        return None
    word = desk.get("language") if isinstance(desk, dict) else None
    return word if word in ("zh", "en") else None
