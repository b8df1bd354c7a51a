"""The API, call by call: https://developer.rechargepayments.com/2021-11 ."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, Final

from pawline.sandbox.recharge import lists, views
from pawline.sandbox.recharge.books import Books, Listener, Subscription
from pawline.sandbox.recharge.calls import Call, No

SCOPES: Final = {
    "subscriptions": "subscriptions", "charges": "orders", "customers": "customers", "products": "products",
    "payment_methods": "payment_methods",
}  # fmt: skip
"""Which scope a resource asks for. For webhooks the pages name none but that of each topic."""
TOPICS: Final = {"subscription": "read_subscriptions", "charge": "read_orders", "customer": "read_customers"}
_LOCK: Final = "A call to this route is already in progress."


class Api:
    """Answers calls from the books. Which scopes the token has stands in `scopes`."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self.scopes = frozenset(f"{may}_{what}" for what in SCOPES.values() for may in ("read", "write"))
        self._answers: dict[str, Callable[[Call], dict[str, Any]]] = {
            "GET token_information": self._token,
            "GET subscriptions": partial(lists.subscriptions, books),
            "GET subscriptions/*": self._subscription,
            "PUT subscriptions/*": lambda call: self._shown(self._update(self._open(call), call.body)),
            "POST subscriptions/*/set_next_charge_date": lambda call: self._shown(
                self._date(self._open(call), call.body)
            ),
            "POST subscriptions/*/cancel": lambda call: self._shown(self._cancel(self._unlocked(call), call.body)),
            "GET charges": partial(lists.charges, books),
            "POST charges/*/skip": self._skip,
            "POST charges/*/process": self._process,
            "GET customers": partial(lists.customers, books),
            "GET payment_methods/*": self._card,
            "GET products": partial(lists.products, books),
            "GET webhooks": partial(lists.listeners, books),
            "POST webhooks": self._listen,
            "PUT webhooks/*": self._listen_else,
        }

    def answer(self, call: Call) -> dict[str, Any]:
        """What comes of it. Raises No."""
        self._permit(call)
        if call.route not in self._answers:
            raise No(404, {"errors": "Not Found"})
        return self._answers[call.route](call)

    def _permit(self, call: Call) -> None:
        scope = SCOPES.get(call.path[0] if call.path else "")
        needed = f"{'write' if call.writes else 'read'}_{scope}"
        if scope is not None and needed not in self.scopes:
            raise No(403, {"error": f"insufficient scope, {needed}"})

    # -- reads ---------------------------------------------------------------------------------------------------

    def _token(self, _: Call) -> dict[str, Any]:
        """https://developer.rechargepayments.com/2021-11/token_information/token_information_object ."""
        whose = "shop@example.com"
        return {
            "token_information": {
                "client": {"name": "pawline", "contact_email": whose}, "contact_email": whose,
                "name": "[Private App] pawline", "scopes": sorted(self.scopes),
            }
        }  # fmt: skip

    def _subscription(self, call: Call) -> dict[str, Any]:
        include = call.query.get("include", "").split(",")
        return {"subscription": views.subscription(self._books, self._one(call).id, include)}

    def _card(self, call: Call) -> dict[str, Any]:
        return {"payment_method": views.card(_of(self._books.customers, call))}

    # -- changes -------------------------------------------------------------------------------------------------

    def _update(self, one: Subscription, body: Mapping[str, Any]) -> Subscription:
        """https://developer.rechargepayments.com/2021-11/subscriptions/subscriptions_update ."""
        before = (one.variant, one.quantity)
        if "quantity" in body:
            if not isinstance(body["quantity"], int) or body["quantity"] < 1:
                raise No(422, {"errors": {"quantity": ["must be above zero"]}})
            one.quantity = body["quantity"]
        if "external_variant_id" in body:
            number = int(body["external_variant_id"]["ecommerce"])
            if number not in self._books.variants:
                raise No(422, {"errors": {"external_variant_id": ["is not known"]}})
            one.variant, one.sku = number, self._books.variants[number]
        again = before == (one.variant, one.quantity)
        self._books.did("Recharge.update", f"{one.id}/{one.sku}/{one.quantity}", again=again)
        return self._told(one, "subscription/updated", again=again)

    def _date(self, one: Subscription, body: Mapping[str, Any]) -> Subscription:
        """https://developer.rechargepayments.com/2021-11/subscriptions/subscriptions_change_next_charge ."""
        try:
            on = date.fromisoformat(str(body.get("date"))[:10])
        except ValueError:
            raise No(422, {"errors": {"date": ["is no date"]}}) from None
        if on <= datetime.fromtimestamp(self._books.now(), UTC).date():
            raise No(422, {"errors": {"date": ["date is not far enough in the future"]}})
        again = one.next_on == on
        self._books.did("Recharge.set_next_charge_date", f"{one.id}/{on.isoformat()}", again=again)
        self._books.plan(one, on)
        if not again:
            self._books.tell("subscription/updated", "subscription", one.id)
        return one

    def _cancel(self, one: Subscription, body: Mapping[str, Any]) -> Subscription:
        """https://developer.rechargepayments.com/2021-11/subscriptions/subscriptions_cancel ."""
        if not body.get("cancellation_reason"):
            raise No(422, {"errors": {"cancellation_reason": ["required"]}})
        if one.status != "active":
            raise No(422, {"errors": {"status": ["is cancelled already"]}})
        one.status, one.reason, one.cancelled = "cancelled", body["cancellation_reason"], self._books.now()
        self._books.plan(one, None)
        self._books.did("Recharge.cancel", str(one.id))
        if body.get("send_email", True):
            self._books.did("Subscriptions.mailed", f"{one.id}/cancelled")
        return self._told(one, "subscription/cancelled", again=False)

    def _skip(self, call: Call) -> dict[str, Any]:
        """https://developer.rechargepayments.com/2021-11/charges/charge_skip ."""
        charge = _of(self._books.charges, call)
        items = [int(one) for one in call.body.get("purchase_item_ids") or charge.items]
        if self._books.locked(charge.address):
            raise No(409, {"error": _LOCK})
        if charge.status != "queued" or not set(items) <= set(charge.items):
            raise No(422, {"errors": {"charge": ["cannot be skipped"]}})
        skipped = self._books.skip(charge, items)
        for name in items:
            self._books.did("Recharge.skip", f"{name}/{charge.on.isoformat()}")
            self._books.tell("subscription/skipped", "subscription", name)
        return {"charge": views.charge(self._books, skipped.id)}

    def _process(self, call: Call) -> dict[str, Any]:
        """It is charged at once: https://developer.rechargepayments.com/2021-11/charges/charge_process ."""
        charge = _of(self._books.charges, call)
        self._books.did("Recharge.processed", str(charge.id))
        self._books.make(charge, datetime.fromtimestamp(self._books.now(), UTC).date())
        return {"charge": views.charge(self._books, charge.id)}

    def _listen(self, call: Call) -> dict[str, Any]:
        """https://developer.rechargepayments.com/2021-11/webhooks_endpoints/webhooks_create ."""
        books, topic = self._books, str(call.body.get("topic"))
        scope = TOPICS.get(topic.partition("/")[0])
        if scope is None:
            raise No(422, {"errors": {"topic": ["is not known"]}})
        if scope not in self.scopes:
            raise No(403, {"error": f"insufficient scope, {scope}"})
        if sum(one.topic == topic for one in books.listeners.values()) >= 10:
            raise No(422, {"errors": {"topic": ["ten webhooks of this topic are there"]}})
        made = Listener(books.number(), topic, call.body["address"], list(call.body.get("included_objects") or ()))
        books.listeners[made.id] = made
        books.did("Recharge.webhook", topic)
        return {"webhook": views.listener(made)}

    def _listen_else(self, call: Call) -> dict[str, Any]:
        """https://developer.rechargepayments.com/2021-11/webhooks_endpoints/webhooks_update ."""
        made: Listener = _of(self._books.listeners, call)
        made.included = list(call.body.get("included_objects", made.included))
        self._books.did("Recharge.webhook", made.topic)
        return {"webhook": views.listener(made)}

    # -- one thing -----------------------------------------------------------------------------------------------

    def _one(self, call: Call) -> Subscription:
        found: Subscription = _of(self._books.subscriptions, call)
        return found

    def _unlocked(self, call: Call) -> Subscription:
        one = self._one(call)
        if self._books.locked(one.address):
            raise No(409, {"error": _LOCK})
        return one

    def _open(self, call: Call) -> Subscription:
        one = self._unlocked(call)
        if one.status != "active":
            raise No(422, {"errors": {"status": ["the subscription is cancelled"]}})
        return one

    def _told(self, one: Subscription, topic: str, *, again: bool) -> Subscription:
        if not again:
            one.changed = self._books.now()
            self._books.tell(topic, "subscription", one.id)
        return one

    def _shown(self, one: Subscription) -> dict[str, Any]:
        return {"subscription": views.subscription(self._books, one.id)}


def _of(found: Mapping[int, Any], call: Call) -> Any:  # noqa: ANN401 - of the kind that was asked for
    if call.number not in found:
        raise No(404, {"errors": "Not Found"})
    return found[call.number]
