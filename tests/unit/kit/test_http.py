"""The one way out keeps its promises over real sockets: keys, times, errors, caps, and no secret anywhere."""

from __future__ import annotations

import asyncio
import logging
import pickle
import socket
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from pawline.kit import Guard, Http, Secret
from pawline.kit.body import Body
from pawline.ports import Attempt, Code, Malformed, PortError, Rejected, Transient, Unauthorised, attempting
from pawline.testing.counter import SOON, Counter, counter, json

TOKEN = "tok-canary-77"  # noqa: S105 - whoever sees it has found a leak


class Note(msgspec.Struct, frozen=True):
    id: str
    stars: int = 0


def trying(seconds: float = 10.0) -> attempting:
    until = datetime.now(UTC) + timedelta(seconds=seconds)
    return attempting(Attempt("k3y", 1, until, "shop", "acme/eu"))


async def told(http: Http, into: type[Any] = Note) -> PortError:
    try:
        with pytest.raises(PortError) as told:
            await http.post("notes", json={"text": "hi"}, into=into)
    finally:
        await http.close()
    return told.value


async def test_an_effect_carries_its_key_its_secrets_and_nothing_that_the_environment_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    async with counter() as vendor:
        vendor.says(json(201, b'{"id":"n1","stars":3,"more":true}', "set-cookie: a=b"))
        http = vendor.http(headers={"authorization": Secret(f"Bearer {TOKEN}")})
        with trying():
            assert await http.post("orders", "a/../b?c#d", "notes", json={"text": "hi"}, into=Note) == Note("n1", 3)
        await http.put("orders", "é", json=[1], into=object)
        await http.close()
        first, second = vendor.heard
        assert (first.method, first.target, first.body) == (
            "POST", "/v1/orders/a%2F..%2Fb%3Fc%23d/notes", b'{"text":"hi"}',
        )  # fmt: skip
        assert {name: first.headers[name] for name in ("authorization", "idempotency-key", "content-type")} == {
            "authorization": f"Bearer {TOKEN}", "idempotency-key": "k3y", "content-type": "application/json",
        }  # fmt: skip
        assert second.target == "/v1/orders/%C3%A9"
        assert not {"idempotency-key", "cookie"} & set(second.headers)


async def test_a_read_has_no_key_and_asks_by_query(counted: Counter) -> None:
    counted.says(json(200, b'[{"id":"a"}]'))
    http = counted.http()
    with trying():
        assert await http.get("notes", query={"q": "a b&c"}, into=list[Note]) == [Note("a")]
    await http.close()
    assert [(one.method, one.target, "idempotency-key" in one.headers) for one in counted.heard] == [
        ("GET", "/v1/notes?q=a+b%26c", False)
    ]


