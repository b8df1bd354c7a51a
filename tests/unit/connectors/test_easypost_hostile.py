"""An EasyPost whose answers are off by one value: one of the four errors comes of it, or a result, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pawline.connectors.easypost import connector, hook, looking
from pawline.connectors.easypost.enrolling import enrol
from pawline.connectors.easypost.health import probe
from pawline.connectors.easypost.hook import HOOK, about
from pawline.connectors.easypost.shipping import EasyPostShipping
from pawline.kit import Http
from pawline.model import Money, OrderId
from pawline.ports import Label, Rate, Shipment
from pawline.sandbox import Desk, Vendors
from pawline.sandbox.easypost import views
from pawline.sandbox.easypost.books import Listener, Word
from pawline.testing.counter import LOOPBACK, Counter
from tests.unit.connectors.easypost_scene import consignment
from tests.unit.connectors.oddly import attempted, heard, tried

SAMPLES = Path(str(hook.__file__)).with_name("samples")
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC).timestamp()
WANTED = consignment()


def told() -> tuple[Any, Any, Any, Any, Any]:
    """A shipment with rates, one with a label whose parcel moves, one that was given back; an address; a webhook."""
    books = Desk(Vendors(now=lambda: NOW), "tok").easypost.books
    place = {"name": "x", "street1": "x", "city": "x", "state": "CA", "zip": "9", "country": "US"}
    given = {
        "from_address": books.keep(dict(place)), "to_address": books.keep(dict(place)), "parcel": {"weight": 9.0},
        "reference": "pawline:paws:1001:all",
    }  # fmt: skip
    one = books.ship(given)
    rated = views.shipment(books, one)
    books.buy(one, "Priority")
    fresh = views.shipment(books, one)
    for status, detail in (("in_transit", "delayed"), ("delivered", "arrived_at_destination")):
        books.move(one, Word(NOW, status, detail, "x"))
    moved = views.shipment(books, one)
    one.words.clear()
    one.status, one.refund = "unknown", "submitted"
    address = views.address(books, books.keep(dict(place)), asked=True)
    return rated, fresh, moved, views.shipment(books, one), (address, views.listener(
        books, Listener("hook_1", "https://x", "s", NOW, [{"name": "a", "value": "b"}])
    ))  # fmt: skip


RATED, FRESH, MOVED, BACK, (ADDRESS, LISTENER) = told()
NO, ORDER = RATED["id"], "order_1"
SEVERAL = {
    "id": ORDER, "mode": "test", "reference": "pawline:paws:1001:all", "shipments": [RATED, RATED],
    "rates": RATED["rates"],
}  # fmt: skip
SOLD = SEVERAL | {"shipments": [FRESH, MOVED]}
REPLIES: dict[str, Any] = {
    "POST /v2/addresses": ADDRESS, "POST /v2/shipments": RATED, f"GET /v2/shipments/{NO}": RATED,
    f"POST /v2/shipments/{NO}/buy": FRESH, f"POST /v2/shipments/{NO}/refund": BACK,
    "GET /v2/shipments": {"shipments": [MOVED], "has_more": False}, "GET /v2/webhooks": {"webhooks": [LISTENER]},
    "PATCH /v2/webhooks/hook_1": LISTENER, "POST /v2/orders": SEVERAL, f"GET /v2/orders/{ORDER}": SEVERAL,
    f"POST /v2/orders/{ORDER}/buy": SOLD,
}  # fmt: skip
BOUGHT = REPLIES | {f"GET /v2/shipments/{NO}": FRESH}
GONE = REPLIES | {f"GET /v2/shipments/{NO}": MOVED}
RATE = Rate(carrier="USPS", service="x", price=Money(1, "USD"), reference=f"{NO}/rate_1")
TWO = consignment(parcels=WANTED.parcels * 2)
BOTH = Rate(carrier="USPS", service="x", price=Money(1, "USD"), reference=f"{ORDER}/USPS x")
MADE = Shipment(
    order=OrderId("1001"), part="all", carrier="USPS", service="x", price=Money(1, "USD"), reference=NO,
    labels=(Label(tracking="1"),),
)  # fmt: skip
Call = Callable[[EasyPostShipping, Http, Any], Awaitable[object]]
CALLS: dict[str, tuple[dict[str, Any], Call]] = {
    "rates": (REPLIES, lambda one, _, __: one.rates(WANTED)),
    "book": (REPLIES, lambda one, _, __: one.book(WANTED, RATE)),
    "find": (BOUGHT, lambda one, _, __: one.find_shipment(WANTED, RATE)),
    "cancel": (BOUGHT, lambda one, _, __: one.cancel(MADE)),
    "rates of two": (REPLIES, lambda one, _, __: one.rates(TWO)),
    "book two": (REPLIES, lambda one, _, __: one.book(TWO, BOTH)),
    "find two": (REPLIES | {f"GET /v2/orders/{ORDER}": SOLD}, lambda one, _, __: one.find_shipment(TWO, BOTH)),
    "track": (GONE, lambda one, _, __: one.track(MADE)),
    "look": (REPLIES, lambda _, http, settings: looking.parcels(http, settings, "")),
    "about": (GONE, lambda _, http, settings: about(http, settings, NO)),
    "enrol": (REPLIES, lambda _, http, settings: enrol(http, settings, "https://x")),
    "probe": (REPLIES, lambda _, http, settings: probe(http, settings, frozenset())),
}


READ = frozenset({
    "id", "mode", "created_at", "updated_at", "reference", "tracking_code", "refund_status", "order_id",
    "postage_label", "label_url", "label_file_type", "selected_rate", "tracker", "rates", "carrier", "service", "rate",
    "currency", "delivery_days", "delivery_date", "status", "status_detail", "datetime", "tracking_details",
    "est_delivery_date", "public_url", "shipment_id", "shipments", "has_more", "verifications", "delivery", "success",
    "errors", "code", "webhooks", "url", "disabled_at", "custom_headers", "name", "value",
})  # fmt: skip
"""Names of what is read; the rest is skipped: what is not read cannot hurt."""


async def outcome(served: Counter, call: Call) -> object:
    given = {"url": f"http://127.0.0.1:{served.port}", "key": "k", "mode": "test", "webhook_secrets": ["s"]}
    settings = connector.configure(given)
    http = connector.http(settings, LOOPBACK)
    assert isinstance(http, Http)
    http.whose = "paws"
    return await attempted(http, "easypost/us", lambda: call(EasyPostShipping(http, settings), http, settings))


NOTHING = {"probe", "find", "find two"}
"""Calls that may come to nothing."""


def read_at_all(path: tuple[Any, ...]) -> bool:
    """Of a list the first is enough, but of what is to fit together the second, too."""
    return all(one in READ if isinstance(one, str) else one < 2 for one in path) and path[-2:-1] != ("rates",)


@pytest.mark.parametrize("name", CALLS)
def test_an_odd_value_anywhere_is_one_of_four_errors_or_does_not_matter(name: str) -> None:
    replies, call = CALLS[name]
    asyncio.run(tried(replies, lambda served: outcome(served, call), nothing=name in NOTHING, reads=read_at_all))


@pytest.mark.parametrize("sample", ["tracker.created", "tracker.updated"])
def test_an_odd_value_in_a_webhook_is_nothing_or_kept_for_people(sample: str) -> None:
    told = msgspec.json.decode((SAMPLES / f"{sample}.json").read_bytes())
    heard(HOOK, told, (ValueError, OverflowError), rings=True)
