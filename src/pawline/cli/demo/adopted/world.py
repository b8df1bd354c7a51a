"""One side's world: the shop and its shoppers, the vendors, the old ERP, and all that goes wrong in a day."""

from __future__ import annotations

import asyncio
import base64
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import ClassVar, Final, NamedTuple

import msgspec

from pawline.cli.demo.adopted.given import Given, gaps, placeable
from pawline.model import (
    Address,
    Checkout,
    Event,
    HouseholdId,
    Item,
    Order,
    OrderId,
    PetId,
    ReturnLine,
    SkuId,
    Subscription,
    SubscriptionId,
    SubscriptionState,
)  # fmt: skip
from pawline.ports import Rejected
from pawline.sandbox import Desk, Fault, Faults, Manner, Mishaps, Planned, Vendors
from pawline.sandbox.erp import Erp
from pawline.testing.orders import SKUS, order

HOME: Final = Address(name="Ann", lines=("Hauptstr. 1",), city="Berlin", postcode="10115", country="DE")
CHEW, NEW = SkuId("chew-1"), SkuId("new-1")
LOT, NEXT_LOT = "L7", "L8"
ANN, REX, TOM = HouseholdId("h-ann"), PetId("rex"), PetId("tom")
AUTOSHIP: Final = 0.4
"""Share of the orders that renew by themselves, all at once, at the beginning of the day."""
NEW_EVERY: Final = 40
CANCELLED_EVERY: Final = 25
"""One web order in so many has a SKU that nobody told the books of; one in so many is called off."""
USUAL: Final = 1.5
"""Seconds in which a hub comes up where nothing else is to be done."""
PACKING: Final = 5.0
"""Seconds from what the warehouse is asked to the parcel's leaving, there; see `World.slow`."""
LATER: Final = 3
"""Orders between one that is called off and its calling off."""
BACK: Final = 1.0
RETURNED_EVERY: Final = 5
"""One parcel in so many is back at the warehouse, a second after it left."""
TROUBLE: Final = 3.0
"""Seconds that a vendor is away."""
WEATHER: Final = {
    Fault.BROKEN: 0.003, Fault.UNHEARD: 0.003, Fault.LIMITED: 0.003, Fault.UNAVAILABLE: 0.003, Fault.LATE: 0.001,
}  # fmt: skip
PAUSES: Final = (0.3, 0.6, 1.0, 1.0, 1.0, 1.5, 1.5, 2.0)
"""Seconds before the shop sends a webhook again that was not taken, on such a machine; then it gives up. Shopify: 8
times in 4 hours."""


class Size(NamedTuple):
    """How much of a day: orders, kills of each side's process, and the seed of chance."""

    orders: int
    kills: int
    seed: int
    chaos: bool = False
    """Every vendor is away once, and some of the kills pull the power."""
    slow: float = 1.0
    """So many times as long as on a machine that has nothing else to do; see `World.slow`."""
    least: float = 8.0
    """Seconds that it takes at least."""
    pace: float = 110.0
    """Orders in a second: as fast as both sides and their vendors on two cores may bear."""

    @property
    def seconds(self) -> float:
        """How long shoppers come."""
        return max(self.least, self.orders / self.pace) * self.slow


@dataclass
class Progress:
    """What a screen shows."""

    orders: int
    placed: int = 0
    asked: int = 0
    booked: int = 0
    kills: int = 0
    says: list[str] = field(default_factory=list)
    keys: bool = False