@pytest.mark.parametrize(
    ("answer", "error", "code", "wait"),
    [
        (json(400), Rejected, Code.INVALID, None),
        (json(401), Unauthorised, Code.CREDENTIALS, None),
        (json(403), Unauthorised, Code.FORBIDDEN, None),
        (json(404), Rejected, Code.NOT_FOUND, None),
        (json(408), Transient, Code.TIMED_OUT, None),
        (json(409), Rejected, Code.CONFLICT, None),
        (json(410), Rejected, Code.GONE, None),
        (json(413), Rejected, Code.TOO_LARGE, None),
        (json(422), Rejected, Code.INVALID, None),
        (json(429, b"", "retry-after: 7"), Transient, Code.RATE_LIMITED, 7.0),
        (json(429, b"", "retry-after: 2.0"), Transient, Code.RATE_LIMITED, 2.0),
        (json(429, b"", "retry-after: 0.25"), Transient, Code.RATE_LIMITED, 0.25),
        (json(429, b"", "retry-after: 1.2.3"), Transient, Code.RATE_LIMITED, None),
        (json(429, b"", "retry-after: -1.0"), Transient, Code.RATE_LIMITED, None),
        (json(429, b"", "retry-after: 99999999"), Transient, Code.RATE_LIMITED, 86_400.0),
        (json(429, b"", "retry-after: soon"), Transient, Code.RATE_LIMITED, None),
        (json(429, b"", "retry-after: Fri, 01 Jan 9999999999 00:00:00 GMT"), Transient, Code.RATE_LIMITED, None),
        (json(429, b"", "retry-after: Fri, 31 Dec 9999 23:59:59 -2359"), Transient, Code.RATE_LIMITED, 86_400.0),
        (json(401, b"x" * 2_000_000), Unauthorised, Code.CREDENTIALS, None),
        (json(429, b"x" * 2_000_000, "retry-after: 7"), Transient, Code.RATE_LIMITED, 7.0),
        (json(503, b"x" * 2_000_000), Transient, Code.UNAVAILABLE, None),
        (json(500), Transient, Code.UNAVAILABLE, None),
        (json(501), Rejected, Code.UNSUPPORTED, None),
        (json(502, b"<html>"), Transient, Code.UNAVAILABLE, None),
        (json(503, b"", "retry-after: 120"), Transient, Code.UNAVAILABLE, 120.0),
        (json(599), Transient, Code.UNAVAILABLE, None),
        (json(302, b"", "location: http://169.254.169.254/"), Malformed, Code.BAD_REPLY, None),
        (json(200, b"<html>hello"), Malformed, Code.BAD_REPLY, None),
        (json(200, b""), Malformed, Code.BAD_REPLY, None),
        (json(200, b"{}"), Malformed, Code.BAD_REPLY, None),
        (json(200, b'{"id":"\xff"}'), Malformed, Code.BAD_REPLY, None),
        (json(200, b'{"id":"a","stars":"many"}'), Malformed, Code.BAD_REPLY, None),
        (json(200, b"[" * 100_000), Malformed, Code.BAD_REPLY, None),
        (json(200, b'"' + b"x" * (1 << 20) + b'"'), Malformed, Code.TOO_LARGE, None),
        (b"SMTP ready\r\n\r\n", Malformed, Code.BAD_REPLY, None),
        (b"HTTP/1.1 200 X\r\ncontent-length: 50\r\n\r\n{", Transient, Code.TIMED_OUT, None),
        (None, Transient, Code.DISCONNECTED, None),
    ],
)
async def test_whatever_comes_back_is_one_of_four_errors(
    counted: Counter, answer: bytes | None, error: type[PortError], code: Code, wait: float | None
) -> None:
    counted.says(answer)
    problem = await told(counted.http(timeout=timedelta(seconds=0.5)))
    assert (type(problem), problem.code) == (error, code)
    retry_after = getattr(problem, "retry_after", None)
    assert (None if retry_after is None else retry_after.total_seconds()) == wait
    assert len(counted.heard) == 1


async def test_a_reply_cut_short_may_have_been_an_effect(counted: Counter) -> None:
    async def cut(_: object) -> bytes:
        counted.answer = hang_up
        return b"HTTP/1.1 200 X\r\ncontent-length: 9\r\n\r\n{}"

    async def hang_up(_: object) -> None:
        return None

    counted.answer = cut
    http = counted.http(timeout=timedelta(seconds=0.3))
    assert (await told(http)).code is Code.TIMED_OUT


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST"])
async def test_a_kept_connection_that_breaks_is_not_used_to_send_twice(counted: Counter, method: str) -> None:
    counted.says(json(200), None)
    http = counted.http()
    await http.send(method, "notes", into=object)
    with pytest.raises(Transient) as broken:
        await http.send(method, "notes", into=object)
    await http.close()
    assert broken.value.code is Code.DISCONNECTED
    assert len(counted.heard) == 2


async def test_a_date_says_when_to_come_again(counted: Counter) -> None:
    counted.says(
        json(503, b"", "retry-after: Wed, 01 Jan 2020 00:00:00 GMT"),
        json(503, b"", "retry-after: Fri, 01 Jan 2100 00:00:00 GMT"),
    )
    http = counted.http()
    waits = []
    for _ in range(2):
        with pytest.raises(Transient) as error:
            await http.get("x", into=object)
        waits.append(error.value.retry_after)
    await http.close()
    assert waits == [None, timedelta(days=1)]


async def test_a_vendor_may_be_explained(counted: Counter) -> None:
    def explain(answer: Any) -> PortError | None:
        return Rejected("the card was declined", Code.DECLINED) if answer.status == 402 else None

    counted.says(json(402), json(409))
    assert (await told(counted.http(explain=explain))).code is Code.DECLINED
    assert (await told(counted.http(explain=explain))).code is Code.CONFLICT


