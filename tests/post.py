"""A real SMTP server that keeps what it receives, and can be told to make trouble."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Mail:
    """One message as received."""

    def __init__(self, recipients: list[str], content: bytes) -> None:
        self.recipients = recipients
        self.message: EmailMessage = message_from_bytes(content, policy=policy.default)  # type: ignore[assignment]

    @property
    def subject(self) -> str:
        """The subject, decoded."""
        return str(self.message["Subject"])

    @property
    def id(self) -> str:
        """The Message-ID."""
        return str(self.message["Message-ID"])

    def part(self, kind: str) -> str:
        """Return the ``plain`` or ``html`` body, without the places where a long address may break."""
        body = self.message.get_body((kind,))
        assert body is not None, f"no {kind} part"
        return body.get_content().replace("<wbr>", "")

    @property
    def text(self) -> str:
        """The plain body."""
        return self.part("plain")

    @property
    def link(self) -> str:
        """The mailed link."""
        found = re.search(r"https?://\S+/l/\S+", self.text)
        assert found, f"no link in: {self.text}"
        return found.group().rstrip(").,")


class _Handler:
    def __init__(self) -> None:
        self.received: list[Mail] = []
        self.answer: Callable[[int], str | None] = lambda _number: None
        self.hangs = False
        self.asked = 0

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:
        self.asked += 1
        if self.hangs:
            await asyncio.sleep(60)
        answer = self.answer(self.asked)
        if answer == "cut":
            server.transport.abort()
            return "250 OK"
        if answer:
            return answer
        self.received.append(Mail(list(envelope.rcpt_tos), envelope.content))
        return "250 OK"


def _number(mail: Mail) -> int:
    """Return which letter it was: what somebody waits for goes before what was written earlier."""
    from dure.mail.models import Letter

    return Letter.objects.filter(uid=mail.id.strip("<>").partition("@")[0]).values_list("pk", flat=True).first() or 0


class PostOffice:
    """The server and its mailbox."""

    def __init__(self) -> None:
        self.handler = _Handler()
        self.controller = Controller(self.handler, hostname="127.0.0.1", port=free_port())

    def open(self) -> None:
        """Start listening on a free port."""
        self.controller.start()

    def close(self) -> None:
        """Stop."""
        self.controller.stop()

    @property
    def url(self) -> str:
        """What ``DURE_SMTP_URL`` says."""
        return f"smtp://127.0.0.1:{self.controller.port}"

    @property
    def received(self) -> list[Mail]:
        """Everything received, in order."""
        return self.handler.received

    def to(self, address: str) -> list[Mail]:
        """Return what an address received, in order."""
        return [mail for mail in self.received if address in mail.recipients]

    def deliver(self) -> None:
        """Let the worker do one round: answer questions, deliver letters."""
        from dure import worker

        while sum(step() for step in worker.ROUND):
            pass

    def last_to(self, address: str) -> Mail:
        """Deliver, and return the newest mail to an address."""
        self.deliver()
        found = self.to(address)
        assert found, f"nothing for {address}; there is mail for {[mail.recipients for mail in self.received]}"
        return max(found, key=_number)
