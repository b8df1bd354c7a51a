"""A real SMTP server that delivers to nobody: what it took is an effect in the ledger, with faults on demand."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.policy import default
from ssl import SSLContext
from typing import Any, Final

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from pawline.sandbox.returned import returned

OK, GREY, UNKNOWN = "250 OK", "451 4.7.1 try again later", "550 5.1.1 no such user"
SIZE: Final = 10 << 20


class Temper(enum.StrEnum):
    """How it is just now."""

    WELL = "well"
    GREYLISTS = "greylists"
    """Whoever writes is told to come again."""
    DROPS_BEFORE = "drops before"
    """It hangs up before it has the message, which it forgets."""
    DROPS_AFTER = "drops after"
    """It takes the message, and hangs up without a word."""
    SILENT = "silent"
    """It takes the message, and says nothing."""


class Post:
    """`took` writes an effect down by the message's Message-ID; `unknown` are recipients that it does not have.

    What it takes for somebody of `returns` (address = status code) comes back: a report by RFC 3464 to where the letter
    says, which `deliver` is given with that address. It has no mailboxes: whoever wants to read one brings it.

    With a `login`, nobody is let in without it.
    """

    def __init__(self, took: Callable[[str, bool], object], login: tuple[str, str] | None = None) -> None:
        self._took, self._login = took, login
        self.temper, self.unknown = Temper.WELL, set[str]()
        self.returns: dict[str, str] = {}
        self.deliver: Callable[[str, bytes], Awaitable[None]] | None = None
        self.messages: list[Any] = []
        self._seen: set[str] = set()

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's names
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Nobody writes without the login, where there is one."""
        if self._login is not None and not session.authenticated:
            return "530 5.7.0 log in first"
        envelope.mail_from, envelope.mail_options = address, options
        return OK

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's names
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """A recipient is known or not."""
        if self.temper is Temper.GREYLISTS:
            return GREY
        if address in self.unknown:
            return UNKNOWN
        if self.temper is Temper.DROPS_BEFORE:
            _hang_up(server)
        envelope.rcpt_tos.append(address)
        return OK

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        """A message is taken, and written down before anybody is told."""
        content = envelope.content
        message = message_from_bytes(
            content if isinstance(content, bytes) else (content or "").encode(), policy=default
        )
        name = str(message["Message-ID"])
        self._took(name, name in self._seen)
        self._seen.add(name)
        self.messages.append(message)
        for one in envelope.rcpt_tos:
            if one in self.returns and self.deliver is not None and envelope.mail_from:  # never to nobody (RFC 5321)
                report = returned(message, envelope.mail_from, one, self.returns[one])
                await self.deliver(envelope.mail_from, report)
        if self.temper is Temper.DROPS_AFTER:
            _hang_up(server)
        if self.temper is Temper.SILENT:
            await asyncio.sleep(3_600)
        return OK

    def _admits(self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, said: object) -> AuthResult:
        known = isinstance(said, LoginPassword) and (said.login.decode(), said.password.decode()) == self._login
        return AuthResult(success=known, handled=known)  # else nobody answers

    def protocol(self, tls: SSLContext | None = None) -> SMTP:
        """A connection's end; `tls` is an SSL context for STARTTLS."""
        locked = self._login is not None and tls is not None
        return SMTP(
            self, hostname="sandbox.invalid", data_size_limit=SIZE, enable_SMTPUTF8=True, tls_context=tls,
            require_starttls=tls is not None, authenticator=self._admits, auth_required=locked,
            auth_require_tls=tls is not None, loop=asyncio.get_running_loop(),
        )  # fmt: skip


def _hang_up(server: SMTP) -> None:
    if isinstance(server.transport, asyncio.WriteTransport):
        server.transport.abort()


@asynccontextmanager
async def posted(
    post: Post, *, port: int = 0, tls: SSLContext | None = None, implicit: SSLContext | None = None
) -> AsyncIterator[int]:
    """The port on loopback at which it takes mail; 0 takes a free one. `implicit`: TLS from the first byte."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: post.protocol(tls), "127.0.0.1", port, ssl=implicit)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
