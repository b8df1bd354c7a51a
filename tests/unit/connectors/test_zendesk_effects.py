"""Every write of the connector: twice, or broken off wherever it may be, is once at Zendesk."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest

from pawline.connectors.zendesk import connector
from pawline.model import TicketId
from pawline.ports import Helpdesk, Settle, Transient
from pawline.sandbox import Fault, Faults
from tests.unit.connectors.zendesk_scene import LATE, Scene, run

Call = Callable[[Scene, TicketId], Awaitable[Any]]
WRITES: Mapping[str, Call] = {
    "open": lambda here, _: here.port.open(LATE),
    "reply": lambda here, ticket: here.port.reply(ticket, "It is on its way"),
    "note": lambda here, ticket: here.port.note(ticket, "the carrier says Monday"),
    "close": lambda here, ticket: here.port.close(ticket),
}
REQUESTS: Mapping[str, int] = {"open": 1, "reply": 3, "note": 3, "close": 3}
"""Of each write that nothing disturbs: the ticket, what happened to it (or who we are), and the update."""
FAULTS = (Fault.BROKEN, Fault.LATE, Fault.STORED_ERROR, Fault.UNAVAILABLE, Fault.UNHEARD, Fault.LIMITED)


def test_every_write_is_here_and_is_settled_as_its_card_says() -> None:
    operations = connector.offers[Helpdesk].operations
    assert set(WRITES) == set(REQUESTS) == set(operations)
    assert {name: one.settle for name, one in operations.items()} == {
        "open": Settle.KEY, "reply": Settle.REPEAT, "note": Settle.REPEAT, "close": Settle.REPEAT,
    }  # fmt: skip
    assert operations["open"].after_key_life is Settle.LOOK_UP


def state(here: Scene) -> Any:
    """What Zendesk knows of every ticket, but for numbers and times; and what it did."""
    found = [
        (one.subject, one.status, one.assignee, [event.get("body") for audit in one.audits for event in audit.events])
        for one in here.books.tickets.values()
    ]  # fmt: skip
    return found, [(name, thing.rpartition("/")[2]) for name, thing in here.did() if name != "close"]


def once(name: str) -> Any:
    async def told(here: Scene) -> Any:
        ticket = here.asked()
        before = here.desk.vendors.requests
        await here.step(WRITES[name](here, ticket))
        assert here.desk.vendors.requests - before == REQUESTS[name]
        return state(here)

    return run(told)


@pytest.mark.parametrize("name", WRITES)
def test_twice_is_once(name: str) -> None:
    async def told(here: Scene) -> Any:
        ticket = here.asked()
        first = await here.step(WRITES[name](here, ticket))
        here.clock.at += 60
        again = await here.step(WRITES[name](here, ticket), number=2)
        assert first == again
        return state(here)

    assert run(told) == once(name)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", WRITES)
def test_broken_off_at_each_of_its_requests_and_made_again_it_is_once(name: str, fault: Fault) -> None:
    """What comes late comes after it was made again: then it is not as it was, and nothing is done."""
    wanted = once(name)

    async def told(here: Scene, at: int) -> Any:
        ticket = here.asked()
        here.desk.vendors.faults = Faults(at={at: fault}, late_after=0.3, retry_after=0.0)
        with pytest.raises(Transient):
            await here.step(WRITES[name](here, ticket))
        here.desk.vendors.faults = Faults()
        here.clock.at += 60
        await here.step(WRITES[name](here, ticket), number=2)
        await asyncio.sleep(0.5 if fault is Fault.LATE else 0)
        return state(here)

    for at in range(1, REQUESTS[name] + 1):
        assert run(lambda here, at=at: told(here, at)) == wanted, f"{fault.value} at request {at}"  # type: ignore[misc]


@pytest.mark.parametrize("name", ["reply", "note"])
def test_what_came_late_before_it_was_made_again_is_seen(name: str) -> None:
    async def told(here: Scene) -> Any:
        ticket = here.asked()
        here.desk.vendors.faults = Faults(at={3: Fault.LATE}, late_after=0.05)
        with pytest.raises(Transient):
            await here.step(WRITES[name](here, ticket))
        await asyncio.sleep(0.2)
        here.desk.vendors.faults = Faults()
        here.clock.at += 60
        await here.step(WRITES[name](here, ticket), number=2)
        return state(here)

    assert run(told) == once(name)


@pytest.mark.parametrize("name", ["reply", "note"])
def test_where_audits_do_not_tell_the_mark_the_words_do(name: str) -> None:
    """What no page promises: should Zendesk not tell it, a message that broke off is still sent once."""

    async def told(here: Scene) -> Any:
        update = here.books.update
        here.books.update = lambda *given: update(*given[:4])  # type: ignore[method-assign]
        ticket = here.asked()
        here.desk.vendors.faults = Faults(at={3: Fault.BROKEN})
        with pytest.raises(Transient):
            await here.step(WRITES[name](here, ticket))
        here.desk.vendors.faults = Faults()
        here.clock.at += 60
        await here.step(WRITES[name](here, ticket), number=2)
        found = state(here)
        await here.step(WRITES[name](here, ticket), "another")  # on purpose
        assert len(here.did()) == 2
        return found

    assert run(told) == once(name)


def test_another_step_writes_again() -> None:
    async def told(here: Scene) -> None:
        ticket = here.asked()
        for key in ("a", "b"):
            await here.step(here.port.reply(ticket, "same"), key)
        assert here.did() == [("reply", f"{ticket}/same")] * 2

    run(told)
