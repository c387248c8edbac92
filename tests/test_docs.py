"""The pages under docs/ say what the program does: sources.md is made from the settings' own words."""

from __future__ import annotations

import ast
import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "sources.md"
FOLDERS = {"open311": "open311", "frigate": "frigate", "owntracks": "owntracks", "folder": "orderfiles"}


def default(value: ast.expr | None) -> str:
    """The default of a settings field as the page shows it."""
    if value is None:
        return "required"
    if not isinstance(value, ast.Call):
        return f"`{ast.unparse(value)}`" if ast.unparse(value) != "None" else "none"
    for keyword in value.keywords:
        if keyword.arg == "default":
            return default(keyword.value)
        if keyword.arg == "default_factory":
            return "empty"
    return "required"


def table(kind: str) -> list[str]:
    """The rows of one kind: every field with the docstring under it."""
    tree = ast.parse((ROOT / "connectors" / FOLDERS[kind] / "settings.py").read_text(encoding="utf-8"))
    rows = [f'## `kind = "{kind}"`', "", "| key | default | meaning |", "| --- | --- | --- |"]
    for item in (node for node in tree.body if isinstance(node, ast.ClassDef)):
        for field, words in zip(item.body, item.body[1:], strict=False):
            if not (isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)):
                continue
            assert isinstance(words, ast.Expr) and isinstance(words.value, ast.Constant), field.target.id
            meaning = " ".join(str(words.value.value).split())
            rows.append(f"| `{field.target.id}` | {default(field.value)} | {meaning} |")
    return rows


def test_sources_page_is_what_the_settings_say() -> None:
    head = PAGE.read_text(encoding="utf-8").split("## `kind")[0].rstrip()
    made = head + "\n\n" + "\n\n".join("\n".join(table(kind)) for kind in FOLDERS) + "\n"
    if os.environ.get("GRIDDESK_UPDATE_DOCS"):
        PAGE.write_text(made, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == made, "run once with GRIDDESK_UPDATE_DOCS=1"


@pytest.mark.parametrize("page", ["README.md", "docs/architecture.md", "docs/maps.md", "docs/sources.md"])
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
