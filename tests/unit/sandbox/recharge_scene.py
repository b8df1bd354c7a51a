"""A store at Recharge over HTTP, and an account of it: what its tests begin with."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from pawline.connectors.recharge import connector
from pawline.connectors.recharge.client import RechargeHttp, client
from pawline.connectors.recharge.subscriptions import RechargeSubscriptions
from pawline.kit import Guard
from pawline.model import SubscriptionId
from pawline.ports import Attempt, attempting
from pawline.sandbox import Desk, Vendors, served
from pawline.sandbox.recharge.books import Charge
from pawline.sandbox.recharge.books import Subscription as Kept

TODAY = datetime.now(UTC).date()
SOON = TODAY + timedelta(days=5)
ANN = "Ann@Example.com"


class Scene:
    """The vendor, and an account of it."""

    def __init__(self, url: str, desk: Desk, **given: Any) -> None:
        self.desk, self.recharge, self.books = desk, desk.recharge, desk.recharge.books
        self.url = f"{url}/recharge"
        self.settings = connector.configure(
            {"url": self.url, "token": desk.recharge.token, "webhook_secrets": [desk.recharge.secret], **given}
        )
        http = client(self.settings, Guard(["127.0.0.0/8"]))
        assert isinstance(http, RechargeHttp)
        self.http = http
        self.app = RechargeSubscriptions(http, self.settings)

    def act(self, name: str, **given: Any) -> Any:
        return self.desk.act(f"recharge/{name}", msgspec.json.encode(given))

    def subscribe(self, sku: str = "kibble", next_on: date = SOON, email: str = ANN, **given: Any) -> SubscriptionId:
        told = self.act("subscriptions", sku=sku, next_on=next_on, email=email, **given)
        return SubscriptionId(told["subscription"])

    def kept(self, name: SubscriptionId) -> Kept:
        return self.books.subscriptions[int(name)]

    def charges(self, status: str) -> list[Charge]:
        return [one for one in self.books.charges.values() if one.status == status]

    async def trying(self, call: Awaitable[Any], key: str = "k") -> Any:
        until = datetime.now(UTC) + timedelta(seconds=9)
        with attempting(Attempt(key, 1, until, "paws", "recharge/main")):
            return await call

    def did(self, *names: str) -> list[tuple[str, str]]:
        """What was really changed: operation and thing."""
        found = [
            (one.operation.removeprefix("Recharge."), one.business)
            for one in self.desk.vendors.effects()
            if not one.again
        ]
        return [one for one in found if not names or one[0] in names]


def scene(play: Callable[[Scene], Awaitable[None]], **given: Any) -> None:
    async def run() -> None:
        desk = Desk(Vendors(now=time.time), "tok")
        desk.recharge.bucket.size = 10_000
        async with asyncio.timeout(60), served(desk) as url:
            one = Scene(url, desk, **given)
            try:
                await play(one)
            finally:
                await one.http.close()

    asyncio.run(run())
