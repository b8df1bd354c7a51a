"""An account at the sandbox's EasyPost, over HTTP; what is asked, answered and told is held against the contract."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import msgspec
from aiohttp import web

from pawline.connectors.easypost import connector
from pawline.kit import Connected
from pawline.model import Address, OrderId
from pawline.ports import Consignment, Parcel, Rate, Shipment, Shipping
from pawline.sandbox import Desk, Vendors, served
from pawline.testing.counter import LOOPBACK
from tests.unit.connectors.holding import held
from tests.unit.connectors.stepping import ran_right, stepped
from tests.unit.sandbox.easypost_contract import Held

TOKEN: Final = "tok"  # noqa: S105 - of this test's own sandbox
SHOP: Final = "paws"
HELD: Final = Held()
"""Of all tests of this process."""
PAWS: Final = Address(
    name="Paws", lines=("179 N Harbor Dr",), city="Redondo Beach", region="CA", postcode="90277", country="US",
    phone="5555555555",
)  # fmt: skip
ANN: Final = Address(
    name="Ann Bee", lines=("388 Townsend St", "Apt 20"), city="San Francisco", region="CA", postcode="94107",
    country="US",
)  # fmt: skip
NOWHERE: Final = msgspec.structs.replace(ANN, lines=("000 unknown street",))
BERLIN: Final = Address(name="Bo", lines=("Hauptstr. 1",), city="Berlin", postcode="10115", country="DE")


def consignment(order: str = "1001", part: str = "all", to: Address = ANN, **given: Any) -> Consignment:
    parcels = given.pop("parcels", (Parcel(weight=2_500, length=300, width=200, height=150),))
    return Consignment(
        order=OrderId(order), part=part, ship_from=given.pop("ship_from", PAWS), ship_to=to, parcels=parcels, **given
    )


def _asked(request: web.Request, path: str, raw: bytes) -> None:
    HELD.request(request.method, path, request.query, request.content_type, raw)


class Checked(Desk):
    """A desk whose EasyPost is held against the contract, request by request, and webhook by webhook."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        tell = self.easypost.teller.send

        def told(made: bytes, to: Any) -> None:
            HELD.event(made)
            tell(made, to)

        self.easypost.teller.send = told  # type: ignore[method-assign]

    def app(self) -> web.Application:
        made = super().app()
        made.middlewares.insert(0, held("/easypost", _asked, HELD.reply))
        return made


class Scene:
    """The desk, an account, and its port. Every call of `step` is an attempt of a step."""

    def __init__(self, desk: Desk, url: str, account: Connected, settings: Any) -> None:
        self.desk, self.url, self.settings = desk, url, settings
        self.http: Any = account.http
        self.shipping: Any = account.plays[Shipping]
        self.books = desk.easypost.books

    async def step(self, call: Awaitable[Any], seconds: float = 20) -> Any:
        return await stepped(call, "easypost/us", shop=SHOP, seconds=seconds)

    def act(self, which: str, /, **given: Any) -> Any:
        return self.desk.act(f"easypost/{which}", msgspec.json.encode(given))

    async def cheapest(self, wanted: Consignment) -> Rate:
        found: tuple[Rate, ...] = await self.shipping.rates(wanted)
        return found[0]

    async def booked(self, wanted: Consignment | None = None) -> Shipment:
        wanted = consignment() if wanted is None else wanted
        made: Shipment = await self.step(self.shipping.book(wanted, await self.cheapest(wanted)))
        return made

    def last(self) -> str:
        """The id of the shipment that was made last."""
        return next(reversed(self.books.shipments))

    def did(self) -> list[str]:
        """Of the ledger, what changed anything: operation and thing."""
        return [
            f"{one.operation.removeprefix('EasyPost.')} {one.business}"
            for one in self.desk.vendors.effects()
            if not one.again
        ]


@asynccontextmanager
async def scene(**settings: Any) -> AsyncIterator[Scene]:
    desk = Checked(Vendors(now=time.time), TOKEN)
    async with served(desk) as url:
        given = {"url": f"{url}/easypost", "key": desk.easypost.key, "mode": "test"} | settings
        read = connector.configure(given)
        account = connector.connect(read, LOOPBACK, SHOP)
        try:
            yield Scene(desk, url, account, read)
        finally:
            await account.http.close()


def run(told: Callable[[Scene], Awaitable[Any]], **settings: Any) -> Any:
    """What comes of it; nothing that was said may be another than the contract has it."""
    return ran_right(scene(**settings), told, HELD.wrong)
