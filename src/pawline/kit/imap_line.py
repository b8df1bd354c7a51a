"""One connection to an IMAP server, upon the standard library's client: it ends in time, and takes no more than it may.

Everything here blocks, and is for a thread of its own.
"""

from __future__ import annotations

import imaplib
import re
import socket
import ssl
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, Final, NamedTuple

from pawline.kit.secret import Secret
from pawline.ports import Code, Malformed, PortError, Transient, Unauthorised

CHUNK: Final = 1 << 16
LINE: Final = 1 << 20
"""Bytes of a line at most: some 130,000 numbers of messages."""
IN_ALL: Final = 1 << 25
"""Bytes of a connection at most."""
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_RECEIVED: Final = re.compile(
    rb'INTERNALDATE "([ \d]\d)-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)"', re.ASCII
)
_UID: Final = re.compile(rb"[ (]UID (\d{1,10})[ )]", re.ASCII)
_NOW_NOT: Final = re.compile(rb"\[(UNAVAILABLE|INUSE|LIMIT|SERVERBUG)\b", re.ASCII)
"""Response codes of RFC 5530 that say that it is not the login that is wrong."""


class Received(NamedTuple):
    """A message of a mailbox: `uid` is its number there, `at` when the server took it, `raw` its first bytes."""

    uid: int
    at: datetime
    raw: bytes


class _Over(Exception):
    """The server sends more than anybody asked for."""


class Line(imaplib.IMAP4):
    """See `imaplib.IMAP4`, whose `open`, `read`, `readline`, `send` and `shutdown` may be replaced, by its own word.

    `sock` is connected, `until` a moment of the monotonic clock by which everything has ended, `most` the bytes of one
    literal at most. `implicit`: TLS from the first byte.
    """

    def __init__(
        self, sock: socket.socket, host: str, until: float, *, most: int, context: ssl.SSLContext, implicit: bool
    ) -> None:
        self.sock: Any = sock  # from STARTTLS on it is another one, put here by the library
        self._until, self._most, self._context, self._implicit = until, most, context, implicit
        self._kept, self._left = bytearray(), IN_ALL
        super().__init__(host)

    def open(self, host: str = "", port: int = 143, timeout: float | None = None) -> None:  # noqa: ARG002 - connected
        """It is connected; what is left is TLS."""
        self.host = host
        self._wait()
        if self._implicit:
            self.sock = self.wrap_socket(self.sock, server_hostname=host)

    def read(self, size: int) -> bytes:
        """So many bytes. Raises what `readline` does."""
        if size > self._most:
            raise _Over
        while len(self._kept) < size:
            self._more()
        return self._taken(size)

    def readline(self) -> bytes:
        """Up to the line's end; what is there where the server hung up. Raises OSError, TimeoutError."""
        seen = 0
        while (end := self._kept.find(b"\n", seen)) < 0:
            if (seen := len(self._kept)) > LINE:
                raise _Over
            self._more()
        return self._taken(end + 1)

    def send(self, data: Any) -> None:  # noqa: ANN401 - bytes, of whatever kind the library has
        """Raises OSError, TimeoutError."""
        self._wait()
        self.sock.sendall(data)

    def shutdown(self) -> None:
        """Closes it, in whatever state it is."""
        for name in ("file", "_file"):  # the library's own reader since STARTTLS, which nobody reads by
            if (reader := vars(self).get(name)) is not None:
                reader.close()
        self.sock.close()

    def wrap_socket(self, sock: socket.socket, *, server_hostname: str) -> ssl.SSLSocket:
        """TLS, for the library: what came before it is not taken for what comes after."""
        if self._kept:
            raise Malformed("the mailbox says more than it was asked before it is safe: somebody sits in between")
        return self._context.wrap_socket(sock, server_hostname=server_hostname)

    def secure(self) -> None:
        """STARTTLS. Raises Malformed where there is none."""
        if "STARTTLS" not in self.capabilities:
            raise Malformed("the mailbox does not offer STARTTLS")
        self.starttls(self)

    def _taken(self, size: int) -> bytes:
        found = bytes(self._kept[:size])
        del self._kept[:size]
        return found

    def _more(self) -> None:
        self._wait()
        got = self.sock.recv(CHUNK)
        if not got:
            raise ConnectionResetError("it hung up")
        self._left -= len(got)
        if self._left < 0:
            raise _Over
        self._kept += got

    def _wait(self) -> None:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.sock.settimeout(left)


