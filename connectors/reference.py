"""Every key of every kind of source and target, from the settings models and the words under their fields."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from connectors.registry import KINDS, TARGETS
from connectors.settings import Settings


def page() -> str:
    """The reference part of docs/connectors.md."""
    parts = ["## Every key: sources", *(_kind(kind, module, "connectors") for kind, module in sorted(KINDS.items()))]
    parts += ["## Every key: targets", *(_kind(kind, module, "notices") for kind, module in sorted(TARGETS.items()))]
    return "\n\n".join(parts)


def model(kind: str, module: str) -> type[Settings]:
    """The settings model whose docstring names `kind`; raises LookupError."""
    for place in _places(module):
        for found in vars(place).values():
            if isinstance(found, type) and issubclass(found, Settings) and f"kind `{kind}`" in (found.__doc__ or ""):
                return found
    raise LookupError(f"no Settings model with the words: kind `{kind}` in {module}")


def _places(module: str) -> Iterator[ModuleType]:
    yield import_module(module)
    try:
        yield import_module(f"{module.rpartition('.')[0]}.settings")
    except ModuleNotFoundError:
        return


def _kind(kind: str, module: str, section: str) -> str:
    found = model(kind, module)
    lines = [f'### `[{section}.NAME]` with `kind = "{kind}"`', "", _about(found, kind)]
    for table, prefix in _tables(found, ""):
        if prefix:
            lines += ["", f"In `{prefix}`:"]
        lines += ["", "| key | default | meaning |", "| --- | --- | --- |"]
        lines += [f"| `{name}` | {_default(field)} | {_words(table, name)} |" for name, field in _fields(table)]
    return "\n".join(line for line in lines)


def _about(found: type[Settings], kind: str) -> str:
    """The model's docstring after its first words, which the heading says already."""
    text = " ".join(inspect.cleandoc(found.__doc__ or "").split())
    _, _, rest = text.partition(f"kind `{kind}`")
    return rest.lstrip(".,:; ") or "Beside `kind` and `enabled`:"


def _fields(table: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in table.model_fields.items():
        yield field.alias or name, field


def _tables(table: type[BaseModel], prefix: str) -> Iterator[tuple[type[BaseModel], str]]:
    """A model and every model inside it, with the key under which it stands."""
    yield table, prefix
    for name, field in _fields(table):
        for inner in _models(field.annotation):
            yield from _tables(inner, f"{prefix}.{name}".strip("."))


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [inner for part in get_args(annotation) for inner in _models(part)]


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    if field.default_factory is not None or field.default in ((), [], {}, ""):
        return "empty"
    if field.default is None:
        return "none"
    value = field.default
    return f"`{str(value).lower()}`" if isinstance(value, bool) else f"`{value}`"


def _words(table: type[BaseModel], name: str) -> str:
    """The docstring under a field, of the class that says it last; of a table without one, its own."""
    for base in table.__mro__:
        if name in (found := _docstrings(base)):
            return found[name].replace("|", "\\|")
    field = next(field for key, field in _fields(table) if key == name)
    return next((" ".join((inner.__doc__ or "").split()) for inner in _models(field.annotation)), "")


@cache
def _docstrings(table: type) -> dict[str, str]:
    if not (isinstance(table, type) and issubclass(table, BaseModel)) or table in (BaseModel, Settings):
        return {}
    (found,) = ast.parse(textwrap.dedent(inspect.getsource(table))).body
    assert isinstance(found, ast.ClassDef)
    words: dict[str, str] = {}
    for field, text in zip(found.body, found.body[1:], strict=False):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
        ):
            words[field.target.id] = " ".join(str(text.value.value).split())
    return words
