"""A Stripe whose answers are off by one value: one of the four errors comes of it, or a result, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pawline.connectors.stripe import connector, hook, looking
from pawline.connectors.stripe.enrolling import enrol, issue, lacking
from pawline.connectors.stripe.happened import KINDS, about
from pawline.connectors.stripe.health import probe
from pawline.connectors.stripe.hook import HOOK
from pawline.connectors.stripe.naming import marked
from pawline.connectors.stripe.payments import StripePayments
from pawline.connectors.stripe.settings import VERSION
from pawline.kit import Http
from pawline.model import Money, TenderId
from pawline.ports import Attempt, Authorisation, AuthorisationState, Capture, PortError, attempting
from pawline.testing.counter import LOOPBACK, Counter
from tests.unit.connectors.oddly import heard, tried
from tests.unit.connectors.stripe_scene import EUR20, O1, card

SAMPLES = Path(str(hook.__file__)).with_name("samples")
CARD = TenderId("card")
NOW = int(datetime.now(UTC).timestamp()) - 60
MARKS = marked("pawline", O1, CARD, "k")
CHARGE: dict[str, Any] = {
    "id": "ch_1", "created": NOW, "payment_method_details": {"type": "card", "card": {"capture_before": NOW + 600_000}}
}  # fmt: skip
HELD: dict[str, Any] = {
    "id": "pi_1", "amount": 2_000, "currency": "eur", "status": "requires_capture", "created": NOW, "livemode": False,
    "amount_received": 0, "metadata": MARKS, "latest_charge": CHARGE, "next_action": None, "last_payment_error": None,
}  # fmt: skip
NEW = HELD | {"status": "requires_confirmation", "latest_charge": None}
ASKS = HELD | {
    "status": "requires_action", "latest_charge": None,
    "next_action": {"type": "redirect_to_url", "redirect_to_url": {"url": "https://bank.example"}},
}  # fmt: skip
TAKEN = HELD | {"status": "succeeded", "amount_received": 2_000, "metadata": MARKS | {"pawline_capture": "k"}}
GONE = HELD | {"status": "canceled", "cancellation_reason": "automatic"}
NO = HELD | {"status": "requires_payment_method", "last_payment_error": {"code": "card_declined", "decline_code": "x"}}
BACK: dict[str, Any] = {
    "id": "re_1", "amount": 500, "currency": "eur", "created": NOW, "status": "succeeded", "metadata": MARKS,
    "failure_reason": "unknown", "payment_intent": TAKEN,
}  # fmt: skip
DISPUTE: dict[str, Any] = {
    "id": "dp_1", "amount": 2_000, "currency": "eur", "created": NOW, "status": "needs_response", "reason": "general",
    "evidence_details": {"due_by": NOW + 600_000}, "payment_intent": TAKEN,
}  # fmt: skip
PAYOUT: dict[str, Any] = {
    "id": "po_1", "amount": 1_900, "currency": "eur", "created": NOW, "status": "paid", "automatic": True,
    "reconciliation_status": "completed",
}  # fmt: skip
MOVED = {"id": "txn_1", "amount": 2_000, "fee": 100, "net": 1_900, "currency": "eur", "reporting_category": "charge"}
ENDPOINT: dict[str, Any] = {
    "id": "we_1", "url": "https://x", "status": "disabled", "enabled_events": list(KINDS), "api_version": VERSION,
    "metadata": {"a": "b"},
}  # fmt: skip


def listed(*items: Any) -> dict[str, Any]:
    return {"object": "list", "data": list(items), "has_more": False}


def event(kind: str, thing: Any) -> dict[str, Any]:
    return {"id": f"evt_{kind}", "type": kind, "created": NOW, "livemode": False, "data": {"object": thing}}


REPLIES: dict[str, Any] = {
    "POST /v1/payment_intents": NEW, "POST /v1/payment_intents/pi_1/confirm": HELD,
    "POST /v1/payment_intents/pi_1/capture": TAKEN,
    "GET /v1/payment_intents/pi_1": NO, "GET /v1/payment_intents": listed(HELD),
    "GET /v1/payment_intents/search": listed(ASKS), "POST /v1/payment_intents/pi_1/cancel": GONE,
    "POST /v1/payment_intents/pi_pawline_asks/cancel": {},
    "GET /v1/charges": listed(CHARGE | {"payment_intent": TAKEN}),
    "GET /v1/refunds": listed(), "POST /v1/refunds": BACK, "GET /v1/refunds/re_1": BACK | {"status": "failed"},
    "GET /v1/disputes/dp_1": DISPUTE, "GET /v1/disputes": listed(DISPUTE),
    "GET /v1/payouts/po_1": PAYOUT, "GET /v1/payouts": listed(PAYOUT), "GET /v1/balance_transactions": listed(MOVED),
    "GET /v1/webhook_endpoints": listed(ENDPOINT), "POST /v1/webhook_endpoints/we_1": ENDPOINT,
    "POST /v1/webhook_endpoints": ENDPOINT | {"secret": "whsec_1"}, "DELETE /v1/webhook_endpoints/we_1": {},
    "GET /v1/events": listed(event("payout.paid", PAYOUT), event("refund.failed", BACK), event("refund.updated", BACK)),
}  # fmt: skip
RELISTED = REPLIES | {"GET /v1/refunds": listed(BACK)}
THERE = Authorisation(order=O1, tender=CARD, amount=EUR20, state=AuthorisationState.AUTHORISED, reference="pi_1")
WAS = Capture(order=O1, tender=CARD, amount=EUR20, reference="pi_1")
FIVE = Money(500, "EUR")
Call = Callable[[StripePayments, Http, Any], Awaitable[object]]
CALLS: dict[str, tuple[dict[str, Any], Call]] = {
    "authorize": (REPLIES, lambda one, _, __: one.authorize(O1, card())),
    "asks": (REPLIES | {"POST /v1/payment_intents/pi_1/confirm": ASKS}, lambda one, _, __: one.authorize(O1, card())),
    "find": (REPLIES, lambda one, _, __: one.find_authorisation(O1, card())),
    "capture": (REPLIES, lambda one, _, __: one.capture(THERE, EUR20)),
    "void": (REPLIES, lambda one, _, __: one.void(THERE)),
    "refund": (REPLIES, lambda one, _, __: one.refund(WAS, FIVE, "x")),
    "refund again": (RELISTED, lambda one, _, __: one.refund(WAS, FIVE, "x")),
    "ledger": (RELISTED, lambda one, _, __: one.ledger(O1)),
    "declined": (REPLIES, lambda _, http, settings: about(http, settings, "pi_1")),
    "refund failed": (REPLIES, lambda _, http, settings: about(http, settings, "re_1")),
    "dispute": (REPLIES, lambda _, http, settings: about(http, settings, "dp_1")),
    "payout": (REPLIES, lambda _, http, settings: about(http, settings, "po_1")),
    "look": (REPLIES, lambda _, http, settings: looking.events(http, settings, "")),
    "probe": (REPLIES, lambda _, http, settings: probe(http, settings, frozenset({"Payments"}))),
    "lacking": (REPLIES, lambda _, http, settings: lacking(http, settings, "https://x")),
    "enrol": (REPLIES, lambda _, http, settings: enrol(http, settings, "https://x")),
    "issue": (REPLIES, lambda _, http, settings: issue(http, settings, "https://x")),
}
NOTHING = {"probe", "find", "issue"}
"""Calls that may come to nothing."""
UNREADABLE = {"declined", "refund failed", "dispute", "payout"}
"""What asks about one thing may say that it cannot be read: it is a look's to tell."""
UNREAD = frozenset({"pawline_group", "pawline_step", "livemode", "type"})


