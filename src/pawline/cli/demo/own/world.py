"""The same day at vendors with an API of their own: Shopify, Recharge, Klaviyo, EasyPost and Zendesk, pretended.

The shop's own people pack, by Shopify's list of what is to be sent: what is called off there is not on it any more.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Final

import msgspec

from pawline.cli.demo.adopted.world import (
    AUTOSHIP,
    BACK,
    CHEW,
    HOME,
    LOT,
    NEXT_LOT,
    PAUSES,
    REX,
    TOM,
    Size,
    World,
    web_order,
)
from pawline.connectors.klaviyo.pets import LIVING
from pawline.connectors.klaviyo.profiles import HOUSEHOLD
from pawline.connectors.recharge.standing import PETS
from pawline.kit.filed import Filed, in_places, placed, with_pet
from pawline.model import (
    Channel,
    Checkout,
    Contact,
    LineId,
    OrderId,
    Pet,
    ReturnId,
    ReturnLine,
    ReturnReceived,
    SkuId,
    Species,
    household_by_email,
)
from pawline.ports import Rejected
from pawline.sandbox.shopify import changing
from pawline.sandbox.shopify.books import Work
from pawline.sandbox.shopify.wrongs import Wrong
from pawline.testing.orders import SKUS, order

if TYPE_CHECKING:
    from pathlib import Path

    from pawline import model
    from pawline.model import PetId
    from pawline.sandbox.posting import Telling
    from pawline.sandbox.shopify.orders import Order

ANN: Final = "ann@example.com"
POINTS: Final = 10_000
"""Of Shopify's, that come back in a second. A day passes in half a minute, and brings a day's points with it."""
LABEL: Final = 2
"""Times as long as packing takes, a shopper waits for a label before they send something back without."""
BIRTHDAY: Final = "birthday"
FLOWS_AT_KLAVIYO: Final = {
    "shipping_confirmation": "Shipped Order", "recall_notice": "Pawline recall_notice",
    "return_label": "Pawline return_label", "refund_notice": "Pawline refund_notice",
}  # fmt: skip
"""Its flows that write, by the metric that sets them off."""


class OwnWorld(World):
    """The vendors' own books decide; see `World`."""

    warehouse: ClassVar = "shopify"
    away: ClassVar = ("shopify", "klaviyo", "recharge", "easypost", "zendesk")
    packed: ClassVar = "left the house"
    ann: ClassVar = household_by_email(ANN)
    packs: ClassVar = 12.0
    pauses: ClassVar = tuple(2 * one for one in PAUSES)

    def __init__(self, folder: Path, size: Size) -> None:
        super().__init__(folder, size._replace(least=20.0, pace=25.0))
        self.lot = LOT
        self.lots: dict[str, str] = {}
        """Lots of what was recalled, by the order that left with one: the warehouse's paper, which no system reads."""
        self._here: dict[OrderId, float] = {}
        self._back: list[tuple[float, OrderId]] = []
        self._wanted: list[tuple[float, OrderId, str]] = []
        desk = self.desk
        bucket = desk.shopify.engine.bucket
        bucket.most = bucket.restored = POINTS
        bucket.give_back(POINTS)
        desk.klaviyo.windows.on = False
        desk.recharge.bucket.size, desk.recharge.bucket.leak = 10_000, 1_000.0
        desk.zendesk.limits.calls = desk.zendesk.limits.exports = 100_000
        desk.zendesk.api.fresh = 1.0
        desk.shopify.teller.failures = 1_000_000  # in a row, and of four hours' patience: here both are seconds
        self._patience()

    def stocked(self, size: Size) -> dict[str, int]:
        """More than is wanted of each: what is in the books is the ERP's."""
        return {**dict.fromkeys(SKUS, 10 * size.orders), self.new: 10 * size.orders}

    def slow(self, started: float) -> None:
        super().slow(started)
        self._patience()

    def _patience(self) -> None:
        for teller in self.tellers():
            teller.pauses = self.desk.hooks.pauses

    def act(self, name: str, /, **given: Any) -> Any:
        """Something happens at a vendor."""
        return msgspec.to_builtins(self.desk.act(name, msgspec.json.encode(given)))

    # -- before the day ------------------------------------------------------------------------------------------

    def _subscribe(self) -> None:
        today = datetime.now(UTC).date()
        for n in range(int(self.size.orders * AUTOSHIP) - 1):
            self._autoship(f"a{n}@example.com", SKUS[n % 3], today)
        self.rex = int(self._autoship(ANN, CHEW, today + timedelta(days=30), REX))
        self._autoship(ANN, CHEW, today, TOM)
        for name, metric in FLOWS_AT_KLAVIYO.items():
            self.act("klaviyo/flows", name=name, metric=metric, transactional=True)
        for place in (1, 2):
            self.act("klaviyo/flows", name=BIRTHDAY, day=f"pet_{place}_born_on")
        self._know_ann(today + timedelta(days=1))

    def _autoship(self, email: str, sku: str, on: date, pet: PetId | None = None) -> str:
        properties = {} if pet is None else {PETS: str(pet)}
        made = self.act("recharge/subscriptions", email=email, sku=sku, next_on=on, properties=properties)
        return str(made["subscription"])

    def _know_ann(self, tomorrow: date) -> None:
        """With her dogs, as a hub wrote it months ago. Only Rex has a birthday tomorrow."""
        every: list[Filed] = []
        for name, born in ((REX, tomorrow), (TOM, tomorrow + timedelta(days=40))):
            past = born.replace(year=born.year - born.year % 4 - 8)  # a leap year: it has every day
            every = with_pet(every, Pet(id=name, household=self.ann, species=Species.DOG, name=name, born_on=past))
        living, _ = placed(every)
        places = {f"pet_{place}_{what}": value for (place, what), value in in_places(living).items()}
        properties = {HOUSEHOLD: self.ann, LIVING: [one.entry() for one in living], **places}
        self.act("klaviyo/people", email=ANN, external_id=self.ann, properties=properties)

    # -- a day ---------------------------------------------------------------------------------------------------

    def _renew(self) -> None:
        """Recharge charges what is due, and writes an order of each into the shop."""
        books, today = self.desk.recharge.books, datetime.now(UTC).date()
        due = [one for one in books.subscriptions.values() if one.next_on == today]
        self.act("recharge/renew", today=today)
        for n, one in enumerate(due, 1):
            told = order(n, checkout=Checkout.ADOPTED, paid=True, ship_to=HOME, placed_at=_now())
            line = msgspec.structs.replace(told.lines[0], sku=SkuId(one.sku))
            made = msgspec.structs.replace(
                told, id=OrderId(f"r{n}"), number=f"{50_000 + n}", lines=(line,), channel=Channel.SUBSCRIPTION
            )
            self._place(made, books.customers[one.customer].email)

    def _order(self, n: int) -> OrderId:
        return self._place(msgspec.structs.replace(web_order(n), placed_at=_now()), f"h{n}@example.com")

    def _place(self, told: model.Order, email: str) -> OrderId:
        whole = msgspec.structs.replace(told, contact=Contact(email=email), household=household_by_email(email))
        made = msgspec.to_builtins(self.desk.act("shopify/checkout", msgspec.json.encode(whole)))
        name = OrderId(made["id"])
        self._here[name] = time.monotonic()
        return name

    def _call_off(self, order: OrderId) -> None:
        """In the shop, which pays it back, unless it is on its way."""
        told = {"orderId": f"gid://shopify/Order/{order}", "reason": "CUSTOMER", "restock": True, "refund": True}
        books = self.desk.shopify.books
        with suppress(Wrong):
            changing.cancel(books, changing.cancellable(books, told), told)

    async def people(self) -> None:
        """The ERP's scheduler, and the people of the warehouse and of the helpdesk, until cancelled."""
        while True:
            await asyncio.sleep(0.4)
            if self.erp.folder.exists():
                self.erp.run()
            now = time.monotonic()
            for name, since in list(self._here.items()):
                if now - since > self.packing:
                    self._send(name, now)
            self._receive(now)
            self._help()
            self.count()

    def _send(self, name: OrderId, now: float) -> None:
        """It leaves, if it still stands on the list."""
        one = self.order(name)
        if one.cancelled is not None:
            del self._here[name]
        elif any(work.status == "OPEN" for work in self._works(one)):
            with suppress(Rejected):
                self.act("shopify/dispatch", order=name, carrier="DHL", tracking=f"T{name}")
                del self._here[name]
                self._back.append((now + BACK, name))
                if one.lines[0].sku == self.recalled:
                    self.lots[name] = self.lot

    def _receive(self, now: float) -> None:
        """Some want to send it back; what comes, with a label or without, the warehouse's people write down."""
        while self._back and self._back[0][0] < now:
            self._take_back(self._back.pop(0)[1])
        for due, name, back in list(self._wanted):
            if due > now and not any(self.labels(name)):
                continue
            self._wanted.remove((due, name, back))
            line = self.order(name).lines[0]
            lines = (ReturnLine(line=LineId(str(line.id)), quantity=line.quantity, because="unwanted"),)
            self.returned.append(name)
            self.said.put_nowait(ReturnReceived(id=ReturnId(back), order=name, at=datetime.now(UTC), lines=lines))

    def _give_back(self, order: OrderId) -> None:
        back = str(self.act("shopify/return", order=order))
        self._wanted.append((time.monotonic() + LABEL * self.packing, order, back))

    def _help(self) -> None:
        for ticket in list(self.desk.zendesk.books.tickets.values()):
            if (ticket.external_id or "").startswith("pawline/") and ticket.status not in {"solved", "closed"}:
                self.act("zendesk/turn", ticket=ticket.id, status="solved")
                self.news(f"seen to at the helpdesk: {ticket.subject}")

    def recall(self) -> None:
        self.lot = NEXT_LOT

    # -- what can be seen of it ----------------------------------------------------------------------------------

    def order(self, name: OrderId) -> Order:
        """As Shopify has it."""
        return self.desk.shopify.books.orders[int(name)]

    def _works(self, one: Order) -> Iterator[Work]:
        return (self.desk.shopify.books.works[work] for work in one.requests)

    def labels(self, name: OrderId) -> list[str]:
        """Of what comes back of it, those that were bought and not given back."""
        return [
            one.id for one in self.desk.easypost.books.shipments.values()
            if one.label is not None and one.refund is None and str(name) in str(one.given.get("reference"))
        ]  # fmt: skip

    @property
    def placed(self) -> tuple[OrderId, ...]:
        return tuple(OrderId(str(one)) for one in self.desk.shopify.books.orders)

    def called_off(self) -> frozenset[OrderId]:
        books = self.desk.shopify.books
        return frozenset(OrderId(str(one.id)) for one in books.orders.values() if one.cancelled is not None)

    def count(self) -> None:
        orders = self.desk.shopify.books.orders.values()
        self.progress.placed, self.progress.booked = len(orders), self.erp.booked
        self.progress.asked = sum(bool(one.fulfilments) for one in orders)

    def tellers(self) -> tuple[Telling[Any, Any], ...]:
        """Who tells of what happens, vendor by vendor."""
        desk = self.desk
        return desk.shopify.teller, desk.recharge.teller, desk.easypost.teller, desk.zendesk.teller


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
