"""A Recharge whose answers are off by one value: one of the four errors comes of it, or a result, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from pawline.connectors.recharge import connector, looking
from pawline.connectors.recharge.enrolling import enrol
from pawline.connectors.recharge.health import probe
from pawline.connectors.recharge.hook import HOOK
from pawline.connectors.recharge.subscriptions import RechargeSubscriptions
from pawline.kit import Http, household_of
from pawline.model import HouseholdId, Item, SkuId, SubscriptionId
from pawline.testing.counter import LOOPBACK, Counter, counter
from tests.unit.connectors.oddly import Scripted, attempted, heard, tried
from tests.unit.connectors.test_recharge_heard import SAMPLES

NAME, ON = SubscriptionId("27363808"), date(2026, 12, 4)
WHOSE = HouseholdId(str(household_of("ann@example.com", None)))


def sampled(name: str) -> Any:
    return msgspec.json.decode((SAMPLES / f"{name}.json").read_bytes())


SUBSCRIPTION = sampled("subscription.updated")["subscription"] | {
    "include": {
        "customer": sampled("subscription.updated")["customer"],
        "address": {"address1": "Hauptstr. 1", "city": "Berlin", "country_code": "DE", "payment_method_id": 5},
    }
}
CHARGE = sampled("charge.upcoming")["charge"]
GONE = sampled("subscription.cancelled")["subscription"]
REPLIES: dict[str, Any] = {
    "GET /subscriptions/27363808": {"subscription": SUBSCRIPTION},
    "GET /subscriptions": {"subscriptions": [SUBSCRIPTION], "next_cursor": None},
    "GET /charges": {"charges": [CHARGE], "next_cursor": None},
    "GET /customers": {"customers": [sampled("subscription.updated")["customer"]]},
    "GET /payment_methods/5": {"payment_method": {"payment_details": {"exp_month": 4, "exp_year": 2029}}},
    "GET /products": {"products": [{"variants": [{"external_variant_id": "77", "sku": "chew"}]}], "next_cursor": None},
    "GET /webhooks": {"webhooks": [{"id": 1, "address": "https://x", "topic": "charge/failed"}], "next_cursor": None},
    "GET /token_information": {"token_information": {"scopes": ["read_orders"]}},
    "POST /subscriptions/27363808/set_next_charge_date": {"subscription": SUBSCRIPTION},
    "POST /subscriptions/27363808/cancel": {"subscription": GONE},
    "PUT /subscriptions/27363808": {"subscription": SUBSCRIPTION},
    "POST /charges/501204/skip": {"charge": CHARGE},
    "POST /webhooks": {"webhook": {"id": 1, "address": "https://x", "topic": "charge/failed"}},
    "PUT /webhooks/1": {"webhook": {"id": 1, "address": "https://x", "topic": "charge/failed"}},
}
Call = Callable[[RechargeSubscriptions, Http, Any], Awaitable[object]]
CALLS: dict[str, Call] = {
    "subscription": lambda app, _, __: app.subscription(NAME),
    "of": lambda app, _, __: app.of(WHOSE),
    "due": lambda app, _, __: app.due(ON, None),
    "move": lambda app, _, __: app.move(NAME, ON + timedelta(days=9)),
    "skip": lambda app, _, __: app.skip(NAME, ON),
    "swap": lambda app, _, __: app.swap(NAME, SkuId("kibble-10"), Item(SkuId("chew"), 2)),
    "set_quantity": lambda app, _, __: app.set_quantity(NAME, Item(SkuId("kibble-10"), 9)),
    "pause": lambda app, _, __: app.pause(NAME, None),
    "resume": lambda app, _, __: app.resume(NAME, ON + timedelta(days=9)),
    "end": lambda app, _, __: app.end(NAME, "x"),
    "look at subscriptions": lambda _, http, settings: looking.subscriptions(http, settings, ""),
    "look at charges": lambda _, http, settings: looking.charges(http, settings, ""),
    "look at renewals": lambda _, http, settings: looking.renewals(http, settings, ""),
    "enrol": lambda _, http, settings: enrol(http, settings, "https://x"),
    "probe": lambda _, http, settings: probe(http, settings, frozenset({"Subscriptions"})),
}


async def outcome(served: Counter, call: Call) -> object:
    given = {"url": f"http://127.0.0.1:{served.port}", "token": "tok"}
    settings = connector.configure(given)
    http = connector.http(settings, LOOPBACK)
    assert isinstance(http, Http)
    return await attempted(http, "recharge/main", lambda: call(RechargeSubscriptions(http, settings), http, settings))


@pytest.mark.parametrize("name", CALLS)
def test_an_odd_value_anywhere_is_one_of_four_errors_or_does_not_matter(name: str) -> None:
    asyncio.run(
        tried(REPLIES, lambda served: outcome(served, CALLS[name]), nothing=name == "probe", refused=name == "probe")
    )


@pytest.mark.parametrize("sample", sorted(one.stem for one in SAMPLES.glob("*.json") if one.stem.count(".") < 2))
def test_an_odd_value_in_a_webhook_is_an_event_or_kept_for_people(sample: str) -> None:
    heard(HOOK, sampled(sample), (ValueError, msgspec.MsgspecError))


def test_a_charge_that_is_made_anew_just_then_is_skipped_later() -> None:
    async def run() -> None:
        vendor = Scripted(REPLIES)
        vendor.replies = {route: reply for route, reply in REPLIES.items() if not route.endswith("/skip")}
        async with counter() as served:
            served.answer = vendor.answer
            found = await outcome(served, CALLS["skip"])
        assert repr(found) == "Transient('its charges are being made anew', in_progress)"

    asyncio.run(run())
