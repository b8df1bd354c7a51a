"""A shop that ships by EasyPost, from `pawline connect` to the doormat: over HTTP, both ways.

Whatever breaks, the vendor's own ledger decides: one label for an order, given back where the order is called off.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from pawline.cli.connecting import _connected
from pawline.hub import Hub, load_settings
from pawline.model import Address, Checkout, Envelope, Event, OrderCancelled, OrderConfirmed, OrderId, OrderPlaced
from pawline.sandbox import Desk, Fault, Faults, Mishaps, Vendors, served
from pawline.store import Keyring
from pawline.testing.orders import order
from pawline.testing.port import free_port
from pawline.web import serving
from tests.journeys.adopted import Hub as Process
from tests.journeys.around import keep, until

TOKEN = "tok-canary-77"  # noqa: S105 - of this test's own sandbox
NEW, OLD = "a new secret of the shop's", "an old secret of the shop's"
SETTINGS = """
shops = ["paws"]
flows = ["pawline.flows.ship_order", "pawline.flows.follow_parcel"]
listen = "127.0.0.1:{port}"
public = "http://127.0.0.1:{port}"
allow_networks = ["127.0.0.0/8"]
store = "sqlite:///pawline.db"

[[accounts]]
name = "easypost/us"

[accounts.settings]
url = "{url}/easypost"
mode = "test"
key = {{ file = "easypost.key" }}
webhook_secrets = [{secrets}]
poll = {poll}

[[accounts]]
name = "sandbox/eu"
plays = ["Crm", "Marketing", "Helpdesk", "Fulfilment"]

[accounts.settings]
url = "{url}"
token = {{ file = "sandbox.token" }}

[[pickups]]
zone = "America/Los_Angeles"
times = [{{ days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], cut_off = "23:59" }}]
parcel_grams = 1000
[pickups.ship_from]
name = "Paws"
lines = ["179 N Harbor Dr"]
city = "Redondo Beach"
region = "CA"
postcode = "90277"
country = "US"

[runtime]
first_retry = 0.05
deaths = 1000
"""
ANN = Address(
    name="Ann Bee", lines=("388 Townsend St",), city="San Francisco", region="CA", postcode="94107", country="US"
)
BUY, REFUND = ("EasyPost.buy", "pawline:paws:o1:all"), ("EasyPost.refund", "pawline:paws:o1:all")
HUB = re.compile(r"(?<=^pawline:paws)\.[0-9a-f]{8}(?=:)")
"""Of which hub the shop is."""


class Town:
    """A hub with its ear, and the vendors."""

    def __init__(self, hub: Hub, desk: Desk) -> None:
        self.hub, self.desk = hub, desk

    def move(self, status: str, detail: str = "status_update") -> None:
        (one,) = [each.id for each in self.desk.easypost.books.shipments.values() if each.label is not None]
        given = {"shipment": one, "status": status, "detail": detail}
        self.desk.act("easypost/move", msgspec.json.encode(given))

    async def tell(self, *events: Event) -> None:
        for event in events:
            name = f"{type(event).__name__}-{event.subject}"
            await self.hub.engine.record(
                Envelope(shop="paws", source="test", id=name, at=datetime.now(UTC), event=event)
            )

    async def told(self) -> dict[str, int]:
        """Of each kind of parcel event, how many there are."""
        rows = await self.hub.desk.answer("events", {"shop": "paws", "limit": 200})
        kinds = [one["type"] for one in rows if one["type"].startswith("shipment.")]
        return {kind: kinds.count(kind) for kind in kinds}

    async def runs(self, flow: str) -> list[str]:
        found = await self.hub.desk.answer("runs", {"shop": "paws", "limit": 50})
        return [one["status"] for one in found if one["flow"] == flow]

    async def cases(self) -> list[str]:
        return [one["title"] for one in await self.hub.desk.answer("cases", {"shop": "paws", "limit": 50})]


def did(desk: Desk, *ports: str) -> list[tuple[str, str]]:
    """What the ledger says was done, by these; repeats that changed nothing, and the hub's name, left out."""
    return [
        (one.operation, HUB.sub("", one.business)) for one in desk.vendors.effects()
        if not one.again and one.operation.partition(".")[0] in ports and one.operation != "EasyPost.webhook"
    ]  # fmt: skip


