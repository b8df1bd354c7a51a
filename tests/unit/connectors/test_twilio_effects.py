"""Every text, broken off wherever it may be: settled as its card says, it is once at Twilio."""

from __future__ import annotations

import asyncio

import pytest

from pawline.connectors.twilio import connector
from pawline.connectors.twilio.client import TIMEOUT
from pawline.ports import Mail, PortError, Settle, Transient
from pawline.sandbox import Fault, Faults
from tests.unit.connectors.twilio_scene import Scene, letter, run

FAULTS = (Fault.BROKEN, Fault.LATE, Fault.STORED_ERROR, Fault.UNAVAILABLE, Fault.UNHEARD, Fault.LIMITED)


def test_it_is_settled_as_it_is_tried_here() -> None:
    (send,) = connector.offers[Mail].operations.values()
    assert send.settle is Settle.REPEAT
    assert send.timeout > 2 * TIMEOUT
    assert send.margin.total_seconds() == 15


@pytest.mark.parametrize("fault", FAULTS)
def test_broken_off_at_whichever_request_and_settled_it_is_one_text(fault: Fault) -> None:
    async def told(here: Scene, at: int) -> tuple[list[str], bool, int]:
        here.desk.vendors.faults = Faults(at={at: fault}, late_after=0.02, retry_after=0.0)
        found, tries = None, 0
        while found is None:
            tries += 1
            try:
                found = await here.step(letter(), number=tries)
            except Transient:
                here.desk.vendors.faults = Faults() if here.desk.vendors.requests >= at else here.desk.vendors.faults
                await asyncio.sleep(0.06 if fault is Fault.LATE else 0)
        assert found in here.books.messages
        return here.did(), tries > 1, len(here.texts())

    for at, broken in ((1, True), (2, True), (3, False)):
        assert run(lambda here, at=at: told(here, at)) == (["text"], broken, 1), at  # type: ignore[misc]


def test_two_steps_of_the_same_words_both_broken_off_are_two_texts() -> None:
    async def told(here: Scene) -> None:
        here.desk.vendors.faults = Faults(at={2: Fault.BROKEN, 4: Fault.UNHEARD})
        for key in ("k-1", "k-2"):
            with pytest.raises(Transient):
                await here.step(letter(), key)
        here.desk.vendors.faults = Faults()
        first, second = [await here.step(letter(), key, 2) for key in ("k-1", "k-2")]
        assert first != second
        assert len(here.texts()) == 2
        assert [await here.step(letter(), key, 3) for key in ("k-1", "k-2")] == [first, second]
        assert here.did() == ["text", "text"]

    run(told)


def test_what_a_restored_hub_does_once_more_is_found() -> None:
    """Its step has the same key and begins with its first attempt again."""

    async def told(here: Scene) -> None:
        assert await here.step(letter()) == await here.step(letter())
        assert here.did() == ["text"]

    run(told)


def test_many_at_once_are_one_text_each() -> None:
    async def told(here: Scene) -> None:
        here.desk.vendors.faults = Faults(
            seed=11, rates={Fault.BROKEN: 0.2, Fault.UNHEARD: 0.2, Fault.LIMITED: 0.1, Fault.STORED_ERROR: 0.1},
            retry_after=0.0,
        )  # fmt: skip

        async def settled(key: str) -> str:
            for number in range(1, 60):
                try:
                    return await here.step(letter(), key, number)
                except Transient:
                    continue
                except PortError as problem:
                    raise AssertionError(problem.text) from problem
            raise AssertionError("it never ended")

        found = await asyncio.gather(*(settled(f"k-{n}") for n in range(40)))
        assert len(set(found)) == 40
        assert len(here.texts()) == 40

    run(told)
