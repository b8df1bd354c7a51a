"""The API, call by call: https://docs.easypost.com/docs ."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from pawline.sandbox.easypost import views
from pawline.sandbox.easypost.books import NOWHERE, Books, Listener, Order, Shipment
from pawline.sandbox.easypost.calls import Call, No

MANY: Final = 100
"""Of a page at most."""
FIELDS: Final = frozenset(
    {
        "from_address", "to_address", "parcel", "reference", "options", "carrier_accounts", "service", "carrier",
        "customs_info",
    }
)  # fmt: skip
OUTSIDE: Final = frozenset({"US", "GB", "CH"})
"""Countries here that goods enter and leave with papers only."""


class Api:
    """Answers calls from the books."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._answers: dict[str, Callable[[Call], dict[str, Any]]] = {
            "POST addresses": self._address,
            "POST shipments": self._ship,
            "GET shipments": self._list,
            "GET shipments/*": lambda call: views.shipment(books, self._one(call)),
            "POST shipments/*/buy": self._buy,
            "POST shipments/*/refund": self._refund,
            "POST orders": self._order,
            "GET orders/*": lambda call: views.order(books, self._ordered(call)),
            "POST orders/*/buy": self._buy_order,
            "GET webhooks": lambda _: {"webhooks": [views.listener(books, one) for one in books.listeners.values()]},
            "POST webhooks": self._listen,
            "PATCH webhooks/*": self._listen_else,
        }

    def answer(self, call: Call) -> dict[str, Any]:
        """What comes of it. Raises No."""
        if call.route not in self._answers:
            raise No(404, "NOT_FOUND")
        return self._answers[call.route](call)

    def _address(self, call: Call) -> dict[str, Any]:
        """https://docs.easypost.com/docs/addresses ."""
        made = self._books.keep(_asked(call, "address"))
        return views.address(self._books, made, asked=bool(call.body.get("verify")))

    def _place(self, given: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        if not isinstance(given, dict):
            raise No(422, "PARAMETER.REQUIRED", [{"field": "address", "message": "cannot be blank"}])
        if "id" not in given:
            return self._books.keep({"country": "US", **given})
        if given["id"] not in self._books.addresses:
            raise No(404, "ADDRESS.NOT_FOUND")
        return self._books.addresses[given["id"]]

    def _ship(self, call: Call) -> dict[str, Any]:
        """https://docs.easypost.com/docs/shipments . With a service it is bought at once."""
        given = _asked(call, "shipment")
        for name in ("from_address", "to_address", "parcel"):
            if not given.get(name):
                raise No(422, "PARAMETER.REQUIRED", [{"field": name, "message": "cannot be blank"}])
        if strange := sorted(set(given) - FIELDS):
            raise No(422, "SHIPMENT.INVALID_PARAMS", [{"field": strange[0], "message": "is not known here"}])
        kept = {name: given[name] for name in FIELDS & set(given)}
        kept |= {name: self._place(given[name]) for name in ("from_address", "to_address")}
        made = self._books.ship(kept)
        if given.get("service"):
            self._bought(made, str(given["service"]))
        return views.shipment(self._books, made)

    def _list(self, call: Call) -> dict[str, Any]:
        """https://docs.easypost.com/docs/pagination . Newest first, and without a word only what was bought."""
        books, query = self._books, call.query
        there = list(books.shipments.values())[::-1]
        if (before := query.get("before_id")) is not None:
            if before not in books.shipments:
                raise No(422, "SHIPMENT.NOT_FOUND")
            there = there[[one.id for one in there].index(before) + 1 :]
        if (since := query.get("start_datetime")) is not None:
            there = [one for one in there if one.made >= datetime.fromisoformat(since).timestamp()]
        if query.get("purchased", "true") == "true":
            there = [one for one in there if one.label is not None]
        size = min(MANY, int(query.get("page_size", "20")))
        page = [views.shipment(books, one) for one in there[:size]]
        return {"shipments": page, "has_more": len(there) > size}

    def _buy(self, call: Call) -> dict[str, Any]:
        """https://docs.easypost.com/docs/shipments ."""
        one = self._one(call)
        rate = call.body.get("rate")
        wanted = rate.get("id") if isinstance(rate, dict) else None
        service = next((name for name, number in one.rates.items() if number == wanted), None)
        if service is None:
            raise No(422, "SHIPMENT.MISSING_RATE")
        self._bought(one, service)
        return views.shipment(self._books, one)

    def _bought(self, one: Shipment, service: str) -> None:
        books = self._books
        if one.label is not None:
            raise No(422, "SHIPMENT.POSTAGE.EXISTS")
        if service not in one.rates:
            raise No(422, "SHIPMENT.RATES.UNAVAILABLE")
        if books.now() - one.made > books.fresh:
            raise No(422, "SHIPMENT.RATE.EXPIRED")
        ends = {one.given[name].get("country", "US") for name in ("from_address", "to_address")}
        if len(ends) > 1 and ends & OUTSIDE and not one.given.get("customs_info"):
            raise No(422, "SHIPMENT.CUSTOMS_INFO.REQUIRED")
        if NOWHERE in str(one.given["to_address"].get("street1", "")).lower():
            wrong = {"code": "E.ADDRESS.NOT_FOUND", "field": "address", "message": "Address not found"}
            raise No(422, "ADDRESS.VERIFY.FAILURE", [wrong | {"suggestion": None}])
        books.buy(one, service)

    def _order(self, call: Call) -> dict[str, Any]:
        """https://docs.easypost.com/docs/orders . Whether a parcel keeps its reference is not known: not here."""
        given, books = _asked(call, "order"), self._books
        parcels = given.get("shipments")
        if not parcels or any(not one.get("parcel") for one in parcels):
            raise No(422, "PARAMETER.REQUIRED", [{"field": "shipments", "message": "cannot be blank"}])
        places = {name: self._place(given.get(name)) for name in ("from_address", "to_address")}
        made = Order(books.id("order"), books.now(), str(given.get("reference") or ""), [])
        for one in parcels:
            told = {name: one.get(name) for name in ("parcel", "options", "customs_info")}
            parcel = books.ship({**places, **told})
            parcel.order = made.id
            made.parcels.append(parcel)
        books.orders[made.id] = made
        return views.order(books, made)

    def _buy_order(self, call: Call) -> dict[str, Any]:
        """The same: all of them, or as many as it takes until one is refused."""
        one = self._ordered(call)
        for parcel in one.parcels:
            if parcel.carrier != call.body.get("carrier"):
                raise No(422, "ORDER.RATE.UNAVAILABLE")
            self._bought(parcel, str(call.body.get("service")))
        return views.order(self._books, one)

    def _ordered(self, call: Call) -> Order:
        if call.id not in self._books.orders:
            raise No(404, "NOT_FOUND")
        return self._books.orders[call.id]

    def _refund(self, call: Call) -> dict[str, Any]:
        """https://docs.easypost.com/docs/shipping-refund ."""
        one = self._one(call)
        if one.label is None:
            raise No(422, "SHIPMENT.POSTAGE.REQUIRED")
        self._books.give_back(one)
        return views.shipment(self._books, one)

    def _listen(self, call: Call) -> dict[str, Any]:
        """https://docs.easypost.com/docs/webhooks ."""
        given, books = _asked(call, "webhook"), self._books
        if not given.get("url"):
            raise No(422, "PARAMETER.REQUIRED", [{"field": "url", "message": "cannot be blank"}])
        if any(one.url == given["url"] for one in books.listeners.values()):
            raise No(422, "WEBHOOK.EXISTS")
        made = Listener(books.id("hook"), given["url"], given.get("webhook_secret", ""), books.now())
        made.headers = list(given.get("custom_headers") or ())
        books.listeners[made.id] = made
        books.did("EasyPost.webhook", made.url)
        return views.listener(books, made)

    def _listen_else(self, call: Call) -> dict[str, Any]:
        """The same: who is changed is on again."""
        books = self._books
        if call.id not in books.listeners:
            raise No(404, "NOT_FOUND")
        one = books.listeners[call.id]
        one.secret = call.body.get("webhook_secret", one.secret)
        one.headers = list(call.body.get("custom_headers", one.headers))
        one.off = None
        books.did("EasyPost.webhook", one.url)
        return views.listener(books, one)

    def _one(self, call: Call) -> Shipment:
        """By id, or by the reference that it was given, the newest."""
        found = self._books.shipments.get(call.id)
        for one in reversed(self._books.shipments.values()) if found is None else ():
            if one.given.get("reference") == call.id:
                return one
        if found is None:
            raise No(404, "SHIPMENT.NOT_FOUND")
        return found


def _asked(call: Call, name: str) -> dict[str, Any]:
    given = call.body.get(name)
    if not isinstance(given, dict) or not given:
        raise No(422, "PARAMETER.REQUIRED", [{"field": name, "message": "cannot be blank"}])
    return given
