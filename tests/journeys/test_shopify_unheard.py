"""A shop at Shopify none of whose webhooks is heard: what leaves the warehouse is what looks find, and no more."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from pawline.connectors.shopify.looking import Cursor
from pawline.hub import Hub, load_settings
from pawline.model import Order, OrderId
from pawline.sandbox import Desk, Vendors, served
from pawline.sandbox.ledger import Effect
from pawline.sandbox.shopify.shopify import Asked
from pawline.store import Keyring, Retention, purge
from tests.journeys.test_shopify import SETTINGS, TOKEN, Town
from tests.unit.connectors.shopify_looked import TAG
from tests.unit.sandbox.shopify_scene import STOCK, gid, order


class Unheard(Town):
    """A hub that looks when it is told to."""

    async def looked(self) -> None:
        """Until nothing more is found, and nothing of it is to be done at once."""
        (orders,) = [one for one in self.hub.watching._watched if one.name == "orders"]
        while await self.hub.watching.look(orders):
            pass

    async def asked_for(self) -> int:
        """How often the warehouse was asked, now that every order that may leave has been seen to."""
        last = self.place(9)
        await self.looked()
        await self.until(lambda: any(one.order == last for one in self._requests()))
        return len(self._requests()) - 1

    def _requests(self) -> list[Effect]:
        return [one for one in self.desk.vendors.effects() if one.operation == "Fulfilment.request"]


@asynccontextmanager
async def unheard(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Unheard]:
    desk = Desk(Vendors(now=time.time, stock=STOCK), TOKEN)
    bucket = desk.shopify.engine.bucket
    bucket.most = bucket._left = 10**9
    monkeypatch.setenv("SHOPIFY_SECRET", desk.shopify.door.secret)
    monkeypatch.setenv("SANDBOX_TOKEN", TOKEN)
    Keyring.generate().save(folder / "pawline.key")
    async with served(desk) as url:
        said = SETTINGS.format(port=1, url=url, client=desk.shopify.door.client)
        said = said.replace("webhook_secrets", "poll = 86400\nwebhook_secrets")
        (folder / "pawline.toml").write_text(said, "utf-8")
        async with await Hub.open(load_settings(folder / "pawline.toml", {})) as hub:
            here = Unheard(hub, desk)
            await here.looked()  # what is there by now is history
            yield here


def gift() -> Order:
    """Food, and something that is fulfilled at once."""
    whole = order()
    return replace(whole, lines=(whole.lines[0], replace(whole.lines[1], ships=False)))


async def test_what_is_not_paid_does_not_leave_and_food_beside_a_gift_card_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with unheard(tmp_path, monkeypatch) as here:
        whole = order()
        here.place(1, replace(whole, id=OrderId("nothing"), tenders=()))
        here.place(2, replace(whole, id=OrderId("some"), tenders=whole.tenders[1:]))
        assert await here.asked_for() == 0
        name = here.place(3, gift())
        here.desk.shopify.books.orders[int(name)].lines[1].sent = 1
        await here.looked()
        await here.until(lambda: here.did("Fulfilment.request") == 2)


async def test_an_order_is_sent_once_however_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After sixty days nobody remembers that it was placed; then somebody tags it."""
    async with unheard(tmp_path, monkeypatch) as here:
        name = here.place(1)
        await here.looked()
        await here.until(lambda: here.did("Fulfilment.request") == 1)
        kept = here.desk.shopify.books.orders[int(name)]
        kept.placed = kept.created = time.time() - timedelta(days=59).total_seconds()
        store = here.hub.store
        row = (await store.fetch("checkpoint", ("paws", "shopify/eu", "orders")))[0][0]
        at = msgspec.json.decode(row, type=Cursor)
        moved = msgspec.json.encode(replace(at, began=at.began - timedelta(days=90))).decode()
        await store.written([("set_checkpoint", ("paws", "shopify/eu", "orders", moved, store.now()))])
        forgotten = Retention()
        object.__setattr__(forgotten, "facts", -1.0)
        assert (await purge(store, forgotten)).facts > 0
        here.desk.shopify.answer(Asked(query=TAG, variables={"id": gid("Order", name)}))
        assert await here.asked_for() == 1
        assert (await here.told()).count(("order.placed@1", name)) == 1
