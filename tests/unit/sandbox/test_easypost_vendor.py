"""The pretended EasyPost by itself: what it keeps over a restart, whom it tells, and what it refuses."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import ClientSession, web

from pawline.sandbox import Desk, Mishaps, Vendors, served
from pawline.sandbox.answers import Refused
from pawline.sandbox.diary import Clock, Diary, recall
from pawline.sandbox.easypost.books import Listener
from pawline.sandbox.easypost.telling import signed

PLACE = {"name": "x", "street1": "1 Main St", "city": "x", "state": "CA", "zip": "9", "country": "US"}
ASKED = {"from_address": PLACE, "to_address": PLACE, "parcel": {"weight": 9.0}, "reference": "r-1"}


def called(desk: Desk, method: str, *path: str, **body: Any) -> Any:
    return desk.act("easypost/call", msgspec.json.encode({"method": method, "path": path, "body": body}))


def bought(desk: Desk) -> str:
    made = called(desk, "POST", "shipments", shipment=ASKED)
    called(desk, "POST", "shipments", made["id"], "buy", rate={"id": made["rates"][0]["id"]})
    return str(made["id"])


def test_killed_and_started_again_it_is_where_it_was(tmp_path: Path) -> None:
    def life(first: bool) -> Any:
        clock = Clock()
        desk = Desk(Vendors(now=clock), "tok")
        diary = Diary(tmp_path / "diary.jsonl", clock)
        book = recall(desk, diary, tmp_path / "ledger.jsonl")
        if first:
            one, two = bought(desk), bought(desk)
            with pytest.raises(Refused):
                called(desk, "POST", "shipments", one, "buy", rate={"id": "rate_none"})
            called(desk, "POST", "shipments", two, "refund")
            called(desk, "POST", "orders", order=ASKED | {"shipments": [{"parcel": {"weight": 1.0}}] * 2})
            told = {"shipment": one, "status": "in_transit"}
            desk.act("easypost/move", msgspec.json.encode(told))
            desk.act("easypost/settle", msgspec.json.encode({"shipment": two, "status": "refunded"}))
        books = desk.easypost.books
        found = (books.shipments, books.orders, books.addresses, desk.easypost.key, desk.vendors.effects())
        diary.close()
        book.close()
        return found

    before = life(first=True)
    assert [one.operation for one in before[4]] == ["EasyPost.buy", "EasyPost.buy", "EasyPost.refund"]
    assert life(first=False) == before


def told_by(answers: list[int], lost: float = 0.0) -> tuple[list[bytes], Desk]:
    """What an ear hears that answers so, one after the other; of one parcel that is bought and moves once."""
    heard: list[bytes] = []

    async def run() -> Desk:
        async def hear(request: web.Request) -> web.Response:
            body = await request.read()
            assert request.headers["X-Hmac-Signature"] == signed(body, "s")["X-Hmac-Signature"]
            assert request.headers["X-Shop"] == "1"
            heard.append(body)
            return web.Response(status=answers.pop(0) if answers else 200)

        app = web.Application()
        app.router.add_post("/hooks", hear)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        desk = Desk(Vendors(now=time.time), "tok")
        desk.hooks.mishaps = Mishaps(lost=lost)
        desk.easypost.teller.pauses = (0.01,) * 2
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/hooks"
        one = Listener("hook_1", url, "s", time.time(), [{"name": "X-Shop", "value": "1"}])
        desk.easypost.books.listeners[one.id] = one
        made = bought(desk)
        await desk.easypost.teller.rest()
        desk.act("easypost/move", msgspec.json.encode({"shipment": made, "status": "in_transit"}))
        await desk.easypost.teller.rest()
        await desk.close()
        await runner.cleanup()
        return desk

    return heard, asyncio.run(run())


def kinds(heard: Iterable[bytes]) -> list[str]:
    return [str(msgspec.json.decode(one)["description"]) for one in heard]


def test_it_tells_every_address_of_what_happened_and_again_until_it_is_heard() -> None:
    heard, desk = told_by([500, 503])
    assert kinds(heard) == ["tracker.created"] * 3 + ["tracker.updated"]
    assert len({msgspec.json.decode(one)["id"] for one in heard}) == 2
    assert msgspec.json.decode(heard[-1])["previous_attributes"] == {"status": "unknown"}
    assert kinds(desk.easypost.teller.told) == ["tracker.created", "tracker.updated"]


def test_who_never_hears_is_switched_off_and_what_is_lost_is_lost() -> None:
    heard, desk = told_by([500] * 9)
    assert kinds(heard) == ["tracker.created"] * 3
    assert [one.off is not None for one in desk.easypost.books.listeners.values()] == [True]
    assert kinds(desk.easypost.teller.lost) == ["tracker.created"]
    heard, desk = told_by([], lost=1.0)
    assert (heard, kinds(desk.easypost.teller.lost)) == ([], ["tracker.created", "tracker.updated"])


def test_without_its_key_nobody_is_let_in() -> None:
    async def run() -> None:
        desk = Desk(Vendors(now=time.time), "tok")
        async with served(desk) as url, ClientSession() as session:
            for given in ({}, {"Authorization": "Basic x"}, {"Authorization": f"Token {desk.easypost.key}"}):
                async with session.get(f"{url}/easypost/v2/webhooks", headers=given) as said:
                    assert (said.status, (await said.json())["error"]["code"]) == (401, "APIKEY.INACTIVE")
            good = {"Authorization": f"Bearer {desk.easypost.key}"}
            async with session.post(f"{url}/easypost/v2/shipments", headers=good, data=b"[") as said:
                assert said.status == 400
            async with session.get(f"{url}/easypost/v2/nothing", headers=good) as said:
                assert said.status == 404

    asyncio.run(run())
