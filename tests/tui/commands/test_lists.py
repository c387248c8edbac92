"""`booked`, `verification`, `visits`, `duplicates`, `legend`: K02, K04, K10, K11 by line, in both languages."""

from __future__ import annotations

from datetime import date

import pytest

from store.rules.commands import Accept, Book, Close, Dispatch, Feedback, Gap, Mark, Merge, Visit
from tests.conftest import Desk
from tests.tui.commands.conftest import HOSTILE, Line

REVIEW = date(2026, 4, 4)


def fed_back(desk: Desk, **more: object) -> int:
    case_id = desk.report(**more)  # type: ignore[arg-type]
    for command in (Dispatch("P3"), Accept(), Feedback("换了灯泡", "after.jpg")):
        desk.move(case_id, command)
    return case_id


def test_booked_lists_what_waits_and_what_was_written_off(line: Line, desk: Desk) -> None:
    waits, gone = desk.report("管网"), desk.report("断头路")
    for case_id in (waits, gone):
        desk.move(case_id, Book("需立项", "市政科", REVIEW))
    desk.move(gone, Close("办结"))
    found = line.json("booked")
    assert (found["total"], found["late"], found["papers"]) == (1, 0, [])
    (row,) = found["booked"]
    assert (row["case"]["id"], row["holder"], row["review_on"], row["written_off_on"]) == (
        waits, "市政科", "2026-04-04", None,
    )  # fmt: skip
    assert "booked" in row["case"]["flags"]
    (off,) = line.json("booked", "--written-off", "7")["booked"]
    assert (off["case"]["id"], off["written_off_on"]) == (gone, "2026-03-05")
    assert "市政科" in line("booked").out
    assert line("booked", "--grid", "NOWHERE").status == 1


def test_booked_shows_papers_that_are_missing(line: Line, desk: Desk) -> None:
    case_id = desk.report()
    desk.move(case_id, Gap(("合同",), date(2026, 3, 6)))
    later = ("--now", "2026-03-20T08:00:00Z")
    (paper,) = line.json("booked", "--papers", *later)["papers"]
    assert (paper["case_id"], paper["item"], paper["overdue"]) == (case_id, "合同", True)
    assert "overdue" in line("booked", "--papers", *later).out
    assert "合同" in line("case", "show", case_id).out


def test_verification_lists_cases_verifiers_and_rates(line: Line, desk: Desk) -> None:
    case_id = fed_back(desk)
    found = line.json("verification")
    (row,) = found["waiting"]
    assert (row["case"]["id"], row["handling_unit"], row["proof"]) == (case_id, "P3", "after.jpg")
    verifiers = line.json("verification", "--case", case_id)
    assert {"chen"} <= {v["code"] for v in verifiers["verifiers"]}
    assert "li" not in {v["code"] for v in verifiers["verifiers"]}
    line.json("case", "verify", case_id, "--pass")
    (rate,) = line.json("verification")["units"]
    assert (rate["unit"], rate["pass_rate"], rate["rework_rate"]) == ("P3", 1.0, 0.0)
    assert "100.0 %" in line("verification", "--rates").out


def test_visits_and_satisfaction(line: Line, desk: Desk) -> None:
    first, second = fed_back(desk), fed_back(desk)
    for case_id in (first, second):
        desk.move(case_id, Close("好了"))
    found = line.json("visits")
    assert (found["total"], found["overdue"]) == (2, 0)
    desk.move(first, Visit("satisfied", 5))
    desk.move(second, Visit("unreachable"))
    *_, together = line.json("visits", "--satisfaction", "unit")["satisfaction"]
    assert (together["key"], together["answered"], together["unreachable"], together["rate"]) == ("", 1, 1, 1.0)
    assert "100.0 %" in line("visits", "--satisfaction", "node").out
    assert "No return visits are due." in line("visits").out


def test_duplicates_stand_side_by_side_and_are_merged(line: Line, desk: Desk) -> None:
    category = desk.store.profile.categories[0].id
    first, second = (desk.report("路灯不亮", category=category, address="一号门") for _ in range(2))
    found = line.json("duplicates", first)
    assert (found["case"]["id"], [p["other"]["id"] for p in found["pairs"]]) == (first, [second])
    said = line("duplicates", first).out
    assert str(second) in said and "一号门" in said
    desk.move(first, Merge(second))
    assert line.json("duplicates", second)["pairs"] == []
    shown = line("case", "show", first).out
    assert f"case {second}" in shown and "merged" in shown
    assert f"case {first}" in line("case", "show", second).out


def test_the_legend_and_the_marks_of_a_case(line: Line, desk: Desk) -> None:
    case_id = desk.report(level=2)
    schemes = {scheme["scheme"]: scheme for scheme in line.json("legend")["schemes"]}
    assert [entry["open"] for entry in schemes["level"]["lines"]] == [0, 1, 0]
    desk.move(case_id, Mark("level", "1"))
    marks = line.json("case", "show", case_id)["row"]["marks"]
    assert [mark["dimension"] for mark in marks][:2] == ["status", "response"]
    assert "overdue" in line("legend").out
    assert "超时" in line("legend", lang="zh").out


def test_the_queue_by_level_and_the_booked_filter(line: Line, desk: Desk) -> None:
    low, high = desk.report(level=3), desk.report(level=1)
    assert [row["id"] for row in line.json("queue", "--by", "level")["cases"]] == [high, low]
    desk.move(low, Book("x", "市政科", REVIEW))
    assert [row["id"] for row in line.json("queue", "--which", "booked")["cases"]] == [low]
    assert "挂" in line("queue", lang="zh").out
    assert "bk" in line("queue").out


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_text_from_outside_stays_text(line: Line, desk: Desk, lang: str) -> None:
    category = desk.store.profile.categories[0].id
    first = desk.report(HOSTILE, category=category, address=HOSTILE)
    desk.report(HOSTILE, category=category, address=HOSTILE)
    desk.move(first, Book(HOSTILE, HOSTILE, REVIEW))
    desk.move(first, Gap((HOSTILE,), REVIEW))
    for words in (("booked",), ("booked", "--papers"), ("duplicates", first), ("case", "show", first), ("queue",)):
        said = line(*words, lang=lang).out
        assert said and not any(sign in said for sign in ("\x1b", "\x07", "\x9b", "\u202e"))


@pytest.mark.parametrize(
    "words", [("booked",), ("verification",), ("visits",), ("legend",), ("visits", "--satisfaction", "unit")]
)
def test_an_empty_store_has_words_too(line: Line, words: tuple[str, ...]) -> None:
    for lang in ("zh", "en"):
        ended = line(*words, lang=lang)
        assert ended.status == 0 and ended.out.strip()
