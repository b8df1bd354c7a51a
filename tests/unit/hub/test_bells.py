"""What a webhook names and does not tell: asked once, again where that may help, and of each account by itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from pawline.hub import bells
from pawline.hub.bells import Bells
from pawline.hub.hearing import Arrived, Ear, Heard, Hearing
from pawline.kit import Delivery, Hmac, Hook, Secret, Sighting, of_body
from pawline.model import Envelope, Event, OrderCancelled, OrderId
from pawline.ports import Code, Malformed, Transient
from pawline.store import HouseholdErased

AT = datetime(2026, 11, 30, tzinfo=UTC)
Asks = Callable[[str], Awaitable[tuple[Sighting, ...]]]


class Engine:
    """As much of an engine as bells need. `refuses` are errors of the next records."""

    def __init__(self) -> None:
        self.loop, self.closing = asyncio.get_running_loop(), False
        self.store = SimpleNamespace(now=AT.timestamp)
        self.told: list[Envelope] = []
        self.refuses: list[Exception] = []
        self.tasks: list[asyncio.Task[Any]] = []
        self.heard = asyncio.Event()

    def spawn(self, work: Any) -> None:
        self.tasks.append(self.loop.create_task(work))

    async def record(self, told: Envelope) -> Any:
        if self.refuses:
            raise self.refuses.pop(0)
        self.told.append(told)
        self.heard.set()
        return SimpleNamespace(no=len(self.told), new=True)

    async def rest(self) -> None:
        while any(not one.done() for one in self.tasks):
            await asyncio.wait_for(asyncio.gather(*self.tasks), 10)


def event(thing: str) -> Event:
    return OrderCancelled(order=OrderId(thing), at=AT, by="shop", because="x")


def hook(rings: Callable[[Delivery], str | None]) -> Hook[Any]:
    def read(_: Any, body: bytes) -> Delivery:
        return Delivery("moved", body.decode(), AT, body)

    return Hook(
        signature=Hmac(of_body("x-signature", "hex")), secrets=lambda _: (Secret("s"),), read=read,
        hears={"moved": lambda _: ()}, rings=rings,
    )  # fmt: skip


def ear(about: Asks, account: str = "acme/eu", rings: Callable[[Delivery], str | None] = lambda one: one.id) -> Ear:
    return Ear(account, "paws", hook(rings), (Secret("s"),), about=about)


async def seen(thing: str) -> tuple[Sighting, ...]:
    return (Sighting(f"order.cancelled/{thing}", AT, event(thing)),)


def made() -> tuple[Engine, Bells]:
    engine: Any = Engine()
    found = Bells(engine)
    return engine, found


async def test_what_is_rung_is_asked_about_and_recorded_as_the_accounts() -> None:
    engine, found = made()
    found.ring(ear(seen), "o1")
    await engine.rest()
    assert engine.told == [
        Envelope(shop="paws", source="accounts/acme/eu", id="order.cancelled/o1", at=AT, event=event("o1"))
    ]


async def test_what_is_rung_again_while_it_waits_is_asked_about_once() -> None:
    asked: list[str] = []

    async def about(thing: str) -> tuple[Sighting, ...]:
        asked.append(thing)
        await asyncio.sleep(0)
        return ()

    engine, found = made()
    one = ear(about)
    for thing in ("o1", "o2", "o1", "o2"):
        found.ring(one, thing)
    await asyncio.sleep(0)
    found.ring(one, "o1")  # it is being asked about: what it is told may be older than this
    await engine.rest()
    assert asked == ["o1", "o2", "o1"]


async def test_what_is_patient_is_asked_about_behind_what_is_not_and_crowds_nothing_out(monkeypatch: Any) -> None:
    monkeypatch.setattr(bells, "MOST", 3)
    asked: list[str] = []

    async def about(thing: str) -> tuple[Sighting, ...]:
        asked.append(thing)
        await asyncio.sleep(0)
        return ()

    engine, found = made()
    one = ear(about)
    one = one._replace(hook=replace(one.hook, patient=lambda thing: thing.startswith("p")))
    for thing in ("p1", "p2", "p3", "p4", "o1", "o2"):
        found.ring(one, thing)
    await asyncio.sleep(0)
    found.ring(one, "o3")
    await engine.rest()
    assert asked == ["o1", "o2", "o3", "p1", "p2", "p3"]


async def test_a_slow_account_holds_up_itself_and_nobody_else() -> None:
    gate = asyncio.Event()

    async def slow(thing: str) -> tuple[Sighting, ...]:
        await gate.wait()
        return await seen(thing)

    engine, found = made()
    found.ring(ear(slow, "slow/eu"), "o1")
    found.ring(ear(seen), "o2")
    await asyncio.wait_for(engine.heard.wait(), 10)
    assert [one.source for one in engine.told] == ["accounts/acme/eu"]
    gate.set()
    await engine.rest()
    assert [one.source for one in engine.told] == ["accounts/acme/eu", "accounts/slow/eu"]


async def test_what_may_pass_is_asked_about_again_and_then_left_to_a_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bells, "PAUSES", (0.0, 0.0))
    asked: list[str] = []

    async def away(thing: str) -> tuple[Sighting, ...]:
        asked.append(thing)
        raise Transient("away", Code.UNAVAILABLE)

    async def broken(thing: str) -> tuple[Sighting, ...]:
        asked.append(thing)
        raise Malformed("this is no JSON")

    engine, found = made()
    found.ring(ear(away), "o1")
    found.ring(ear(broken, "acme/us"), "o2")
    for _ in range(50):
        await asyncio.sleep(0.001)
    await engine.rest()
    assert sorted(asked) == ["o1", "o1", "o1", "o2"]
    assert engine.told == []


async def test_an_erased_household_and_an_event_that_no_store_keeps_end_nothing_else() -> None:
    engine, found = made()
    engine.refuses = [HouseholdErased(AT.timestamp())]
    one = ear(seen)
    for thing in ("o1", "bad\0one", "o2"):
        found.ring(one, thing)
    await engine.rest()
    assert [each.id for each in engine.told] == ["order.cancelled/o2"]


async def test_more_than_can_wait_is_left_to_a_look(monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    monkeypatch.setattr(bells, "MOST", 2)
    engine: Any = Engine()
    found = Bells(engine)
    with caplog.at_level(logging.WARNING, "pawline.hub"):
        for thing in ("o1", "o2", "o3", "o2"):
            found.ring(ear(seen), thing)
    assert [one.getMessage() for one in caplog.records] == [
        "acme/eu: more is rung than can be asked about: a look finds the rest"
    ]
    await engine.rest()
    assert [each.id for each in engine.told] == ["order.cancelled/o1", "order.cancelled/o2"]


async def test_a_delivery_rings_what_its_hook_names_and_is_read_as_before() -> None:
    rung: list[str] = []

    async def record(_: Envelope) -> Any:
        raise AssertionError("a delivery that says nothing is no event")

    def rings(one: Delivery) -> str | None:
        return {"o1": "o1", "none": None, "bad": str(1 // 0) if one.id == "bad" else ""}[one.id]

    def ring(one: Ear, thing: str) -> None:
        rung.append(f"{one.account} {thing}")

    hearing = Hearing(record, [ear(seen, rings=rings)], ring)
    for body in (b"o1", b"none", b"bad"):
        arrived = Arrived("acme/eu", "paws", [], body, AT.timestamp())
        assert hearing.read(arrived) == []
        assert await hearing.take(arrived, []) == Heard(0, 0, unclaimed=False)
    assert rung == ["acme/eu o1"]


async def test_an_ear_that_cannot_ask_rings_nothing() -> None:
    async def record(_: Envelope) -> Any:
        raise AssertionError("nothing is recorded")

    def ring(_: Ear, thing: str) -> None:
        raise AssertionError(thing)

    deaf = Ear("acme/eu", "paws", hook(lambda one: one.id), (Secret("s"),))
    assert Hearing(record, [deaf], ring).read(Arrived("acme/eu", "paws", [], b"o1", 0.0)) == []
