"""Warnings into alarms: which begin, which are replaced, taken back or over. Pure but for the memory of what stands.

The end of what an update replaces is told before the update: both are one line at the desk, and the newer stands.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo

from connectors.cap.area import Concern
from connectors.cap.parse import GRAVITY, CapAlert, Info, chosen
from connectors.moment import stamp
from connectors.text import clean
from store.intake import Alarm

OPEN = 500
"""Warnings in force that are remembered."""
DONE = 5_000
"""Ids of warnings that need not be told again."""
NAMED = 4
"""Areas that a device's name and a text name."""

_WORDS = {
    "zh": {"exercise": "【演习】", "test": "【测试】", "grids": "本辖区{n}/{m}个网格", "until": "至{at}",
           "more": "及另外{n}处"},
    "en": {"exercise": "[EXERCISE] ", "test": "[TEST] ", "grids": "{n} of our {m} grids", "until": "until {at}",
           "more": "and {n} more"},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """What is remembered of a warning in force, so that its end can be told of the same device and kind."""

    device: str
    kind: str
    ends: float
    """POSIX seconds."""
    severity: str
    live: bool
    missed: int = 0
    """Rounds in a row in which the feed did not list it."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Kept in the store: the warnings in force, and since when the feed has stood as it stands."""

    open: Mapping[str, Standing] = field(default_factory=dict)
    mark: str = ""
    since: float = 0.0

    def dump(self) -> str:
        kept = sorted(self.open.items(), key=lambda item: item[1].ends)[-OPEN:]
        rows = {key: [s.device, s.kind, s.ends, s.severity, s.live, s.missed] for key, s in kept}
        return json.dumps({"open": rows, "mark": self.mark, "since": self.since})

    @classmethod
    def load(cls, text: str | None) -> Cursor:
        """An empty one for no cursor, and for one that is not ours."""
        try:
            held = json.loads(text or "")
            rows = {
                str(key): Standing(str(v[0]), str(v[1]), float(v[2]), str(v[3]), bool(v[4]), int(v[5]))
                for key, v in held["open"].items()
            }
            return cls(rows, str(held["mark"]), float(held["since"]))
        except (ValueError, TypeError, KeyError, IndexError, AttributeError):
            return cls()


class Teller:
    """Remembers which ids were told, so that a feed read again says nothing new."""

    def __init__(
        self, source: str, zone: tzinfo, language: str, longest: timedelta, elsewhere: bool,
        concern: Callable[[Iterable[Info]], Concern], grids: Callable[[], int],
    ) -> None:  # fmt: skip
        """`elsewhere`: warnings that are certainly not ours are told as well."""
        self._source, self._zone, self._language, self._longest = source, zone, language, longest
        self._elsewhere = elsewhere
        self._concern = concern
        self._grids = grids
        self._done: OrderedDict[str, None] = OrderedDict()

    def tell(
        self, alerts: Sequence[CapAlert], held: Mapping[str, Standing], now: datetime
    ) -> tuple[list[Alarm], dict[str, Standing], int]:
        """Alarms of what is new in `alerts`, what stands after them, and how many meant nothing to us."""
        standing = dict(held)
        records: list[Alarm] = []
        ignored = 0
        replaced = {(old, alert.live) for alert in alerts for old in alert.references}
        for alert in sorted(alerts, key=lambda found: found.sent.at):
            if alert.id in self._done or alert.id in standing:
                continue
            self._remember(alert.id)
            # One that was replaced before we ever saw it need not begin first.
            found = [] if (alert.id, alert.live) in replaced else self._one(alert, standing, now)
            ignored += not found
            records += found
        return records, standing, ignored

    def _one(self, alert: CapAlert, standing: dict[str, Standing], now: datetime) -> list[Alarm]:
        if alert.kind in ("ack", "error") or alert.status in ("draft", "system"):
            return []
        live = alert.live
        infos = chosen(alert, self._language)
        concern = self._concern(infos)
        ours = concern.where != "elsewhere" or self._elsewhere
        begun = self._begun(alert, infos, concern, live, now) if infos else None
        told: list[Alarm] = []
        over = alert.kind == "cancel" or not infos or all(info.all_clear for info in infos)
        for old in alert.references:
            known = standing.get(old)
            # An exercise must never end a real warning, nor the other way round.
            if known is not None and known.live == live:
                del standing[old]
                told.append(self.ended(old, known, now, "cancelled" if alert.kind == "cancel" else "end", alert))
            elif known is None and old not in self._done and live and ours and begun is not None:
                # An older copy that comes later, out of order or from another page, must not begin then.
                state = "cancelled" if alert.kind == "cancel" else "end"
                told.append(self.ended(old, begun[1], now, state, alert))
            self._remember(old)
        if begun is not None and ours and not over and begun[1].ends > now.timestamp():
            told.append(begun[0])
            standing[alert.id] = begun[1]
        return told

    def _remember(self, alert_id: str) -> None:
        self._done[alert_id] = None
        while len(self._done) > DONE:
            self._done.popitem(last=False)

    def _begun(
        self, alert: CapAlert, infos: Sequence[Info], concern: Concern, live: bool, now: datetime
    ) -> tuple[Alarm, Standing]:
        gravest = max(infos, key=lambda info: GRAVITY.index(info.severity))
        named = [info.ends.at for info in infos if info.ends is not None]
        ends = max(named) if named else alert.sent.at + self._longest
        words = _WORDS["zh" if gravest.language.casefold().startswith("zh") else "en"]
        names = concern.names or (alert.sender,)
        device = clean(_listed(names, words), 160) or "cap"
        kind = clean(gravest.event or gravest.headline or "warning", 80)
        quality = alert.sent.quality(now)
        lat, lon = concern.spot if concern.spot else (None, None)
        marks = words["exercise"] if alert.status == "exercise" else "" if live else words["test"]
        begun = Alarm(
            source=self._source, source_id=alert.id, version=stamp(alert.sent.at), observed_at=alert.sent.at,
            time_quality=quality, lat=lat, lon=lon, place_quality="point" if concern.spot else "none",
            grid_code=concern.grids[0] if len(concern.grids) == 1 else None,
            warnings=(*alert.warnings, *(("future",) if quality == "future" else ()),
                      *(() if named else ("end_assumed",))),
            raw=alert.raw, device=device, kind=kind, state="start", severity=gravest.severity,
            text=clean(marks + self._text(gravest, kind, names, concern, ends, words)), live=live,
            evidence_url=gravest.web,
        )  # fmt: skip
        return begun, Standing(device, kind, ends.timestamp(), gravest.severity, live)

    def _text(
        self, info: Info, kind: str, names: Sequence[str], concern: Concern, ends: datetime, words: Mapping[str, str]
    ) -> str:
        """What an officer must know first: what, where, how much of it is ours, until when; then the issuer's words."""
        total = self._grids()
        parts = [info.headline or kind, _listed(names, words)]
        if concern.grids:
            parts.append(words["grids"].format(n=len(concern.grids), m=total))
        parts.append(words["until"].format(at=f"{ends.astimezone(self._zone):%Y-%m-%d %H:%M}"))
        parts += [part for part in (info.instruction, info.description) if part]
        return " · ".join(parts)

    def ended(
        self, alert_id: str, known: Standing, now: datetime, state: str, by: CapAlert | None = None, note: str = ""
    ) -> Alarm:
        """The end of a warning; `by` is the one that replaced it."""
        return Alarm(
            source=self._source, source_id=alert_id, version=stamp(by.sent.at if by else now),
            observed_at=by.sent.at if by else now, time_quality="source" if by else "receipt",
            warnings=(note,) if note else (), raw=by.raw if by else b"", device=known.device, kind=known.kind,
            state=state, severity=known.severity, live=False,  # type: ignore[arg-type]
        )  # fmt: skip

    def over(self, standing: Mapping[str, Standing], now: datetime) -> tuple[list[Alarm], dict[str, Standing]]:
        """Ends of what time has ended."""
        at = now.timestamp()
        gone = {key: known for key, known in standing.items() if known.ends <= at}
        left = {key: known for key, known in standing.items() if key not in gone}
        return [self.ended(key, known, now, "end", note="end_by_time") for key, known in gone.items()], left

    def missing(
        self, standing: Mapping[str, Standing], listed: frozenset[str], now: datetime
    ) -> tuple[list[Alarm], dict[str, Standing]]:
        """Ends of what a feed that lists all has left out for two rounds."""
        ends: list[Alarm] = []
        left: dict[str, Standing] = {}
        for key, known in standing.items():
            missed = 0 if key in listed else known.missed + 1
            if missed >= 2:
                ends.append(self.ended(key, known, now, "end", note="end_inferred"))
            else:
                left[key] = replace(known, missed=missed)
        return ends, left


def _listed(names: Sequence[str], words: Mapping[str, str]) -> str:
    more = len(names) - NAMED
    shown = "; ".join(names[:NAMED])
    return f"{shown} {words['more'].format(n=more)}" if more > 0 else shown


def suspect(updated: datetime | None, since: float, now: datetime, patience: timedelta) -> bool:
    """Whether a feed has stood still for too long, by its own time or by ours."""
    if not patience:
        return False
    if updated is not None and now - updated >= patience:
        return True
    return bool(since) and now - datetime.fromtimestamp(since, UTC) >= patience
