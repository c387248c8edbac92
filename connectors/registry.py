"""Which kinds of connector there are, by hand; a builder is imported when its kind is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from connectors.base import AnySource, Builder, Context
from store.errors import BadInput


def _open311() -> Builder:
    from connectors.open311.fetch import build

    return build


def _frigate() -> Builder:
    from connectors.frigate.fetch import build

    return build


def _owntracks() -> Builder:
    from connectors.owntracks.receive import build

    return build


def _folder() -> Builder:
    from connectors.orderfiles.watch import build

    return build


def _simulator() -> Builder:
    from connectors.simulator.source import build

    return build


BUILDERS: Mapping[str, Callable[[], Builder]] = {
    "folder": _folder,
    "frigate": _frigate,
    "open311": _open311,
    "owntracks": _owntracks,
    "simulator": _simulator,
}


def build(name: str, kind: str, table: Mapping[str, Any], context: Context) -> AnySource:
    """The source of one [connectors.NAME]; raises BadInput with `key` and `expected`."""
    loader = BUILDERS.get(kind)
    if loader is None:
        raise BadInput("unknown_kind", key="kind", expected=f"one of {', '.join(sorted(BUILDERS))}")
    return loader()(name, table, context)
