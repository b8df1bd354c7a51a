"""Mail as a client: one message at a time over SMTP, with the guard, the times and the four errors of every client."""

from __future__ import annotations

import asyncio
import re
import ssl
import time
from contextlib import suppress
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from typing import Any, Final

import aiosmtplib
from aiosmtplib import errors

from pawline.kit.guard import Guard
from pawline.kit.links import Links
from pawline.kit.reaching import reached
from pawline.kit.secret import Secret
from pawline.ports import ATTEMPT, Code, Malformed, PortError, Rejected, Transient, Unauthorised

PORTS: Final = frozenset({25, 465, 587, 2525})
"""Where mail is handed over on the public network."""
NOBODY: Final = frozenset({550, 551, 553, 556, 501})
"""Replies that say that there is no such recipient."""
LOGIN: Final = frozenset({530, 534, 535, 538})
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS: Final = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")


class Smtp:
    """Hands messages to one server, a connection each; `tls` is `starttls`, `implicit`, or `none`.

    Each call ends within `timeout`, and before the attempt's settle-by. What breaks before the message's last dot was
    not sent: Transient(unreachable). From then on nobody knows: Transient(disconnected, timed_out). Without TLS only
    networks that the guard allows are reached.

    `links` are those by which its letters are answered, and `keys` secrets that are this account's alone, of 64 bytes,
    today's first: once the hub gave it any.

    Raises ValueError for a way of TLS that is none.
    """

    links: Links | None = None
    keys: tuple[bytes, ...] = ()

    def __init__(
        self, host: str, port: int, *, tls: str = "starttls", login: tuple[str, Secret] | None = None,
        guard: Guard | None = None, timeout: timedelta = timedelta(seconds=30), context: ssl.SSLContext | None = None,
    ) -> None:  # fmt: skip
        if tls not in ("starttls", "implicit", "none"):
            raise ValueError(f"`tls` is starttls, implicit or none, not {tls!r}")
        if tls == "none" and login is not None:
            raise ValueError("a login goes over TLS only: `tls` is starttls or implicit, or leave the login out")
        self._host, self._port, self._tls, self._login = host, port, tls, login
        self._guard, self._timeout = Guard() if guard is None else guard, timeout.total_seconds()
        self._context = context

    def __repr__(self) -> str:
        return f"Smtp({self._host!r}, {self._port})"

    async def send(self, message: EmailMessage, sender: str, to: str) -> None:
        """Returns once the server has taken it. Raises the four errors."""
        seconds = self._seconds()
        if seconds <= 0:
            raise Transient("the time for this call is over", Code.UNREACHABLE)
        said = [False]
        try:
            async with asyncio.timeout(seconds):
                await self._send(message, sender, to, said)
        except TimeoutError:
            code = Code.TIMED_OUT if said[0] else Code.UNREACHABLE
            raise Transient(f"the mail server did not answer within {seconds:.3g} s", code) from None

    async def check(self) -> None:
        """Whether it can be reached, and lets us in. Raises the four errors."""
        try:
            async with asyncio.timeout(self._timeout):
                await _quit(await self._opened())
        except TimeoutError:
            raise Transient("the mail server does not answer", Code.UNREACHABLE) from None

    async def close(self) -> None:
        """Nothing is kept open."""

    def _seconds(self) -> float:
        made = ATTEMPT.get(None)
        until = float("inf") if made is None else made().settle_by.timestamp()
        return min(self._timeout, until - time.time())

    async def _send(self, message: EmailMessage, sender: str, to: str, said: list[bool]) -> None:
        line = await self._opened()
        try:
            await line.mail(sender)
            await line.rcpt(to)
            _watch(line, said)
            await line.data(message.as_bytes(policy=WIRE))
        except errors.SMTPRecipientRefused as problem:
            raise _refused(problem.code, recipient=True) from None
        except errors.SMTPResponseException as problem:
            raise _refused(problem.code) from None
        except (errors.SMTPServerDisconnected, errors.SMTPTimeoutError, OSError):
            code = Code.DISCONNECTED if said[0] else Code.UNREACHABLE
            raise Transient("the mail server hung up", code) from None
        finally:
            await _quit(line)

    async def _opened(self) -> aiosmtplib.SMTP:
        """A line that is up, safe where it is to be, and logged in."""
        plain = self._tls == "none"
        sock = await reached(self._guard, self._host, self._port, what="the mail server", ports=PORTS, plain=plain)
        line = aiosmtplib.SMTP(
            hostname=self._host, sock=sock, timeout=self._timeout, use_tls=self._tls == "implicit", start_tls=False,
            tls_context=self._context, local_hostname="pawline.invalid",
        )  # fmt: skip
        try:
            await line.connect()
            if self._tls == "starttls":
                await line.starttls(server_hostname=self._host)
            if self._login is not None:
                await line.login(self._login[0], self._login[1].reveal())
        except errors.SMTPAuthenticationError as problem:
            await _quit(line)
            if 400 <= problem.code < 500:
                raise _refused(problem.code) from None
            raise Unauthorised(f"the mail server does not know this login ({problem.code})") from None
        except errors.SMTPNotSupported:
            await _quit(line)
            raise Malformed("the mail server does not offer STARTTLS, or no way to log in that we know") from None
        except errors.SMTPConnectResponseError as problem:  # it refuses us, and has not seen the message
            await _quit(line)
            raise Transient(f"the mail server takes nothing from us ({problem.code})", Code.UNREACHABLE) from None
        except errors.SMTPResponseException as problem:
            await _quit(line)
            raise _refused(problem.code) from None
        except (errors.SMTPException, ssl.SSLError, OSError) as problem:
            await _quit(line)
            sock.close()
            if isinstance(problem, ssl.SSLError) or isinstance(problem.__cause__, ssl.SSLError):
                raise Malformed("its certificate is not good, or it speaks no TLS there") from None
            raise Transient(f"the mail server cannot be reached ({type(problem).__name__})", Code.UNREACHABLE) from None
        return line


def _watch(line: aiosmtplib.SMTP, said: list[bool]) -> None:
    """From the message's first byte on nobody knows; as long as only DATA was said, nothing was sent.

    Should the library speak by another way, it counts as sent: then a person is asked once too often.
    """
    said[0] = True
    protocol = line.protocol
    write = protocol.write if protocol is not None else None

    def noted(data: bytes) -> None:
        said[0] = data != b"DATA\r\n"
        if write is not None:
            write(data)

    protocol.write = noted  # type: ignore[method-assign,union-attr]


def _refused(code: int, *, recipient: bool = False) -> PortError:
    """A reply as one of the four errors. Its words may quote an address: only its number is told."""
    if 400 <= code < 500:
        return Transient(f"the mail server says not now ({code})", Code.RATE_LIMITED)
    if recipient and code in NOBODY:
        return Rejected(f"the mail server knows no such recipient ({code})", Code.UNDELIVERABLE)
    if code in LOGIN:
        return Unauthorised(f"the mail server wants a login ({code})")
    if 500 <= code < 600:
        return Rejected(f"the mail server refuses the message ({code})", Code.NOT_ALLOWED)
    return Malformed(f"the mail server said what is no reply ({code})")


async def _quit(line: Any) -> None:  # noqa: ANN401 - aiosmtplib's, in whatever state
    """Without waiting for a goodbye: what was to be known is known."""
    with suppress(Exception):
        line.close()


def is_address(text: str) -> bool:
    """Whether this can be written to: one address in ASCII, without a name or a comment."""
    return len(text) <= 254 and text.isascii() and _ADDRESS.fullmatch(text) is not None
