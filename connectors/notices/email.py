"""Notices by mail: `kind = "email"`; the one place that talks SMTP."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import smtplib
import ssl
from collections.abc import Mapping
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from connectors.base import Broken, Context, Retry, Sent, Undeliverable
from connectors.notices.posting import TargetSettings
from connectors.settings import Secret, read
from connectors.text import clean
from store.outbox import OwedNotice

ADDRESS = r"^[^\s@<>,;\"]+@[^\s@<>,;\"]+$"


class EmailSettings(TargetSettings):
    """[notices.NAME] of kind `email`. The address of a recipient is a mailbox."""

    host: str
    """The mail server."""
    port: int = Field(default=587, ge=1, le=65_535)
    """587 with STARTTLS, 465 with TLS from the start, 25 inside the house."""
    security: Literal["starttls", "tls", "none"] = "starttls"
    """`none` only where nobody else listens; a password is never sent then."""
    ca_file: str = ""
    """Certificates that are trusted instead of the system's."""
    user: str = ""
    """User, where the server asks for one."""
    password: Secret | None = None
    """Its password."""
    sender: str = Field(pattern=ADDRESS)
    """Mailbox that the messages come from."""
    to: str = ""
    """Mailbox where a recipient has none of its own."""


def build(name: str, table: Mapping[str, Any], context: Context) -> Email:
    return Email(name, read(EmailSettings, table, context.folder), context.folder)


class Email:
    """A target. Each message is a connection of its own, in a thread that is cut off when its time is over."""

    kind = "email"

    def __init__(self, name: str, settings: EmailSettings, folder: Path) -> None:
        self.name = name
        self.per_minute = settings.per_minute
        self.citizen_words = settings.citizen_words
        self._settings = settings
        self._trusted = str(folder / Path(settings.ca_file).expanduser()) if settings.ca_file else None

    async def send(self, notice: OwedNotice) -> Sent:
        to = notice.address or self._settings.to
        if "@" not in to or any(character in to for character in "\r\n<>,; "):
            raise Undeliverable("no_mailbox")
        message = self._message(notice, to)
        await self._called(message)
        return Sent(str(message["Message-ID"]))

    async def check(self) -> str:
        """Connects, secures, logs in, and says nothing."""
        await self._called(None)
        return "accepts mail"

    async def _called(self, message: EmailMessage | None) -> None:
        line = _Line(self._settings, self._trusted)
        try:
            async with asyncio.timeout(self._settings.deadline):
                await asyncio.to_thread(line.say, message)
        except TimeoutError:
            raise Retry("deadline") from None
        except smtplib.SMTPAuthenticationError:
            raise Broken("credential_refused") from None
        except smtplib.SMTPRecipientsRefused as error:
            code = max((code for code, _ in error.recipients.values()), default=550)
            raise (Undeliverable if code >= 500 else Retry)(f"smtp_{code}") from None
        except smtplib.SMTPResponseException as error:
            raise (Undeliverable if error.smtp_code >= 500 else Retry)(f"smtp_{error.smtp_code}") from None
        except smtplib.SMTPNotSupportedError:
            raise Broken("not_supported: STARTTLS, AUTH or SMTPUTF8") from None
        except ssl.SSLError:
            raise Retry("tls") from None
        except (smtplib.SMTPException, OSError) as error:
            raise Retry(f"unreachable: {type(error).__name__}") from None
        finally:
            line.cut()

    def _message(self, notice: OwedNotice, to: str) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        message["Subject"] = " ".join(clean(notice.title, 200).split())
        message["From"] = self._settings.sender
        message["To"] = to
        message["Date"] = format_datetime(notice.made_at)
        mark = hashlib.sha256(notice.dedupe_key.encode()).hexdigest()[:24]
        message["Message-ID"] = f"<{mark}@{self._settings.sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        if notice.priority == 1:
            message["X-Priority"] = "1"
        message.set_content(clean(notice.text or notice.title), charset="utf-8")
        return message


class _Line:
    """One conversation with the server; `cut` from another thread ends it however slowly the other side drips."""

    def __init__(self, settings: EmailSettings, trusted: str | None) -> None:
        self._settings = settings
        self._trusted = trusted
        self._smtp: smtplib.SMTP | None = None
        self._cut = False

    def say(self, message: EmailMessage | None) -> None:
        settings = self._settings
        secure = settings.security != "none"
        context = ssl.create_default_context(cafile=self._trusted) if secure else None
        if settings.security == "tls":
            assert context is not None
            self._smtp = smtplib.SMTP_SSL(timeout=settings.deadline, context=context)
        else:
            self._smtp = smtplib.SMTP(timeout=settings.deadline)
        self._smtp._host = settings.host  # type: ignore[attr-defined]
        code, _ = self._smtp.connect(settings.host, settings.port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, "")
        if settings.security == "starttls":
            self._smtp.starttls(context=context)
        if settings.user and settings.password and secure:
            self._smtp.login(settings.user, settings.password.get_secret_value())
        if message is not None and not self._cut:
            self._smtp.send_message(message)
        with contextlib.suppress(smtplib.SMTPException, OSError):
            self._smtp.quit()

    def cut(self) -> None:
        self._cut = True
        held = getattr(self._smtp, "sock", None)
        if held is not None:
            with contextlib.suppress(OSError):
                held.close()
