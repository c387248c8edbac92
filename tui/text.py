"""The only way data becomes something a terminal is given (research/textual.md B1, layer 1).

`safe` makes one line of plain text harmless; `fit` pads or cuts it to terminal cells (CJK takes two); `cell` and
`line` wrap it in the types of Rich and Textual, which never read it as markup.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from rich.cells import cell_len

if TYPE_CHECKING:
    from rich.text import Text
    from textual.content import Content

LIMIT = 400
CUT = "~"
"""Shows that text was cut; `…` is drawn two cells wide by some Chinese terminals (B2)."""


def _table(*, keep_lines: bool) -> dict[int, str | None]:
    table: dict[int, str | None] = {code: chr(0x2400 + code) for code in range(0x20)}
    table[0x7F] = "\u2421"
    table.update(dict.fromkeys(range(0x80, 0xA0), "\ufffd"))
    table.update(dict.fromkeys(range(0xD800, 0xE000), "\ufffd"))
    invisible = [0xAD, 0x61C, 0x180E, 0x200B, 0x200E, 0x200F, 0xFEFF, *range(0x202A, 0x202F), *range(0x2060, 0x2070)]
    invisible += [*range(0xFFF9, 0xFFFC), *range(0xE0000, 0xE0080), *range(0xE0100, 0xE01F0)]
    table.update(dict.fromkeys(invisible, None))
    table[0x09] = " "
    table[0x0D] = None
    table[0x0A] = "\n" if keep_lines else " "
    table[0x2028] = table[0x2029] = table[0x0A]
    return table


_ONE_LINE = _table(keep_lines=False)
_LINES = _table(keep_lines=True)
_MARKS = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_PILE = re.compile(f"([{_MARKS}]{{4}})[{_MARKS}]+")
_JOINED = re.compile("\u200d.|[\u200c\u200d\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff]", re.DOTALL)
_FLAG = re.compile("[\U0001f1e6-\U0001f1ff]")


def safe(text: str, limit: int = LIMIT, *, lines: bool = False) -> str:
    """Text without control, bidi and invisible characters, at most `limit` characters (then cut with `~`).

    Controls become visible pictures, line ends become a space unless `lines`; the result is NFC.
    """
    if len(text) > limit:
        text = text[: max(0, limit - 1)] + CUT
    if text.isascii() and text.isprintable():
        return text
    text = text.translate(_LINES if lines else _ONE_LINE)
    return unicodedata.normalize("NFC", _PILE.sub(r"\1", text))


def plain(text: str, limit: int = LIMIT) -> str:
    """`safe`, and emoji sequences reduced to what every terminal draws in the same width."""
    text = safe(text, limit)
    if text.isascii():
        return text
    return _FLAG.sub(lambda flag: chr(ord("A") + ord(flag[0]) - 0x1F1E6), _JOINED.sub("", text))


def width(text: str) -> int:
    """Terminal cells that `text` takes."""
    return cell_len(text)


def cut(text: str, cells: int) -> str:
    """`text` in at most `cells` cells; what was cut shows as `~`."""
    text = plain(text)
    if cell_len(text) <= cells:
        return text
    if cells <= 0:
        return ""
    kept, used = [], 0
    for character in text:
        size = cell_len(character)
        if used + size > cells - 1:
            break
        kept.append(character)
        used += size
    return "".join(kept) + CUT


def fit(text: str, cells: int, *, right: bool = False) -> str:
    """`text` in exactly `cells` cells, padded with spaces or cut."""
    text = cut(text, cells)
    blank = " " * (cells - cell_len(text))
    return blank + text if right else text + blank


def wrap(text: str, cells: int, limit: int = 4000) -> list[str]:
    """Lines of at most `cells` cells; breaks at spaces where there are any, inside CJK anywhere."""
    rows: list[str] = []
    for paragraph in safe(text, limit, lines=True).split("\n"):
        rows.extend(_wrapped(plain(paragraph, limit), max(2, cells)))
    return rows


def _wrapped(text: str, cells: int) -> list[str]:
    rows, row, used, space = [], "", 0, -1
    for character in text:
        size = cell_len(character)
        if used + size > cells:
            if character == " ":
                rows.append(row)
                row, used, space = "", 0, -1
                continue
            if space > 0:
                rows.append(row[:space])
                row = row[space + 1 :]
            else:
                rows.append(row)
                row = ""
            used, space = cell_len(row), -1
        if character == " ":
            space = len(row)
        elif size == 2:
            space = -1
        row += character
        used += size
    rows.append(row)
    return rows


def cell(text: str, cells: int | None = None, style: str = "", *, right: bool = False) -> Text:
    """A Rich `Text` for lists and trees, fitted to `cells` when given."""
    from rich.text import Text

    return Text(plain(text) if cells is None else fit(text, cells, right=right), style=style, no_wrap=True, end="")


def line(*parts: str | tuple[str, str]) -> Content:
    """A Textual `Content` of one line; a part is data, or data with a style of ours."""
    from textual.content import Content

    made = [
        Content(plain(part)) if isinstance(part, str) else Content.styled(plain(part[0]), part[1]) for part in parts
    ]
    return Content("").join(made)
