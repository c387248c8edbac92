"""Mail against a real SMTP conversation on loopback: accepted, refused, slow, broken."""

from __future__ import annotations

import asyncio
import email
import email.policy
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from connectors.base import Broken, Retry, Undeliverable
from connectors.log import safe
from store.errors import BadInput
from store.outbox import OwedNotice
from tests.connectors.notices.conftest import Make

Notice = Callable[..., OwedNotice]


class Mailhouse:
    """Answers each command by its first word; `says` replaces answers, `...` is a silence without end."""

    def __init__(self, tls: Any = None, **says: Any) -> None:
        self.says = says
        self.tls = tls
        self.mails: list[bytes] = []
        self.words: list[str] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def say(text: str) -> None:
            writer.write(text.encode() + b"\r\n")

        async def answer(word: str, usual: str) -> None:
            text = self.says.get(word, usual)
            if text is ...:
                await asyncio.sleep(60)
            say(text)

        await answer("hello", "220 mail.test")
        while line := (await reader.readline()).decode("utf-8", "replace").strip():
            word = line.split(" ")[0].lower()
            self.words.append(word)
            if word == "ehlo":
                say("250-mail.test\r\n250-SMTPUTF8\r\n250-8BITMIME" + ("\r\n250-STARTTLS" if self.tls else ""))
                say("250 AUTH PLAIN LOGIN")
            elif word == "starttls":
                say("220 go")
                await writer.drain()
                await writer.start_tls(self.tls)
            elif word == "data":
                await answer("data", "354 go on")
                body = await reader.readuntil(b"\r\n.\r\n")
                self.mails.append(body.removesuffix(b".\r\n"))
                await answer("end", "250 taken")
            elif word == "quit":
                say("221 bye")
                return
            else:
                await answer(word, "235 in" if word == "auth" else "250 ok")


@asynccontextmanager
async def mailhouse(tls: Any = None, implicit: bool = False, **says: Any) -> AsyncIterator[Mailhouse]:
    house = Mailhouse(tls, **says)
    server = await asyncio.start_server(house.serve, "127.0.0.1", 0, ssl=tls if implicit else None)
    house.port = server.sockets[0].getsockname()[1]
    try:
        yield house
    finally:
        server.close()


def mail(make: Make, house: Mailhouse, **more: Any) -> Any:
    table = {"host": "127.0.0.1", "port": house.port, "security": "none", "sender": "desk@wangjiang.test"}
    return make("email", **{**table, "to": "unit@wangjiang.test", **more})


async def test_a_mail_says_subject_text_and_its_stable_id(make: Make, notice: Notice) -> None:
    async with mailhouse() as house:
        target = mail(make, house)
        one = notice(priority=1, address="li@wangjiang.test")
        first = await target.send(one)
        assert (await target.send(one)).reference == first.reference
    found = email.message_from_bytes(house.mails[0], policy=email.policy.default)
    assert found["Subject"] == "派单 GD20260304-0007"
    assert (found["To"], found["From"], found["Auto-Submitted"]) == (
        "li@wangjiang.test", "desk@wangjiang.test", "auto-generated",
    )  # fmt: skip
    assert found["Message-ID"] == first.reference and found["X-Priority"] == "1"
    assert found.get_content().strip() == one.text


async def test_a_subject_cannot_become_a_header(make: Make, notice: Notice) -> None:
    async with mailhouse() as house:
        await mail(make, house).send(notice(title="x\r\nBcc: all@wangjiang.test\r\n\r\nhello"))
        with pytest.raises(Undeliverable, match="no_mailbox"):
            await mail(make, house).send(notice(address="a@b.test\r\nBcc: c@d.test"))
    found = email.message_from_bytes(house.mails[0], policy=email.policy.default)
    assert found["Bcc"] is None and found["Subject"] == "x Bcc: all@wangjiang.test hello"


@pytest.mark.parametrize(
    ("says", "outcome", "code"),
    [
        ({"rcpt": "550 no such box"}, Undeliverable, "smtp_550"),
        ({"rcpt": "450 busy box"}, Retry, "smtp_450"),
        ({"mail": "451 later"}, Retry, "smtp_451"),
        ({"end": "554 spam"}, Undeliverable, "smtp_554"),
        ({"end": "452 full"}, Retry, "smtp_452"),
        ({"hello": "421 too many"}, Retry, "smtp_421"),
        ({"hello": "nonsense"}, Retry, ""),
        ({"hello": ...}, Retry, ""),
        ({"end": ...}, Retry, ""),
    ],
)
async def test_what_the_server_says_decides(
    make: Make, notice: Notice, says: dict[str, Any], outcome: type[Exception], code: str
) -> None:
    async with mailhouse(**says) as house:
        with pytest.raises(outcome) as found:
            await mail(make, house, deadline=0.5).send(notice())
    assert str(found.value).startswith(code)


async def test_nobody_there(make: Make, notice: Notice) -> None:
    async with mailhouse() as house:
        pass
    with pytest.raises(Retry, match="unreachable"):
        await mail(make, house).send(notice())


async def test_a_password_is_never_sent_in_the_clear(make: Make, notice: Notice) -> None:
    async with mailhouse() as house:
        await mail(make, house, user="desk", password="hunter2hunter2").send(notice())
        assert "auth" not in house.words
        with pytest.raises(Broken, match="not_supported"):
            await mail(make, house, security="starttls").send(notice())


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, str]:
    """A server's TLS context and the file of its certificate."""
    import ssl

    folder = tmp_path_factory.mktemp("tls")
    words = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    subprocess.run(
        ["openssl", *words.split(), "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context, str(folder / "cert.pem")


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_over_tls_with_a_password(
    make: Make, notice: Notice, certificate: tuple[Any, str], security: str
) -> None:
    context, file = certificate
    more = {"security": security, "user": "desk", "password": "hunter2hunter2"}
    async with mailhouse(context, implicit=security == "tls") as house:
        table = {"host": "127.0.0.1", "port": house.port, "sender": "desk@wangjiang.test", "to": "a@b.test", **more}
        target = make("email", ca_file=file, **table)
        await target.send(notice())
        assert await target.check() == "accepts mail"
        assert "auth" in house.words and len(house.mails) == 1
        with pytest.raises(Retry, match="tls"):
            await make("email", **table).send(notice())
        house.says["auth"] = "535 no"
        with pytest.raises(Broken, match="credential_refused"):
            await target.send(notice())
    assert "hunter2hunter2" not in safe("sent hunter2hunter2 away")


def test_settings(make: Make) -> None:
    with pytest.raises(BadInput) as bad:
        make("email", host="x", sender="no mailbox")
    assert bad.value.fields["key"] == "sender"
