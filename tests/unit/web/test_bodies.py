"""Bodies within their size, their time and the memory of all: who stalls goes first, and who is cancelled stays so."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any, Final

import pytest

from pawline.testing import VirtualTime
from pawline.web import bodies
from pawline.web.bodies import BUDGET, MOST, PATIENCE, SHARE, Bodies, HungUp
from pawline.web.incoming import Problem
from pawline.web.serving import CONNECTIONS

LATE: Final[tuple[object, ...]] = (408, "the body was not here after 8 s", {})
CROWDED: Final[tuple[object, ...]] = (503, "too much is on its way in: send it again", {"retry-after": "5"})
LONG: Final[tuple[object, ...]] = (413, "a body has 1048576 bytes at most", {})


class Sender:
    """Sends its parts, one by one as it is let, and then nothing more, unless `ends`."""

    def __init__(self, of: Bodies, *parts: bytes, ends: bool = False, stalls: bool = False) -> None:
        self.messages: Iterator[dict[str, Any]] = iter([
            {"type": "http.request", "body": part, "more_body": not (ends and n == len(parts))}
            for n, part in enumerate(parts, 1)
        ])  # fmt: skip
        self.go = asyncio.Event()
        if not stalls:
            self.go.set()
        self.cancelling = -1  # of its task, once its body was read
        self.task = asyncio.create_task(self.told(of))

    async def receive(self) -> Any:
        await self.go.wait()
        found = next(self.messages, None)
        return found or await asyncio.Event().wait()

    async def told(self, of: Bodies) -> object:
        """Its body, or what it was refused with."""
        try:
            return await of.read(self.receive)
        except Problem as problem:
            return problem.status_code, problem.detail, problem.headers
        finally:
            task = asyncio.current_task()
            assert task is not None
            self.cancelling = task.cancelling()


def live(day: Callable[[Bodies], Awaitable[None]]) -> None:
    """In a time that passes at once; left, nothing is under way any more."""

    async def whole() -> None:
        of = Bodies()
        await day(of)
        assert (of._reading, of._bytes) == ({}, 0)

    with asyncio.Runner(loop_factory=VirtualTime().loop) as runner:
        runner.run(whole())


async def turns(count: int = 50) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def test_a_body_is_all_of_its_parts() -> None:
    async def day(of: Bodies) -> None:
        for parts in ((b"",), (b"a",), (b"a", b"b", b""), (b"x" * MOST, b"")):
            assert await Sender(of, *parts, ends=True).task == b"".join(parts)

    live(day)


def test_one_that_is_too_long_is_refused_whether_it_says_so_or_not() -> None:
    async def day(of: Bodies) -> None:
        assert await Sender(of, b"x" * MOST, b"x").task == LONG
        sender = Sender(of, stalls=True)
        with pytest.raises(Problem) as refused:
            await of.read(sender.receive, b"1048577")
        assert refused.value.status_code == 413
        sender.task.cancel()
        await asyncio.wait([sender.task])

    live(day)


def test_who_hangs_up_is_not_late() -> None:
    async def gone() -> Any:
        return {"type": "http.disconnect"}

    async def day(of: Bodies) -> None:
        with pytest.raises(HungUp):
            await of.read(gone)

    live(day)


def test_one_that_is_late_is_told_so_and_its_task_goes_on_as_if_nobody_had_cancelled_it() -> None:
    async def day(of: Bodies) -> None:
        loop = asyncio.get_running_loop()
        begun, sender = loop.time(), Sender(of, b"{")
        assert await sender.task == LATE
        assert PATIENCE <= loop.time() - begun <= PATIENCE + 1.1  # by this loop's own time
        assert sender.cancelling == 0
        await asyncio.sleep(2)  # and the clock rests until the next one comes
        assert of._sweeping is None
        assert await Sender(of, b"{").task == LATE

    live(day)


def test_one_that_is_found_late_twice_is_cancelled_once() -> None:
    async def day(of: Bodies) -> None:
        sender = Sender(of, b"{")
        await turns()
        of._reading[sender.task].until = 0.0
        of._sweep()
        of._sweep()
        assert (await sender.task, sender.cancelling) == (LATE, 0)

    live(day)


def test_a_cancel_from_outside_stays_one() -> None:
    async def day(of: Bodies) -> None:
        sender = Sender(of, b"{")
        await turns()
        sender.task.cancel()
        await asyncio.wait([sender.task])
        assert (sender.task.cancelled(), sender.cancelling) == (True, 1)

    live(day)


@pytest.mark.parametrize("first", ["outside", "late"])
def test_a_cancel_from_outside_stays_one_in_the_very_turn_in_which_its_body_is_late(first: str) -> None:
    async def day(of: Bodies) -> None:
        sender = Sender(of, b"{")
        await turns()
        of._reading[sender.task].until = 0.0
        if first == "outside":
            sender.task.cancel()
        of._sweep()
        if first == "late":
            sender.task.cancel()
        await asyncio.wait([sender.task])
        assert (sender.task.cancelled(), sender.cancelling) == (True, 1)

    live(day)


async def told(senders: Sequence[Sender]) -> list[object]:
    return [await one.task if one.task.done() else None for one in senders]


def test_who_stalls_gives_way_to_whoever_comes_and_the_oldest_first() -> None:
    """As many as fit; then each that comes takes the place of the oldest, and none is told twice."""

    async def day(of: Bodies) -> None:
        small = Sender(of, b"s" * SHARE)
        fit = BUDGET // (MOST - 1) - 1
        stalled = [Sender(of, b"x" * (MOST - 1)) for _ in range(fit)]
        await turns()
        assert await told([small, *stalled]) == [None] * (fit + 1)
        for n in range(1, 4):
            assert await Sender(of, b"y" * (MOST - 1), b"", ends=True).task == b"y" * (MOST - 1)
            stalled.append(Sender(of, b"x" * (MOST - 1)))
            await turns()
            assert of._bytes <= BUDGET
            assert await told([small, *stalled]) == [None, *[CROWDED] * n, *[None] * fit]
        assert {one.cancelling for one in stalled[:3]} == {0}
        await asyncio.sleep(PATIENCE + 2)
        assert await told([small, *stalled]) == [LATE, *[CROWDED] * 3, *[LATE] * fit]

    live(day)


def test_the_oldest_of_the_large_goes_itself_where_it_is_what_makes_it_too_much(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bodies, "BUDGET", 3 * SHARE)

    async def day(of: Bodies) -> None:
        old = Sender(of, b"x" * SHARE, b"x" * SHARE, b"x" * SHARE, b"x", b"", ends=True)
        small = Sender(of, b"s" * SHARE, b"", ends=True, stalls=True)
        assert await old.task == CROWDED
        small.go.set()
        assert await small.task == b"s" * SHARE

    live(day)


def test_a_share_on_every_connection_is_within_the_budget() -> None:
    assert SHARE * CONNECTIONS <= BUDGET
