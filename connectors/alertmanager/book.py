"""What must be remembered between messages of Alertmanager, and survive a restart as the source's cursor. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from connectors.alertmanager.parse import Message
from connectors.moment import stamp
from store.intake import Alarm

FIRING = 5_000
"""Firing alerts that are remembered; more are still taken, only their silent end is not noticed."""
MISSED = 2
"""Lists in a row that lack an alert before it has ended: one may be older than the message that told of it."""


@dataclass(frozen=True, slots=True)
class Book:
    """Which groups come incomplete, and what fires."""

    cut: Mapping[str, str] = field(default_factory=dict)
    """Group → since when its messages lack alerts."""
    firing: Mapping[str, tuple[str, str, int]] = field(default_factory=dict)
    """Alarm → its device, its kind, and how many lists in a row were without it."""

    def dump(self) -> str:
        return json.dumps({"cut": dict(self.cut), "firing": {name: list(v) for name, v in self.firing.items()}})

    @classmethod
    def load(cls, text: str | None) -> Book:
        """An unreadable one is an empty one."""
        try:
            found = json.loads(text or "{}")
            cut = {str(name): str(since) for name, since in found.get("cut", {}).items()}
            firing = {str(n): (str(v[0]), str(v[1]), int(v[2])) for n, v in found.get("firing", {}).items()}
        except (ValueError, TypeError, AttributeError, IndexError):
            return cls()
        return cls(cut, firing)

    def after(self, message: Message, source: str, now: datetime) -> tuple[Book, tuple[Alarm, ...]]:
        """The book after a message, and the alarm that starts or ends because the message is or is not complete."""
        firing = dict(self.firing)
        for alarm in message.alarms:
            if alarm.state == "start" and (alarm.source_id in firing or len(firing) < FIRING):
                firing[alarm.source_id] = (alarm.device, alarm.kind, 0)
            elif alarm.state != "start":
                firing.pop(alarm.source_id, None)
        cut = dict(self.cut)
        told: list[Alarm] = []
        if message.cut:
            since = cut.setdefault(message.group, stamp(now))
            told.append(_truncated(message, source, now, since))
        elif (since_then := cut.pop(message.group, None)) is not None:
            told.append(replace(_truncated(message, source, now, since_then), state="end", version=stamp(now)))
        return Book(cut, firing), tuple(told)

    def listed(self, alarms: Iterable[Alarm], source: str, now: datetime) -> tuple[Book, tuple[Alarm, ...]]:
        """The book after a whole list of what fires, and the ends that nobody told us of."""
        firing = {alarm.source_id: (alarm.device, alarm.kind, 0) for alarm in list(alarms)[:FIRING]}
        ended: list[Alarm] = []
        for name, (device, kind, missed) in self.firing.items():
            if name in firing:
                continue
            if missed + 1 < MISSED:
                firing[name] = (device, kind, missed + 1)
                continue
            ended.append(
                Alarm(
                    source=source, source_id=name, version=stamp(now), observed_at=now, time_quality="receipt",
                    device=device, kind=kind, state="end", warnings=("end_not_told",),
                )
            )  # fmt: skip
        return Book(self.cut, firing), tuple(ended)


def _truncated(message: Message, source: str, now: datetime, since: str) -> Alarm:
    """Alerts of a group were left out of its message, and the most serious may be among them."""
    return Alarm(
        source=source, source_id=f"truncated:{message.group}@{since}", observed_at=now, time_quality="receipt",
        device="alertmanager", kind="truncated_alerts", state="start", severity="major",
        text=f"{message.group_text}: {message.cut}" if message.cut else message.group_text,
    )  # fmt: skip
