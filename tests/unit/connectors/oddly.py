"""A vendor whose answers hold something odd, one place at a time: one of the four errors, or it does not matter."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from pawline.kit import Headers, Hook, Http, Seen
from pawline.model import Event
from pawline.ports import Attempt, PortError, attempting
from pawline.testing.counter import Counter, Request, counter, json

Path = tuple[Any, ...]
ODD: Final[tuple[Any, ...]] = (
    "x", -1, 0, None, [], {}, 10**30, 1e308, True, "2026-13-45", "0001-01-01", "9999-12-31T23:59:59",
    "9999-12-31T23:59:59+00:00",
)  # fmt: skip


def leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    """Every place in it, the whole last."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in inside:
        yield from leaves(part, (*path, name))
    yield path


def changed(value: Any, path: Path, odd: Any) -> Any:
    """The same with something odd in one place."""
    if not path:
        return odd
    made = deepcopy(value)
    at = made
    for name in path[:-1]:
        at = at[name]
    at[path[-1]] = odd
    return made


class Scripted:
    """Answers as `replies` say, by method and path, and keeps what it was asked."""

    def __init__(self, replies: dict[str, Any]) -> None:
        self.replies, self.asked = replies, list[str]()

    async def answer(self, request: Request) -> bytes:
        route = f"{request.method} {request.target.partition('?')[0]}"
        self.asked.append(route)
        return json(200, msgspec.json.encode(self.replies[route])) if route in self.replies else json(404)


async def attempted(http: Http, account: str, call: Callable[[], Awaitable[object]]) -> object:
    """What an attempt of a step by this account's client comes to, or its PortError; the client is closed then."""
    try:
        with attempting(Attempt("k", 1, datetime.now(UTC) + timedelta(seconds=9), "paws", account)):
            return await call()
    except PortError as problem:
        return problem
    finally:
        await http.close()


async def tried(
    replies: dict[str, Any], ask: Callable[[Counter], Awaitable[object]], *, nothing: bool = False,
    refused: bool = False, reads: Callable[[Path], bool] = lambda _: True,
) -> None:  # fmt: skip
    """`ask` returns what comes of it, or its PortError; whatever else it raises is the defect.

    `nothing`: it may come to None. `refused`: even a good answer may be. `reads`: which places are worth it.
    """
    vendor = Scripted(replies)
    async with counter(seconds=120) as served:
        served.answer = vendor.answer
        good = await ask(served)
        assert refused or not isinstance(good, PortError), good
        count = 0
        for route in dict.fromkeys(vendor.asked):
            for path, odd in _odd(replies[route], reads):
                vendor.replies = replies | {route: changed(replies[route], path, odd)}
                found = await ask(served)
                assert found is not None or nothing, (route, path, odd)
                if isinstance(found, Seen):
                    assert all(isinstance(sighting.event, Event) for sighting in found.sightings)
                count += 1
        assert count > 20


def _odd(reply: Any, reads: Callable[[Path], bool]) -> Iterable[tuple[Path, Any]]:
    return ((path, odd) for path in leaves(reply) if reads(path) for odd in ODD)


def heard(
    hook: Hook[Any], told: Any, kept: tuple[type[Exception], ...], *,
    encode: Callable[[Any], bytes] = msgspec.json.encode,
    headers: Headers = (), reads: Callable[[Path], bool] = lambda _: True, rings: bool = False,
) -> None:  # fmt: skip
    """A webhook with something odd in it is events, or kept whole for people. One that only `rings` is no event."""
    for path in leaves(told):
        for odd in ODD if reads(path) else ():
            body = encode(changed(told, path, odd))
            hook.whose(headers, body)
            try:
                delivery = hook.read(headers, body)
                rung = hook.rings(delivery)
                hear = hook.hears.get(delivery.type)
                events = () if hear is None else hear(delivery.payload)
            except kept:
                continue
            assert all(isinstance(event, Event) for event in events)
            assert events == () or not rings
            assert rung is None or isinstance(rung, str)
