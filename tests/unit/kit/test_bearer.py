"""Tokens that end: one request however many wait, a new one before the end and once after a 401, and never seen."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from pawline.kit import Bearer, BearerHttp, Http, Secret, refused
from pawline.ports import Attempt, Code, Malformed, PortError, Rejected, Transient, Unauthorised, attempting
from pawline.testing.conformance import ANSWERS
from pawline.testing.counter import LOOPBACK, Counter, Request, counter, json


def grant(token: str, life: int = 86_400) -> bytes:
    return json(200, f'{{"access_token": "{token}", "scope": "read", "expires_in": {life}}}'.encode())


class Vendor:
    """Gives `tokens` one after the other, and answers calls that bear one of `good`; `wait` holds a token back."""

    def __init__(self, *tokens: bytes | None, good: tuple[str, ...] = ("t-1", "t-2", "t-3")) -> None:
        self.tokens, self.good = list(tokens), good
        self.asked: list[Request] = []
        self.bore: list[str] = []
        self.wait: asyncio.Event | None = None
        self.heard = asyncio.Event()

    async def answer(self, request: Request) -> bytes | None:
        if request.target == "/oauth/token":
            self.asked.append(request)
            self.heard.set()
            if self.wait is not None:
                await self.wait.wait()
            return self.tokens.pop(0) if len(self.tokens) > 1 else self.tokens[0]
        self.bore.append(request.headers["authorization"])
        return json(200, b"1") if self.bore[-1].removeprefix("Bearer ") in self.good else json(401)


def run(vendor: Vendor, work: Callable[[BearerHttp], Awaitable[Any]]) -> Any:
    async def whole() -> Any:
        async with counter(Counter()) as served:
            served.answer = vendor.answer
            base = f"http://127.0.0.1:{served.port}"
            tokens = Http(base, guard=LOOPBACK, explain=refused, key_header=None)
            bearer = Bearer(tokens, ("oauth", "token"), "c-1", Secret("sec-canary-77"))
            http = BearerHttp(base, bearer=bearer, guard=LOOPBACK)
            try:
                return await work(http)
            finally:
                await http.close()

    return asyncio.run(whole())


async def call(http: BearerHttp) -> int:
    return await http.post("things", json={}, into=int)


def attempt(seconds: float) -> Attempt:
    return Attempt("k3y", 1, datetime.now(UTC) + timedelta(seconds=seconds), "shop", "acme/eu")


def test_a_token_is_asked_for_once_and_used_for_all() -> None:
    vendor = Vendor(grant("t-1"))

    async def work(http: BearerHttp) -> list[int]:
        return [await call(http), *await asyncio.gather(*(call(http) for _ in range(20)))]

    assert run(vendor, work) == [1] * 21
    assert vendor.bore == ["Bearer t-1"] * 21
    (asked,) = vendor.asked
    form = {"grant_type": ["client_credentials"], "client_id": ["c-1"], "client_secret": ["sec-canary-77"]}
    assert parse_qs(asked.body.decode()) == form
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"


def test_however_many_wait_one_request_is_made_and_all_get_its_error() -> None:
    vendor = Vendor(json(503))

    async def work(http: BearerHttp) -> list[Any]:
        return await asyncio.gather(*(call(http) for _ in range(20)), return_exceptions=True)

    assert [type(one) for one in run(vendor, work)] == [Transient] * 20
    assert (len(vendor.asked), vendor.bore) == (1, [])


def test_who_began_may_be_given_up_and_the_others_get_their_token() -> None:
    vendor = Vendor(grant("t-1"))

    async def work(http: BearerHttp) -> tuple[Any, Any]:
        vendor.wait = asyncio.Event()
        first, second = asyncio.create_task(call(http)), asyncio.create_task(call(http))
        await vendor.heard.wait()
        first.cancel()
        (given_up,) = await asyncio.gather(first, return_exceptions=True)
        vendor.wait.set()
        return type(given_up), await second

    assert run(vendor, work) == (asyncio.CancelledError, 1)
    assert len(vendor.asked) == 1


@pytest.mark.parametrize(("life", "asked"), [(0, 2), (-5, 2), (60, 1)])
def test_a_token_is_renewed_before_its_end(life: int, asked: int) -> None:
    vendor = Vendor(grant("t-1", life), grant("t-2", life))

    async def work(http: BearerHttp) -> list[int]:
        return [await call(http), await call(http)]

    assert run(vendor, work) == [1, 1]
    assert len(vendor.asked) == asked
    assert vendor.bore == ["Bearer t-1", f"Bearer t-{asked}"]


def test_a_token_that_the_vendor_gave_up_is_replaced_once() -> None:
    vendor = Vendor(grant("t-1"), grant("t-2"), good=("t-2",))
    assert run(vendor, call) == 1
    assert (len(vendor.asked), vendor.bore) == (2, ["Bearer t-1", "Bearer t-2"])


def test_many_whose_token_was_given_up_share_the_new_one() -> None:
    vendor = Vendor(grant("t-1"), grant("t-2"))

    async def work(http: BearerHttp) -> list[int]:
        await call(http)
        vendor.good = ("t-2",)
        return list(await asyncio.gather(*(call(http) for _ in range(10))))

    assert run(vendor, work) == [1] * 10
    assert len(vendor.asked) == 2


def test_a_second_401_stays() -> None:
    vendor = Vendor(grant("t-1"), good=())
    with pytest.raises(Unauthorised) as caught:
        run(vendor, call)
    assert caught.value.code is Code.CREDENTIALS
    assert (len(vendor.asked), len(vendor.bore)) == (2, 2)


@pytest.mark.parametrize("status", [400, 401])
def test_a_client_that_is_refused_is_a_persons(status: int) -> None:
    with pytest.raises(Unauthorised) as caught:
        run(Vendor(json(status, b'{"error": "invalid_client"}')), call)
    assert caught.value.text == "no token was given for this client (invalid_client)"


@pytest.mark.parametrize(("what", "answer", "error", "codes"), ANSWERS)
def test_what_is_answered_to_the_request_is_no_answer_to_the_call(
    what: str, answer: bytes | None, error: type[PortError], codes: frozenset[Code]
) -> None:
    vendor = Vendor(answer)
    with pytest.raises(PortError) as caught:
        run(vendor, call)
    assert type(caught.value) is (Unauthorised if error is Rejected else error), what
    if error is Transient:  # nothing of the call was sent: nobody is to be asked whether it happened
        assert caught.value.code in (Code.UNREACHABLE, Code.RATE_LIMITED)
    else:
        assert not codes or caught.value.code in codes
    assert (len(vendor.asked), vendor.bore) == (1, [])


@pytest.mark.parametrize("body", [b"{}", b'{"access_token": "", "expires_in": 9}', b'{"access_token": "t-1"}'])
def test_what_is_no_token_is_a_developers(body: bytes) -> None:
    vendor = Vendor(json(200, body))
    with pytest.raises(Malformed):
        run(vendor, call)
    assert vendor.bore == []


def test_nobody_waits_for_a_token_past_the_time_of_his_attempt() -> None:
    vendor = Vendor(grant("t-1"))

    async def work(http: BearerHttp) -> tuple[Transient, Transient]:
        vendor.wait = asyncio.Event()
        found = []
        for seconds in (0.05, -1):
            with attempting(attempt(seconds)), pytest.raises(Transient) as caught:
                await call(http)
            found.append(caught.value)
        return found[0], found[1]

    late, over = run(vendor, work)
    assert (late.code, over.code, vendor.bore) == (Code.UNREACHABLE, Code.UNREACHABLE, [])


def test_the_request_for_a_token_bears_no_key_of_whoever_began_it() -> None:
    vendor = Vendor(grant("t-1"))

    async def work(http: BearerHttp) -> int:
        with attempting(attempt(10)):
            return await call(http)

    run(vendor, work)
    assert "k3y" not in str(vendor.asked[0])


def test_neither_secret_nor_token_is_seen() -> None:
    async def work(http: BearerHttp) -> str:
        await call(http)
        return repr(http) + repr(http._bearer) + repr(await http._bearer.token())

    seen = run(Vendor(grant("t-1")), work)
    assert "t-1" not in seen
    assert "canary" not in seen
