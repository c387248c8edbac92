"""The pages under docs/ say what the program does; connectors.md ends with the settings' own words."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path

import pytest

from connectors import reference, registry

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "connectors.md"
MARK = "of the settings models. -->\n\n"


def test_the_reference_of_connectors_is_what_the_settings_say() -> None:
    head, _, _ = PAGE.read_text(encoding="utf-8").partition(MARK)
    made = head + MARK + reference.page() + "\n"
    if os.environ.get("GRIDDESK_UPDATE_DOCS"):
        PAGE.write_text(made, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == made, "run once with GRIDDESK_UPDATE_DOCS=1"


@pytest.mark.parametrize(("kind", "module"), [*registry.KINDS.items(), *registry.TARGETS.items()])
def test_every_key_of_every_kind_has_its_words(kind: str, module: str) -> None:
    for table, _ in reference._tables(reference.model(kind, module), ""):
        assert [name for name, _ in reference._fields(table) if not reference._words(table, name)] == []


def test_the_examples_are_toml_with_known_kinds() -> None:
    (block,) = re.findall(r"```toml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    document = tomllib.loads(block)
    assert {table["kind"] for table in document["connectors"].values()} <= set(registry.KINDS)
    assert {table["kind"] for table in document["notices"].values()} <= set(registry.TARGETS)
    for section, known in (("connectors", registry.KINDS), ("notices", registry.TARGETS)):
        for table in document[section].values():
            keys = set(table) - {"kind", "enabled"}
            assert keys <= set(reference.model(table["kind"], known[table["kind"]]).model_fields), table


@pytest.mark.parametrize("page", ["README.md", "docs/architecture.md", "docs/maps.md", "docs/connectors.md"])
def test_files_that_a_page_names_are_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    links = re.findall(r"\]\(((?!http)[^)#]+)\)", text)
    named = links + re.findall(r"`((?:store|connectors|tui|docs|tests)/[\w/.*-]+)`", text)
    missing = [
        name
        for name in named
        if not list(ROOT.glob(name.rstrip("/"))) and not list((ROOT / page).parent.glob(name.rstrip("/")))
        and not list(ROOT.glob(name.rstrip("/") + ".py"))
    ]
    assert missing == []
