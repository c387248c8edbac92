"""How often someone may do something: counts in a window that moves, in bounded memory. No clock of its own."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address


@dataclass(slots=True)
class Meter:
    """At most `most` of each name in `span`; the names least recently seen are forgotten beyond `names`."""

    most: int
    span: timedelta
    names: int = 10_000
    _times: OrderedDict[str, deque[datetime]] = field(default_factory=OrderedDict)

    def wait(self, name: str, now: datetime) -> float:
        """Seconds until one more is allowed; 0 when it is now."""
        times = self._times.get(name)
        if times is None:
            return 0.0
        while times and now - times[0] >= self.span:
            times.popleft()
        if len(times) < self.most:
            return 0.0
        return max(1.0, (self.span - (now - times[0])).total_seconds())

    def count(self, name: str, now: datetime) -> None:
        """One more; beyond `most` the oldest is forgotten."""
        times = self._times.setdefault(name, deque(maxlen=max(1, self.most)))
        times.append(now)
        self._times.move_to_end(name)
        while len(self._times) > self.names:
            self._times.popitem(last=False)


def caller(peer: str, headers: Mapping[str, str], *, proxied: bool) -> str:
    """Who asks: the peer, or with a proxy of ours in front the address that the proxy saw. One IPv6 site is one."""
    given = headers.get("x-forwarded-for", "").rpartition(",")[2].strip() if proxied else ""
    try:
        address = ip_address(given or peer)
    except ValueError:
        return peer
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped) if mapped else str(IPv6Address(int(address) >> 64 << 64))
    return str(address)
