"""Every write of the connector: broken off wherever it may be and settled as its card says, it is once at Slack."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest

from pawline.connectors.slack import connector
from pawline.model import CardId
from pawline.ports import Board, Settle, Transient
from pawline.sandbox import Fault, Faults
from tests.unit.connectors.slack_scene import BO, CARD, CARE, Scene, named, run

Call = Callable[[Scene, CardId], Awaitable[Any]]
WRITES: Mapping[str, Call] = {
    "post": lambda here, _: here.port.post(CARD),
    "settle": lambda here, there: here.port.settle(there, CARD, "it is over"),
    "tell": lambda here, there: here.port.tell(there, named(BO), "you may not"),
}
FAULTS = (Fault.BROKEN, Fault.LATE, Fault.STORED_ERROR, Fault.UNAVAILABLE, Fault.UNHEARD, Fault.LIMITED)
HAPPENED = (Fault.BROKEN, Fault.LATE, Fault.STORED_ERROR)


def test_every_write_is_here_and_is_settled_as_its_card_says() -> None:
    operations = connector.offers[Board].operations
    assert set(WRITES) == set(operations)
    assert {name: (one.settle, one.look_up) for name, one in operations.items()} == {
        "post": (Settle.LOOK_UP, "find_card"), "settle": (Settle.REPEAT, None), "tell": (Settle.REPEAT, None),
    }  # fmt: skip


def state(here: Scene) -> Any:
    """What the channel shows."""
    return [(one.text, one.blocks, one.metadata) for one in here.channel.messages]


async def before(here: Scene, name: str) -> CardId:
    found = CardId("none") if name == "post" else await here.step(here.port.post(CARD))
    return CardId(found)


async def settled(here: Scene, name: str, there: CardId) -> Any:
    """As the runtime does it after the settle-by time: looked up where the card says so, and made again."""
    if name == "post" and (found := await here.port.find_card(CARD)) is not None:
        return found
    return await here.step(WRITES[name](here, there), number=2)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", WRITES)
def test_broken_off_and_settled_it_is_there_once(name: str, fault: Fault) -> None:
    async def undisturbed(here: Scene) -> Any:
        there = await before(here, name)
        asked = here.desk.vendors.requests
        await here.step(WRITES[name](here, there))
        assert here.desk.vendors.requests - asked == 1  # each is one request
        return state(here)

    async def told(here: Scene) -> Any:
        there = await before(here, name)
        here.desk.vendors.faults = Faults(at={1: fault}, late_after=0.2, retry_after=0.0)
        with pytest.raises(Transient):
            await here.step(WRITES[name](here, there))
        here.desk.vendors.faults = Faults()
        await asyncio.sleep(0.4 if fault is Fault.LATE else 0)  # nobody settles before the settle-by time
        found = await settled(here, name, there)
        assert name != "post" or found == f"{CARE}/{here.card.ts}"
        whispers = [(one.user, one.text) for one in here.books.whispers]
        twice = name == "tell" and fault in HAPPENED  # said twice, to one person, who may have seen neither
        assert whispers == [(BO, "you may not")] * (2 if twice else name == "tell")
        return state(here)

    assert run(told) == run(undisturbed)


def test_the_same_case_is_put_up_again_only_where_nobody_finds_it() -> None:
    """Why it is looked up: Slack knows no key."""

    async def told(here: Scene) -> None:
        for _ in range(2):
            await here.step(here.port.post(CARD))
        assert len(here.channel.messages) == 2

    run(told)
