"""The API, call by call: by WooCommerce's own source, `plugins/woocommerce/includes/rest-api/Controllers`, of 2026."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any, Final

from pawline.sandbox.calling import Asked
from pawline.sandbox.woocommerce import views
from pawline.sandbox.woocommerce.books import Books, Order, Product, Webhook
from pawline.sandbox.woocommerce.calls import MOST, No, listed
from pawline.sandbox.woocommerce.refunding import refunded

TOPICS: Final = frozenset(
    f"{what}.{how}" for what in ("order", "product") for how in ("created", "updated", "deleted", "restored")
)
STATUSES: Final = frozenset({"active", "paused", "disabled"})


class Api:
    """Answers calls from the books. `teller` pings whoever is to be told."""

    def __init__(self, books: Books, ping: Any) -> None:  # noqa: ANN401 - of one webhook
        self._books, self._ping = books, ping
        self.asked: list[str] = []

    def answer(self, call: Asked) -> Any:  # noqa: ANN401 - JSON, or a page of it
        """What comes of it. Raises No."""
        self.asked.append(f"{call.method} {'/'.join(call.path)}")
        match call.method, call.path:
            case _, ("orders", *rest):
                return self._orders(call, rest)
            case _, ("products", *rest):
                return self._products(call, rest)
            case _, ("webhooks", *rest):
                return self._hooks(call, rest)
            case "GET", ("reports", "orders", "totals"):
                found = Counter(one.status for one in self._books.orders.values())
                return [{"slug": slug, "name": slug.title(), "total": many} for slug, many in found.items()]
            case "GET", ("settings", "general", "woocommerce_currency"):
                return {"id": "woocommerce_currency", "value": self._books.currency}
            case "GET", ("settings", "general", "woocommerce_price_num_decimals"):
                return {"id": "woocommerce_price_num_decimals", "value": str(self._books.decimals)}
            case "GET", ("settings", "products", "woocommerce_weight_unit"):
                return {"id": "woocommerce_weight_unit", "value": self._books.weight_unit}
        raise No(404, "rest_no_route")

    # -- orders --------------------------------------------------------------------------------------------------

    def _orders(self, call: Asked, rest: list[str]) -> Any:  # noqa: ANN401 - JSON
        books, dp = self._books, int(call.query.get("dp", self._books.decimals))
        match call.method, rest:
            case "GET", []:
                return listed(call.query, self._found(call.query), lambda one: views.order(books, one, dp))
            case "GET", [name]:
                return views.order(books, self._order(name, 404), dp)
            case "PUT" | "POST" | "PATCH", [name] if name != "batch":
                return views.order(books, self._changed(self._order(name, 400), call.body), dp)
            case "DELETE", [name]:
                return views.order(books, self.trashed(self._order(name, 404)), dp)
            case "POST", ["batch"]:
                return self._batch(call.body, lambda one: views.order(books, self._changed(*self._of(one)), dp))
            case "GET", [name, "refunds"]:
                every = list(reversed(self._order(name, 404).refunds))
                return listed(call.query, every, lambda one: views.refund(one, dp))
            case "POST", [name, "refunds"]:
                return views.refund(refunded(books, self._order(name, 404), call.body), dp)
        raise No(404, "rest_no_route")

    def _of(self, one: dict[str, Any]) -> tuple[Order, dict[str, Any]]:
        return self._order(str(one.get("id")), 400), one

    def _order(self, name: str, status: int) -> Order:
        """WooCommerce says 404 of what is read, and 400 of what is changed."""
        if not name.isdigit() or int(name) not in self._books.orders:
            raise No(status, "woocommerce_rest_shop_order_invalid_id")
        return self._books.orders[int(name)]

    def _found(self, query: dict[str, str]) -> list[Order]:
        by = query.get("orderby", "date")
        if by not in {"date", "id", "modified"} or (by == "modified" and self._books.old):
            raise No(400, "rest_invalid_param")
        every = [one for one in self._books.orders.values() if one.status not in {"trash", "auto-draft"}]
        gmt = query.get("dates_are_gmt") == "true"
        for name, of in (("after", "created"), ("modified_after", "modified")):
            if (said := query.get(name)) and not (name == "modified_after" and self._books.old):
                since = _epoch(said) - (0 if gmt else views.WALL)
                every = [one for one in every if getattr(one, of) > since]
        key = {"date": "created", "modified": "modified", "id": "id"}[by]
        every.sort(key=lambda one: (getattr(one, key), one.id), reverse=query.get("order", "desc") == "desc")
        return every

    def _changed(self, order: Order, body: dict[str, Any]) -> Order:
        for meta in body.get("meta_data", ()):
            order.meta[meta["key"]] = meta["value"]
        status = body.get("status")
        if status is not None and status != order.status:
            self._books.stand(order, status)
            self._books.did("WooCommerce.status", f"{order.id}/{status}", order=str(order.id))
        elif body.get("meta_data"):
            self._books.did("WooCommerce.meta", f"{order.id}/{body['meta_data'][0]['key']}", order=str(order.id))
        self._books.save(order)
        return order

    def trashed(self, order: Order) -> Order:
        """Out of its lists, and still there by its number."""
        order.status = "trash"
        order.modified = float(int(self._books.now()))
        self._books.tell("order.deleted", order)
        return order

    # -- products ------------------------------------------------------------------------------------------------

    def _products(self, call: Asked, rest: list[str]) -> Any:  # noqa: ANN401 - JSON
        books = self._books
        match call.method, rest:
            case "GET", []:
                return listed(call.query, goods(books, call.query), lambda one: views.product(books, one))
            case "GET", [name] if name.isdigit() and int(name) in books.products:
                return views.product(books, books.products[int(name)])
            case "GET", [parent, "variations"] if parent.isdigit() and int(parent) in books.products:
                every = [one for one in books.products.values() if one.parent == int(parent)]
                return listed(call.query, _standing(every, call.query), lambda one: views.product(books, one))
            case "GET", [_]:
                raise No(404, "woocommerce_rest_product_invalid_id")
            case "POST", ["batch"]:
                return self._batch(call.body, lambda one: self._stocked(one, 0))
            case "POST", [parent, "variations", "batch"]:
                return self._batch(call.body, lambda one: self._stocked(one, int(parent)))
        raise No(404, "rest_no_route")

    def _stocked(self, change: dict[str, Any], parent: int) -> dict[str, Any]:
        one: Product | None = self._books.products.get(int(change.get("id", 0)))
        if one is None or one.parent != parent:
            raise No(404, "woocommerce_rest_invalid_product_id")
        if one.stock is not None:
            before = one.stock
            one.stock = int(change.get("stock_quantity", before + int(change.get("inventory_delta", 0))))
            self._books.did("WooCommerce.stock", f"{one.sku}/{one.stock - before:+}")
        one.meta.update({each["key"]: each["value"] for each in change.get("meta_data", ())})
        return views.product(self._books, one)

    def _batch(self, body: dict[str, Any], do: Any) -> Any:  # noqa: ANN401 - JSON
        """Each by itself: one that is refused keeps no other back. An empty one is answered by an empty list."""
        changes = body.get("update", [])
        if len(changes) > MOST:
            raise No(413, "woocommerce_rest_request_entity_too_large")
        done = list[Any]()
        for one in changes:
            try:
                done.append(do(one))
            except No as no:
                done.append({"id": one.get("id"), "error": no.body})
        return {"update": done} if changes else []

    # -- webhooks ------------------------------------------------------------------------------------------------

    def _hooks(self, call: Asked, rest: list[str]) -> Any:  # noqa: ANN401 - JSON
        hooks, books = self._books.webhooks, self._books
        match call.method, rest:
            case "GET", []:
                return listed(call.query, list(hooks.values()), views.webhook)
            case "POST", []:
                _check(call.body, whole=True)
                body = call.body
                made = Webhook(
                    books.id(), body.get("name", "Webhook"), body["topic"], body["delivery_url"],
                    body.get("secret", "made by WordPress"), "active", books.now(),
                )  # fmt: skip
                hooks[made.id] = made
                books.did("WooCommerce.webhook", f"{made.topic}")
                self._ping(made)
                return views.webhook(made)
            case "PUT", [name] if name.isdigit() and int(name) in hooks:
                return views.webhook(self._rehooked(hooks[int(name)], call.body))
        raise No(404 if call.method == "GET" else 400, "woocommerce_rest_shop_webhook_invalid_id")

    def _rehooked(self, one: Webhook, body: dict[str, Any]) -> Webhook:
        _check(body, whole=False)
        one.name, one.topic = body.get("name", one.name), body.get("topic", one.topic)
        one.url, one.secret = body.get("delivery_url", one.url), body.get("secret", one.secret)
        one.status = body.get("status", one.status)
        self._books.did("WooCommerce.webhook_changed", one.topic)
        return one


def _check(body: dict[str, Any], *, whole: bool) -> None:
    if ("topic" in body or whole) and body.get("topic") not in TOPICS:
        raise No(400, "woocommerce_rest_shop_webhook_invalid_topic")
    url = str(body.get("delivery_url", ""))
    if ("delivery_url" in body or whole) and not url.startswith(("http://", "https://")):
        raise No(400, "woocommerce_rest_shop_webhook_invalid_delivery_url")
    if body.get("status", "active") not in STATUSES:
        raise No(400, "woocommerce_rest_shop_webhook_invalid_status")


def goods(books: Books, query: dict[str, str]) -> list[Product]:
    """By SKU or barcode variations too, by nothing else. `old` takes no notice of barcodes: it knows none."""
    every, gmt = list(books.products.values()), query.get("dates_are_gmt") == "true"
    barcodes = "" if books.old else query.get("global_unique_id", "")
    if skus := query.get("sku"):
        every = [one for one in every if one.sku and one.sku in [*skus.split(","), skus]]
    elif barcodes:
        every = [one for one in every if one.kept.get("global_unique_id") in barcodes.split(",")]
    else:
        every = [one for one in every if not one.parent]
    if said := query.get("modified_after"):
        since = _epoch(said) - (0 if gmt else views.WALL)
        every = [one for one in every if one.modified > since]
    by = query.get("orderby", "date")
    key = "id" if by == "id" else "modified"
    every.sort(key=lambda one: (getattr(one, key), one.id), reverse=query.get("order", "desc") == "desc")
    return _standing(every, query)


def _standing(every: list[Product], query: dict[str, str]) -> list[Product]:
    """`any`, and nobody asks, is all but what is in the trash."""
    said = query.get("status", "any")
    return [one for one in every if one.status == said or (said == "any" and one.status != "trash")]


def _epoch(said: str) -> float:
    try:
        return datetime.fromisoformat(said).replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise No(400, "rest_invalid_param") from None
