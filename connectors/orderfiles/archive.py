"""What a workbook is before anything of it is believed: sizes, and XML that declares nothing (openpyxl is no guard)."""

from __future__ import annotations

import zipfile
from pathlib import Path
from xml.parsers import expat

from store.errors import BadInput

UNZIPPED_BYTES = 256 << 20
HELD_BYTES = 64 << 20
"""Of all XML beside the sheets, such as the table of shared texts: that is held in memory."""
MEMBERS = 5_000
_SHEETS = "/worksheets/"
_CHUNK = 1 << 16


class _Declared(Exception):
    """The part declares a document type."""


class _Begun(Exception):
    """The first element has come: nothing can be declared any more."""


def guard(path: Path, name: str) -> None:
    """Refuse what unpacks to too much, and XML with a document type, before anything of it is opened.

    Raises BadInput `bad_xlsx` or `file_too_large`.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            _sizes(members, name)
            for member in members:
                if member.filename.lower().endswith((".xml", ".rels", ".vml")):
                    _undeclared(archive, member, name)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError, EOFError) as error:
        expected = f"a workbook (.xlsx); save an old .xls anew ({type(error).__name__})"
        raise BadInput("bad_xlsx", file=name, expected=expected) from None


def _sizes(members: list[zipfile.ZipInfo], name: str) -> None:
    if len(members) > MEMBERS:
        raise BadInput("file_too_large", file=name, expected=f"at most {MEMBERS} parts")
    if sum(member.file_size for member in members) > UNZIPPED_BYTES:
        raise BadInput("file_too_large", file=name, expected=f"at most {UNZIPPED_BYTES} bytes unpacked")
    held = sum(m.file_size for m in members if m.filename.lower().endswith(".xml") and _SHEETS not in m.filename)
    if held > HELD_BYTES:
        raise BadInput("file_too_large", file=name, expected=f"at most {HELD_BYTES} bytes beside the sheets")


def _undeclared(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> None:
    """Parse up to the first element; a document type, without which there are no entities, can only stand before it."""
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _declared
    parser.StartElementHandler = _begun
    try:
        with archive.open(member) as part:
            while chunk := part.read(_CHUNK):
                parser.Parse(chunk, False)
    except _Begun:
        return
    except _Declared:
        expected = f"XML without a document type in {member.filename[:60]}"
        raise BadInput("bad_xlsx", file=name, expected=expected) from None
    except expat.ExpatError:
        return  # the reader itself says where it fails


def _declared(*_: object) -> None:
    raise _Declared


def _begun(*_: object) -> None:
    raise _Begun