async def outcome(served: Counter, name: str) -> object:
    given: dict[str, Any] = {"url": f"http://127.0.0.1:{served.port}", "key": "k", "mode": "test", "label": "pawline"}
    given["webhook_secrets"] = ["s"]
    settings = connector.configure(given)
    http = connector.http(settings, LOOPBACK)
    assert isinstance(http, Http)
    until = datetime.now(UTC) + timedelta(seconds=9)
    try:
        with attempting(Attempt("k", 1, until, "paws", "stripe/eu")):
            return await CALLS[name][1](StripePayments(http, settings), http, settings)
    except PortError as problem:
        return problem
    except ValueError as problem:
        assert name in UNREADABLE
        return problem
    finally:
        await http.close()


def read_at_all(path: tuple[Any, ...]) -> bool:
    """What is written into a form, and the many types of events, say nothing in an answer."""
    return not UNREAD & {one for one in path if isinstance(one, str)} and path[-2:-1] != ("enabled_events",)


@pytest.mark.parametrize("name", CALLS)
def test_an_odd_value_anywhere_is_one_of_four_errors_or_does_not_matter(name: str) -> None:
    nothing = name in NOTHING
    asyncio.run(tried(CALLS[name][0], lambda served: outcome(served, name), nothing=nothing, reads=read_at_all))


@pytest.mark.parametrize("sample", KINDS)
def test_an_odd_value_in_a_webhook_is_nothing_or_kept_for_people(sample: str) -> None:
    told = msgspec.json.decode((SAMPLES / f"{sample}.json").read_bytes())
    heard(HOOK, told, (ValueError, OverflowError), reads=lambda path: len(path) <= 3, rings=True)


def test_another_payment_than_was_asked_for_is_not_believed() -> None:
    async def told() -> None:
        for route, reply, name in (
            ("POST /v1/payment_intents/pi_1/confirm", HELD | {"amount": 200}, "authorize"),
            ("POST /v1/payment_intents/pi_1/confirm", HELD | {"currency": "usd"}, "authorize"),
            ("POST /v1/payment_intents/pi_1/capture", TAKEN | {"amount_received": 2}, "capture"),
            ("POST /v1/payment_intents/pi_1/capture", TAKEN | {"id": "pi_2"}, "capture"),
            ("POST /v1/payment_intents/pi_1/cancel", GONE | {"id": "pi_2"}, "void"),
            ("POST /v1/refunds", BACK | {"amount": 5}, "refund"),
        ):
            CALLS["one"] = (REPLIES | {route: reply}, CALLS[name][1])
            found: list[object] = []

            async def ask(served: Counter, found: list[object] = found) -> object:
                found.append(await outcome(served, "one"))
                raise _Enough

            with pytest.raises(_Enough):
                await tried(CALLS["one"][0], ask)
            assert repr(found[0]).startswith("Malformed("), (route, found)
            del CALLS["one"]

    asyncio.run(told())


class _Enough(Exception):
    """One is enough."""
