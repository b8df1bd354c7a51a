"""WooCommerce in the role of Shop: orders as they stand there, and what may still be done to them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from pawline.connectors.woocommerce.happened import CALLED_OFF
from pawline.connectors.woocommerce.listing import Spot, page_of
from pawline.connectors.woocommerce.orders import Orders, Whole, number
from pawline.connectors.woocommerce.refunds import ASKING, is_asked, is_paid, mark_of, marked, refunds_of, to_send
from pawline.connectors.woocommerce.settings import Settings, Standing
from pawline.connectors.woocommerce.told import ToldOrder, ToldRefund
from pawline.kit import Http
from pawline.model import Aware, Bill, Edit, HouseholdId, Order, OrderId, Refund, RefundId, SkuId, bill_of
from pawline.ports import (
    Code,
    Edited,
    EffectKind,
    Malformed,
    Operation,
    OrderPage,
    Receipt,
    Rejected,
    Settle,
    Transient,
)

TAGS: Final = "pawline_tags"
"""The field of an order that its people see, with our words in it: WooCommerce's orders have no tags."""
NOTE: Final = 200
"""Characters of why an order is called off."""
LATER: Final = timedelta(minutes=2)
"""How long WordPress may be at a request whose caller has hung up: most machines end it after 30 seconds."""
GATEWAY: Final = timedelta(seconds=65)
"""A refund waits for its gateway."""


class Named(msgspec.Struct, frozen=True):
    """Any order, as far as its number."""

    id: int


class Changed(msgspec.Struct, frozen=True):
    """An order that was changed, as it stands after that."""

    id: int
    status: str


