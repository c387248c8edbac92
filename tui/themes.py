"""Looks of the desk: sixteen colours on dark or light, or none at all; a state never shows by colour alone."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from rich.style import Style

THEMES = ("dark", "light", "mono")

COLOURLESS_TERMINALS = ("vt100", "vt102", "vt220", "vt320", "ansi-m", "linux-m", "xterm-mono")

_DARK = {
    "over": "bold red",
    "near": "bold yellow",
    "proc": "cyan",
    "closed": "green",
    "unknown": "bold magenta",
    "head": "bold",
    "dim": "bright_black",
    "key": "bold",
    "active": "reverse bold",
    "cursor": "bold",
    "bad": "bold red",
    "good": "green",
    "drill": "bold yellow reverse",
}
_LIGHT = _DARK | {"near": "bold magenta", "proc": "blue", "unknown": "bold blue", "drill": "bold magenta reverse"}
_MONO = {
    "over": "bold reverse",
    "near": "bold",
    "proc": "",
    "closed": "",
    "unknown": "underline",
    "head": "bold",
    "dim": "",
    "key": "bold",
    "active": "reverse",
    "cursor": "bold",
    "bad": "bold reverse",
    "good": "",
    "drill": "reverse",
}
_STYLES = {"dark": _DARK, "light": _LIGHT, "mono": _MONO}

STATES = {"O": "over", "N": "near", "P": "proc", "C": "closed", "?": "unknown"}
"""The style that goes with each mark letter."""

_chosen = "dark"


def decide(wanted: str, env: Mapping[str, str]) -> str:
    """The theme to start with: `mono` where colour is refused (NO_COLOR) or not to be had, else `wanted`."""
    if env.get("NO_COLOR") or env.get("TERM", "") in COLOURLESS_TERMINALS:
        return "mono"
    return wanted if wanted in THEMES else "dark"


def set_theme(name: str) -> None:
    global _chosen
    _chosen = name


def theme() -> str:
    return _chosen


def style(name: str) -> Style:
    """The Rich style of a state or a part of the screen; plain for an unknown name."""
    return _parsed(_chosen, name)


@lru_cache(64)
def _parsed(theme_name: str, name: str) -> Style:
    return Style.parse(_STYLES[theme_name].get(name, "")) if name else Style.null()