class World:
    """The same seed gives both sides the same orders, the same moods and the same mishaps of webhooks."""

    warehouse: ClassVar = "fulfilment"
    """Who packs, as the sandbox calls the vendor."""
    away: ClassVar = ("crm", "marketing", "helpdesk", "fulfilment", "shop")
    """Those that chaos takes away, one after the other."""
    packed: ClassVar = "at the warehouse"
    """How far `Progress.asked` counts them."""
    ann: ClassVar = ANN
    """Whose pet dies."""
    packs: ClassVar = PACKING
    pauses: ClassVar[tuple[float, ...]] = PAUSES
    """As `PACKING` and `PAUSES`, at these vendors."""

    def __init__(self, folder: Path, size: Size, given: Given | None = None) -> None:
        faults = Faults(seed=size.seed, rates=WEATHER, latency=0.005, late_after=1.0)
        if given is not None:
            size = size._replace(orders=len(given.orders) + 1)  # Ann's autoship renews, too
        self.given = given
        self.returned: list[OrderId] = []
        self._sent = 0
        self.packing = self.packs
        self.recalled, self.new = (CHEW, NEW) if given is None else (given.popular(), given.rare(NEW_EVERY))
        self.size, self.progress = size, Progress(size.orders)
        self.vendors = Vendors(now=time.time, faults=faults, stock=self.stocked(size))
        self.token = secrets.token_urlsafe(24)
        self.secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        self.desk = Desk(self.vendors, self.token)
        self.desk.hooks.pauses = self.pauses
        self.desk.hooks.mishaps = Mishaps(seed=size.seed, twice=0.05, late=0.1, late_after=1.0, lost=0.005)
        self.desk.shop.confirms = True
        self.vendors.depot.lots = {self.recalled: LOT}
        self.erp = Erp(folder / "erp", dict.fromkeys(SKUS, size.orders), time.time, self.vendors.did, [self.new])
        self.said: asyncio.Queue[Event] = asyncio.Queue()
        """What its people have to say to whoever connects its systems, where no system says it."""
        self._subscribe()

    def stocked(self, _: Size) -> dict[str, int]:
        """What the shop's own warehouse begins with; this one counts nothing."""
        return {}

    def slow(self, started: float) -> None:
        """A hub took so many seconds to come up here: the day, packing and the shop's patience are longer accordingly.

        They stand for hours, in which a killed process is long back. On a busy machine it would be away for most of
        the day, which would tell of the machine.
        """
        times = max(1.0, started / USUAL)
        self.size = self.size._replace(slow=times)
        self.packing = self.packs * times
        self.desk.hooks.pauses = tuple(one * times for one in self.pauses)

    def _subscribe(self) -> None:
        today, app = datetime.now(UTC).date(), self.vendors.autoships
        renewals = int(self.size.orders * AUTOSHIP) - 1 if self.given is None else 0
        for n in range(renewals):
            app.add(_autoship(f"a{n}", HouseholdId(f"h-a{n}"), SkuId(SKUS[n % 3]), today, ()))
        app.add(_autoship("a-rex", ANN, CHEW, today + timedelta(days=30), (REX,)))
        app.add(_autoship("a-tom", ANN, CHEW, today, (TOM,)))
        for pet in (REX, TOM):
            self.vendors.marketing.plan(Planned(ANN, pet, "birthday", today + timedelta(days=1)))

    # -- a day ---------------------------------------------------------------------------------------------------

    async def shoppers(self) -> None:
        """The renewals at once, then one web order after the other."""
        self.news("06:00: the renewals of the day, all at once")
        self._renew()
        self.count()
        await (self._made_up() if self.given is None else self._replayed(self.given))
        self.count()

    def _renew(self) -> None:
        self.desk.renewing.renew(datetime.now(UTC).date())

    def _order(self, n: int) -> OrderId:
        """The next web order."""
        return self.desk.shop.place(web_order(n)).id

    async def _made_up(self) -> None:
        left = self.size.orders - len(self.placed)
        begun, pace = time.monotonic(), self.size.seconds / max(1, left)
        made = list[OrderId]()
        for n in range(1, left + 1):
            made.append(self._order(n))
            if n % CANCELLED_EVERY == 0:
                self._call_off(made[-1 - LATER])
            if n % 20 == 0:
                self.count()
            await asyncio.sleep(max(0.0, begun + n * pace - time.monotonic()))

    async def _replayed(self, given: Given) -> None:
        """An export's orders, as far apart as they were; those that were called off then are, three orders later."""
        begun, waiting = time.monotonic(), list[OrderId]()
        for n, (one, at) in enumerate(zip(given.orders, gaps(given.orders, self.size.seconds), strict=True)):
            await asyncio.sleep(max(0.0, begun + at - time.monotonic()))
            waiting.append(self.desk.shop.place(placeable(one.order, HOME)).id)
            if n >= LATER and given.orders[n - LATER].cancelled:
                self._call_off(waiting[n - LATER])
            if n % 20 == 0:
                self.count()

    def _call_off(self, order: OrderId) -> None:
        """A shopper changed their mind, unless it is on its way."""
        if not any(map(self.vendors.depot.has_left, self.vendors.depot.asked_for(order))):
            self.desk.shop.call_off(order, "shopper", "changed my mind")

    async def trouble(self) -> None:
        """The ERP's folder is away for a while, then the warehouse takes no calls."""
        await asyncio.sleep(self.size.seconds * 0.25)
        away = self.erp.folder.rename(self.erp.folder.with_name("away"))
        self.news("the ERP hangs: its folder is not there")
        await asyncio.sleep(TROUBLE)
        away.rename(self.erp.folder)
        await asyncio.sleep(self.size.seconds * 0.1)
        self.desk.manners[self.warehouse] = Manner(limited=1.0)
        self.news("the warehouse answers 429")
        await asyncio.sleep(TROUBLE)
        self.desk.manners[self.warehouse] = Manner()
        self.news("the vendors are back")
        for vendor in self.away if self.size.chaos else ():
            await asyncio.sleep(self.size.seconds * 0.05)
            self.desk.manners[vendor] = Manner(down=True)
            self.news(f"{vendor} is away")
            await asyncio.sleep(TROUBLE / 2)
            self.desk.manners[vendor] = Manner()

    async def people(self) -> None:
        """The ERP's scheduler, and the people of the warehouse and of the helpdesk, until cancelled."""
        seen: dict[str, float] = {}
        back: list[tuple[float, OrderId]] = []
        while True:
            await asyncio.sleep(0.4)
            if self.erp.folder.exists():
                self.erp.run()
            now = time.monotonic()
            for one in self.placed:
                if self.vendors.depot.ready(one) and now - seen.setdefault(one, now) > self.packing:
                    with suppress(Rejected):
                        self.desk.shop.dispatch(one)
                        back.append((now + BACK, one))
            while back and back[0][0] < now:
                self._take_back(back.pop(0)[1])
            self._help()
            self.count()

    def _help(self) -> None:
        """What the helpdesk's people are asked for is done, and they say so."""
        for ticket in self.vendors.tickets.waiting():
            self.vendors.tickets.finish(ticket.id)
            self.news(f"seen to at the helpdesk: {ticket.title}")

    def _take_back(self, order: OrderId) -> None:
        """A unit of some of the parcels comes back, while shoppers come."""
        self._sent += 1
        if self._sent % RETURNED_EVERY == 0 and self.progress.placed < self.size.orders:
            self._give_back(order)

    def _give_back(self, order: OrderId) -> None:
        line = self.desk.shop.order(order).lines[0].id
        self.desk.shop.arrived(order, (ReturnLine(line=line, quantity=1, because="did not like it"),))
        self.returned.append(order)

    def recall(self) -> None:
        """The maker calls a lot back; the warehouse picks from another from now on."""
        self.vendors.depot.lots = {self.recalled: NEXT_LOT}

    @property
    def placed(self) -> tuple[OrderId, ...]:
        """Orders of the shop, in the order of their placing."""
        return self.desk.shop.ids()

    def called_off(self) -> frozenset[OrderId]:
        """Orders that were called off, by whomever."""
        return self.desk.shop.called_off()

    def count(self) -> None:
        """What the screen shows, as of now."""
        self.progress.placed = len(self.placed)
        self.progress.asked = sum(bool(self.vendors.depot.asked_for(one)) for one in self.placed)
        self.progress.booked = self.erp.booked

    def news(self, text: str) -> None:
        """A line under the bars."""
        self.progress.says.append(text)


def _autoship(name: str, household: HouseholdId, sku: SkuId, on: date, pets: tuple[PetId, ...]) -> Subscription:
    return Subscription(
        id=SubscriptionId(name), household=household, state=SubscriptionState.ACTIVE, items=(Item(sku, 1),),
        every_days=30, next_on=on, pets=pets, ship_to=HOME,
    )  # fmt: skip


def web_order(n: int) -> Order:
    """The nth that the web brings: now and then of a SKU that nobody told the books of."""
    made = order(n, checkout=Checkout.ADOPTED, paid=True, ship_to=HOME, placed_at=datetime.now(UTC))
    if n % NEW_EVERY != 0:
        return made
    return msgspec.structs.replace(made, lines=(msgspec.structs.replace(made.lines[0], sku=NEW),))
