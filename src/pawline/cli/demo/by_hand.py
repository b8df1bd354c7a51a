"""The other way: a plain synchronous script, as shops wire their systems by hand. Needs nothing but Python.

`python by_hand.py VENDORS [checkout] PORT` takes orders as webhooks, or from shoppers who wait at its checkout: it
answers 200 when every system was called, one after the other, and 500 when one failed three times. It undoes what it
began when a system says no. It keeps nothing, so an order that comes again is begun again. Each call carries a key of
its own, the same for its three tries.
"""

from __future__ import annotations

import json
import os
import sys
import time
import uuid
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.error import HTTPError
from urllib.request import Request, urlopen

TRIES = 3
PAUSE = 0.2
VENDORS = sys.argv[1] if __name__ == "__main__" else ""
ERP = os.environ.get("PAWLINE_DEMO_ERP", "")
TOKEN = os.environ.get("PAWLINE_SANDBOX_TOKEN", "")


class Refused(Exception):
    """A system said no."""


def call(path: str, **given: Any) -> Any:
    """What the vendor answers, at the third try at the latest. Raises Refused, or OSError."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    headers["Idempotency-Key"] = uuid.uuid4().hex
    request = Request(f"{VENDORS}/{path}", json.dumps(given).encode(), headers)  # noqa: S310 - the demo's own sandbox
    for tried in range(1, TRIES + 1):
        try:
            with urlopen(request, timeout=5) as answer:  # noqa: S310 - as above
                return json.load(answer)
        except HTTPError as error:
            if error.code == 422:
                raise Refused(json.load(error).get("error")) from None
            if tried == TRIES:
                raise
        except (OSError, HTTPException):
            if tried == TRIES:
                raise
        time.sleep(PAUSE)
    raise AssertionError


def take(order: dict[str, Any]) -> str | None:
    """Everything that an order needs, in order; why a system said no, where one did."""
    items = [{"sku": line["sku"], "quantity": line["quantity"]} for line in order["lines"]]
    try:
        reserved = call("inventory/reserve", order=order["id"], items=items)
    except Refused as no:
        return str(no)
    paid: list[Any] = []
    try:
        for tender in order["tenders"]:
            paid += [call("payments/authorize", order=order["id"], tender=tender)]
    except Refused as no:
        call("inventory/release", reservation=reserved)
        for one in paid:
            call("payments/void", authorisation=one)
        return str(no)
    for one in paid:
        call("payments/capture", authorisation=one, amount=one["amount"])
    call("inventory/commit", reservation=reserved)
    call("crm/upsert", household={"id": order["household"]})
    call("marketing/send", message={
        "name": "order_confirmation", "household": order["household"], "purpose": "transaction", "medium": "email",
        "order": order["id"],
    })  # fmt: skip
    return None


def send(order: dict[str, Any]) -> None:
    """A label, and the warehouse's turn."""
    to, items = order["ship_to"], [{"sku": line["sku"], "quantity": line["quantity"]} for line in order["lines"]]
    parcel = {"weight": 1_000 * sum(one["quantity"] for one in items)}
    sent = {"order": order["id"], "part": "all", "ship_from": to | {"name": "Paws"}, "ship_to": to, "parcels": [parcel]}
    call("shipping/book", consignment=sent, rate=call("shipping/rates", consignment=sent)[0])
    call("fulfilment/request", request={"order": order["id"], "part": "all", "items": items, "ship_to": to})


def heard(message: dict[str, Any]) -> None:
    """A webhook of a shop that has its own checkout. Nobody wired recalls, deaths or renewals."""
    data = message["data"]
    if message["type"] == "order.placed":
        adopt(data["order"])
    elif message["type"] == "order.cancelled":
        for one in call("fulfilment/of", order=data["order"]):
            call("fulfilment/cancel", fulfilment=one)
    elif message["type"] == "return.received":
        take_back(data)
    elif message["type"] == "shipment.dispatched":
        call("marketing/send", message={
            "name": "shipping_confirmation", "household": data["household"], "purpose": "transaction",
            "medium": "email", "order": data["order"],
        })  # fmt: skip


def take_back(returned: dict[str, Any]) -> None:
    """What came back is paid back by the first tender, at its price."""
    order = call("shop/order", order=returned["order"])
    prices = {line["id"]: line["price"] for line in order["lines"]}
    for one in returned["lines"]:
        price = prices[one["line"]]
        amount = {"minor": price["minor"] * one["quantity"], "currency": price["currency"]}
        call("shop/refund", order=order["id"], refund={
            "id": uuid.uuid4().hex, "at": returned["at"], "reason": "return",
            "payouts": [{"tender": order["tenders"][0]["id"], "amount": amount}],
            "credits": [{"amount": amount, "line": one["line"], "quantity": one["quantity"]}],
        }, seen=[known["id"] for known in order["refunds"]])  # fmt: skip


def adopt(order: dict[str, Any]) -> None:
    """The CRM, the books by a file, the warehouse: one after the other."""
    call("crm/upsert", household={"id": order["household"], "addresses": [order["ship_to"]]})
    lines = ["order,number,placed_at,currency,sku,quantity,total"]
    for line in order["lines"]:
        lines += [f"{order['id']},{order['number']},{order['placed_at']},EUR,{line['sku']},{line['quantity']},0"]
    (Path(ERP) / "inbox" / f"order-{order['id']}.csv").write_text("\n".join([*lines, "#end", ""]))
    items = [{"sku": line["sku"], "quantity": line["quantity"]} for line in order["lines"]]
    wanted = {"order": order["id"], "part": "all", "items": items, "ship_to": order["ship_to"]}
    call("fulfilment/request", request=wanted)


class Hook(BaseHTTPRequestHandler):
    """Where the shop's webhooks arrive."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """An order of our own checkout, or a message of the shop's."""
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        try:
            heard(told) if "data" in told else take(told)
            status = 200
        except (OSError, HTTPException, Refused):
            status = 500
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing: the ledger has the last word."""


class Till(BaseHTTPRequestHandler):
    """Where shoppers wait at a checkout of the shop's own: they are told once every system was called."""

    protocol_version = "HTTP/1.1"
    STATUS: ClassVar = {None: 201, "declined": 402, "out_of_stock": 409}

    def do_POST(self) -> None:
        """One order, and what is said of it."""
        order = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        try:
            no = take(order)
            if no is None:
                send(order)
            status = self.STATUS.get(no, 500)
        except (OSError, HTTPException, Refused):
            status = 500
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing, as above."""


class Server(ThreadingHTTPServer):
    """A thread for each shopper who waits."""

    request_queue_size = 512
    daemon_threads = True


if __name__ == "__main__":
    server = Server(("127.0.0.1", int(sys.argv[-1])), Till if "checkout" in sys.argv else Hook)
    print("up", flush=True)  # noqa: T201 - that is how it speaks
    server.serve_forever()