async def test_nothing_is_sent_once_the_time_of_an_attempt_is_over(counted: Counter) -> None:
    http = counted.http()
    with trying(-0.01), pytest.raises(Transient) as over:
        await http.post("notes", into=object)
    assert over.value.code is Code.UNREACHABLE

    # As if the process had been stopped between the decision to send and the first byte: the clock says so then.
    guard = Guard(["127.0.0.0/8"])
    opened = guard.open

    def slowly(*given: Any, **more: Any) -> socket.socket:
        time.sleep(0.12)
        return opened(*given, **more)

    guard.open = slowly  # type: ignore[method-assign]
    late = counted.http(guard=guard)
    with trying(0.1), pytest.raises(Transient) as stopped:
        await late.post("notes", into=object)
    assert stopped.value.code in {Code.UNREACHABLE, Code.TIMED_OUT}
    await http.close()
    await late.close()
    assert counted.heard == []


async def test_a_slow_vendor_ends_at_the_time_out_or_the_settle_by_time(counted: Counter) -> None:
    async def never(_: object) -> bytes:
        await asyncio.sleep(30)
        return b""

    counted.answer = never
    for given, seconds in (({"timeout": SOON}, 30.0), ({}, 0.08)):
        http = counted.http(**given)
        with trying(seconds), pytest.raises(Transient) as error:
            await http.post("notes", into=object)
        assert error.value.code is Code.TIMED_OUT
        await http.close()
    assert len(counted.heard) == 2


async def test_where_nobody_answers_nothing_was_sent() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port = server.getsockname()[1]
    http = Http(f"http://127.0.0.1:{port}", guard=Guard(["127.0.0.1/32"]))
    assert (await told(http)).code is Code.UNREACHABLE
    nowhere = Http("https://no-such-host.invalid")
    assert (await told(nowhere)).code is Code.UNREACHABLE


async def test_no_secret_is_seen_anywhere(counted: Counter, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = Secret(TOKEN)
    http = counted.http(headers={"x-token": secret})
    counted.says(json(422, f'{{"error":"bad token {TOKEN}"}}'.encode()))
    problem = await told(http)
    seen = f"{http!r} {secret!r} {secret} {[secret]} {problem!r} {problem} {problem.__context__!r}"
    assert TOKEN not in seen + caplog.text
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(secret)
    assert secret == Secret(TOKEN)
    assert secret != Secret("other")


@pytest.mark.parametrize("value", ["", "a\nb", "a\rb", "\x00"])
def test_a_secret_that_was_copied_badly_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="copy it again"):
        Secret(value)


