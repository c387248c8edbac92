"""Which kinds of connector and of target there are, by hand; a builder is imported when its kind is used."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from connectors.base import AnySource, Builder, Context, Target, TargetBuilder
from store.errors import BadInput

KINDS: Mapping[str, str] = {
    "alertmanager": "connectors.alertmanager.receive",
    "cap": "connectors.cap.fetch",
    "chirpstack": "connectors.chirpstack.receive",
    "data": "connectors.datafiles.watch",
    "folder": "connectors.orderfiles.watch",
    "frigate": "connectors.frigate.fetch",
    "hikvision": "connectors.hikvision.fetch",
    "inquiry": "connectors.inquiry.serve",
    "open311": "connectors.open311.fetch",
    "open311_server": "connectors.open311_server.serve",
    "osmand": "connectors.osmand.receive",
    "owntracks": "connectors.owntracks.receive",
    "owntracks_mqtt": "connectors.owntracks.subscribe",
    "sensorthings": "connectors.sensorthings.fetch",
    "simulator": "connectors.simulator.source",
    "traccar": "connectors.traccar.fetch",
    "sms_inbox": "connectors.sms_inbox.fetch",
    "webhook": "connectors.webhook.receive",
    "zigbee2mqtt": "connectors.zigbee2mqtt.receive",
}
"""Kind of a [connectors.NAME] → the module that has its `build`."""

TARGETS: Mapping[str, str] = {
    "dingtalk": "connectors.notices.dingtalk",
    "email": "connectors.notices.email",
    "feishu": "connectors.notices.feishu",
    "fixmystreet": "connectors.notices.fixmystreet",
    "gotify": "connectors.notices.gotify",
    "ntfy": "connectors.notices.ntfy",
    "sms_spool": "connectors.notices.sms_spool",
    "webhook": "connectors.notices.webhook",
    "wecom": "connectors.notices.wecom",
}
"""Kind of a [notices.NAME] → the module that has its `build`."""


def build(name: str, kind: str, table: Mapping[str, Any], context: Context) -> AnySource:
    """The source of one [connectors.NAME]; raises BadInput with `key` and `expected`."""
    builder: Builder = import_module(_module(kind, KINDS)).build
    return builder(name, table, context)


def target(name: str, kind: str, table: Mapping[str, Any], context: Context) -> Target:
    """The target of one [notices.NAME]; raises BadInput with `key` and `expected`."""
    builder: TargetBuilder = import_module(_module(kind, TARGETS)).build
    return builder(name, table, context)


def _module(kind: str, known: Mapping[str, str]) -> str:
    if kind not in known:
        raise BadInput("unknown_kind", key="kind", expected=f"one of {', '.join(sorted(known))}")
    return known[kind]