class WooCommerceShop:
    """See `Shop`. `find_refund` is a look-up.

    WooCommerce has no key for what is asked again. A refund bears its id in its reason, which is written before the
    gateway is asked, and is looked for before it is made and after it broke; all else sets what is to be, and looks
    first. Nothing is done on condition: what the shop's people do between our look and our call is overtaken by it.
    """

    OPERATIONS: Final = {
        "cancel": Operation(settle=Settle.REPEAT, kind=EffectKind.CANCELLATION, timeout=GATEWAY, margin=LATER),
        "edit": Operation(settle=Settle.REPEAT),
        "refund": Operation(
            settle=Settle.LOOK_UP, look_up="find_refund", kind=EffectKind.REFUND, timeout=GATEWAY, margin=LATER
        ),
        "tag": Operation(settle=Settle.REPEAT, timeout=GATEWAY),
    }

    def __init__(self, http: Http, settings: Settings) -> None:
        self._http: Final = http
        self._settings: Final = settings
        self._orders: Final = Orders(http, settings)

    async def order(self, order: OrderId) -> Order:
        return (await self._orders.read(order)).order

    async def changed_since(self, since: Aware, after: str | None) -> OrderPage:
        try:
            spot = Spot(since) if after is None else Spot.read(after)
        except ValueError:
            raise Rejected("it is no place in a list of orders", Code.INVALID) from None
        rows, onward = await page_of(self._http, "modified", spot)
        try:
            names = tuple(OrderId(str(msgspec.json.decode(row, type=Named).id)) for row in rows)
        except (msgspec.MsgspecError, RecursionError):
            raise Malformed("an order is listed without its number") from None
        return OrderPage(orders=names, after=None if onward is None else onward.said)

    async def bought_since(self, household: HouseholdId, sku: SkuId, since: Aware) -> bool:
        """All orders since then are read, page by page: WooCommerce finds none by an address alone."""
        spot: Spot | None = Spot(since)
        while spot is not None:
            rows, spot = await page_of(self._http, "date", spot)
            for row in rows:
                if self._has(row, household, sku, since):
                    return True
        return False

    async def wanted(self, order: OrderId) -> bool:
        """One that was paid back in whole is not sent, and neither is one whose payment failed."""
        standing = self._standing(await self._orders.told(order))
        return standing not in {Standing.CANCELLED, Standing.REFUNDED, Standing.FAILED}

    async def cancel(self, order: OrderId, because: str) -> Receipt:
        """WooCommerce puts what it took off stock back, and writes to the shopper if the shop has it so."""
        told = await self._orders.told(order)
        standing = self._standing(told)
        if standing is Standing.CANCELLED:
            return Receipt()
        if standing is Standing.SENT or self._has_parcels(told):
            raise Rejected(f"goods of order {order} have left", Code.TOO_LATE)
        if standing is Standing.REFUNDED:
            raise Rejected(f"order {order} is paid back: there is nothing to call off", Code.TOO_LATE)
        why = " ".join(because.split())[:NOTE] or "called off"
        body = {"status": "cancelled", "meta_data": [{"key": CALLED_OFF, "value": why}]}
        made = await self._http.put("orders", number(order), json=body, into=Changed)
        if self._settings.standing(made.status) is not Standing.CANCELLED:
            raise Malformed(f"order {order} was called off, and stands at {made.status[:40]}")
        return Receipt()

    async def edit(self, order: OrderId, edit: Edit) -> Edited:  # noqa: ARG002 - the port's
        """WooCommerce prices what it changes anew, and asks nobody."""
        await self._orders.told(order)
        raise Rejected("an order at WooCommerce is edited by the shop's people", Code.UNSUPPORTED)

    async def refund(self, order: OrderId, refund: Refund, seen: Bill | tuple[RefundId, ...]) -> Refund:
        # https://woocommerce.github.io/woocommerce-rest-api-docs/#create-a-refund
        whole = await self._orders.read(order)
        if (known := _known(whole, refund)) is not None:
            return known
        there = bill_of(whole.order)
        if there != seen if isinstance(seen, Bill) else there.refunds != seen:
            raise Rejected(f"order {order} has another bill by now", Code.CONFLICT)
        body = to_send(whole.told, whole.order, refund)
        made = await self._http.post("orders", number(order), "refunds", json=body, into=ToldRefund)
        if mark_of(made.reason) != refund.id:
            raise Malformed(f"order {order} is refunded, and its refund does not bear {marked(refund)[-40:]}")
        if not is_paid(made):
            raise Rejected(f"refund {refund.id} of order {order} is booked, and was not paid back", Code.DECLINED)
        return refund

    async def find_refund(self, order: OrderId, refund: Refund, seen: Bill | tuple[RefundId, ...]) -> Refund | None:  # noqa: ARG002 - as `refund`
        return _known(await self._orders.read(order), refund)

    async def tag(self, order: OrderId, tags: tuple[str, ...]) -> Receipt:
        """In a field of the order, `pawline_tags`, which its page shows."""
        told = await self._orders.told(order)
        said = told.meta(TAGS)
        there = [one for part in (said if isinstance(said, str) else "").split(",") if (one := part.strip())]
        wanted = list(dict.fromkeys([*there, *(" ".join(one.replace(",", " ").split()) for one in tags)]))
        if wanted != there:
            body: dict[str, Any] = {"meta_data": [{"key": TAGS, "value": ", ".join(wanted)}]}
            await self._http.put("orders", number(order), json=body, into=Changed)
        return Receipt()

    def _has(self, row: msgspec.Raw, household: HouseholdId, sku: SkuId, since: datetime) -> bool:
        try:
            told = msgspec.json.decode(row, type=ToldOrder)
            standing = self._settings.standing(told.status)
            if standing not in {Standing.PLACED, Standing.READY, Standing.SENT} or told.created <= since:
                return False
            order = self._orders.whole(told, ()).order
        except (ValueError, RecursionError):  # msgspec's own errors too
            raise Malformed("an order that is listed cannot be read") from None
        return order.household == household and any(line.sku == sku for line in order.lines)

    def _standing(self, told: ToldOrder) -> Standing:
        try:
            return self._settings.standing(told.status)
        except ValueError as problem:
            raise Malformed(str(problem)) from None

    def _has_parcels(self, told: ToldOrder) -> bool:
        return self._settings.parcels == "tracking" and bool(told.meta(self._settings.tracking.key))


def _known(whole: Whole, refund: Refund) -> Refund | None:
    """The refund of this id as it stands there; None where there is none.

    Raises Transient while the gateway may still be asked, and Rejected(declined) where it never said: a person's.
    """
    for told in whole.refunds:
        if mark_of(told.reason) != refund.id:
            continue
        now = datetime.now(UTC)
        if is_asked(told, now):
            wait = max(ASKING - (now - told.at), timedelta(seconds=1))
            text = f"the gateway has not said yet whether refund {refund.id} is paid"
            raise Transient(text, Code.IN_PROGRESS, retry_after=min(wait, ASKING))
        if not is_paid(told):
            text = (
                f"refund {refund.id} of order {whole.order.id} is booked, and the gateway never said that it paid: "
                "look there, and take the refund back in WooCommerce if it did not"
            )
            raise Rejected(text, Code.DECLINED)
        return refunds_of(whole.told, (told,))[0]
    return None
