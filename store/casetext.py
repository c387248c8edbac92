"""The text index of cases: SQLite's FTS5 over our own grams, on PostgreSQL a `tsvector` of the same grams.

The program cuts the text itself (`rules.grams`), so both engines find the same cases (research/store.md section 4).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from sqlalchemy import String, bindparam, text
from sqlmodel import Session

from store.rules import grams

NEWEST = 5_000
"""Case ids that are looked through one by one, newest first, before the index is asked: frequent words end here."""
LEXEME = 255
"""Characters of a word that count on PostgreSQL; a lexeme holds 2 kB at most."""

_PART = re.compile(r'"([^"]*)"(\*?)')

_ENTER = {
    "sqlite": text("INSERT INTO case_text (rowid, grams) VALUES (:id, :grams)"),
    "postgresql": text("INSERT INTO case_text (id, grams) VALUES (:id, CAST(:grams AS tsvector))"),
}
_CHANGE = text("UPDATE case_text SET grams = CAST(:grams AS tsvector) WHERE id = :id")
_DELETE = text("INSERT INTO case_text (case_text, rowid, grams) VALUES ('delete', :id, :grams)")
_MATCH = text("SELECT rowid FROM case_text WHERE case_text MATCH :match ORDER BY rowid DESC LIMIT :limit")

# The words stand in the statement itself: a plan made for any word would read the whole table for a rare one.
_WORDS = bindparam("match", type_=String(), literal_execute=True)
_AMONG_NEWEST = text(
    "SELECT id FROM (SELECT id, grams FROM case_text WHERE id > (SELECT max(id) FROM case_text) - :newest"
    " ORDER BY id DESC OFFSET 0) newest WHERE grams @@ CAST(:match AS tsquery) ORDER BY id DESC LIMIT :limit"
).bindparams(_WORDS)
_BY_INDEX = text(
    "WITH hits AS MATERIALIZED (SELECT id FROM case_text WHERE grams @@ CAST(:match AS tsquery))"
    " SELECT id FROM hits ORDER BY id DESC LIMIT :limit"
).bindparams(_WORDS)


def _engine(session: Session) -> str:
    return session.get_bind().dialect.name


def enter(session: Session, texts: Sequence[tuple[int, str]]) -> None:
    """Index new cases: (case id, searchable text) each."""
    engine = _engine(session)
    cut = _vector if engine == "postgresql" else grams.grams
    if texts:
        session.execute(_ENTER[engine], [{"id": case_id, "grams": cut(words)} for case_id, words in texts])


def change(session: Session, case_id: int, before: str, after: str) -> None:
    """Index a case anew; `before` is the text it was indexed under."""
    if _engine(session) == "postgresql":
        session.execute(_CHANGE, {"id": case_id, "grams": _vector(after)})
        return
    session.execute(_DELETE, {"id": case_id, "grams": grams.grams(before)})
    enter(session, [(case_id, after)])


def matching(session: Session, words: str, limit: int) -> list[int]:
    """Ids of the newest cases that hold all of `words`; empty when there is nothing to search for."""
    match = grams.query(words)
    if match is None:
        return []
    if _engine(session) != "postgresql":
        return list(session.execute(_MATCH, {"match": match, "limit": limit}).scalars())
    asked = {"match": _tsquery(match), "limit": limit}
    found = list(session.execute(_AMONG_NEWEST, {**asked, "newest": NEWEST}).scalars())
    return found if len(found) == limit else list(session.execute(_BY_INDEX, asked).scalars())


def _bare(word: str) -> str:
    """A word as FTS5's tokenizer keeps it: without diacritics."""
    if word.isascii():
        return word[:LEXEME]
    letters = "".join(c for c in unicodedata.normalize("NFD", word) if unicodedata.category(c) != "Mn")
    return unicodedata.normalize("NFC", letters or word)[:LEXEME]


def _vector(words: str) -> str:
    """A `tsvector` in words: each gram with its place, so that phrases can be asked for."""
    return " ".join(f"'{_bare(gram)}':{place}" for place, gram in enumerate(grams.grams(words).split(), start=1))


def _tsquery(match: str) -> str:
    """The FTS5 expression of `rules.grams.query` as a `tsquery`; letters and digits only, so nothing breaks out."""
    parts = []
    for phrase, start in _PART.findall(match):
        lexemes = [f"'{_bare(word)}'{':*' if start else ''}" for word in phrase.split()]
        parts.append(f"({' <-> '.join(lexemes)})")
    return " & ".join(parts)
