"""A secret that a vendor wants behind the `?`: it is sent with every call, and nothing that comes of one tells it."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from pawline.kit import Secret
from pawline.ports import Malformed, PortError, Rejected, Transient, Unauthorised
from pawline.testing.conformance.trying import logged
from pawline.testing.counter import Counter, counter, json

CANARY = "canary 77/&"
STANDING = {"measurement": "G-1", "secret": Secret(CANARY)}
SENT = "measurement=G-1&secret=canary+77%2F%26"
MOVED = f"<A HREF='https://elsewhere.example/x?{SENT}&raw={CANARY}'>here</A>".encode()
SPELT = (CANARY, "canary+77", "canary%2077", "canary 77")


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """It, and all that it came of, shown or not."""
    if error is not None:
        yield error
        yield from chain(error.__cause__)
        yield from chain(error.__context__)


def test_it_stands_behind_every_call_before_what_is_asked() -> None:
    async def run() -> list[str]:
        async with counter() as there:
            http = there.http(standing=STANDING)
            await http.get("notes", query={"q": "a b"}, into=object)
            await http.get("notes", query=[("q", "1"), ("q", "2")], into=object)
            await http.post(json={}, into=object)
            assert CANARY not in repr(http)
            await http.close()
            return [one.target for one in there.heard]

    assert asyncio.run(run()) == [f"/v1/notes?{SENT}&q=a+b", f"/v1/notes?{SENT}&q=1&q=2", f"/v1/?{SENT}"]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (json(400), Rejected), (json(401), Unauthorised), (json(403), Unauthorised), (json(404), Rejected),
        (json(429), Transient), (json(500), Transient), (json(302, b"", "location: /x"), Malformed),
        (json(200, b"<html>"), Malformed),
        (json(302, MOVED, "location: /x?" + SENT), Malformed), (json(200, MOVED), Malformed),
        (json(200, b'"' + b"x" * 2_000_000 + b'"'), Malformed), (None, Transient),
        (b"no HTTP at all\r\n\r\n", Malformed), (b"HTTP/1.1 200 OK\r\ncontent-length: nine\r\n\r\n", Malformed),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf", Transient),
    ],
    ids=[
        "400", "401", "403", "404", "429", "500", "redirect", "page", "moved", "echoed", "huge", "hung-up", "no-http",
        "bad-length", "half",
    ],
)  # fmt: skip
def test_whatever_comes_of_a_call_tells_nothing_of_it(answer: bytes | None, error: type[PortError]) -> None:
    def told(there: Counter) -> None:
        there.says(answer)

    assert_silent(told, error)


def test_nor_does_one_that_is_never_answered_or_never_heard() -> None:
    def silent(there: Counter) -> None:
        async def never(_: object) -> bytes | None:
            await asyncio.sleep(30)
            return None

        there.answer = never

    def nobody(there: Counter) -> None:
        there.port = 9  # where nobody listens

    assert_silent(silent, Transient, seconds=0.2)
    assert_silent(nobody, Transient)


def assert_silent(told: Callable[[Counter], None], error: type[PortError], seconds: float = 5.0) -> None:
    async def run() -> BaseException:
        async with counter() as there:
            told(there)
            http = there.http(standing=STANDING, timeout=timedelta(seconds=seconds))
            try:
                with pytest.raises(error) as said:
                    await http.post("notes", json={"a": 1}, into=dict[str, int])
            finally:
                await http.close()
            return said.value

    with logged() as lines:
        problem = asyncio.run(run(), debug=True)
    every = [f"{one!r} {one} {vars(one)}" for one in chain(problem)]
    every += [*lines, "".join(traceback.format_exception(problem))]
    assert not [one for one in every for spelt in SPELT if spelt in one]