@pytest.mark.parametrize(
    ("base", "says"),
    [
        ("ftp://a.example", "begins with https"), ("https://", "begins with https"), ("a.example", "begins with https"),
        ("https://u:p@a.example", "no user"), ("https://a.example/?k=v", "path at most"),
        ("http://a.example", "use https"), ("HTTP://a.example", "use https"), ("https://a.example?", "path at most"),
        ("https://a.example/#", "path at most"), (" https://a.example", "no blanks"), ("ht\ttp://a.example", "blanks"),
        ("https://a.example/a b", "blanks"), ("https://a.example:0", "1 to 65535"), ("https://a.example:70000", "1 to"),
        ("https://a.example:x", "1 to 65535"), ("https://a.ex\nample", "blanks"), ("https://a\\b.example", "blanks"),
    ],
)  # fmt: skip
def test_an_address_that_is_no_accounts_is_refused(base: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Http(base)


@pytest.mark.parametrize("segment", ["", ".", ".."])
async def test_a_segment_that_leads_elsewhere_is_a_developers_case(counted: Counter, segment: str) -> None:
    http = counted.http()
    with pytest.raises(Malformed):
        await http.get("orders", segment, into=object)
    assert counted.heard == []


async def test_what_is_no_text_in_a_path_or_a_query_is_a_developers_case(counted: Counter) -> None:
    http = counted.http()
    with pytest.raises(Malformed):
        await http.get("orders", "\ud800", into=object)
    with pytest.raises(Malformed):
        await http.get("orders", query={"q": "\ud800"}, into=object)
    await http.close()
    assert counted.heard == []


async def test_an_empty_answer_never_says_that_nothing_happened(counted: Counter) -> None:
    counted.says(json(200, b""), json(200, b"null"))
    http = counted.http()
    with pytest.raises(Malformed):
        await http.get("notes", "find", into=Note | None)
    assert await http.get("notes", "find", into=Note | None) is None
    await http.close()


async def test_a_loop_that_stops_between_the_headers_and_the_body_sends_nothing(counted: Counter) -> None:
    http = counted.http()
    await http.get("warm", into=object)
    with trying(0.2):
        call = asyncio.create_task(http.post("notes", json={"text": "hi"}, into=object))
    await asyncio.sleep(0)  # its headers are made, and its body is to be written in the next turn
    time.sleep(0.25)  # noqa: ASYNC251 - the loop is to stand still
    with pytest.raises(Transient) as over:
        await call
    assert over.value.code in {Code.UNREACHABLE, Code.TIMED_OUT}
    await http.close()
    await asyncio.sleep(0.05)
    assert [one.target for one in counted.heard] == ["/v1/warm"]


@pytest.mark.parametrize("how", ["time-out", "cancelled"])
async def test_what_was_not_written_when_the_time_was_over_is_never_sent(how: str) -> None:
    """A peer that reads late, through a narrow window: what waits in our system's buffers is thrown away."""
    size = 240_000
    read, got, done = asyncio.Event(), list[int](), asyncio.Event()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read.wait()
        count = 0
        try:
            while piece := await reader.read(1 << 20):
                count += len(piece)
        except ConnectionError:
            pass
        got.append(count)
        writer.close()
        done.set()

    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    narrow.bind(("127.0.0.1", 0))
    server = await asyncio.start_server(slow, sock=narrow, limit=1_000)
    port = server.sockets[0].getsockname()[1]
    timeout = timedelta(seconds=0.3 if how == "time-out" else 30)
    http = Http(f"http://127.0.0.1:{port}", guard=Guard(["127.0.0.0/8"]), timeout=timeout)
    call = asyncio.create_task(http.post("big", json="x" * size, into=object))
    if how == "cancelled":
        await asyncio.sleep(0.3)
        call.cancel()
    result = (await asyncio.gather(call, return_exceptions=True))[0]
    assert isinstance(result, Transient if how == "time-out" else asyncio.CancelledError)
    read.set()
    async with asyncio.timeout(10):
        await done.wait()
    await http.close()
    server.close()
    assert got[0] < size / 4


async def test_a_line_whose_answer_is_here_is_not_cut_under_whoever_has_it_next() -> None:
    """The last byte is parsed a turn before the caller wakes: given up in that turn, the line is another call's."""
    async with counter() as vendor:
        vendor.says(json(201, b'{"id":"n1"}'))
        http = vendor.http()
        await http.post("notes", json={"text": "hi"}, into=Note)
        body = Body(b"{}", float("inf"))

        class Gone:
            connection = None

        class Line:
            cut = False

            def get_extra_info(self, _: str) -> None:
                return None

            def abort(self) -> None:
                self.cut = True

        line: Any = Line()
        body._transport, body.reply = line, Gone()  # type: ignore[assignment]
        body.cut()
        assert not line.cut
        body.reply = None
        body.cut()
        assert line.cut
        await http.close()


async def test_what_is_no_text_is_malformed_and_an_effect_without_a_body_says_no_type() -> None:
    async with counter() as vendor:
        vendor.says(json(204, b""))
        http = vendor.http()
        for given in ({"json": {"a": "\ud800"}}, {"form": {"a": "\ud800"}}):
            with pytest.raises(Malformed, match="holds what is no text"):
                await http.send("POST", "notes", into=object, **given)
        await http.send("DELETE", "notes", "n1", into=object)
        (one,) = vendor.heard
        assert "content-type" not in one.headers
        await http.close()


def test_a_line_that_is_closed_by_now_is_cut_without_a_word() -> None:
    class Closed:
        def setsockopt(self, *_: object) -> None:
            raise ValueError("negative file descriptor")  # uvloop's word, seen in a day of 15,000 orders

    class Line:
        cut = False

        def get_extra_info(self, _: str) -> Closed:
            return Closed()

        def abort(self) -> None:
            self.cut = True

    body, line = Body(b"x", float("inf")), Line()
    body._transport = line  # type: ignore[assignment]
    body.cut()
    assert line.cut
