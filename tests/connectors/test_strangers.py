"""Those who have no business at the intake port: counted, kept without what they showed, and bounded."""

from __future__ import annotations

import pytest

from connectors import answering
from tests.connectors.fake import FakeIntake, until
from tests.connectors.port import send
from tests.connectors.test_server import PHONE, location, opened


async def test_strangers_are_counted_and_kept_once_with_path_and_peer_and_nothing_of_theirs(intake: FakeIntake) -> None:
    async with opened(intake, user="me", password="pw") as port:
        for _ in range(30):
            answer = await send(
                port, "POST", "/owntracks?token=s3cret", location(), {**PHONE, "Authorization": "Basic bWU6bm8="}
            )
            assert (answer.status_code, answer.content) == (401, b"")
        for _ in range(2):
            assert (await send(port, "POST", "/loud?key=s3cret&device=7", b"stranger")).status_code == 403
        await until(lambda: len(intake.rejections) == 2)
        assert port.lanes["phones"].vitals.rejected == 30
        (first, second) = (bad for _, bad, _ in intake.rejections)
        assert (first.reason, dict(first.context)) == (
            "unknown_sender", {"path": "/owntracks", "method": "POST", "peer": "127.0.0.1"},
        )  # fmt: skip
        assert (second.reason, second.column, second.raw) == ("unknown_sender", "wrong_key", b"")
        assert "s3cret" not in repr((first, second)) and "bWU6" not in repr((first, second))


async def test_a_flood_of_strangers_pushes_nothing_else_out(
    intake: FakeIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "STRANGERS", 2)
    async with opened(intake) as port:
        for number in range(4):
            await send(port, "POST", "/loud", b"stranger", {"X-Forwarded-For": f"10.0.0.{number}"})
            await send(port, "POST", f"/loud?n={number}", b"denied")
        await until(lambda: port.lanes["loud"].vitals.rejected == 8)
        reasons = [bad.reason for _, bad, _ in intake.rejections]
        assert (reasons.count("no_sense"), reasons.count("unknown_sender")) == (4, 1)


async def test_what_is_refused_carries_what_a_replay_needs_and_no_credential(intake: FakeIntake) -> None:
    async with opened(intake, token="tok") as port:
        await send(port, "POST", "/owntracks?u=a&api_key=hidden", b"[", {**PHONE, "Authorization": "Bearer tok",
                   "Content-Type": "application/json"})  # fmt: skip
        await until(lambda: bool(intake.rejections))
        (_, bad, _) = intake.rejections[0]
        assert (bad.reason, bad.raw, dict(bad.context)) == ("not_json", b"[", {
            "path": "/owntracks", "method": "POST", "peer": "127.0.0.1", "content_type": "application/json",
            "header:x-limit-u": "chen", "header:x-limit-d": "pda", "query:u": "a",
        })  # fmt: skip
