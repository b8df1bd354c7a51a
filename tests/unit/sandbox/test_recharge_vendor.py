"""The pretended Recharge: its signatures and their patience, its bucket, its cursors, and where it is after a death."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from pawline.connectors.recharge.hook import HOOK
from pawline.connectors.recharge.signing import PLAIN, TIMED
from pawline.kit import Secret
from pawline.sandbox import Desk, Fault, Faults, Manner, Mishaps, Says, Vendors, served
from pawline.sandbox.diary import Clock, Diary, recall
from pawline.sandbox.recharge.books import Listener
from pawline.sandbox.recharge.recharge import Bucket
from pawline.testing.counter import Counter, counter, json

DAY = date(2027, 1, 20)
NOW = datetime(2027, 1, 15, 8, tzinfo=UTC).timestamp()
SUBSCRIBED = {"email": "ann@example.com", "sku": "kibble", "next_on": DAY}


class Scene:
    """The vendor, asked over HTTP, and an ear that it tells."""

    def __init__(self, url: str, desk: Desk, ear: Counter, session: aiohttp.ClientSession) -> None:
        self.url, self.desk, self.recharge, self.ear, self.session = url, desk, desk.recharge, ear, session
        self.at = NOW

    def act(self, name: str, **given: Any) -> Any:
        return self.desk.act(f"recharge/{name}", msgspec.json.encode(given))

    def listen(self, topic: str, *included: str) -> Listener:
        books = self.recharge.books
        made = Listener(books.number(), topic, f"http://127.0.0.1:{self.ear.port}/in", list(included))
        books.listeners[made.id] = made
        return made

    async def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any, Any]:
        sent = {"X-Recharge-Access-Token": self.recharge.token, "X-Recharge-Version": "2021-11"} | headers
        data = None if body is None else msgspec.json.encode(body)
        address = f"{self.url}/recharge/{path}"
        async with self.session.request(method, address, data=data, headers=sent) as said:
            raw = await said.read()
            return said.status, msgspec.json.decode(raw) if raw.startswith(b"{") else raw, said.headers

    def effects(self) -> list[tuple[str, str]]:
        return [(one.operation, one.business) for one in self.desk.vendors.effects()]


def scene(play: Callable[[Scene], Awaitable[None]]) -> None:
    async def run() -> None:
        at = [NOW]
        desk = Desk(Vendors(now=lambda: at[0]), "tok")
        desk.recharge.teller.pauses = (0.0,) * 3
        async with asyncio.timeout(20), counter() as ear, served(desk) as url, aiohttp.ClientSession() as session:
            ear.says(json(200))
            one = Scene(url, desk, ear, session)
            await play(one)
            await desk.recharge.teller.rest()

    asyncio.run(run())


@pytest.mark.parametrize("topics", [True, False])
def test_what_it_tells_is_signed_twice_and_understood(*, topics: bool) -> None:
    async def play(one: Scene) -> None:
        one.recharge.teller.topics = topics
        for topic in HOOK.hears:
            one.listen(topic, "customer")
        one.act("subscriptions", **SUBSCRIBED)
        one.act("look-ahead", today=DAY - timedelta(days=3))
        one.act("look-ahead", today=DAY - timedelta(days=2))  # it was said
        await one.recharge.teller.rest()
        secret, found = [Secret(one.recharge.secret)], []
        for heard in one.ear.heard:
            headers = list(heard.headers.items())
            for without in (TIMED, PLAIN):
                left = [pair for pair in headers if pair[0] != without.lower()]
                HOOK.signature.verify(secret, left, heard.body, time.time())
            delivery = HOOK.read(headers, heard.body)
            found += [(delivery.type, type(event).__name__) for event in HOOK.hears[delivery.type](delivery.payload)]
        first = "subscription/created" if topics else "subscription/updated"
        assert sorted(found) == sorted([
            (first, "SubscriptionStarted"), (first, "SubscriptionChanged"),
            ("charge/upcoming", "SubscriptionRenewalDue"),
        ])  # fmt: skip

    scene(play)


def test_what_nobody_takes_is_tried_again_and_its_subscription_is_gone_at_last() -> None:
    async def play(one: Scene) -> None:
        one.ear.says(json(503), json(503), json(200))
        taken = one.listen("subscription/created")
        one.act("subscriptions", **SUBSCRIBED)
        await one.recharge.teller.rest()
        assert (len(one.ear.heard), [told.topic for told in one.recharge.teller.told]) == (3, ["subscription/created"])
        assert {heard.body for heard in one.ear.heard} == {one.recharge.teller.told[0].body}
        one.ear.says(json(503))
        one.act("subscriptions", **(SUBSCRIBED | {"sku": "chew"}))
        await one.recharge.teller.rest()
        assert (len(one.ear.heard), len(one.recharge.teller.lost)) == (3 + 4, 1)
        assert taken.id not in one.recharge.books.listeners

    scene(play)


@pytest.mark.parametrize(("mishaps", "heard"), [({"lost": 1.0}, 0), ({"twice": 1.0}, 2)])
def test_deliveries_are_lost_and_doubled_as_planned(mishaps: dict[str, float], heard: int) -> None:
    async def play(one: Scene) -> None:
        one.desk.hooks.mishaps = Mishaps(**mishaps)  # type: ignore[arg-type]
        one.listen("subscription/created")
        one.act("subscriptions", **SUBSCRIBED)
        await one.recharge.teller.rest()
        assert len(one.ear.heard) == heard

    scene(play)


def test_a_bucket_lets_two_calls_a_second_through_and_forty_at_once() -> None:
    at = [0.0]
    bucket = Bucket(lambda: at[0])
    assert [bucket.takes() for _ in range(41)] == [True] * 40 + [False]
    assert bucket.says() == "40/40"
    at[0] = 1.0
    assert [bucket.takes() for _ in range(3)] == [True, True, False]


def test_who_asks_too_much_is_told_when_to_come_again() -> None:
    async def play(one: Scene) -> None:
        answers = [await one.ask("GET", "token_information") for _ in range(41)]
        assert [said[0] for said in answers] == [200] * 40 + [429]
        assert (answers[9][2]["x-recharge-limit"], answers[40][2]["Retry-After"]) == ("10/40", "2")

    scene(play)


def test_a_list_goes_on_behind_a_cursor_where_nothing_else_is_said() -> None:
    async def play(one: Scene) -> None:
        for number in range(3):
            one.act("subscriptions", **(SUBSCRIBED | {"email": f"a{number}@example.com"}))
        _, first, _ = await one.ask("GET", "subscriptions?status=active&limit=2")
        cursor = first["next_cursor"]
        _, second, _ = await one.ask("GET", f"subscriptions?cursor={cursor}&limit=2")
        both = [each["id"] for page in (first, second) for each in page["subscriptions"]]
        assert (both, second["next_cursor"]) == (sorted(one.recharge.books.subscriptions), None)
        assert (await one.ask("GET", f"subscriptions?cursor={cursor}&status=active"))[0] == 422
        assert (await one.ask("GET", "subscriptions?cursor=x"))[0] == 422

    scene(play)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "orders", None, 404),
        ("GET", "subscriptions/7", None, 404),
        ("PUT", "subscriptions/{id}", {"quantity": 0}, 422),
        ("PUT", "subscriptions/{id}", {"external_variant_id": {"ecommerce": "7"}}, 422),
        ("POST", "subscriptions/{id}/set_next_charge_date", {"date": "2027-01-15"}, 422),
        ("POST", "subscriptions/{id}/set_next_charge_date", {"date": "soon"}, 422),
        ("POST", "subscriptions/{id}/cancel", {}, 422),
        ("POST", "webhooks", {"topic": "moon/full", "address": "x"}, 422),
        ("PATCH", "webhooks", {}, 404),
        ("POST", "subscriptions/{id}/cancel", {"cancellation_reason": "x"}, 200),
    ],
)
def test_what_it_refuses(method: str, path: str, body: object, status: int) -> None:
    async def play(one: Scene) -> None:
        number = one.act("subscriptions", **SUBSCRIBED)["subscription"]
        assert (await one.ask(method, path.format(id=number), body))[0] == status

    scene(play)


def test_whom_it_does_not_know_and_how_it_may_behave() -> None:
    async def play(one: Scene) -> None:
        assert (await one.ask("GET", "subscriptions", **{"X-Recharge-Access-Token": "x"}))[0] == 401
        assert (await one.ask("GET", "subscriptions", **{"X-Recharge-Version": "2020-01"}))[0] == 426
        one.recharge.api.scopes -= {"write_subscriptions"}
        assert (await one.ask("PUT", "subscriptions/1", {}))[:2] == (
            403, {"error": "insufficient scope, write_subscriptions"}
        )  # fmt: skip
        one.desk.manners["recharge"] = Manner(limited=7)
        assert (await one.ask("GET", "subscriptions"))[2]["Retry-After"] == "7"
        one.desk.manners["recharge"] = Manner(says=Says.PAGE)
        assert (await one.ask("GET", "subscriptions"))[1].startswith(b"<")
        one.desk.manners["recharge"] = Manner(down=True)
        with pytest.raises(aiohttp.ClientError):
            await one.ask("GET", "subscriptions")
        one.desk.manners.clear()
        for fault, status in ((Fault.UNAVAILABLE, 503), (Fault.STORED_ERROR, 500), (Fault.LIMITED, 429)):
            one.desk.vendors.faults = Faults(at={1: fault})
            assert (await one.ask("GET", "subscriptions"))[0] == status

    scene(play)


def test_a_charge_is_made_once_a_day_and_one_that_is_refused_is_tried_three_times() -> None:
    async def play(one: Scene) -> None:
        good = one.act("subscriptions", **SUBSCRIBED)["subscription"]
        one.act("subscriptions", **(SUBSCRIBED | {"email": "tom@example.com"}))
        one.act("cards", email="tom@example.com", declines=True)
        for topic in ("charge/failed", "charge/max_retries_reached"):
            one.listen(topic)
        tried = [one.act("renew", today=DAY + timedelta(days=number))["tried"] for number in range(10)]
        assert tried == [2, 0, 0, 1, 0, 0, 1, 0, 0, 0]
        kinds = [operation for operation, _ in one.effects()]
        assert (kinds.count("Recharge.charged"), kinds.count("Recharge.declined")) == (1, 3)
        assert one.recharge.books.subscriptions[int(good)].next_on == DAY + timedelta(days=30)
        await one.recharge.teller.rest()
        told = [told.topic for told in one.recharge.teller.told]
        assert sorted(told) == ["charge/failed", "charge/failed", "charge/max_retries_reached"]

    scene(play)


def test_who_asks_it_to_charge_has_it_charge() -> None:
    """So a connector that never asks is seen not to."""

    async def play(one: Scene) -> None:
        one.act("subscriptions", **SUBSCRIBED)
        (charge,) = one.recharge.books.charges
        assert (await one.ask("POST", f"charges/{charge}/process", {}))[0] == 200
        assert [operation for operation, _ in one.effects()] == ["Recharge.processed", "Recharge.charged"]

    scene(play)


def test_killed_and_started_again_it_is_where_it_was(tmp_path: Path) -> None:
    def life(first: bool) -> Any:
        clock = Clock()
        desk = Desk(Vendors(now=clock), "tok")
        diary = Diary(tmp_path / "diary.jsonl", clock)
        book = recall(desk, diary, tmp_path / "ledger.jsonl")

        def act(name: str, **given: Any) -> Any:
            return desk.act(f"recharge/{name}", msgspec.json.encode(given))

        today = desk.recharge.today()
        if first:
            soon = today + timedelta(days=9)
            made = [act("subscriptions", **(SUBSCRIBED | {"sku": sku, "next_on": soon})) for sku in ("a", "b", "c")]
            one, two, three = (each["subscription"] for each in made)
            body = {"date": (today + timedelta(days=20)).isoformat()}
            act("call", method="POST", path=["subscriptions", one, "set_next_charge_date"], body=body)
            with pytest.raises(Exception, match="422"):
                act("call", method="POST", path=["subscriptions", two, "cancel"], body={})
            act("call", method="POST", path=["subscriptions", two, "cancel"], body={"cancellation_reason": "x"})
            act("renew", today=soon)
            assert desk.recharge.books.subscriptions[int(three)].next_on == soon + timedelta(days=30)
        books = desk.recharge.books
        found = (books.subscriptions, books.charges, books.customers, desk.recharge.token, desk.vendors.effects())
        diary.close()
        book.close()
        return found

    assert life(first=True) == life(first=False)
