"""A till that nobody wrote a connector for: what its account is told, and calls of it."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Awaitable, Callable
from typing import Any

from pawline.connectors.http import connector
from pawline.connectors.http.client import HttpCalls
from pawline.kit import Http
from pawline.ports import Call, Calls, PortError
from pawline.testing.conformance import SECRETS, TOKEN
from pawline.testing.counter import LOOPBACK, Counter, counter
from tests.unit.connectors.stepping import stepped

HEARS: dict[str, Any] = tomllib.loads("""
type = "/event"
id = "/id"
at = { from = "/at", is = "date", zone = "Europe/Berlin" }

[[events]]
type = "sale.completed"
event = "order.placed@1"

[events.fields.order.fields]
id = { from = "/sale/no", is = "text" }
number = { from = "/sale/no", is = "text" }
checkout = { constant = "adopted" }
channel = { constant = "store" }
placed_at = { from = "/at", is = "date", zone = "Europe/Berlin" }
currency = { from = "/sale/currency", values = { eur = "EUR" } }
total = { from = "/sale/total", is = "money", currency = "/sale/currency" }
household = { from = "/sale/customer/email", is = "household", optional = true }

[events.fields.order.fields.lines]
each = "/sale/items"

[events.fields.order.fields.lines.fields]
id = { from = "/row", is = "text" }
sku = "/article"
title = "/name"
quantity = { from = "/pieces", is = "count" }
price = { from = "/price", is = "money", currency = "whole:/sale/currency" }

[[events]]
type = "parcel.left"
event = "shipment.dispatched@1"

[events.fields]
shipment = "/parcel/code"
order = { from = "/parcel/sale", is = "text" }
at = { from = "/at", is = "date", zone = "Europe/Berlin" }
household = { from = "/parcel/customer/email", is = "household", optional = true }
""") | {"secrets": list(SECRETS[:2])}  # fmt: skip
CALLS: dict[str, Any] = {"paths": ["", "notes", "notes/*"], "reads": ["", "notes/*"], "query": ["full"]}
GIVEN: dict[str, Any] = {"url": "{url}/api", "token": TOKEN, "hears": HEARS, "calls": CALLS}
BECAUSE = "docs.till.example/api#retries"
KEYED = {"settle": "key", "key_header": "Idempotency-Key", "key_hours": 24.0, "because": BECAUSE}
LOOKED_UP = {"settle": "look_up", "look_up": "notes/by-name/{reference}", "because": BECAUSE}
REPEATED = {"method": "PUT", "settle": "repeat", "because": BECAUSE}
CALL = Call(path=("notes",), body='{"text":"Momo is ready"}', reference="n-1")


def calls(**more: Any) -> dict[str, Any]:
    """The account's settings with these of its calls."""
    return GIVEN | {"calls": CALLS | more}


async def called(
    there: Counter, call: Callable[[HttpCalls], Awaitable[Any]], given: dict[str, Any], key: str = "k-1"
) -> Any:
    """What came of it, a PortError included, as an attempt of a step."""
    url = f"http://127.0.0.1:{there.port}"
    told = {name: value.replace("{url}", url) if isinstance(value, str) else value for name, value in given.items()}
    account = connector.connect(connector.configure(told), LOOPBACK)
    assert isinstance(account.http, Http)
    try:
        return await stepped(call(account.plays[Calls]), "http/till", key)
    except PortError as problem:
        return problem
    finally:
        await account.http.close()


def asked(
    answer: bytes | None, call: Callable[[HttpCalls], Awaitable[Any]], given: dict[str, Any] | None = None
) -> tuple[Any, Counter]:
    """What came of a call that is answered so, and who heard it."""

    async def run() -> tuple[Any, Counter]:
        async with counter() as there:
            there.says(answer)
            return await called(there, call, calls() if given is None else given), there

    return asyncio.run(run())
