"""The one way out: an account's HTTP client, which keeps the promises about time, keys, errors and secrets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any, Final, TypeVar, cast
from urllib.parse import urlencode

import aiohttp
import msgspec
from typing_extensions import TypeForm
from yarl import URL

from pawline.kit.address import Address, Query, revealed
from pawline.kit.answer import Answer, error_of, malformed
from pawline.kit.api import STANDARD, going
from pawline.kit.body import Body, TimeIsOver
from pawline.kit.guard import Blocked, Guard
from pawline.kit.people import NoPeople, People
from pawline.kit.reply import leave, read
from pawline.kit.secret import Secret
from pawline.ports import ATTEMPT, Attempt, Code, Malformed, PortError, Transient

T = TypeVar("T")
MOST: Final = 1 << 20
"""Bytes of an answer, unpacked, unless the account is told otherwise."""
KEPT: Final = 4.0
"""Seconds that an idle connection is kept: less than any server does (Node: 5), or a call would meet its closing."""
_encode: Final = msgspec.json.Encoder().encode
_READS: Final = frozenset({"GET", "HEAD"})
Reads = Callable[[aiohttp.ClientResponse, int, str], Awaitable[bytes]]
Explain = Callable[[Answer], PortError | None]


class Http:
    """One account's client, for calls by path segments: `await http.post("orders", id, "notes", json=…, into=Note)`.

    A segment is quoted, whatever it holds. Every call ends within `timeout`, and before the attempt's settle-by time
    at the latest; nothing is written once that is over, however late the process comes to it. An effect carries the
    attempt's key in `key_header`. Redirects, proxies from the environment and cookies are not followed or kept.

    Raises one of the four errors and nothing else (see `error_of`): Transient(unreachable) where nothing can have
    been sent, Transient(disconnected, timed_out) where it may have been, Malformed for an answer that is larger than
    `most` or does not decode `into` the type. `explain` may give an answer of 400 or more another meaning first: a
    vendor's `idempotency key in use`, a declined card.

    A call without segments goes to the base exactly as it was given, with or without a slash at its end. Where answers
    are left `unread`, 2xx is one by its head, whatever follows.

    `whose` is the shop that the account is for: what is written into a system that others write into too says it, and
    what names another is not ours. `*` where it is for several. `people` is what it calls our households.

    `heard_at` is where the vendor's webhooks are sent, as the outside sees it; empty where nobody hears them.

    `standing` are parameters behind the `?` of every call, for a vendor whose secret stands there: no text, no error
    and nothing that an error came of holds them.

    Raises ValueError for a base that is no https address (or plain http, without a guard that allows networks).
    """

    whose: str = "*"
    heard_at: str = ""
    people: People = NoPeople()

    def __init__(
        self, base: str, *, headers: Mapping[str, str | Secret] | None = None, guard: Guard | None = None,
        timeout: timedelta = timedelta(seconds=9), most: int = MOST, key_header: str | None = "Idempotency-Key",
        explain: Explain | None = None, connections: int = 64, unread: bool = False,
        standing: Mapping[str, str | Secret] | None = None,
    ) -> None:  # fmt: skip
        self._address: Final = Address(base, standing)
        self._guard: Final = Guard() if guard is None else guard
        if self._address.plain and not self._guard.allowed:
            raise ValueError("plain http is for networks that the shop allows by name: use https")
        self._headers: Final = dict(headers or {})
        self._timeout: Final = timeout.total_seconds()
        self._most: Final = most
        self._key_header: Final = key_header
        self._explain: Final = explain
        self._connections: Final = connections
        self._read: Final = leave if unread else read
        self._decoders: dict[Any, Callable[[bytes], Any]] = {}
        self._session: aiohttp.ClientSession | None = None
        self._going: tuple[tuple[str, ...], Callable[[str], None]] | None = None

    def hears_what_goes(self, headers: tuple[str, ...], tell: Callable[[str], None]) -> None:
        """From now on `tell` hears what answers say is to go, by the standard headers and by these."""
        self._going = (*STANDARD, *headers), tell

    def __repr__(self) -> str:
        return f"Http({self._address.host})"

    async def get(self, *path: str, query: Query | None = None, into: TypeForm[T]) -> T:
        """Read. A read has no key."""
        return await self.send("GET", *path, query=query, into=into)

    async def post(self, *path: str, json: object = None, into: TypeForm[T]) -> T:
        """An effect with a JSON body."""
        return await self.send("POST", *path, json=json, into=into)

    async def put(self, *path: str, json: object = None, into: TypeForm[T]) -> T:
        """An effect that sets something."""
        return await self.send("PUT", *path, json=json, into=into)

    async def patch(self, *path: str, json: object = None, into: TypeForm[T]) -> T:
        """An effect that changes a part."""
        return await self.send("PATCH", *path, json=json, into=into)

    async def delete(self, *path: str, into: TypeForm[T]) -> T:
        """An effect that removes; `into=object` where the answer is not read."""
        return await self.send("DELETE", *path, into=into)

    async def send(
        self, method: str, *path: str, query: Query | None = None, json: object = None,
        form: Mapping[str, str] | None = None, headers: Mapping[str, str | Secret] | None = None, into: TypeForm[T],
    ) -> T:  # fmt: skip
        """Any call. Any answer decodes into `object`, unread.

        An empty one decodes into nothing else: a look-up answered with nothing did not say that nothing happened.
        """
        what = f"{method} {path[0] if path else '/'}"
        answer = await self.ask(method, *path, query=query, json=json, form=form, headers=headers)
        if answer.status >= 400 and self._explain is not None and (error := self._explain(answer)) is not None:
            raise error
        if (error := error_of(answer, what)) is not None:
            raise error
        if into is object:
            return None  # type: ignore[return-value]
        decode = self._decoders.get(into)
        if decode is None:
            decode = self._decoders[into] = msgspec.json.Decoder(into).decode
        try:
            return cast("T", decode(answer.body))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as problem:
            kind = type(problem).__name__
            raise malformed(f"{what} was answered {answer.status}, but not as promised ({kind})", answer) from None

    async def ask(
        self, method: str, *path: str, query: Query | None = None, json: object = None,
        form: Mapping[str, str] | None = None, headers: Mapping[str, str | Secret] | None = None, unread: bool = False,
    ) -> Answer:  # fmt: skip
        """The whole answer, whatever its status: for what is no JSON, or where a header matters; `unread` as above."""
        what = f"{method} {path[0] if path else '/'}"
        try:
            answer = await self._answered(what, method, path, query, json, form, headers, unread=unread)
        except PortError as error:
            error.__context__ = None  # it may know the whole address, and that may hold a secret
            raise
        if self._going is not None and (said := going(answer, self._going[0])):
            self._going[1](said)
        return answer

    async def _answered(
        self, what: str, method: str, path: tuple[str, ...], query: Query | None, json: object,
        form: Mapping[str, str] | None, headers: Mapping[str, str | Secret] | None, *, unread: bool,
    ) -> Answer:  # fmt: skip
        made = ATTEMPT.get(None)
        attempt = made() if made is not None else None
        until = float("inf") if attempt is None else attempt.settle_by.timestamp()
        seconds = min(self._timeout, until - time.time())
        sent, body = self._to_send(method, headers, json, form, attempt)
        url = self._address.at(path, query)
        data = None if body is None and method in _READS else Body(body or b"", until)
        try:
            if seconds <= 0:
                raise TimeIsOver
            async with asyncio.timeout(seconds):
                return await self._exchange(method, url, sent, data, until, what, leave if unread else self._read)
        except asyncio.CancelledError:
            if data is not None:
                data.cut()
            raise
        except TimeIsOver:
            raise _over(what) from None
        except TimeoutError:
            if data is not None:
                data.cut()
            raise Transient(f"{what}: no answer within {seconds:.3g} s", Code.TIMED_OUT) from None
        except (aiohttp.ClientConnectorError, aiohttp.ClientConnectionError, aiohttp.ClientPayloadError) as problem:
            raise _over(what) if data is not None and data.over else _broken(problem, what) from None
        except (aiohttp.ClientError, OSError, ValueError) as problem:
            raise Malformed(f"{what}: the answer is no HTTP ({type(problem).__name__})") from None

    def _to_send(
        self, method: str, more: Mapping[str, str | Secret] | None, json: object, form: Mapping[str, str] | None,
        attempt: Attempt | None,
    ) -> tuple[dict[str, str], bytes | None]:  # fmt: skip
        sent = {name: revealed(value) for name, value in self._headers.items()}
        body: bytes | None = None
        try:
            if form is not None:
                sent["content-type"], body = "application/x-www-form-urlencoded", urlencode(form).encode()
            elif json is not None:
                sent["content-type"], body = "application/json", _encode(json)
        except ValueError:  # half of a surrogate pair: no text at all
            raise Malformed("what is to be sent holds what is no text", Code.BAD_REQUEST) from None
        if attempt is not None and self._key_header is not None and method not in _READS:
            sent[self._key_header] = attempt.key
        sent.update((name, revealed(value)) for name, value in (more or {}).items())
        return sent, body

    async def _exchange(
        self, method: str, url: URL, headers: dict[str, str], data: Body | None, until: float, what: str, body: Reads
    ) -> Answer:
        session = self._session or self._open()
        async with session.request(
            method,
            url,
            headers=headers,
            data=data,
            allow_redirects=False,
            trace_request_ctx=until,
            skip_auto_headers=("content-type",),  # of a body that is none it would be a lie
        ) as reply:
            if data is not None:
                data.reply = reply
            lower = {name.lower(): value for name, value in reply.headers.items()}
            return Answer(reply.status, lower, self._address.hiding(await body(reply, self._most, what)))

    def _open(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=self._connections,
            keepalive_timeout=KEPT,
            socket_factory=partial(self._guard.open, plain=self._address.plain),
        )
        trace = aiohttp.TraceConfig()
        trace.on_request_headers_sent.append(_before_the_first_byte)
        self._session = aiohttp.ClientSession(
            connector=connector, trace_configs=[trace], cookie_jar=aiohttp.DummyCookieJar(), trust_env=False,
            timeout=aiohttp.ClientTimeout(total=None), headers={"user-agent": "pawline"},
        )  # fmt: skip
        # It would send a PUT or a DELETE again by itself where a kept connection breaks: that is ours to settle.
        self._session._retry_connection = False  # noqa: SLF001 - there is no public way
        return self._session

    async def close(self) -> None:
        """Hang up; the next call opens anew."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()


async def _before_the_first_byte(_session: object, context: Any, _sent: object) -> None:  # noqa: ANN401
    # The process may have been stopped since it decided to send; meanwhile somebody looked, and found nothing done.
    if time.time() >= context.trace_request_ctx:
        raise TimeIsOver


def _over(what: str) -> Transient:
    return Transient(f"{what}: the time of this attempt was over before it was sent", Code.UNREACHABLE)


def _broken(problem: aiohttp.ClientError, what: str) -> PortError:
    if isinstance(problem, aiohttp.ClientConnectorCertificateError):
        return Malformed(f"{what}: the other side's certificate is not to be trusted", Code.NOT_ALLOWED)
    if isinstance(problem, aiohttp.ClientConnectorError):
        if isinstance(problem.os_error, Blocked):
            text = f"{what}: {problem.os_error}: allow its network by name, or correct the account's address"
            return Malformed(text, Code.NOT_ALLOWED)
        return Transient(f"{what}: nobody answers there", Code.UNREACHABLE)
    return Transient(f"{what}: the connection broke", Code.DISCONNECTED)
