"""The root's queries: one thing by its id, or a page of what is searched for."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from pawline.sandbox.shopify import bulk
from pawline.sandbox.shopify.books import known
from pawline.sandbox.shopify.orders import Order
from pawline.sandbox.shopify.paging import Resolver, View, connection
from pawline.sandbox.shopify.searching import Fields, matches
from pawline.sandbox.shopify.views import edits, fulfilment, payments, people, refunds, shop, since, stock
from pawline.sandbox.shopify.views import order as orders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pawline.sandbox.shopify.admitting import Door
    from pawline.sandbox.shopify.books import Books, Person, Variant
    from pawline.sandbox.shopify.listeners import Listener

RECENT: Final = 60 * 86_400.0
"""Seconds: older orders are seen with `read_all_orders` only."""


def queries(books: Books, door: Door) -> dict[str, Resolver]:
    """By field."""
    one = partial(_one, books)
    return {
        "order": lambda _info, **given: _order(books, door, given["id"]),
        "orderByIdentifier": lambda _info, identifier: _order(books, door, identifier.get("id")),
        "orders": lambda _info, **given: _orders(books, door, given),
        "ordersCount": lambda _info, **given: _count(_found(books, door, given.get("query"))),
        "refund": one("Refund"),
        "product": one("Product"),
        "productVariant": one("ProductVariant"),
        "inventoryItem": one("InventoryItem"),
        "inventoryLevel": one("InventoryLevel"),
        "fulfillment": one("Fulfillment"),
        "fulfillmentOrder": one("FulfillmentOrder"),
        "webhookSubscription": one("WebhookSubscription"),
        "carrierService": one("DeliveryCarrierService"),
        "location": lambda _info, **given: node(books, given.get("id") or _main(books), "Location"),
        "node": lambda _info, **given: node(books, given["id"]),
        "nodes": lambda _info, ids: [node(books, gid) for gid in ids],
        "job": lambda _info, **given: _job(books, given["id"]),
        "products": _variants(books, stock.product, "product"),
        "productVariants": _variants(books, stock.variant, "id"),
        "inventoryItems": _variants(books, stock.item, "item"),
        "locations": lambda _info, **given: _page(books.places.values(), partial(stock.place, books), _by_id, given),
        "fulfillmentOrders": lambda _info, **given: _works(books, given),
        "customers": lambda _info, **given: _people(books, given),
        "bulkOperation": one("BulkOperation"),
        "bulkOperations": lambda _info, **given: _bulks(books, given),
        "disputes": lambda _info, **given: _disputes(books, given),
        "webhookSubscriptions": lambda _info, **given: _listeners(books, given),
        "carrierServices": lambda _info, **given: _page(books.carriers.values(), shop.carrier, _by_id, given),
        "currentAppInstallation": lambda _info: shop.installation(door.scopes),
        "shop": lambda _info: shop.seen(books),
        "publicApiVersions": lambda _info: shop.versions(),
    }  # fmt: skip


def _one(books: Books, kind: str) -> Resolver:
    return lambda _info, **given: node(books, given["id"], kind)


def node(books: Books, gid: str, kind: str | None = None) -> View | None:
    """The thing of that id, of that kind if one is asked for; None where there is none."""
    named = gid.removeprefix("gid://shopify/").partition("/")[0]
    find = _finders(books).get(named)
    return None if find is None or kind not in {None, named} else find(known(gid, named), gid)


def _finders(books: Books) -> dict[str, Callable[[int, str], View | None]]:
    def of(found: dict[int, Any], view: Callable[[Books, Any], View]) -> Callable[[int, str], View | None]:
        return lambda number, _: view(books, found[number]) if number in found else None

    return {
        "Order": of(books.orders, orders.seen),
        "Customer": of(books.people, people.customer),
        "Refund": lambda number, _: _of_orders(books, number, "refunds"),
        "OrderTransaction": lambda number, _: _of_orders(books, number, "transactions"),
        "ProductVariant": of(books.variants, stock.variant),
        "Product": of({one.product: one for one in books.variants.values()}, stock.product),
        "InventoryItem": of({one.item: one for one in books.variants.values()}, stock.item),
        "InventoryLevel": lambda number, gid: _level(books, number, gid),
        "Location": of(books.places, stock.place),
        "Fulfillment": of(books.parcels, fulfilment.parcel),
        "FulfillmentOrder": of(books.works, fulfilment.work),
        "BulkOperation": of(books.bulks, bulk.seen),
        "Return": of(books.returns, since.returned),
        "ShopifyPaymentsDispute": of(books.disputes, since.dispute),
        "WebhookSubscription": of(books.listeners, lambda _, one: shop.listener(one)),
        "DeliveryCarrierService": of(books.carriers, lambda _, one: shop.carrier(one)),
        "CalculatedOrder": of(books.edits, edits.calculated),
    }


def _of_orders(books: Books, id: int, what: str) -> View | None:
    for order in books.orders.values():
        for one in order.refunds if what == "refunds" else ():
            if one.id == id:
                return refunds.refund(books, order, one)
        for paid in order.transactions if what == "transactions" else ():
            if paid.id == id:
                return payments.transaction(books, order, paid)
    return None


def _level(books: Books, place: int, gid: str) -> View | None:
    item = gid.partition("inventory_item_id=")[2]
    found = books.levels.get((int(item), place)) if item.isdigit() else None
    return None if found is None else stock.level(books, found)


def _main(books: Books) -> str:
    return f"gid://shopify/Location/{books.main}"


def _job(books: Books, gid: str) -> View:
    return {"id": gid, "done": known(gid, "Job") in books.jobs}


# -- lists -----------------------------------------------------------------------------------------------------------


def _order(books: Books, door: Door, gid: str | None) -> View | None:
    order = books.orders.get(known(gid, "Order"))
    return orders.seen(books, order) if order is not None and _sees(books, door, order) else None


def _sees(books: Books, door: Door, order: Order) -> bool:
    return "read_all_orders" in door.scopes or order.created >= books.now() - RECENT


def _found(books: Books, door: Door, query: str | None) -> list[Order]:
    makes = _searched(books)
    return [
        one for one in books.orders.values()
        if _sees(books, door, one) and (not query or matches(query, Fields(makes, one)))
    ]  # fmt: skip


def _searched(books: Books) -> dict[str, Callable[[Order], object]]:
    def status(one: Order) -> tuple[str, ...]:
        return ("open", "any", "not_closed") if one.cancelled is None else ("cancelled", "any", "closed")

    return {
        "id": lambda one: one.id, "name": lambda one: one.name, "email": lambda one: one.email,
        "tag": lambda one: tuple(one.tags), "test": lambda one: one.test,
        "created_at": lambda one: float(one.created), "processed_at": lambda one: float(one.placed),
        "updated_at": lambda one: float(one.changed), "customer_id": lambda one: one.customer or 0, "status": status,
        "financial_status": lambda one: one.financial_status(),
        "sku": lambda one: tuple(line.sku for line in one.lines),
        "fulfillment_status": lambda one: (fulfilment.status(books, one), *_shipped(books, one)),
        "source_name": lambda one: one.source, "return_status": lambda one: orders.return_status(books, one),
        "location_id": lambda _: books.main, "gateway": lambda one: tuple(paid.gateway for paid in one.transactions),
    }  # fmt: skip


def _shipped(books: Books, one: Order) -> tuple[str, ...]:
    return {"FULFILLED": ("shipped",), "PARTIALLY_FULFILLED": ("partial",)}.get(fulfilment.status(books, one), ())


_KEYS: Final[dict[str, Callable[[Order], list[int]]]] = {
    "CREATED_AT": lambda one: [int(one.created), one.id], "UPDATED_AT": lambda one: [int(one.changed), one.id],
    "ID": lambda one: [one.id], "TOTAL_PRICE": lambda one: [one.total().minor, one.id],
    "ORDER_NUMBER": lambda one: [one.number, one.id],
}  # fmt: skip


def _orders(books: Books, door: Door, given: dict[str, Any]) -> View:
    key = _KEYS.get(given.get("sortKey") or "", _placed)
    return _page(_found(books, door, given.get("query")), partial(orders.seen, books), key, given)


def _placed(one: Order) -> list[int]:
    return [int(one.placed), one.id]


def _count(found: list[Order]) -> View:
    return {"count": len(found), "precision": "EXACT"}


def _page(found: Iterable[Any], view: Callable[[Any], View], key: Callable[[Any], list[Any]], given: Any) -> View:  # noqa: ANN401 - arguments of a query
    listed = sorted(((key(one), one) for one in found), key=lambda pair: pair[0])
    return connection(listed, view, given)


def _by_id(one: Any) -> list[Any]:  # noqa: ANN401 - anything with a number
    return [one.id]


def _variants(books: Books, view: Callable[[Books, Variant], View], id: str) -> Resolver:
    def resolve(_info: object, **given: Any) -> View:  # noqa: ANN401 - arguments of a query
        found = [
            one
            for one in books.variants.values()
            if matches(
                given.get("query"),
                {
                    "id": getattr(one, id), "sku": one.sku, "title": one.title, "product_id": one.product,
                    "product_status": one.status, "status": one.status, "handle": one.sku.lower(),
                    "vendor": one.vendor, "product_type": one.kind, "tag": tuple(one.tags),
                    "updated_at": float(one.at), "created_at": float(one.at), "barcode": one.barcode or "",
                },
            )
        ]  # fmt: skip
        return _page(found, partial(view, books), lambda one: [getattr(one, id)], given)

    return resolve


def _works(books: Books, given: dict[str, Any]) -> View:
    found = [
        one
        for one in books.works.values()
        if (given.get("includeClosed") or one.status not in {"CLOSED", "CANCELLED"})
        and matches(
            given.get("query"),
            {"id": one.id, "status": one.status, "request_status": one.request, "updated_at": float(one.changed)},
        )
    ]
    return _page(found, partial(fulfilment.work, books), _by_id, given)


def _people(books: Books, given: dict[str, Any]) -> View:
    def key(one: Person) -> list[int]:
        return [int(one.changed), one.id] if given.get("sortKey") == "UPDATED_AT" else [one.id]

    found = [
        one
        for one in books.people.values()
        if matches(given.get("query"), {"id": one.id, "email": one.email, "updated_at": float(one.changed)})
    ]
    return _page(found, partial(people.customer, books), key, given)


def _disputes(books: Books, given: dict[str, Any]) -> View:
    found = [
        one
        for one in books.disputes.values()
        if matches(given.get("query"), {"id": one.id, "status": one.status, "initiated_at": float(one.at)})
    ]
    return _page(found, partial(since.dispute, books), _by_id, given)


def _bulks(books: Books, given: dict[str, Any]) -> View:
    """The newest first, unless asked otherwise."""
    found = [
        one
        for one in books.bulks.values()
        if matches(given.get("query"), {"id": one.id, "created_at": float(one.at), "operation_type": "query"})
    ]
    turned = given | {"reverse": not given.get("reverse")}
    return _page(found, partial(bulk.seen, books), lambda one: [int(one.at), one.id], turned)


def _listeners(books: Books, given: dict[str, Any]) -> View:
    topics, uri = given.get("topics"), given.get("uri") or given.get("callbackUrl")

    def wanted(one: Listener) -> bool:
        return (not topics or one.topic in topics) and uri in {None, one.uri}

    return _page(filter(wanted, books.listeners.values()), shop.listener, _by_id, given)
