"""Collects from the source every text that is marked for translation."""

from __future__ import annotations

import ast
from pathlib import Path

TUI = Path(__file__).resolve().parents[2] / "tui"


def sources() -> list[Path]:
    return sorted(TUI.rglob("*.py"))


def marked(paths: list[Path] | None = None) -> set[str]:
    """Message ids: literals in `tr`, `N_` and the first of `ntr`."""
    found: set[str] = set()
    for path in sources() if paths is None else paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _name(node) in ("tr", "N_", "ntr") and node.args:
                found |= _literals(node.args[0])
    return found


def _name(node: ast.Call) -> str:
    if isinstance(node.func, ast.Name):
        return node.func.id
    return node.func.attr if isinstance(node.func, ast.Attribute) else ""


def _literals(node: ast.expr) -> set[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    if isinstance(node, ast.IfExp):
        return _literals(node.body) | _literals(node.orelse)
    return set()
