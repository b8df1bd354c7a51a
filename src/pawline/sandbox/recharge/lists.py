"""The API's lists: what is asked for by a query, in pages with cursors."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from pawline.sandbox.recharge import views
from pawline.sandbox.recharge.books import stamp
from pawline.sandbox.recharge.calls import Call, No

if TYPE_CHECKING:
    from pawline.sandbox.recharge.books import Books

MOST: Final = 250


def subscriptions(books: Books, call: Call) -> dict[str, Any]:
    """https://developer.rechargepayments.com/2021-11/subscriptions/subscriptions_list ."""
    call = _resumed(call)
    query, include = call.query, call.query.get("include", "").split(",")
    found = [
        one
        for one in books.subscriptions.values()
        if _wanted(call, one.id)
        and one.status == query.get("status", one.status)
        and str(one.customer) == query.get("customer_id", str(one.customer))
        and _since(query, "updated_at_min", one.changed)
        and _since(query, "created_at_min", one.made)
    ]
    found.sort(key=lambda one: (one.changed if query.get("sort_by") == "updated_at-asc" else 0, one.id))
    return page(call, "subscriptions", found, lambda one: views.subscription(books, one.id, include))


def charges(books: Books, call: Call) -> dict[str, Any]:
    """https://developer.rechargepayments.com/2021-11/charges/charge_list ."""
    call = _resumed(call)
    query = call.query
    found = [
        one
        for one in books.charges.values()
        if _wanted(call, one.id)
        and one.status == query.get("status", one.status)
        and int(query.get("purchase_item_id", 0)) in {0, *one.items}
        and query.get("scheduled_at_min", "") <= one.on.isoformat() <= query.get("scheduled_at_max", "9999")
        and _since(query, "updated_at_min", one.changed)
    ]
    keys: dict[str, Callable[[Any], float]] = {
        "updated_at-asc": lambda one: float(one.changed), "scheduled_at-asc": lambda one: float(one.on.toordinal()),
    }  # fmt: skip
    key = keys.get(query.get("sort_by", ""), lambda one: float(one.id))
    found.sort(key=lambda one: (key(one), one.id))
    return page(call, "charges", found, lambda one: views.charge(books, one.id))


def customers(books: Books, call: Call) -> dict[str, Any]:
    """https://developer.rechargepayments.com/2021-11/customers/customers_list ."""
    found = [one for one in books.customers.values() if _wanted(call, one.id)]
    return page(call, "customers", found, views.customer)


def products(books: Books, call: Call) -> dict[str, Any]:
    """https://developer.rechargepayments.com/2021-11/products/products_list ."""

    def seen(pair: tuple[int, str]) -> dict[str, Any]:
        number, sku = pair
        made = {
            "external_variant_id": str(number), "sku": sku, "title": sku, "requires_shipping": True, "taxable": True,
        }  # fmt: skip
        return {"external_product_id": str(number + 500_000), "title": sku, "variants": [made]}

    return page(call, "products", sorted(books.variants.items()), seen)


def listeners(books: Books, call: Call) -> dict[str, Any]:
    """https://developer.rechargepayments.com/2021-11/webhooks_endpoints/webhooks_list ."""
    return page(call, "webhooks", list(books.listeners.values()), views.listener)


def _wanted(call: Call, number: int) -> bool:
    return "ids" not in call.query or str(number) in call.query["ids"].split(",")


def _since(query: Mapping[str, str], name: str, at: float) -> bool:
    return name not in query or datetime.fromisoformat(query[name]) <= datetime.fromisoformat(stamp(at))


def _resumed(call: Call) -> Call:
    """The call that a cursor goes on with. Behind one only a limit may be said."""
    if "cursor" not in call.query:
        return call
    if set(call.query) - {"cursor", "limit"}:
        raise No(422, {"errors": {"cursor": ["nothing else is said behind a cursor"]}})
    try:
        query = msgspec.json.decode(base64.urlsafe_b64decode(call.query["cursor"]), type=dict[str, str])
    except (ValueError, msgspec.MsgspecError):
        raise No(422, {"errors": {"cursor": ["invalid cursor"]}}) from None
    return msgspec.structs.replace(call, query=query | {"limit": call.query.get("limit", "50")})


def page(call: Call, name: str, found: Iterable[Any], view: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
    """One page of it, and the cursor of the next."""
    call = _resumed(call)
    begin, limit = int(call.query.get("at", 0)), min(int(call.query.get("limit", 50)), MOST)
    found = list(found)
    onwards = call.query | {"at": str(begin + limit)}
    more = begin + limit < len(found)
    cursor = base64.urlsafe_b64encode(msgspec.json.encode(onwards)).decode() if more else None
    return {name: [view(one) for one in found[begin : begin + limit]], "next_cursor": cursor, "previous_cursor": None}
