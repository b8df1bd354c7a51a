"""The vendors over HTTP, asked by their connector: they do it, refuse in plain words, misbehave on demand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pawline.model import Item, OrderId, SkuId, TenderId
from pawline.ports import (
    Attempt,
    Code,
    Inventory,
    Malformed,
    Marketing,
    Payments,
    PortError,
    Rejected,
    Transient,
    Unauthorised,
    attempting,
)
from pawline.sandbox import Fault, Faults, Manner, Says
from pawline.testing.orders import order
from tests.unit.sandbox.scenes import TOKEN, Sandboxed, played, raised

DOG = (Item(sku=SkuId("dog"), quantity=1),)
ORDER = order(1)


class Scene(Sandboxed):
    """Who reserves and authorises there."""

    async def reserve(self, key: str = "k1", number: str = "o1") -> Any:
        with self.trying(key):
            return await self.account.plays[Inventory].reserve(OrderId(number), DOG)

    async def authorize(self, key: str = "k1", tender: Any = ORDER.tenders[0]) -> Any:
        with self.trying(key):
            return await self.account.plays[Payments].authorize(ORDER.id, tender)

    def did(self) -> list[tuple[str, str]]:
        return [(one.operation, one.business) for one in self.desk.vendors.effects()]


def scene(play: Callable[[Scene], Coroutine[Any, Any, None]], **given: Any) -> None:
    played(Scene, play, stock={"dog": 2}, **given)


def test_a_key_makes_one_effect_of_two_calls_and_a_vendor_without_keys_makes_two() -> None:
    async def play(one: Scene) -> None:
        assert await one.authorize("a") == await one.authorize("a")
        assert (await raised(one.authorize("a", order(1, quantity=2).tenders[0]))).code is Code.KEY_REUSED
        await one.reserve("b")
        await one.reserve("b")
        assert one.did() == [
            ("Payments.authorize", "o1/t0"), ("Inventory.reserve", "o1"), ("Inventory.reserve", "o1"),
        ]  # fmt: skip

    scene(play)


def test_a_refusal_comes_in_the_vendors_own_words_and_does_nothing() -> None:
    async def play(one: Scene) -> None:
        for n in range(2):
            await one.reserve(f"k{n}", f"o{n}")
        refused = await raised(one.reserve("k9", "o9"))
        assert (type(refused), refused.code, refused.text) == (Rejected, Code.OUT_OF_STOCK, "out of dog")
        declined = await raised(one.authorize("k10", order(1, declined=True).tenders[0]))
        assert (type(declined), declined.code) == (Rejected, Code.DECLINED)
        assert len(one.did()) == 2

    scene(play)


def test_a_look_up_finds_what_was_done_and_nothing_else() -> None:
    async def play(one: Scene) -> None:
        inventory = one.account.plays[Inventory]
        assert await inventory.find_reservation(OrderId("o1"), DOG) is None
        made = await one.reserve()
        assert await inventory.find_reservation(OrderId("o1"), DOG) == made
        assert await inventory.levels((SkuId("dog"), SkuId("cat"))) != ()
        assert len(one.did()) == 1

    scene(play)


@pytest.mark.parametrize(
    ("manner", "error", "code", "happened"),
    [
        (Manner(down=True), Transient, Code.DISCONNECTED, 0),
        (Manner(limited=3), Transient, Code.RATE_LIMITED, 0),
        (Manner(stranger=True), Unauthorised, Code.CREDENTIALS, 0),
        (Manner(latency=30), Transient, Code.TIMED_OUT, 0),
        (Manner(says=Says.PAGE), Malformed, Code.BAD_REPLY, 1),
        (Manner(says=Says.TRUNCATED), Malformed, Code.BAD_REPLY, 1),
        (Manner(says=Says.HUGE), Malformed, Code.TOO_LARGE, 1),
        (Manner(says=Says.DRIFTED), Malformed, Code.BAD_REPLY, 1),
        (Manner(says=Says.REDIRECT), Malformed, Code.BAD_REPLY, 1),
        (Manner(says=Says.ERROR), Transient, Code.UNAVAILABLE, 1),
    ],
)
def test_one_vendor_misbehaves_and_the_others_do_not(
    manner: Manner, error: type[PortError], code: Code, happened: int
) -> None:
    async def play(one: Scene) -> None:
        await one.http.put("desk", "manners", "inventory", json=manner, into=object)
        with attempting(Attempt("k", 1, datetime.now(UTC) + timedelta(seconds=0.3), "shop", "a")):
            problem = await raised(one.account.plays[Inventory].reserve(OrderId("o1"), DOG))
        assert (type(problem), problem.code) == (error, code)
        assert len(one.did()) == happened
        await one.authorize("other")
        await one.http.put("desk", "manners", "inventory", json=Manner(), into=object)
        await one.reserve()
        assert len(one.did()) == happened + 2

    scene(play)


@pytest.mark.parametrize(
    ("fault", "code", "happened"),
    [
        (Fault.LIMITED, Code.RATE_LIMITED, 0), (Fault.UNAVAILABLE, Code.UNAVAILABLE, 0),
        (Fault.UNHEARD, Code.DISCONNECTED, 0), (Fault.BROKEN, Code.DISCONNECTED, 1),
    ],
)  # fmt: skip
def test_the_plan_of_faults_is_met_over_http_too(fault: Fault, code: Code, happened: int) -> None:
    async def play(one: Scene) -> None:
        await one.http.put("desk", "faults", json=Faults(at={1: fault}), into=object)
        problem = await raised(one.authorize())
        assert (type(problem), problem.code, len(one.did())) == (Transient, code, happened)
        await one.authorize()
        assert len(one.did()) == 1

    scene(play)


def test_who_hangs_up_on_a_slow_vendor_has_asked_for_it_all_the_same() -> None:
    async def play(one: Scene) -> None:
        await one.http.put("desk", "manners", "inventory", json=Manner(latency=0.4), into=object)
        with attempting(Attempt("k", 1, datetime.now(UTC) + timedelta(seconds=0.2), "shop", "a")):
            problem = await raised(one.account.plays[Inventory].reserve(OrderId("o1"), DOG))
        assert (type(problem), problem.code, one.did()) == (Transient, Code.TIMED_OUT, [])
        while not one.did():  # noqa: ASYNC110 - nobody asks
            await asyncio.sleep(0.01)
        assert one.did() == [("Inventory.reserve", "o1")]

    scene(play)


def test_an_effect_that_is_late_happens_whether_anybody_asks_or_not() -> None:
    async def play(one: Scene) -> None:
        assert (await raised(one.authorize())).code is Code.DISCONNECTED
        assert len(one.desk.vendors.books.read()) == 0
        while not one.desk.vendors.books.read():  # noqa: ASYNC110 - nobody asks
            await asyncio.sleep(0.01)
        await one.authorize()
        assert len(one.did()) == 1

    scene(play, faults=Faults(at={1: Fault.LATE}, late_after=0.1))


def test_what_is_no_call_is_refused_in_words() -> None:
    async def play(one: Scene) -> None:
        async def said(*path: str, json: object, **headers: str) -> tuple[int, bytes]:
            answer = await one.http.ask("POST", *path, json=json, headers=headers)
            return answer.status, answer.body

        given = {"order": "o1", "items": [{"sku": "dog", "quantity": 1}]}
        assert (await said("inventory", "reserve", json=given))[0] == 400
        assert await said("inventory", "reserve", json={"order": "o1"}, **{"idempotency-key": "k"}) == (
            422, b'{"error":"invalid","text":"the arguments are order, items"}',
        )  # fmt: skip
        negative = {"order": "o1", "items": [{"sku": "dog", "quantity": -1}]}
        assert (await said("inventory", "reserve", json=negative, **{"idempotency-key": "k"}))[0] == 422
        assert (await said("inventory", "steal", json={}, **{"idempotency-key": "k"}))[0] == 404
        assert (await said("nobody", "reserve", json={}))[0] == 404
        assert (await said("inventory", "reserve", json=["x"]))[0] == 400
        assert (await said("inventory", "reserve", json={"a": "x" * (1 << 20)}))[0] == 413
        assert one.did() == []

    scene(play)


def test_a_stranger_learns_and_changes_nothing() -> None:
    async def play(one: Scene) -> None:
        for token in ("", "Bearer no", f"Bearer {TOKEN}x"):
            headers = {"authorization": token}
            for method, path in (("GET", "effects"), ("PUT", "faults")):
                assert (await one.http.ask(method, "desk", path, json={}, headers=headers)).status == 401
            manner = await one.http.ask("PUT", "desk", "manners", "inventory", json={}, headers=headers)
            assert manner.status == 401

    scene(play)


def test_mail_is_sent_once_for_each_call() -> None:
    async def play(one: Scene) -> None:
        from pawline.model import Message
        from pawline.testing.examples import example

        message = example(Message)
        with one.trying("m"):
            first = await one.account.plays[Marketing].send(message)
            assert await one.account.plays[Marketing].send(message) == first
        assert len(one.did()) == 1
        assert TenderId("t0") == ORDER.tenders[0].id

    scene(play)
