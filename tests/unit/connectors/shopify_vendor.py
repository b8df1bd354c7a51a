"""A Shopify of a few answers: it says what a test gives it, and takes only what the schema of the version takes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import msgspec
from graphql import (
    NoDeprecatedCustomRule,
    OperationDefinitionNode,
    VariableDefinitionNode,
    get_variable_values,
    parse,
    specified_rules,
    validate,
)

from pawline.connectors.shopify import connector, documents
from pawline.ports import Attempt, attempting
from pawline.sandbox.shopify.engine import schema
from pawline.testing.counter import LOOPBACK, Counter, Request, counter, json

TOKEN = "tok-canary-77"  # noqa: S105 - a canary
SHOP = "pets-eu.myshopify.com"
KEY = "k3y"
PATH = "/admin/api/2026-07/graphql.json"
Said = list[tuple[str, dict[str, Any]]]


def sent() -> dict[str, str]:
    """Every document that the connector can send, by its name there."""
    return {name: text for name, text in vars(documents).items() if name.isupper() and not name.startswith("_")}


@cache
def _read(document: str) -> tuple[tuple[VariableDefinitionNode, ...], tuple[str, ...]]:
    parsed = parse(document)
    found = tuple(one.message for one in validate(schema(), parsed, [*specified_rules, NoDeprecatedCustomRule]))
    variables = [one.variable_definitions for one in parsed.definitions if isinstance(one, OperationDefinitionNode)]
    return tuple(variables[0] or ()), found


def wrong_in(document: str, variables: dict[str, Any] | None = None) -> list[str]:
    """What the schema has against a document, deprecated fields included, and against its variables."""
    wanted, found = _read(document)
    if variables is None or found:
        return list(found)
    read = get_variable_values(schema(), wanted, variables)
    return [one.message for one in read] if isinstance(read, list) else []


class Vendor:
    """`says` has the answers by document, the last of each for ever: `data`, or a whole body of bytes."""

    def __init__(self, **says: Any) -> None:
        self.says = {name: list(answer) if isinstance(answer, list) else [answer] for name, answer in says.items()}
        self.heard: Said = []
        self.requests: list[Request] = []

    async def answer(self, request: Request) -> bytes | None:
        self.requests.append(request)
        assert (request.method, request.target) == ("POST", PATH)
        body = msgspec.json.decode(request.body)
        assert wrong_in(body["query"], body["variables"]) == []
        name = body["query"].split("(")[0].split()[1].removeprefix("Pawline")
        self.heard.append((name, body["variables"]))
        left = self.says[name]
        said = left.pop(0) if len(left) > 1 else left[0]
        return said if isinstance(said, bytes) else json(200, msgspec.json.encode({"data": said}))

    def names(self) -> list[str]:
        return [name for name, _ in self.heard]


def ask(vendor: Vendor, port: type[Any], call: Callable[[Any], Awaitable[Any]], **settings: Any) -> Any:
    """What comes of a call of that port, made within an attempt."""

    async def run() -> Any:
        async with counter(Counter()) as served:
            served.answer = vendor.answer
            given = {"url": f"http://127.0.0.1:{served.port}", "shop": SHOP, "token": TOKEN} | settings
            account = connector.connect(connector.configure(given), LOOPBACK)
            until = datetime.now(UTC) + timedelta(seconds=10)
            try:
                with attempting(Attempt(KEY, 1, until, "shop", "shopify/eu")):
                    return await call(account.plays[port])
            finally:
                await account.http.close()

    return asyncio.run(run())


def refusal(code: str, **more: Any) -> bytes:
    """An answer that is an error of the whole document."""
    error = {"message": f"{code} of ann@example.com", "extensions": {"code": code} | more.pop("extensions", {})}
    return json(200, msgspec.json.encode({"errors": [error]} | more))


def bag(amount: str, shop: str | None = None, currency: str = "USD") -> dict[str, Any]:
    made: dict[str, Any] = {"presentmentMoney": {"amount": amount}}
    return made if shop is None else made | {"shopMoney": {"amount": shop, "currencyCode": currency}}


def nodes(*some: Any, after: str | None = None) -> dict[str, Any]:
    return {"nodes": list(some), "pageInfo": {"hasNextPage": after is not None, "endCursor": after}}


def item(no: int, price: str, quantity: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/LineItem/{no}", "sku": f"SKU-{no}", "name": f"Food {no}", "quantity": quantity,
        "currentQuantity": quantity, "unfulfilledQuantity": quantity, "requiresShipping": True, "variant": {"id": f"gid://shopify/ProductVariant/{no}0"},
        "weight": {"unit": "KILOGRAMS", "value": 1.5}, "originalUnitPriceSet": bag(price), "discountAllocations": [],
        "taxLines": [], "duties": [],
    } | more  # fmt: skip


def tax(amount: str, title: str = "VAT") -> dict[str, Any]:
    return {"title": title, "rate": 0.19, "priceSet": bag(amount)}


def order(total: str, *items: Any, **more: Any) -> dict[str, Any]:
    """The answer to the document of an order."""
    node = {
        "id": "gid://shopify/Order/1001", "name": "#1001", "createdAt": "2026-11-27T10:00:00Z", "edited": False,
        "test": False, "sourceName": "web", "taxesIncluded": True, "dutiesIncluded": False,
        "presentmentCurrencyCode": "EUR", "email": "ann@example.com", "phone": None, "customerLocale": "de",
        "customer": {"id": "gid://shopify/Customer/31"}, "shippingAddress": None, "billingAddress": None,
        "totalPriceSet": bag(total, total, "EUR"), "currentTotalPriceSet": bag(total), "totalTaxSet": bag("0.00"),
        "totalTipReceivedSet": bag("0.00"), "totalCashRoundingAdjustment": {"paymentSet": bag("0.00")},
        "lineItems": nodes(*items), "shippingLines": nodes(), "additionalFees": [], "refunds": [],
    }  # fmt: skip
    return {"order": node | more}


def transaction(no: int, kind: str, amount: str, parent: int | None = None, **more: Any) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/OrderTransaction/{no}", "kind": kind, "status": "SUCCESS", "gateway": "shopify_payments",
        "manualPaymentGateway": False, "paymentId": None, "amountSet": bag(amount), "amountRoundingSet": None,
        "parentTransaction": None if parent is None else {"id": f"gid://shopify/OrderTransaction/{parent}"},
        "paymentDetails": {"__typename": "CardPaymentDetails", "wallet": None},
    } | more  # fmt: skip


def money(*transactions: Any) -> dict[str, Any]:
    """The answer to the document of an order's transactions."""
    return {"order": {"presentmentCurrencyCode": "EUR", "transactions": list(transactions)}}


def refund(no: int, *lines: Any, **more: Any) -> dict[str, Any]:
    """A refund; of its `transactions` as a list."""
    return {
        "id": f"gid://shopify/Refund/{no}", "note": None,
        "processedAt": "2026-11-28T10:00:00Z", "duties": [], "orderAdjustments": nodes(),
        "refundLineItems": nodes(*lines), "refundShippingLines": nodes(),
    } | more | {"transactions": nodes(*more.get("transactions", ()))}  # fmt: skip


def gone(line: int, quantity: int, amount: str, tax: str = "0.00") -> dict[str, Any]:
    return {
        "quantity": quantity, "restocked": False, "lineItem": {"id": f"gid://shopify/LineItem/{line}"},
        "subtotalSet": bag(amount), "totalTaxSet": bag(tax),
    }  # fmt: skip