def let_in(line: Line, login: tuple[str, Secret]) -> None:
    """Logs in. Raises Unauthorised, Transient, and what the line raises."""
    user, password = login[0], login[1].reveal()
    try:
        if "AUTH=PLAIN" in line.capabilities:  # any letters; LOGIN knows ASCII only
            line.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())
        else:
            line.login(_quoted(user), password)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as problem:
        if _NOW_NOT.search(str(problem).encode("ascii", "replace")):
            raise Transient("the mailbox lets nobody in just now", Code.UNAVAILABLE) from None
        raise Unauthorised("the mailbox does not know this login, or wants another way to log in") from None
    except UnicodeEncodeError:
        raise Unauthorised("the mailbox takes only ASCII in a login") from None


def examined(line: Line, folder: str) -> int:
    """Opens a folder for reading alone; the number under which its own numbers hold (UIDVALIDITY)."""
    said, _ = line.select(_quoted(folder), readonly=True)
    if said != "OK":
        raise Malformed(f"the mailbox has no folder {folder}, or not for this user: correct `folder`", Code.NOT_FOUND)
    found = line.response("UIDVALIDITY")[1]
    if not found or not isinstance(found[0], bytes) or not found[0].isdigit():
        raise Malformed("the mailbox does not say UIDVALIDITY: it keeps no numbers of its messages")
    return int(found[0])


def numbers(line: Line, after: int, since: date) -> list[int]:
    """The numbers of all messages behind this one that came on that day or later, in order.

    The server reckons days by clocks of its own: some of the day before may be among them, or some of that day lack.
    """
    day = f"{since.day}-{_MONTHS[since.month - 1].capitalize()}-{since.year:04}"
    found = _asked(line, "SEARCH", f"UID {after + 1}:*", "SINCE", day)
    words = b" ".join(one for one in found if isinstance(one, bytes)).split()
    # `n:*` has the last message in any case, also where that one comes before n
    return sorted({int(one) for one in words if one.isdigit() and int(one) > after})


def messages(line: Line, wanted: Iterable[int], size: int) -> Iterator[Received]:
    """The first bytes of these messages, in order, without marking them as read. One that is gone is not there."""
    chosen = sorted(wanted)
    found = _asked(line, "FETCH", ",".join(map(str, chosen)), f"(UID INTERNALDATE BODY.PEEK[]<0.{size}>)")
    every = {one.uid: one for one in _parted(found)}
    yield from (every[uid] for uid in chosen if uid in every)


def _asked(line: Line, *words: str) -> list[Any]:
    said, found = line.uid(*words)
    if said != "OK":
        raise Transient("the mailbox does not say what it holds", Code.UNAVAILABLE)
    return found


def _parted(found: list[Any]) -> Iterator[Received]:
    """A message is a number and what comes until the next one; its items stand in any order."""
    words, raw = b"", b""
    for one in [*found, b"0 ()"]:
        told, literal = one if isinstance(one, tuple) else (one, None)
        if not isinstance(told, bytes):
            continue
        if re.match(rb"\d+ \(", told):
            if (uid := _UID.search(words)) is not None and (at := _at(words)) is not None:
                yield Received(int(uid[1]), at, raw)
            words, raw = b"", b""
        words += told + b" "
        raw = raw if literal is None else literal


def _at(words: bytes) -> datetime | None:
    found = _RECEIVED.search(words)
    if found is None or (month := found[2].decode().lower()) not in _MONTHS:
        return None
    day, year, hour, minute, second = (int(found[n]) for n in (1, 3, 4, 5, 6))
    off = timedelta(hours=int(found[8]), minutes=int(found[9])) * (-1 if found[7] == b"-" else 1)
    try:
        zone = timezone(off)
        return datetime(year, _MONTHS.index(month) + 1, day, hour, minute, min(second, 59), tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def meant(problem: BaseException) -> PortError:
    """What went wrong, as one of the four errors. Its words are the server's, and told to nobody."""
    if isinstance(problem, PortError):
        return problem
    if isinstance(problem, ssl.SSLError):
        return Malformed("the mailbox's certificate is not good, or it speaks no TLS there")
    if isinstance(problem, TimeoutError):
        return Transient("the mailbox did not answer in time", Code.TIMED_OUT)
    if isinstance(problem, (imaplib.IMAP4.abort, OSError)):
        return Transient("the mailbox hung up, or says what is no IMAP", Code.DISCONNECTED)
    if isinstance(problem, _Over):
        return Malformed("the mailbox sends more than it was asked for, or holds too much: empty it")
    return Malformed(f"the mailbox speaks no IMAP that can be read ({type(problem).__name__})")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
