"""An index of warnings: Atom, RSS, a list of alerts or one alone, with the alerts in it or links to them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin
from xml.etree.ElementTree import Element

from connectors.document import KEEP, Unreadable
from connectors.markup import child, children, local, read_xml, text
from connectors.text import clean
from store.intake import Rejection

ENTRIES = 5_000
"""Entries of one feed that are read."""
_KEYS = ("id", "guid", "identifier")
_TIMES = ("updated", "lastBuildDate", "pubDate", "published", "date")


@dataclass(frozen=True, slots=True)
class Entry:
    """`key` and `updated` tell whether it was read before; either `alert` or `link` leads to the warning."""

    key: str
    updated: str = ""
    link: str = ""
    alert: Element | None = None


@dataclass(frozen=True, slots=True)
class Feed:
    updated: str
    """As the feed says it; empty where it does not."""
    entries: tuple[Entry, ...]
    rejections: tuple[Rejection, ...] = ()
    whole: bool = True
    """False where entries beyond the limit were left out."""


def parse_feed(body: bytes, address: str) -> Feed:
    """The index in `body`; `address` is where relative links start. Raises `Unreadable`."""
    root = read_xml(body)
    name = local(root)
    if name == "alert":
        return Feed("", (_alone(root, 1),))
    if name == "alerts":
        return Feed("", tuple(_alone(alert, number) for number, alert in enumerate(children(root, "alert"), 1)))
    if name == "feed":
        return _index(root, list(children(root, "entry")), text(root, "updated"), address)
    if name in ("rss", "RDF"):
        channel = child(root, "channel")
        head = channel if channel is not None else root
        items = [*children(head, "item"), *(children(root, "item") if head is not root else ())]
        return _index(root, items, _first(head, _TIMES), address)
    expected = "a feed of Atom or RSS, or CAP alerts"
    raise Unreadable(Rejection("not_a_feed", column=clean(name, 40), expected=expected, raw=body[:KEEP]))


def _alone(alert: Element, number: int) -> Entry:
    return Entry(_first(alert, _KEYS) or str(number), text(alert, "sent"), alert=alert)


def _index(root: Element, items: list[Element], updated: str, address: str) -> Feed:
    entries: list[Entry] = []
    rejections: list[Rejection] = []
    for number, item in enumerate(items[:ENTRIES], 1):
        alert = _embedded(item)
        link = "" if alert is not None else _link(item, address)
        key = _first(item, _KEYS) or link or str(number)
        if alert is None and not link:
            rejections.append(Rejection("no_alert", line=number, expected="an alert, or a link to one"))
            continue
        entries.append(Entry(clean(key, 1_000), _first(item, _TIMES), link, alert))
    return Feed(clean(updated, 100), tuple(entries), tuple(rejections), whole=len(items) <= ENTRIES)


def _first(element: Element, names: tuple[str, ...]) -> str:
    return next((found for name in names if (found := text(element, name))), "")


def _embedded(item: Element) -> Element | None:
    """The alert inside an entry, as elements or as text that is XML itself."""
    for element in item.iter():
        if local(element) == "alert" and element is not item:
            return element
    for name in ("content", "encoded", "description", "summary"):
        for holder in children(item, name):
            words = (holder.text or "").lstrip("\ufeff \t\r\n")
            if words.startswith("<") and "alert" in words[:1_000]:
                try:
                    found = read_xml(words.encode("utf-8"), keep=False)
                except Unreadable:
                    continue
                if local(found) == "alert":
                    return found
    return None


def _link(item: Element, address: str) -> str:
    """The most promising link of an entry: one that says it is CAP, then XML, then the first."""
    best = sorted(_links(item), key=lambda pair: pair[0])
    return urljoin(address, best[0][1]) if best else ""


def _links(item: Element) -> Iterator[tuple[int, str]]:
    for element in item:
        name = local(element)
        href = element.get("href") or element.get("url") or element.get("src") or ""
        kind = (element.get("type") or "").casefold()
        if name == "link" and not href:
            href, kind = (element.text or "").strip(), ""
        if name not in ("link", "enclosure", "content") or not href or element.get("rel", "alternate") == "self":
            continue
        yield (0 if "cap" in kind else 1 if "xml" in kind else 3 if "html" in kind else 2), href.strip()


def parse_alert(body: bytes) -> tuple[Element, ...]:
    """The alerts in a file that an index linked to; raises `Unreadable`."""
    root = read_xml(body)
    found = tuple(element for element in root.iter() if local(element) == "alert")
    if not found:
        raise Unreadable(Rejection("no_alert", column=clean(local(root), 40), expected="a CAP alert", raw=body[:KEEP]))
    return found
