"""What became of a report, as text in Chinese or English and as JSON; no name and no words of the reporter. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any, Literal

from store.intake import Inquiry, Label

Language = Literal["zh", "en"]

WORDS: Mapping[str, Label] = {
    "received": Label("已受理", "Received"),
    "in_progress": Label("办理中", "In progress"),
    "result": Label("已办结", "Result"),
    "code": Label("查询码", "Query code"),
    "number": Label("编号", "Number"),
    "stage": Label("进度", "Stage"),
    "step": Label("环节", "Step"),
    "received_at": Label("受理时间", "Received at"),
    "closed_at": Label("办结时间", "Closed at"),
    "where_to": Label("转往", "Passed on to"),
    "outcome": Label("结果", "Result"),
    "may_urge": Label("可以催办", "You may urge it"),
    "may_rate": Label("可以评价", "You may rate it"),
    "unknown": Label("没有这个查询码，请核对", "There is no such query code; please check it"),
    "too_many": Label("查询过于频繁，请稍后再试", "Too many questions; please try again later"),
    "urged": Label("已催办", "It was urged"),
    "not_urged": Label("现在不能催办", "It cannot be urged now"),
    "rated": Label("谢谢您的评价", "Thank you for your rating"),
    "not_rated": Label("现在不能评价", "It cannot be rated now"),
    "bad_rating": Label(
        "评价只能是 satisfied、basically 或 not_satisfied，星级 1 到 5",
        "A rating is satisfied, basically or not_satisfied, with 1 to 5 stars",
    ),
}


def language(accept: str) -> Language:
    """The first of our languages that Accept-Language prefers; Chinese when it names neither."""
    best: tuple[float, Language] = (0.0, "zh")
    for part in accept[:400].split(","):
        name, _, rest = part.strip().partition(";")
        tag = name.partition("-")[0].strip().lower()
        try:
            weight = float(rest.partition("=")[2]) if "=" in rest else 1.0
        except ValueError:
            weight = 0.0
        if tag in ("zh", "en") and weight > best[0]:
            best = (weight, "zh" if tag == "zh" else "en")
    return best[1]


def say(word: str, tongue: Language) -> str:
    return WORDS[word].in_language(tongue)


def as_text(found: Inquiry, tongue: Language, zone: tzinfo) -> str:
    lines = [("code", found.code), ("number", found.number), ("stage", say(found.stage, tongue))]
    lines.append(("received_at", _time(found.received_at, zone)))
    lines.append(("step", found.step.in_language(tongue) if found.step else ""))
    lines.append(("where_to", _place(found.where_to, tongue)))
    lines.append(("outcome", _line(found.result)))
    lines.append(("closed_at", _time(found.closed_at, zone)))
    said = [f"{say(word, tongue)}{'：' if tongue == 'zh' else ': '}{value}" for word, value in lines if value]
    said += [say(word, tongue) for word in ("may_urge", "may_rate") if getattr(found, word)]
    return "\n".join(said) + "\n"


def as_json(found: Inquiry, tongue: Language) -> bytes:
    fields: dict[str, Any] = {
        "code": found.code, "number": found.number, "stage": found.stage, "stage_text": say(found.stage, tongue),
        "step": found.step.in_language(tongue) if found.step else None,
        "received_at": found.received_at.isoformat(), "where_to": _place(found.where_to, tongue) or None,
        "result": found.result or None, "closed_at": found.closed_at.isoformat() if found.closed_at else None,
        "may_urge": found.may_urge, "may_rate": found.may_rate,
    }  # fmt: skip
    return json.dumps(fields, ensure_ascii=False).encode("utf-8", "replace")


def _place(where: Label | str | None, tongue: Language) -> str:
    return where.in_language(tongue) if isinstance(where, Label) else where or ""


def _line(text: str) -> str:
    """One line without control characters, for a page of lines."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _time(at: datetime | None, zone: tzinfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else ""
