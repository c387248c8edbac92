"""`docs/profiles.md` is the whole form: every key of the schema is named in it, and its examples are sound."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from store.profiles import loader
from store.profiles.schema import ProfileTable
from store.profiles.schema_loop import GROUPS, Power
from store.profiles.timing import Unit
from store.rules.facts import FACT_NAMES
from store.rules.template import Verb

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "profiles.md").read_text(encoding="utf-8")
SPANS = re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", PAGE, flags=re.DOTALL))
WORDS = set(re.findall(r"[a-z_]+", " ".join(SPANS)))


def tables(kind: type[BaseModel], seen: dict[type[BaseModel], None]) -> dict[type[BaseModel], None]:
    """The table and every table inside it."""
    if kind not in seen:
        seen[kind] = None
        for field in kind.model_fields.values():
            for inner in models(field.annotation):
                tables(inner, seen)
    return seen


def models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [inner for part in get_args(annotation) for inner in models(part)]


TABLES = list(tables(ProfileTable, {}))


def test_the_schema_was_walked() -> None:
    assert len(TABLES) > 25


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_every_key_is_named(table: type[BaseModel]) -> None:
    keys = {field.alias or name for name, field in table.model_fields.items()}
    assert sorted(keys - WORDS) == []


@pytest.mark.parametrize("words", [Verb, Power, Unit], ids=["verbs", "powers", "units"])
def test_every_word_of_a_choice_is_named(words: Any) -> None:
    assert sorted(set(get_args(words)) - WORDS) == []


def test_facts_groups_and_packs_are_named() -> None:
    assert sorted((set(FACT_NAMES) | set(GROUPS) | set(loader.names())) - WORDS) == []


def blocks() -> list[str]:
    return re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("number", range(len(blocks())))
def test_every_example_is_toml_with_known_keys(number: int) -> None:
    data = tomllib.loads(blocks()[number])
    assert set(data) - {"extends"} <= set(ProfileTable.model_fields)


def test_the_first_example_is_a_sound_profile() -> None:
    assert len(blocks()[0].strip().splitlines()) <= 10
    own = loader.parse(blocks()[0], "riverside.toml")
    assert (own.id, own.merge_hours) == ("riverside", 12)