def write(folder: Path, desk: Desk, url: str, poll: float, *secrets: str, port: int = 0) -> None:
    if not (folder / "pawline.key").exists():
        Keyring.generate().save(folder / "pawline.key")
    named = ", ".join(f'{{ file = "{number}.secret" }}' for number in range(len(secrets)))
    said = SETTINGS.format(port=port or free_port(), url=url, secrets=named, poll=poll)
    (folder / "pawline.toml").write_text(said, "utf-8")
    kept = {"easypost.key": desk.easypost.key, "sandbox.token": TOKEN}
    keep(folder, kept | {f"{number}.secret": one for number, one in enumerate(secrets)})


@asynccontextmanager
async def town(folder: Path, *, poll: float = 0.0) -> AsyncIterator[Town]:
    desk = Desk(Vendors(now=time.time), TOKEN)
    desk.easypost.teller.pauses = (0.05,) * 5
    async with served(desk) as url:
        write(folder, desk, url, poll, NEW, OLD)
        settings = load_settings(folder / "pawline.toml", {})
        address = f"{settings.public}/hooks/easypost/us"
        assert await _connected(settings, "easypost/us") == [
            "it lets us in, and lacks nothing", f"news of trackers are sent to {address}",
        ]  # fmt: skip
        assert await _connected(settings, "easypost/us") == [
            "it lets us in, and lacks nothing", f"its webhooks are sent to {address}",
        ]  # fmt: skip
        async with asyncio.timeout(60), await Hub.open(settings) as hub, serving(hub):
            yield Town(hub, desk)


def placed(to: Address = ANN, units: int = 1) -> tuple[Event, Event]:
    one = order(1, quantity=units, ship_to=to, checkout=Checkout.OWN, placed_at=datetime.now(UTC))
    return OrderPlaced(order=one), OrderConfirmed(order=one.id, household=one.household)


