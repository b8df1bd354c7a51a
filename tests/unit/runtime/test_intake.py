"""Events in: once per fact, whoever tells it; sealed; dispatched though the hub died in between."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from pawline.model import Envelope, Event
from pawline.runtime import flow, use
from pawline.store import Bounds, Status, StoreBusy
from tests.unit.runtime.clerk import Begun, Paid, Shelf
from tests.unit.runtime.hub import Hub


@flow(on=Begun)
async def puts(begun: Begun) -> str:
    return await use(Shelf).put(begun.id)


async def test_an_event_is_recorded_once_by_its_address(hub: Hub) -> None:
    await hub.up(puts)
    first = await hub.record(Begun(), id="e1")
    again = await hub.record(Begun(body="even if it says something else"), id="e1")
    other = await hub.record(Begun(), id="e1", source="another")
    await hub.quiet()
    assert (again == first, other == first) == (True, False)
    assert len(await hub.runs()) == 2
    assert hub.clerk.did == [("put", "o1")] * 2


async def test_the_answer_says_whether_it_was_new(hub: Hub) -> None:
    await hub.up(puts)
    told = [await hub.engine.record(envelope(Begun(), id="e1")) for _ in range(2)]
    assert told == [(told[0].no, True), (told[0].no, False)]


def envelope(event: Any, **given: str) -> Envelope:
    address = {"shop": "s", "source": "test", "id": "1", **given}
    return Envelope(**address, at=datetime(2026, 1, 1, tzinfo=UTC), event=event)


async def test_one_fact_from_a_webhook_its_poll_and_our_own_checkout_is_one(hub: Hub) -> None:
    await hub.up(puts)
    numbers = [
        await hub.record(Begun(once="order.begun/1001"), source=source) for source in ("webhook", "poll", "checkout")
    ]
    await hub.quiet()
    assert len(set(numbers)) == 1
    assert hub.clerk.did == [("put", "o1")]
    await hub.record(Begun(once="order.begun/1002"), source="webhook")
    await hub.quiet()
    assert len(await hub.runs()) == 2


async def test_the_same_in_one_batch_is_one(hub: Hub) -> None:
    await hub.up(puts)
    numbers = await asyncio.gather(*(hub.record(Begun(once="f"), id=f"e{number}") for number in range(50)))
    await hub.quiet()
    assert (len(set(numbers)), len(await hub.runs())) == (1, 1)


async def test_facts_are_told_apart_by_shop_and_by_type(hub: Hub) -> None:
    await hub.up(puts)
    told = [
        await hub.engine.record(envelope(Begun(once="f"), id=f"{number}", shop=shop))
        for number, shop in enumerate(["s", "t"])
    ]
    assert [one.new for one in told] == [True, True]


async def test_known_facts_stay_known_after_a_death(hub: Hub) -> None:
    await hub.up(puts)
    first = await hub.record(Begun(once="f"))
    await hub.quiet()
    await hub.die()
    await hub.up()
    assert await hub.record(Begun(once="f"), source="poll") == first
    await hub.quiet()
    assert len(await hub.runs()) == 1


async def test_what_was_recorded_is_dispatched_though_the_hub_died_at_once(hub: Hub) -> None:
    await hub.up(puts)
    await hub.record(Begun(), priority="bulk")  # which a look dispatches; what is not bulk, its own commit
    await hub.die()
    await hub.up()
    await hub.quiet()
    assert await hub.statuses() == [Status.DONE]
    assert hub.clerk.did == [("put", "o1")]


async def test_events_of_one_subject_keep_their_order(hub: Hub) -> None:
    @flow(on=Begun)
    async def notes(begun: Begun) -> str:
        return await use(Shelf).put(begun.body)

    await hub.up(notes)
    await asyncio.gather(*(hub.record(Begun(body=str(number))) for number in range(30)))
    await hub.quiet()
    assert [argument for _, argument in hub.clerk.did] == [str(number) for number in range(30)]
    seqs = await hub._select("select seq from event order by no")
    assert [seq for (seq,) in seqs] == sorted(seq for (seq,) in seqs)


async def test_a_body_is_sealed_under_the_households_key(hub: Hub) -> None:
    await hub.up(puts)
    no = await hub.record(Begun(house="h1", body="anna@example.com"))
    await hub.quiet()
    image = hub.store.image()
    assert b"anna@example.com" not in image
    row = (await hub.store.events([no]))[no]
    opened = await hub.engine.open_event(row)
    assert opened == Begun(house="h1", body="anna@example.com")
    await hub.engine.erase("s", "h1")
    assert await hub.engine.open_event(row) is None


async def test_an_event_without_a_flow_is_kept(hub: Hub) -> None:
    await hub.up(puts)
    no = await hub.record(Paid())
    await hub.quiet()
    assert (await hub.store.events([no]))[no].seq == 0
    assert await hub.runs() == []


async def test_bulk_gives_way_and_comes_in_its_time(hub: Hub) -> None:
    await hub.up(puts)
    await asyncio.gather(*(hub.record(Begun(id=f"b{number}"), priority="bulk") for number in range(100)))
    await hub.record(Begun(id="order"))
    await asyncio.sleep(0.05)
    assert hub.clerk.did == [("put", "order")]
    await hub.quiet(5)
    assert Counter(await hub.statuses()) == {Status.DONE: 101}


async def test_too_much_is_refused_and_nothing_of_it_is_recorded(hub: Hub) -> None:
    hub.bounds = Bounds(queue_units=10)
    await hub.up(puts)
    told = await asyncio.gather(*(hub.record(Begun(id=f"o{number}")) for number in range(30)), return_exceptions=True)
    refused = [one for one in told if isinstance(one, BaseException)]
    assert {type(one) for one in refused} == {StoreBusy}
    await hub.quiet(2)
    assert len(refused) == 20
    assert await hub.statuses() == [Status.DONE] * 10


@pytest.mark.parametrize("missing", ["shop", "source", "id"])
def test_an_event_needs_its_address(missing: str) -> None:
    with pytest.raises(ValueError, match="an envelope needs a shop, a source and an id"):
        envelope(Begun(), **{missing: ""})


async def test_an_event_without_a_subject_is_refused_before_anything_is_stored(hub: Hub) -> None:
    class Vague(Event, tag="test.vagued@1"):
        pass

    await hub.up(puts)
    with pytest.raises(NotImplementedError, match="does not say what it is about: define `subject`"):
        await hub.record(Vague())
    assert await hub._select("select count(*) from event") == [(0,)]
