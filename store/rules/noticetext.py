"""What a notice says: number, level, place, category, time; short enough for one SMS of 70 characters (K08)."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from store.rules.labels import Label

Language = Literal["zh", "en"]

SMS = 70
"""Characters of one SMS that is not plain ASCII."""
LISTED = 12
"""Orders that the message of a burst names; the rest are counted."""
FULL = 1000
"""Characters of the longest text."""

DRILL = Label("【演练】", "[DRILL] ")
_ROLES: dict[str, Label] = {
    "lead": Label("派单", "Order"), "required": Label("协办", "Join"), "as_needed": Label("待命", "Stand by"),
    "notice": Label("告知", "For information"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Matter:
    """What may be said of a case; never the citizen's words."""

    number: str
    level: str
    category: Label
    place: str
    address: str
    due_at: datetime | None
    grave: bool = False
    """Of the gravest level: it rings at any hour."""


def order(matter: Matter, role: str, task: str, zone: ZoneInfo, now: datetime, language: Language) -> tuple[str, str]:
    """(title, text) of an order; `task` is the plan's own text, `due_at` when it must be answered or reached."""
    word = _ROLES.get(role, _ROLES["lead"]).in_language(language)
    until = _until(matter.due_at, zone, now, language)
    return f"{word} {matter.number}", _sentence(word, matter, until, task, language)


def urging(
    matter: Matter, trigger: str, zone: ZoneInfo, now: datetime, language: Language
) -> tuple[str, str]:
    """(title, text) of an urging 催办."""
    near = trigger == "near_due"
    word = Label("催办", "Urging").in_language(language)
    said = Label("即将到期", "near due") if near else Label("请尽快办理", "please act now")
    if trigger == "overdue":
        said = Label("已超期", "overdue")
    until = _until(matter.due_at, zone, now, language)
    return f"{word} {matter.number}", _sentence(word, matter, until, said.in_language(language), language)


def supervision(
    matter: Matter, due_at: datetime | None, zone: ZoneInfo, now: datetime, language: Language
) -> tuple[str, str]:
    """(title, text) of a supervision order 督办, which wants an answer by `due_at`."""
    word = Label("督办", "Supervision").in_language(language)
    until = _until(due_at, zone, now, language)
    return f"{word} {matter.number}", _sentence(word, matter, until, "", language)


def report(matter: Matter, label: Label, body: str, language: Language) -> tuple[str, str]:
    """(title, text) of a mandatory report 报告; `body` is what the officer wrote for this recipient."""
    word = label.in_language(language)
    short = _sentence(word, matter, "", "", language)
    return f"{word} {matter.number}", f"{short}\n{body.strip()}"[:FULL] if body.strip() else short


def folded(texts: Sequence[tuple[str, str]], language: Language) -> tuple[str, str]:
    """(title, text) of one message for several; `texts` are their titles and texts in order."""
    count = len(texts)
    title = f"{count} 件通知" if language == "zh" else f"{count} notices"
    lines = [text.replace("\n", " ")[:SMS] for _, text in texts[:LISTED]]
    if count > LISTED:
        rest = count - LISTED
        lines.append(f"另有 {rest} 件，请查看工单板" if language == "zh" else f"and {rest} more: see the order board")
    return title, "\n".join((title, *lines))


def test(name: str, centre: str, language: Language) -> tuple[str, str]:
    """(title, text) of a test of one way."""
    if language == "zh":
        return "线路测试", f"{centre}：这是一条测试消息（{name}），请确认收到，无需处置。"
    return "Line test", f"{centre}: this is a test of {name}. Please confirm; nothing is to be done."


def marked(text: str, *, drill: bool, language: Language) -> str:
    """The text with the mark of a drill, once."""
    mark = DRILL.in_language(language)
    return f"{mark}{text}" if drill and not text.startswith(mark) else text


def with_words(text: str, words: str) -> str:
    """The text with the report's own words, where profile and target let them go."""
    return f"{text}\n{words.strip()}"[:FULL] if words.strip() else text


def plain(text: str) -> str:
    """One line without control characters: a text from outside stays text on every channel."""
    return "".join(" " if unicodedata.category(sign)[0] in "CZ" else sign for sign in text).strip()


def _until(at: datetime | None, zone: ZoneInfo, now: datetime, language: Language) -> str:
    if at is None or at.year > 9000:
        return ""
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    clock = f"{local:%H:%M}" if local.date() == today else f"{local:%m-%d %H:%M}"
    return f"限{clock}前" if language == "zh" else f"by {clock}"


def _sentence(word: str, matter: Matter, until: str, task: str, language: Language) -> str:
    """Everything in one line of an SMS; number, level and time always whole, then what is cut last comes first."""
    head = f"【{word}】" if language == "zh" else f"{word}: "
    start = f"{head}{matter.number} {matter.level}".rstrip()
    end = f" {until}" if until else ""
    room = SMS - len(DRILL.in_language(language)) - len(start) - len(end)
    middle = ""
    for part in (matter.category.in_language(language), plain(matter.place), plain(task), plain(matter.address)):
        if part and room - len(middle) > 4:
            middle += f" {part}"[: room - len(middle)]
    return start + middle + end
