"""The other way, at the vendors' own interfaces: a plain synchronous script. Needs nothing but Python.

`python by_hand_own.py VENDORS PORT` takes Shopify's webhooks, each topic at a path of its own: it answers 200 when
every system was called, one after the other, and 500 when one failed three times. It keeps nothing, so what comes again
is done again. Each call that may carry a key carries one of its own, the same for its three tries.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import time
import uuid
from collections.abc import Callable
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

TRIES = 3
PAUSE = 0.2
VENDORS = sys.argv[1] if __name__ == "__main__" else ""
ERP = os.environ.get("PAWLINE_DEMO_ERP", "")
SHOPIFY = {"X-Shopify-Access-Token": os.environ.get("SHOPIFY_TOKEN", "")}
KLAVIYO = {"Authorization": f"Klaviyo-API-Key {os.environ.get('KLAVIYO_KEY', '')}", "revision": "2026-07-15"}
EASYPOST = base64.b64encode(f"{os.environ.get('EASYPOST_KEY', '')}:".encode()).decode()
WAREHOUSE = {"name": "Paws", "street1": "Lagerstr. 1", "city": "Berlin", "zip": "10115", "country": "DE"}
REFUND = """mutation ($input: RefundInput!, $key: String!) {
  refundCreate(input: $input) @idempotent(key: $key) { refund { id } userErrors { message } } }"""
ORDER = """query ($id: ID!) { order(id: $id) {
  transactions(first: 10) { id kind status gateway }
  lineItems(first: 50) { nodes { id originalUnitPriceSet { presentmentMoney { amount } } } }
} location { id } }"""


class Refused(Exception):
    """A system said no."""


def call(path: str, headers: dict[str, str], body: Any) -> Any:
    """What the vendor answers, at the third try at the latest. Raises Refused, or OSError."""
    told = {"Content-Type": "application/json", **headers}
    request = Request(f"{VENDORS}/{path}", json.dumps(body).encode(), told)  # noqa: S310 - the demo's own sandbox
    for tried in range(1, TRIES + 1):
        try:
            with urlopen(request, timeout=5) as answer:  # noqa: S310 - as above
                return json.loads(answer.read() or b"null")
        except HTTPError as error:
            if error.code in {400, 409, 422}:
                raise Refused(error.read()) from None
            if tried == TRIES:
                raise
        except (OSError, HTTPException):
            if tried == TRIES:
                raise
        time.sleep(PAUSE)
    raise AssertionError


def shopify(query: str, **given: Any) -> Any:
    """A document's data."""
    answer = call("admin/api/2026-07/graphql.json", SHOPIFY, {"query": query, "variables": given})
    if answer.get("errors"):
        raise OSError(answer["errors"])
    return answer["data"]


def placed(order: dict[str, Any]) -> None:
    """The CRM, and the books by a file. What is to be packed stands on Shopify's own list."""
    profile = {"type": "profile", "attributes": {"email": order["email"]}}
    call("api/profile-import", KLAVIYO, {"data": profile})
    lines = ["order,number,placed_at,currency,sku,quantity,total"]
    for line in order["line_items"]:
        words = (order["id"], order["name"], order["created_at"], "EUR", line["sku"], line["quantity"], 0)
        lines.append(",".join(map(str, words)))
    (Path(ERP) / "inbox" / f"order-{order['id']}.csv").write_text("\n".join([*lines, "#end", ""]))


def left(parcel: dict[str, Any]) -> None:
    """Klaviyo hears of it, and a flow there writes."""
    profile = {"data": {"type": "profile", "attributes": {"email": parcel["email"]}}}
    metric = {"data": {"type": "metric", "attributes": {"name": "Shipped Order"}}}
    happened: dict[str, Any] = {"profile": profile, "metric": metric, "properties": {"order": parcel["order_id"]}}
    happened["unique_id"] = uuid.uuid4().hex
    call("api/events", KLAVIYO, {"data": {"type": "event", "attributes": happened}})


def wanted_back(returned: dict[str, Any]) -> None:
    """A label for what is to come back: a shipment, and the cheapest that takes it."""
    order = str(returned["order"]["id"])
    shopper = {"name": "Ann", "street1": "Hauptstr. 1", "city": "Berlin", "zip": "10115", "country": "DE"}
    wanted = {"from_address": shopper, "to_address": WAREHOUSE, "parcel": {"weight": 35.3}, "reference": order}
    headers = {"Authorization": f"Basic {EASYPOST}"}
    made = call("easypost/v2/shipments", headers, {"shipment": wanted})
    rate = min(made["rates"], key=lambda one: float(one["rate"]))
    call(f"easypost/v2/shipments/{made['id']}/buy", headers, {"rate": {"id": rate["id"]}})


def came_back(received: dict[str, Any]) -> None:
    """The warehouse's people typed it in: it is paid back by the first payment, at its price."""
    order = f"gid://shopify/Order/{received['order']}"
    found = shopify(ORDER, id=order)
    paid = next(one for one in found["order"]["transactions"] if one["kind"] == "SALE" and one["status"] == "SUCCESS")
    line, units = found["order"]["lineItems"]["nodes"][0], received["lines"][0]["quantity"]
    amount = f"{float(line['originalUnitPriceSet']['presentmentMoney']['amount']) * units:.2f}"
    parts = [{"lineItemId": line["id"], "quantity": units, "restockType": "NO_RESTOCK"}]
    payout = {"orderId": order, "parentId": paid["id"], "kind": "REFUND", "gateway": paid["gateway"], "amount": amount}
    given = {"orderId": order, "refundLineItems": parts, "transactions": [payout]}
    shopify(REFUND, input=given, key=uuid.uuid4().hex)


HEARS: dict[str, Callable[[dict[str, Any]], None]] = {
    "/orders/create": placed,
    "/orders/cancelled": lambda _: None,  # Shopify's list does not have it any more; nobody wired the books
    "/fulfillments/create": left,
    "/returns/request": wanted_back,
    "/": lambda told: came_back(told["data"]),
}


class Hook(BaseHTTPRequestHandler):
    """Where the shop's webhooks arrive, and where the warehouse's people type."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """One thing that happened."""
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        try:
            HEARS[self.path](told)
            status = 200
        except (OSError, HTTPException, Refused):
            status = 500
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing: the books of the vendors have the last word."""


class Server(ThreadingHTTPServer):
    """A thread for each delivery."""

    request_queue_size = 512
    daemon_threads = True


if __name__ == "__main__":
    server = Server(("127.0.0.1", int(sys.argv[2])), Hook)
    print("up", flush=True)  # noqa: T201 - that is how it speaks
    server.serve_forever()
