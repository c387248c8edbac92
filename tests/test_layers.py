"""The one direction, connectors → store ← tui, proved statically and in fresh processes (design.md)."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

FORBIDDEN = {
    "store": ("tui", "connectors", "textual", "rich", "httpx", "starlette", "uvicorn", "watchfiles"),
    "store/rules": ("store.actions", "store.views", "store.records", "store.engine", "store.journal", "store.intake",
                    "store.outbox", "store.profiles.loader", "sqlalchemy", "sqlmodel", "tui", "connectors"),
    "store/views": ("store.actions", "store.engine", "store.intake", "store.outbox"),
    "store/rehearsal": ("store.records", "store.engine", "store.journal", "store.intake", "store.outbox", "sqlalchemy",
                        "sqlmodel", "tui", "connectors"),
    "store/records": ("store.actions", "store.views", "store.engine", "store.journal", "store.profiles"),
    "connectors": ("tui", "textual", "sqlalchemy", "sqlmodel", "store.actions", "store.views", "store.records",
                   "store.engine", "store.journal", "store.profiles", "store.rules"),
    "tui": ("connectors", "sqlalchemy", "sqlmodel", "httpx", "store.records", "store.engine", "store.journal",
            "store.intake", "store.outbox"),
}  # fmt: skip
"""Package → modules that nothing in it may import."""

TRANSPORTS = {
    "httpx": {"connectors/http.py"},
    "aiomqtt": {"connectors/mqtt.py"},
    "paho": {"connectors/mqtt.py"},
    "uvicorn": {"connectors/server.py"},
    "starlette": {"connectors/server.py"},
    "watchfiles": {"connectors/folder.py"},
    "smtplib": {"connectors/notices/email.py"},
}
"""Library that opens connections, ports or folders → the only file that may import it."""


def files(package: str) -> Iterator[Path]:
    yield from sorted((ROOT / package).rglob("*.py"))


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Every module that a file imports, also inside functions, except for type checking only."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def touches(module: str, forbidden: str) -> bool:
    return module == forbidden or module.startswith(forbidden + ".")


@pytest.mark.parametrize("package", FORBIDDEN)
def test_nothing_imports_against_the_direction(package: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for path in files(package)
        for module, line in imports(path)
        for forbidden in FORBIDDEN[package]
        if touches(module, forbidden)
    ]
    assert wrong == []


@pytest.mark.parametrize("library", TRANSPORTS)
def test_only_the_transports_open_connections_ports_and_folders(library: str) -> None:
    users = {
        str(path.relative_to(ROOT))
        for package in ("store", "connectors", "tui")
        for path in files(package)
        for module, _ in imports(path)
        if touches(module, library)
    }
    assert users <= TRANSPORTS[library]


def loaded_after(module: str) -> set[str]:
    """Names of all modules in a fresh process after importing one."""
    program = f"import {module}, sys; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("store.intake", ("tui", "connectors", "textual", "rich", "httpx")),
        ("store.outbox", ("tui", "connectors", "textual", "rich", "httpx")),
        ("store.rules.decide", ("sqlalchemy", "sqlmodel", "tui", "connectors", "pydantic")),
        ("connectors.runner", ("tui", "textual")),
        ("tui.__main__", ("connectors", "textual", "httpx", "sqlalchemy")),
        ("tui.desk.app", ("connectors", "httpx")),
    ],
)
def test_a_fresh_process_loads_only_what_the_layer_allows(module: str, absent: tuple[str, ...]) -> None:
    loaded = loaded_after(module)
    assert [name for name in absent if name in loaded] == []


def test_the_store_package_is_empty_so_that_nothing_hides_behind_it() -> None:
    assert (ROOT / "store" / "__init__.py").read_text(encoding="utf-8").strip() == ""
