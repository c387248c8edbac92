"""Text cut for full-text search: Chinese in pairs of characters, other scripts in words.

SQLite's `unicode61` takes a run of Chinese for one word; cut into overlapping pairs (and single characters),
a search for any part of it is a search for a phrase.
"""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")
_IDEOGRAPHS = (
    "\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3105-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff\U00020000-\U000323af"
)
_RUN = re.compile(f"[{_IDEOGRAPHS}]+|[^{_IDEOGRAPHS}]+")
_IDEOGRAPH = re.compile(f"[{_IDEOGRAPHS}]")
_QUERY_LENGTH = 200
_QUERY_TERMS = 16


def _runs(text: str) -> list[str]:
    """Words and ideographic runs, full-width forms made narrow, lower case."""
    plain = unicodedata.normalize("NFKC", text).lower()
    return [run for word in _WORD.findall(plain) for run in _RUN.findall(word)]


def _pairs(run: str) -> list[str]:
    return [run[n : n + 2] for n in range(len(run) - 1)]


def grams(text: str) -> str:
    """What to index for `text`: words; of an ideographic run its pairs in order, then its characters."""
    found: list[str] = []
    for run in _runs(text):
        if _IDEOGRAPH.match(run):
            found += [*_pairs(run), *run]
        else:
            found.append(run)
    return " ".join(found)


def query(text: str) -> str | None:
    """An FTS5 match expression over `grams`, or None when `text` holds nothing to search for.

    All parts must occur; words match from their start, ideographs anywhere. Whatever is typed, only letters
    and digits in quotation marks reach the engine; the first 200 characters and 16 parts count.
    """
    terms = []
    for run in dict.fromkeys(_runs(text[:_QUERY_LENGTH])):
        if not _IDEOGRAPH.match(run):
            terms.append(f'"{run}"*')
        else:
            terms.append(f'"{" ".join(_pairs(run) or [run])}"')
    return " ".join(terms[:_QUERY_TERMS]) or None