async def test_an_order_leaves_with_one_label_and_its_parcel_is_followed_to_the_doormat(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        here.desk.hooks.mishaps = Mishaps(seed=3, twice=0.7, late=0.3, late_after=0.1)
        await here.tell(*placed())
        await until(lambda: ("Fulfilment.request", "o1/all") in did(here.desk, "Fulfilment"))
        await until(lambda: did(here.desk, "Crm") and did(here.desk, "Marketing"))
        (asked,) = [here.desk.vendors.depot._asked[one] for one in here.desk.vendors.depot.asked_for(OrderId("o1"))]
        (one,) = [each for each in here.desk.easypost.books.shipments.values() if each.label is not None]
        assert (asked.service, asked.note) == ("USPS GroundAdvantage", f"labels: {one.tracking}")
        here.move("pre_transit", "label_created")
        here.move("in_transit", "weather_delay")
        await until(lambda: _done(here, "ship_order"))
        here.move("delivered", "arrived_at_destination")
        await until(lambda: _has(here, "shipment.delivered@1"))
        await here.desk.easypost.teller.rest()
        assert await here.told() == {
            "shipment.tracked@1": 1, "shipment.dispatched@1": 1, "shipment.delayed@1": 1, "shipment.delivered@1": 1,
        }  # fmt: skip
        assert did(here.desk, "EasyPost") == [BUY]
        assert sorted(name for name, _ in did(here.desk, "Crm", "Marketing")) == ["Crm.note", "Marketing.track"]
        assert await here.cases() == []


async def _done(here: Town, flow: str) -> bool:
    return await here.runs(flow) == ["done"]


async def _has(here: Town, kind: str) -> bool:
    return kind in await here.told()


async def test_what_no_webhook_told_is_seen_by_a_look(tmp_path: Path) -> None:
    async with town(tmp_path, poll=0.2) as here:
        here.desk.hooks.mishaps = Mishaps(lost=1.0)
        await here.tell(*placed())
        await until(lambda: _has(here, "shipment.tracked@1"))
        here.move("in_transit")
        await until(lambda: _done(here, "ship_order"))
        assert here.desk.easypost.teller.told == []
        assert did(here.desk, "EasyPost") == [BUY]


async def test_an_order_that_is_called_off_has_its_label_given_back_once(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        await here.tell(*placed())
        await until(lambda: ("Fulfilment.request", "o1/all") in did(here.desk, "Fulfilment"))
        here.desk.vendors.faults = Faults(rates={Fault.LIMITED: 0.5}, seed=5)
        gone = OrderCancelled(order=OrderId("o1"), at=datetime.now(UTC), by="shopper", because="ordered twice")
        await here.tell(gone)
        await until(lambda: REFUND in did(here.desk, "EasyPost"))
        await until(lambda: _ended(here))
        here.desk.vendors.faults = Faults()
        assert did(here.desk, "EasyPost") == [BUY, REFUND]


async def test_an_order_of_two_parcels_has_two_labels_and_both_are_followed(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        await here.tell(*placed(units=2))
        await until(lambda: ("Fulfilment.request", "o1/all") in did(here.desk, "Fulfilment"))
        await until(lambda: _all_tracked(here, 2))
        (bought,) = here.desk.easypost.books.orders.values()
        (asked,) = [here.desk.vendors.depot._asked[one] for one in here.desk.vendors.depot.asked_for(OrderId("o1"))]
        assert asked.note == f"labels: {bought.parcels[0].tracking}, {bought.parcels[1].tracking}"
        assert did(here.desk, "EasyPost") == [("EasyPost.buy", f"{BUY[1]}#{n}") for n in (1, 2)]
        assert await here.cases() == []


async def _all_tracked(here: Town, count: int) -> bool:
    return (await here.told()).get("shipment.tracked@1") == count


async def _ended(here: Town) -> bool:
    return await here.runs("ship_order") == ["cancelled"]


async def test_an_address_that_does_not_exist_is_a_persons_and_no_label(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        await here.tell(*placed(msgspec.structs.replace(ANN, lines=("000 unknown street",))))
        assert await until(here.cases) == ["order o1 cannot be shipped: no carrier takes it: invalid"]
        assert did(here.desk, "EasyPost", "Fulfilment") == []


async def test_a_secret_that_is_changed_loses_no_delivery(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        await here.tell(*placed())
        await until(lambda: _has(here, "shipment.tracked@1"))
        (hook,) = here.desk.easypost.books.listeners.values()
        assert hook.secret == NEW
        hook.secret = OLD  # as it is while the new one was not told yet
        here.move("in_transit")
        await until(lambda: _has(here, "shipment.dispatched@1"))
        settings = here.hub.settings
        address = f"{settings.public}/hooks/easypost/us"
        hook.headers.clear()
        assert await _connected(settings, "easypost/us") == [
            "it lets us in, and lacks nothing",
            f"news of trackers are sent to {address}, signed with the first of `webhook_secrets`",
        ]
        assert hook.secret == NEW
        here.move("delivered")
        await until(lambda: _has(here, "shipment.delivered@1"))
        await here.desk.easypost.teller.rest()
        assert here.desk.easypost.teller.lost == []


async def test_killed_after_the_label_was_bought_it_is_one_label(tmp_path: Path) -> None:
    """The hub is a process: it is killed once EasyPost has sold the label, and has not said so.

    The next one looks when the first one's purchase has certainly ended: that takes the better part of a minute.
    """
    desk = Desk(Vendors(now=time.time), TOKEN)
    async with asyncio.timeout(150), served(desk) as url:
        port = free_port()
        write(tmp_path, desk, url, 0.0, NEW, OLD, port=port)
        hub = Process(tmp_path, port)
        await hub.start()
        desk.vendors.faults = Faults(
            at={4: Fault.SILENT}
        )  # address, rates; a look at the shipment, and then the purchase
        for event in placed():
            body = msgspec.json.decode(msgspec.json.encode(event))
            kind = body.pop("type")
            await hub.caller.ask("send", event={"type": kind, "data": body}, shop="paws")
        await until(lambda: did(desk, "EasyPost") == [BUY])
        await hub.kill()
        desk.vendors.faults = Faults()
        await hub.start()
        await until(lambda: ("Fulfilment.request", "o1/all") in did(desk, "Fulfilment"), 100)
        await hub.kill()
        assert did(desk, "EasyPost", "Fulfilment") == [BUY, ("Fulfilment.request", "o1/all")]
        (one,) = [each for each in desk.easypost.books.shipments.values() if each.label is not None]
        (asked,) = [desk.vendors.depot._asked[each] for each in desk.vendors.depot.asked_for(OrderId("o1"))]
        assert asked.note == f"labels: {one.tracking}"
