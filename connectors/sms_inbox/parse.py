"""A text message of gammu-smsd into what a unit answers to an order. Pure.

`1 NUMBER` is seen, `0 NUMBER` with a reason is refused; a number alone is seen. The number is that of the order or case
as it stood in our message.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from connectors.base import Batch
from connectors.text import clean
from store.intake import Acknowledgement, Rejection

NAME = re.compile(r"IN(\d{8})_(\d{6})_(\d+)_(\+?[0-9A-Za-z]{1,32})_(\d+)\.txt", re.I)
"""INyyyymmdd_hhmmss_serial_number_part.txt"""
ANSWER = re.compile(
    r"(?:(?P<sign>[01])[\s.,:;、，。：；]+)?(?P<number>[A-Za-z]{0,4}-?\d[\d-]{2,24})(?:[\s,:;，：；]+(?P<why>.*))?",
    re.S,
)
BARE = re.compile(r"(?P<sign>[01])(?:[\s,:;，：；]+(?P<why>\D.*))?", re.S)


def name_parts(file: str) -> tuple[str, str, int] | None:
    """When it came (as the daemon wrote it), whose number, which part; None for a file that is no message."""
    found = NAME.fullmatch(file)
    if found is None:
        return None
    return f"{found[1]}_{found[2]}_{found[3]}", found[4], int(found[5])


def parse(
    data: bytes, file: str, source: str, now: datetime, *, senders: Mapping[str, str], country: str, zone: ZoneInfo
) -> Batch:
    """The acknowledgement in one message; the sender's number is kept nowhere."""
    named = name_parts(file)
    if named is None:
        return Batch(rejections=(Rejection("not_a_message", expected="INyyyymmdd_hhmmss_…txt"),))
    stamp, number, _ = named
    unit = senders.get(bare(number, country))
    if unit is None:
        return Batch(rejections=(Rejection("unknown_sender", column="senders", expected="a number of [senders]"),))
    text = decoded(data)
    if text is None:
        return Batch(rejections=(Rejection("not_text", expected="UTF-16 or UTF-8", raw=data[:1_000]),))
    words = clean(unicodedata.normalize("NFKC", text), 500)
    found = ANSWER.fullmatch(words) or BARE.fullmatch(words)
    if found is None:
        return Batch(rejections=(Rejection("not_an_answer", expected="1 NUMBER or 0 NUMBER REASON", raw=data[:1_000]),))
    wanted = found.groupdict().get("number") or ""
    if not wanted:
        return Batch(rejections=(Rejection("no_number", expected="1 NUMBER", raw=data[:1_000]),))
    identity = hashlib.sha256(f"{stamp}{file}".encode()).hexdigest()[:20]
    at = _moment(stamp, zone, now)
    state = "refused" if found["sign"] == "0" else "seen"
    answer = Acknowledgement(
        source=source, source_id=identity, observed_at=at, time_quality="assumed_zone", notice=wanted,
        recipient=unit, state="refused" if state == "refused" else "seen", text=clean(found["why"] or "", 200),
    )  # fmt: skip
    return Batch((answer,))


def bare(number: str, country: str) -> str:
    """A number without the country's prefix, as `senders` is compared by."""
    return number.replace(" ", "").replace("-", "").removeprefix(country).removeprefix("00" + country[1:])


def decoded(data: bytes) -> str | None:
    """UTF-16 with or without its mark as the daemon writes it, else UTF-8."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        code = "utf-16"
    elif data and data.count(0) * 4 >= len(data):
        code = "utf-16-be" if data[0] == 0 else "utf-16-le"
    else:
        code = "utf-8-sig"
    try:
        return data.decode(code)
    except UnicodeDecodeError:
        return None


def _moment(stamp: str, zone: ZoneInfo, now: datetime) -> datetime:
    try:
        return datetime.strptime(stamp[:15], "%Y%m%d_%H%M%S").replace(tzinfo=zone)
    except ValueError:
        return now
