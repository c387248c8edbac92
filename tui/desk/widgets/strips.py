"""The header line, the tab line of small screens, and the footer: words made from the state."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import PurePath

from tui import wording
from tui.desk import keys
from tui.desk.state import DeskState
from tui.desk.widgets.line import Part
from tui.language import N_, label, tr
from tui.text import cut, safe, width

WIDE = 110
"""Cells from which the header has room for the store's name."""


def header_parts(
    state: DeskState, now: datetime, zone: str, room: int, officer_here: str = ""
) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """Left: centre, shift, duty officer, warnings; right: alerts, sources, age, clock. The right end is never cut."""
    header = state.header
    clock: Part = (" " + wording.local_clock(now, zone), "head")
    if header is None:
        return (("Griddesk", "head"),), (*_trouble(state), clock)
    tail: list[Part] = []
    if header.drill:
        speed = f" x{header.speed:g}" if header.speed > 1 else ""
        tail += [(f"{tr('DRILL')}{speed}", "drill"), " "]
    if header.damaged is not None:
        tail += [(tr("LOG DAMAGED {seq}", seq=header.damaged), "bad"), " "]
    if header.read_only:
        tail += [(tr("READ ONLY"), "bad"), " "]
    if header.unacknowledged:
        tail.append((tr("!{n} alerts", n=header.unacknowledged), "bad"))
        tail.append(" ")
    tail += _sources(state)
    tail += _trouble(state)
    tail.append(clock)
    used = sum(width(part if isinstance(part, str) else part[0]) for part in tail)
    left = max(10, room - used - 1)
    officer = safe(header.shift.officer_name or "")
    duty: Part = (officer, "") if officer else (tr("nobody on duty"), "near")
    words: list[Part] = [(cut(header.centre, max(10, left // 2)), "head"), f" {label(header.shift.label)} "]
    words += _modes(state)
    words.append(duty)
    if room >= WIDE:
        here = tr("desk of {officer}", officer=officer_here) if officer_here else tr("only showing")
        words.append((f"  {here}  {safe(PurePath(header.store).name)}", "dim"))
    return tuple(words), tuple(tail)


MODE_CELLS = 12
"""What the name of a mode may take of the header; with several the first stands, and how many more."""


def _modes(state: DeskState) -> list[Part]:
    """The modes that are on; always there while one is (K06-R4)."""
    on = state.header.modes if state.header else ()
    if not on:
        return []
    more = f"+{len(on) - 1}" if len(on) > 1 else ""
    return [(f"[{cut(label(on[0].label), MODE_CELLS)}{more}]", "near"), " "]


def _sources(state: DeskState) -> list[Part]:
    sources = state.header.sources if state.header else ()
    if not sources:
        words, style = (tr("no sources"), "dim")
    else:
        up = sum(source.state == "up" for source in sources)
        words, style = tr("sources {up}/{all}", up=up, all=len(sources)), "" if up == len(sources) else "bad"
    if state.keeper and state.keeper not in ("running", "elsewhere"):
        words, style = tr(KEEPER_WORDS.get(state.keeper, state.keeper)), "bad"
    return [(words, style)]


MOST = 999
"""A greater number of alerts is not counted in the tab line."""

KEEPER_WORDS = {
    "starting": N_("connectors starting"),
    "waiting": N_("connectors down"),
    "stopped": N_("connectors stopped"),
}


def _trouble(state: DeskState) -> list[Part]:
    age = state.age_shown("header")
    if state.trouble is None and age is None:
        return []
    if age is None:
        return [" ", (tr("store does not answer"), "bad")]
    return [" ", (tr("data {age} old", age=wording.age(age)), "bad" if state.unknown("header") else "near")]


def tab_parts(state: DeskState, active: str, titles: Iterable[tuple[str, str, str]]) -> tuple[Part, ...]:
    """One word a panel with its digit; the active one stands out by brackets too."""
    parts: list[Part] = []
    for name, digit, title in titles:
        here = name == active
        parts.append((f"[{digit} {tr(title)}]" if here else f" {digit} {tr(title)}", "active" if here else ""))
        if name == "alerts" and state.alerts is not None and state.alerts.unacknowledged:
            parts.append((f"!{min(state.alerts.unacknowledged, MOST)}", "bad"))
    return tuple(parts)


def footer_parts(areas: Iterable[str], moves: Iterable[str] | None, room: int) -> tuple[Part, ...]:
    """Keys that work right now, as many as fit, the most needed first."""
    parts: list[Part] = []
    for key in keys.footer(areas, moves):
        words: tuple[Part, ...] = ((key.written, "key"), f" {tr(key.label)}")
        if parts:
            words = ("  ", *words)
        room -= sum(width(word if isinstance(word, str) else word[0]) for word in words)
        if room < 0:
            break
        parts += words
    return tuple(parts)
