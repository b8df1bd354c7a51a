"""The API, call by call: https://docs.stripe.com/api ."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

from pawline.sandbox.stripe import views
from pawline.sandbox.stripe.books import Books, Endpoint, Intent
from pawline.sandbox.stripe.calls import Call, No
from pawline.sandbox.stripe.paying import Paying

T = TypeVar("T")
MANY: Final = 100
"""Of a page at most."""
TYPES: Final = ("2026-07-29", "2026-09-30")
"""From when on payments take `allowed_payment_method_types`, and from when on `payment_method_types` no more."""
BEHIND: Final = 60.0
"""Seconds by which the search is behind."""
PERMISSIONS: Final = {
    "payment_intents": "payment_intent", "charges": "charge", "refunds": "charge", "disputes": "dispute",
    "payouts": "payout", "balance_transactions": "balance_transaction", "events": "event",
    "webhook_endpoints": "webhook_endpoint",
}  # fmt: skip
"""Of each kind of thing, what its permission is called."""


class Api:
    """Answers calls from the books. `lacks` are permissions that the key does not have (`rak_charge_write`)."""

    def __init__(self, books: Books, paying: Paying) -> None:
        self._books, self._paying = books, paying
        self.lacks = frozenset[str]()
        self.behind = BEHIND
        self._kinds: dict[str, Mapping[str, Any]] = {
            "payment_intents": books.intents, "charges": books.charges, "refunds": books.refunds,
            "disputes": books.disputes, "payouts": books.payouts, "balance_transactions": books.transactions,
            "events": books.events, "webhook_endpoints": books.endpoints,
        }  # fmt: skip
        self._answers: dict[str, Callable[[Call], dict[str, Any]]] = {
            "POST payment_intents": self._pay,
            "GET payment_intents/search": self._search,
            "POST payment_intents/*/confirm": self._confirm,
            "POST payment_intents/*/capture": self._capture,
            "POST payment_intents/*/cancel": self._cancel,
            "POST refunds": self._refund,
            "POST webhook_endpoints": self._listen,
            "POST webhook_endpoints/*": self._listen_else,
            "DELETE webhook_endpoints/*": self._forget,
        }

    def answer(self, call: Call) -> dict[str, Any]:
        """What comes of it. Raises No."""
        self._books.do_due()
        kind = call.path[0] if call.path else ""
        needs = f"rak_{PERMISSIONS.get(kind, 'account')}_{'write' if call.writes else 'read'}"
        if needs in self.lacks:
            text = f"The provided key does not have the required permissions. Having the '{needs}' permission would do."
            raise No(403, "", message=text)
        if call.route in self._answers:
            return self._answers[call.route](call)
        if call.method == "GET" and kind in self._kinds and len(call.path) < 3:
            return self._one(call) if call.id else self._list(call)
        raise No(404, "", message="Unrecognized request URL.")

    def _shown(self, call: Call, what: object) -> dict[str, Any]:
        """With what is to be expanded: https://docs.stripe.com/api/expanding_objects ."""
        found = views.show(self._books, what)
        for name in call.items("expand"):
            field = name.removeprefix("data.")
            whole = {**self._books.intents, **self._books.charges}.get(found.get(field) or "")
            if whole is not None:
                found[field] = views.show(self._books, whole)
        return found

    def _one(self, call: Call) -> dict[str, Any]:
        there = self._kinds[call.path[0]]
        if call.id not in there or (call.path[0] == "events" and there[call.id] not in self._books.kept()):
            raise No(404, "resource_missing", param="id")
        return self._shown(call, there[call.id])

    def _list(self, call: Call) -> dict[str, Any]:
        """https://docs.stripe.com/api/pagination . Newest first."""
        kind, given = call.path[0], call.given
        there: Iterable[Any] = self._books.kept() if kind == "events" else self._kinds[kind].values()
        found = [one for one in there if self._wanted(kind, one, call)][::-1]
        for name in ("starting_after", "ending_before"):
            if name not in given:
                continue
            ids = [one.id for one in found]
            if given[name] not in ids:
                raise No(400, "resource_missing", param=name)
            at = ids.index(given[name])
            found = found[at + 1 :] if name == "starting_after" else found[:at][-self._size(call) :]
        size = self._size(call)
        page = [self._shown(call, one) for one in found[:size]]
        return {"object": "list", "url": f"/v1/{kind}", "has_more": len(found) > size, "data": page}

    def _size(self, call: Call) -> int:
        return min(MANY, max(1, call.number("limit") if "limit" in call.given else 10))

    def _wanted(self, kind: str, one: Any, call: Call) -> bool:  # noqa: ANN401 - any of them
        given = call.given
        created = given.get("created")
        if isinstance(created, dict) and not all(_holds(one.made, how, float(at)) for how, at in created.items()):
            return False
        if "payment_intent" in given and one.intent != given["payment_intent"]:
            return False
        if "charge" in given and one.charge != given["charge"]:
            return False
        if "transfer_group" in given:
            return bool(self._books.intents[one.intent].given.get("transfer_group") == given["transfer_group"])
        if kind == "balance_transactions" and "payout" in given:
            return bool(one.payout == given["payout"])
        types = [*call.items("types"), *([given["type"]] if "type" in given else [])]
        return not types or one.type in types

    def _search(self, call: Call) -> dict[str, Any]:
        """https://docs.stripe.com/search . By one field of the metadata; behind the rest of the API."""
        query = call.text("query")
        name, _, value = query.partition("]:")
        if not name.startswith("metadata["):
            raise No(400, "parameter_invalid_empty", param="query")
        name, value = name.removeprefix("metadata[").strip("'\""), value.strip("'\"")
        there = [
            one for one in reversed(self._books.intents.values())
            if one.metadata.get(name) == value and one.made <= self._books.now() - self.behind
        ]  # fmt: skip
        found = [self._shown(call, one) for one in there[: self._size(call)]]
        url = "/v1/payment_intents/search"
        return {"object": "search_result", "url": url, "has_more": False, "data": found, "next_page": None}

    def _pay(self, call: Call) -> dict[str, Any]:
        """https://docs.stripe.com/api/payment_intents/create ."""
        call.only(
            "amount", "currency", "payment_method", "payment_method_types", "capture_method", "confirm", "metadata",
            "description", "transfer_group", "return_url", "error_on_requires_action", "allowed_payment_method_types",
        )  # fmt: skip
        given, books, amount, currency = call.given, self._books, call.number("amount"), call.text("currency")
        if "payment_method_types" in given and call.version >= TYPES[1]:
            raise No(400, "payment_method_types_no_longer_supported", param="payment_method_types")
        if "allowed_payment_method_types" in given and call.version < TYPES[0]:
            raise No(400, "parameter_unknown", param="allowed_payment_method_types")
        if amount <= 0:
            raise No(400, "parameter_invalid_integer", param="amount")
        if not currency.islower() or len(currency) != 3:
            raise No(400, "invalid_currency", param="currency")
        if not call.yes("confirm") and {"return_url", "error_on_requires_action"} & set(given):
            raise No(400, "parameter_unknown", param="return_url")
        types = call.items("payment_method_types") or call.items("allowed_payment_method_types") or ["card"]
        made = Intent(
            books.id("pi"), books.now(), amount, currency, given.get("capture_method", "automatic"),
            types, dict(given.get("metadata", {})), given,
            method=self._paying.method(given.get("payment_method")), return_url=given.get("return_url"),
        )  # fmt: skip
        made.status = "requires_payment_method" if made.method is None else "requires_confirmation"
        books.intents[made.id] = made
        if call.yes("confirm"):
            self._paying.confirm(made, no_asking=call.yes("error_on_requires_action"))
        return self._shown(call, made)

    def _confirm(self, call: Call) -> dict[str, Any]:
        """https://docs.stripe.com/api/payment_intents/confirm ."""
        call.only("payment_method", "return_url", "error_on_requires_action")
        one = self._intent(call.id)
        if one.status not in ("requires_payment_method", "requires_confirmation"):
            raise No(400, "payment_intent_unexpected_state", kept=True)
        one.method = self._paying.method(call.given.get("payment_method", one.method))
        one.return_url = call.given.get("return_url", one.return_url)
        self._paying.confirm(one, no_asking=call.yes("error_on_requires_action"))
        return self._shown(call, one)

    def _capture(self, call: Call) -> dict[str, Any]:
        """https://docs.stripe.com/api/payment_intents/capture ."""
        call.only("amount_to_capture", "metadata")
        one = self._intent(call.id)
        amount = call.number("amount_to_capture") if "amount_to_capture" in call.given else one.amount
        self._paying.capture(one, amount, dict(call.given.get("metadata", {})))
        return self._shown(call, one)

    def _cancel(self, call: Call) -> dict[str, Any]:
        """https://docs.stripe.com/api/payment_intents/cancel ."""
        call.only("cancellation_reason")
        one = self._intent(call.id)
        self._paying.cancel(one, call.given.get("cancellation_reason"))
        return self._shown(call, one)

    def _refund(self, call: Call) -> dict[str, Any]:
        """https://docs.stripe.com/api/refunds/create ."""
        call.only("payment_intent", "charge", "amount", "metadata", "reason")
        if "charge" in call.given and call.given["charge"] in self._books.charges:
            one = self._books.intents[self._books.charges[call.given["charge"]].intent]
        else:
            one = self._intent(call.text("payment_intent"), "payment_intent")
        amount = call.number("amount") if "amount" in call.given else None
        metadata, reason = dict(call.given.get("metadata", {})), call.given.get("reason")
        return self._shown(call, self._paying.refund(one, amount, metadata, reason))

    def _listen(self, call: Call) -> dict[str, Any]:
        """https://docs.stripe.com/api/webhook_endpoints/create ."""
        call.only("url", "enabled_events", "api_version", "description", "metadata")
        given, books, events = call.given, self._books, call.items("enabled_events")
        if not events:
            raise No(400, "parameter_missing", param="enabled_events")
        made = Endpoint(
            books.id("we"), books.now(), call.text("url"), f"whsec_{books.id('secret')}", events,
            given.get("api_version"), dict(given.get("metadata", {})), given.get("description"),
        )  # fmt: skip
        books.endpoints[made.id] = made
        books.did("Stripe.endpoint", made.url)
        return views.endpoint(made, made=True)

    def _listen_else(self, call: Call) -> dict[str, Any]:
        """https://docs.stripe.com/api/webhook_endpoints/update ."""
        call.only("url", "enabled_events", "description", "metadata", "disabled")
        one = self._endpoint(call.id)
        one.events = call.items("enabled_events") or one.events
        one.metadata |= dict(call.given.get("metadata", {}))
        one.on = not call.yes("disabled") if "disabled" in call.given else one.on
        self._books.did("Stripe.endpoint", one.url)
        return views.endpoint(one)

    def _forget(self, call: Call) -> dict[str, Any]:
        """https://docs.stripe.com/api/webhook_endpoints/delete ."""
        one = self._endpoint(call.id)
        del self._books.endpoints[one.id]
        self._books.did("Stripe.forget", one.url)
        return {"id": one.id, "object": "webhook_endpoint", "deleted": True}

    def _intent(self, name: str, param: str = "intent") -> Intent:
        if name not in self._books.intents:
            raise No(404, "resource_missing", param=param)
        return self._books.intents[name]

    def _endpoint(self, name: str) -> Endpoint:
        if name not in self._books.endpoints:
            raise No(404, "resource_missing", param="webhook_endpoint")
        return self._books.endpoints[name]


def _holds(made: float, how: str, at: float) -> bool:
    """Whether a time is so (`gte`) to another."""
    return {"gt": int(made) > at, "gte": int(made) >= at, "lt": int(made) < at, "lte": int(made) <= at}[how]
