"""XML from outside: no DTD, no entities, any encoding that Python knows, and an error with its line. Pure."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from connectors.document import KEEP, Unreadable
from store.intake import Rejection

DEPTH = 200
"""Elements within elements that are read."""

_DECLARED = re.compile(rb"""^<\?xml[^>]{0,200}?\bencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["'][^>]{0,100}\?>""")
_BLANK = b" \t\r\n"


def read_xml(body: bytes, *, keep: bool = True) -> Element:
    """The root element of `body`; blanks and a mark of byte order before it are tolerated.

    Raises `Unreadable` with the codes `not_xml`, `forbidden_xml`, `too_deep`; `keep=False` keeps no bytes.
    """
    raw = body[:KEEP] if keep else b""
    try:
        root: Element = ElementTree.fromstring(_plain(body), forbid_dtd=True)
    except ParseError as error:
        expected = f"well-formed XML (column {error.position[1] + 1})"
        raise Unreadable(Rejection("not_xml", line=error.position[0], expected=expected, raw=raw)) from None
    except DefusedXmlException as error:
        expected = f"XML without DTD and entities ({type(error).__name__})"
        raise Unreadable(Rejection("forbidden_xml", expected=expected, raw=raw)) from None
    except (ValueError, LookupError):
        raise Unreadable(Rejection("not_xml", expected="a known encoding", raw=raw)) from None
    if _too_deep(root):
        raise Unreadable(Rejection("too_deep", expected=f"at most {DEPTH} levels", raw=raw))
    return root


def _plain(body: bytes) -> bytes:
    """`body` in a form that expat reads: it knows no encoding of several bytes but UTF-8 and UTF-16."""
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return body
    body = body.removeprefix(codecs.BOM_UTF8).lstrip(_BLANK)
    declared = _DECLARED.match(body)
    if declared is None:
        return body
    name = declared.group(1).decode("ascii")
    found = codecs.lookup("gb18030" if name.lower() in ("gb2312", "gbk") else name).name
    if found in ("utf-8", "utf-16", "ascii", "iso8859-1"):
        return body
    return body[declared.end() :].decode(found).encode("utf-8")


def _too_deep(root: Element) -> bool:
    level = [root]
    for _ in range(DEPTH):
        level = [child for element in level for child in element]
        if not level:
            return False
    return True


def local(element: Element) -> str:
    """The name without its namespace; empty for comments and processing instructions."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def children(element: Element, name: str) -> Iterator[Element]:
    """Direct children of that local name, in whatever namespace."""
    return (child for child in element if local(child) == name)


def child(element: Element, name: str) -> Element | None:
    return next(children(element, name), None)


def text(element: Element, name: str) -> str:
    """Text of the first direct child of that name, trimmed; empty when there is none."""
    found = child(element, name)
    return (found.text or "").strip() if found is not None else ""
