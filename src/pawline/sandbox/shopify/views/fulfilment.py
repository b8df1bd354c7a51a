"""Fulfilment orders and fulfilments, as a query sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pawline.sandbox.shopify.books import stamp
from pawline.sandbox.shopify.money import bag
from pawline.sandbox.shopify.paging import later, pages
from pawline.sandbox.shopify.views import lines, shop, stock
from pawline.sandbox.shopify.views import order as orders

if TYPE_CHECKING:
    from pawline.sandbox.shopify.books import Books, Hold, Parcel, Part, Work
    from pawline.sandbox.shopify.orders import Order
    from pawline.sandbox.shopify.paging import View
    from pawline.sandbox.shopify.since import Word


def status(books: Books, order: Order) -> str:
    """As `OrderDisplayFulfillmentStatus` has it."""
    if any(one.sent for one in order.lines):
        waiting = any(one.waiting for one in order.lines if one.ships)
        return "PARTIALLY_FULFILLED" if waiting else "FULFILLED"
    found = {books.works[one].status for one in order.requests}
    return next((one for one in ("ON_HOLD", "IN_PROGRESS") if one in found), "UNFULFILLED")


def work(books: Books, one: Work) -> View:
    """A `FulfillmentOrder`."""
    order, at = books.orders[one.order], books.places[one.place]
    parcels = [found for found in books.parcels.values() if one.id in found.works]
    return {
        "__typename": "FulfillmentOrder",
        "id": f"gid://shopify/FulfillmentOrder/{one.id}",
        "status": one.status,
        "requestStatus": one.request,
        "createdAt": stamp(one.at),
        "updatedAt": stamp(one.changed),
        "fulfillAt": stamp(one.at),
        "order": later(lambda: orders.seen(books, order)),
        "orderId": f"gid://shopify/Order/{order.id}",
        "orderName": order.name,
        "orderProcessedAt": stamp(order.placed),
        "assignedLocation": {"name": at.name, "countryCode": "DE", "location": later(lambda: stock.place(books, at))},
        "destination": _destination(order, one),
        "deliveryMethod": {"id": f"gid://shopify/DeliveryMethod/{one.id}", "methodType": "SHIPPING"},
        "fulfillmentHolds": [hold(found) for found in one.holds],
        "fulfillments": pages(lambda: parcels, lambda found: parcel(books, found)),
        "lineItems": pages(lambda: one.parts, lambda found: _part(books, order, found)),
        "supportedActions": [{"action": action, "externalUrl": None} for action in _actions(books, one)],
        "merchantRequests": pages(lambda: one.asked, lambda found: _asked(books, one, found)),
    }


def _actions(books: Books, one: Work) -> list[str]:
    if one.status == "ON_HOLD":
        return ["RELEASE_HOLD"]
    if one.status not in {"OPEN", "IN_PROGRESS"}:
        return []
    if not books.places[one.place].service:
        return ["CREATE_FULFILLMENT", "HOLD", "SPLIT"]
    asked = {"UNSUBMITTED": "REQUEST_FULFILLMENT", "SUBMITTED": "CANCEL_FULFILLMENT_ORDER"}
    return [asked.get(one.request, "REQUEST_CANCELLATION"), "HOLD"]


def hold(one: Hold) -> View:
    """A `FulfillmentHold`."""
    return {
        "__typename": "FulfillmentHold",
        "id": f"gid://shopify/FulfillmentHold/{one.id}",
        "reason": one.reason,
        "reasonNotes": one.notes,
        "displayReason": one.reason.replace("_", " ").capitalize(),
        "handle": one.handle,
        "heldByApp": shop.app(),
        "heldByRequestingApp": True,
    }


def _destination(order: Order, one: Work) -> View | None:
    to = order.ship_to
    if to is None:
        return None
    first, _, last = to.name.rpartition(" ")
    return {
        "__typename": "FulfillmentOrderDestination",
        "id": f"gid://shopify/FulfillmentOrderDestination/{one.id}",
        "firstName": first or None,
        "lastName": last,
        "company": to.company,
        "address1": to.lines[0],
        "address2": ", ".join(to.lines[1:]) or None,
        "city": to.city,
        "zip": to.postcode,
        "province": to.region,
        "countryCode": to.country,
        "phone": to.phone,
        "email": order.email,
    }


def _part(books: Books, order: Order, one: Part) -> View:
    line = order.line(one.line)
    assert line is not None  # noqa: S101 - it is of the order's lines
    variant = books.variants.get(line.variant or 0)
    return {
        "__typename": "FulfillmentOrderLineItem",
        "id": f"gid://shopify/FulfillmentOrderLineItem/{one.id}",
        "lineItem": later(lambda: lines.line(books, order, line)),
        "totalQuantity": one.total,
        "remainingQuantity": one.left,
        "sku": line.sku,
        "productTitle": line.title,
        "variant": None if variant is None else later(lambda: stock.variant(books, variant)),
        "vendor": None if variant is None else variant.vendor,
        "inventoryItemId": None if variant is None else f"gid://shopify/InventoryItem/{variant.item}",
        "requiresShipping": line.ships,
        "weight": {"unit": "GRAMS", "value": float(line.grams)},
    }


def _asked(books: Books, of: Work, one: tuple[int, str, str | None, float]) -> View:
    number, kind, message, at = one
    return {
        "__typename": "FulfillmentOrderMerchantRequest",
        "id": f"gid://shopify/FulfillmentOrderMerchantRequest/{number}",
        "kind": kind,
        "message": message,
        "sentAt": stamp(at),
        "requestOptions": {},
        "responseData": None,
        "fulfillmentOrder": later(lambda: work(books, of)),
    }


def parcel(books: Books, one: Parcel) -> View:
    """A `Fulfillment`."""
    order, at = books.orders[one.order], books.places[one.place]
    return {
        "__typename": "Fulfillment",
        "id": f"gid://shopify/Fulfillment/{one.id}",
        "legacyResourceId": str(one.id),
        "name": f"{order.name}-F{one.number}",
        "status": one.status,
        "displayStatus": one.words[-1].status if one.words else "FULFILLED",
        "createdAt": stamp(one.at),
        "updatedAt": stamp(one.changed),
        "deliveredAt": _first(one, {"DELIVERED"}),
        "inTransitAt": _first(one, {"CARRIER_PICKED_UP", "IN_TRANSIT"}),
        "estimatedDeliveryAt": next((stamp(word.expected) for word in one.words[::-1] if word.expected), None),
        "events": pages(lambda: one.words, _word),
        "order": later(lambda: orders.seen(books, order)),
        "location": later(lambda: stock.place(books, at)),
        "service": stock.service(books, at),
        "fulfillmentOrders": pages(
            lambda: [books.works[found] for found in one.works], lambda found: work(books, found)
        ),
        "fulfillmentLineItems": pages(lambda: one.lines, lambda found: sent(books, order, found)),
        "trackingInfo": lambda _info, first=None: tracking(one)[:first],
        "totalQuantity": sum(units for _, _, units in one.lines),
        "requiresShipping": True,
    }


def tracking(one: Parcel) -> list[View]:
    """`FulfillmentTrackingInfo`s: a number, its address, or both."""
    count = max(len(one.numbers), len(one.urls), 1 if one.company else 0)
    numbers = [*one.numbers, *[None] * count][:count]
    urls = [*one.urls, *[None] * count][:count]
    return [{"company": one.company, "number": number, "url": url} for number, url in zip(numbers, urls, strict=True)]


def _first(one: Parcel, of: set[str]) -> str | None:
    return next((stamp(word.at) for word in one.words if word.status in of), None)


def _word(one: Word) -> View:
    return {
        "__typename": "FulfillmentEvent",
        "id": f"gid://shopify/FulfillmentEvent/{one.id}",
        "status": one.status,
        "happenedAt": stamp(one.at),
        "createdAt": stamp(one.at),
        "estimatedDeliveryAt": None if one.expected is None else stamp(one.expected),
    }


def sent(books: Books, order: Order, one: tuple[int, int, int]) -> View:
    """A `FulfillmentLineItem`."""
    number, of, units = one
    line = order.line(of)
    assert line is not None  # noqa: S101 - it is of the order's lines
    return {
        "__typename": "FulfillmentLineItem",
        "id": f"gid://shopify/FulfillmentLineItem/{number}",
        "lineItem": later(lambda: lines.line(books, order, line)),
        "quantity": units,
        "originalTotalSet": bag(order, line.price * units),
        "discountedTotalSet": bag(order, line.share(units)[0]),
    }
