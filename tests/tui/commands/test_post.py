"""`griddesk post …`: posts, who fills them, vacancies, by line and as JSON (K01-R6, T4, K23-R6)."""

from __future__ import annotations

import pytest

from store.profiles import loader
from tests.conftest import Desk
from tests.tui.commands.conftest import Line

KIND = next(kind for kind in loader.load("street").posts if kind.minimum)


@pytest.fixture
def posted(line: Line, desk: Desk) -> Line:
    line.officer = "gao"
    line.json("post", "add", "P-1", "--kind", KIND.id, "--grid", "G0", "--unit", "P3")
    return line


def test_a_post_is_set_up_filled_deputised_and_vacated(posted: Line) -> None:
    assert posted.json("post", "add", "P-1", "--kind", KIND.id, "--grid", "G0", "--unit", "P3")["changed"] is False
    assert posted.json("post", "assign", "P-1", "chen", "--from", "2026-03-01", "--to", "2026-04-01")["deputy"] is False
    assert posted.json("post", "deputy", "P-1", "wu", "--to", "2026-03-20")["deputy"] is True
    holders = posted.json("post", "list")["posts"][0]["holders"]
    assert [(holder["officer"], holder["deputy"]) for holder in holders] == [("chen", False), ("wu", True)]
    shown = posted("post", "list", "--grid", "G0").out
    assert "陈值班" in shown and "吴调度 (deputy)" in shown
    assert posted.json("post", "vacate", "P-1")["post"] == "P-1"
    assert "vacant, 吴调度" in posted("post", "list").out
    assert "任职人" in posted("post", "list", lang="zh").out
    assert posted.json("post", "close", "P-1")["post"] == "P-1"
    assert posted.json("post", "list")["posts"] == []
    assert "griddesk post add" in posted("post", "list").out


def test_K01_T4_vacancies_say_how_many_of_how_many(posted: Line) -> None:
    rows = posted.json("post", "vacancies", "--kind", KIND.id)["vacancies"]
    assert rows and all(row["filled"] < row["minimum"] for row in rows)
    assert f"0 of {KIND.minimum}" in posted("post", "vacancies").out
    assert f"0/{KIND.minimum}" in posted("post", "vacancies", lang="zh").out
    assert len(posted.json("post", "vacancies", "--limit", "1")["vacancies"]) == 1


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("post", "add", "X", "--kind", "moon", "--grid", "G0"), "unknown_post_kind"),
        (("post", "assign", "none", "chen"), "unknown_post"), (("post", "vacate", "P-1"), "post_vacant"),
        (("post", "assign", "P-1", "chen", "--from", "2026-03-02", "--to", "2026-03-01"), "bad_span"),
    ],
)  # fmt: skip
def test_refusals_have_a_code_and_a_sentence(posted: Line, words: tuple[str, ...], code: str) -> None:
    ended = posted(*words, "--json")
    assert ended.status == 1 and code in ended.err
    assert "griddesk" not in posted(*words, lang="zh").err or posted(*words, lang="zh").status == 1


def test_only_an_administrator_sets_up_posts(posted: Line) -> None:
    assert "no_power" in posted("post", "close", "P-1", "--json", officer="chen").err
    assert posted("post", "deputy", "P-1", "chen").status == 2
