"""Two couriers on one store, and one that is killed between sending and saying so (K08; on both engines)."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest
from sqlmodel import Session

from store.actions.notices import notifying
from store.actions.notices.notifying import Message, Way
from store.profiles.model import Profile
from store.rules.commands import Dispatch
from tests.conftest import Desk
from tests.store.told import box, rows, slip, take, way

ROOT = Path(__file__).resolve().parents[2]
ORDERS = 60


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    folder = tmp_path / "spool"
    folder.mkdir()
    return folder


def courier(desk: Desk, spool: Path, name: str, dies_after: int = 0, seconds: float = 60) -> subprocess.Popen[bytes]:
    words = ["tests.store.courier", desk.store.location, str(spool), name, str(dies_after), str(seconds)]
    return subprocess.Popen([sys.executable, "-m", *words], cwd=ROOT)


def sent(spool: Path) -> list[tuple[str, str]]:
    """(key, courier) of every message that went out, the oldest first."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in spool.glob("*.json")]
    return [(key, name) for _, key, name in sorted(found)]


def crowd(session: Session, profile: Profile, count: int, now: datetime) -> None:
    """One notice to each of `count` units."""
    messages = [Message("order", f"U{n}", "t", "t", f"order:{n}") for n in range(count)]
    notifying.enter(session, profile, messages, now, {f"U{n}": (Way(1, "spool"),) for n in range(count)})


def test_two_couriers_never_send_one_notice_twice(desk: Desk, spool: Path) -> None:
    desk.store.write(crowd, desk.store.profile, ORDERS, desk.now)
    box(desk, "spool")
    both = [courier(desk, spool, name) for name in ("a", "b")]
    assert [child.wait(60) for child in both] == [0, 0]
    found = sent(spool)
    assert len(found) == ORDERS and max(Counter(key for key, _ in found).values()) == 1
    assert {row.outcome for row in rows(desk)} == {"sent"}


def test_a_courier_that_is_killed_after_sending_leaves_the_same_key_to_the_next(desk: Desk, spool: Path) -> None:
    way(desk, "POL", "spool")
    box(desk, "spool")
    case_id = desk.report(category="order.fight")
    desk.move(case_id, Dispatch("POL"))
    assert courier(desk, spool, "a", dies_after=1, seconds=1.0).wait(60) == -signal.SIGKILL
    assert slip(desk, case_id).stage == "stored" and len(sent(spool)) == 1
    end = time.monotonic() + 60
    while len(sent(spool)) < 2 and time.monotonic() < end:
        assert courier(desk, spool, "b").wait(60) == 0
    (first, again) = sent(spool)
    assert first[0] == again[0] and (first[1], again[1]) == ("a", "b")
    assert slip(desk, case_id).stage == "sent"


def test_a_lease_is_given_to_nobody_else_before_it_is_over(desk: Desk) -> None:
    way(desk, "POL", "spool")
    outbox = box(desk, "spool")
    case_id = desk.report(category="order.fight")
    desk.move(case_id, Dispatch("POL"))
    assert len(take(outbox, "spool", seconds=600)) == 1
    assert outbox.lease("other:2:b", ("spool",)) == ()
