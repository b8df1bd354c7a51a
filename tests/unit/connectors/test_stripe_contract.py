"""What the connector sends and what the sandbox answers and tells, held against Stripe's own specification."""

from __future__ import annotations

import json
import sys
from typing import Any

import msgspec
import pytest

from pawline.connectors.stripe.enrolling import enrol, issue
from pawline.connectors.stripe.happened import KINDS, about
from pawline.connectors.stripe.health import probe
from pawline.connectors.stripe.looking import events
from pawline.kit import Secret
from pawline.model import Money, OrderId
from pawline.ports import PortError
from tests.house.tree import ROOT
from tests.unit.connectors.stripe_scene import ASKS, HELD, O1, POOR, RETURN, Scene, card, run
from tests.unit.sandbox.stripe_contract import OPERATIONS, SPECIFIED, Held, contract, extract

SPEC = ROOT.parent / "shared/specs/stripe/openapi.subset.json"
FIXTURES = ROOT.parent / "shared/specs/stripe/fixtures3.json"
REQUESTS, REPLIES, EVENTS = 21, 24, 14
"""Kinds of calls, of answers to them, and of events that were held against the specification: they may only grow."""
AT = "https://127.0.0.1:1/hooks"


async def tour(here: Scene) -> None:
    """Everything that the connector says to Stripe."""
    http, settings = here.http, here.settings
    here.stripe.api.behind = 0.0
    await probe(http, settings, frozenset({"Payments"}))
    made = [await issue(http, settings, AT) for _ in range(2)]  # made, and made anew
    _, endpoint = here.books.endpoints.values()
    endpoint.on, endpoint.secret = False, "whsec_x"
    await enrol(http, msgspec.structs.replace(settings, webhook_secrets=(made[1],)), AT)  # the first one goes
    assert list(here.books.endpoints.values()) == [endpoint]
    endpoint.events = ["*"]
    here.stripe.teller.pauses = ()
    taken = await here.captured(card("pm_card_refundFail"))
    back = await here.refunded(taken, 500)
    here.act("end", of=back.reference, status="failed", because="expired_or_canceled_card")
    waits = await here.authorised(card(ASKS, name="b"))
    here.act("confirm", intent=waits.reference)
    await here.step(here.payments.void(waits))
    none = here.step(here.payments.capture(waits, Money(1, "EUR")))
    for call in (here.authorised(card(POOR)), none, here.refunded(taken, 9_999)):
        with pytest.raises(PortError):
            await call
    await here.payments.ledger(O1)
    await here.payments.find_authorisation(O1, card())
    other = await here.captured(order=OrderId("o2"))
    name = here.act("dispute", intent=other.reference, inquiry=True)["id"]
    for status in ("needs_response", "lost"):
        here.act("end", of=name, status=status)
    (payout,) = here.act("pay-out", False)
    for status in ("paid", "reconciled", "failed"):
        here.act("end", of=payout, status=status)
    here.books.payouts[payout].status = "paid"
    for thing in (waits.reference, back.reference, name, payout):
        await about(http, settings, thing)
    await events(http, settings, "")
    await here.stripe.teller.rest()


def test_all_that_is_said_is_as_the_vendor_specifies(capsys: pytest.CaptureFixture[str]) -> None:
    before = HELD.right.copy()
    HELD.right.clear()
    run(tour, return_url=RETURN)
    found = set(HELD.right)
    HELD.right.update(before)
    requests = {one for one in found if len(one.split()) == 2}
    told = {one for one in found if len(one.split()) == 1}
    replies = found - requests - told
    assert requests == set(contract()["operations"]) == set(OPERATIONS)
    assert set(KINDS) <= told
    with capsys.disabled():
        sys.stdout.write(
            f"\nStripe: {len(requests)} calls ({len(SPECIFIED)} by its specification, the others by its package),"
            f" {len(replies)} answers, {len(told)} kinds of events held\n"
        )
    assert len(requests) >= REQUESTS
    assert len(replies) >= REPLIES
    assert len(told) >= EVENTS


def test_a_word_that_the_vendor_does_not_have_is_found() -> None:
    held, form = Held(), {"content-type": "application/x-www-form-urlencoded"}
    good = b"amount=100&currency=eur&confirm=true&metadata[a]=b&payment_method_types[0]=card&expand[0]=latest_charge"
    held.request("POST", "/v1/payment_intents", "", form, good)
    held.request("GET", "/v1/events", "limit=100&created[gte]=1&types[0]=payout.paid", {}, b"")
    assert held.wrong == []
    held.request("POST", "/v1/payment_intents", "", form, good + b"&colour=red")
    held.request("POST", "/v1/payment_intents", "", form, b"amount=1.5&currency=eur")
    held.request("POST", "/v1/refunds", "", {"content-type": "text/plain"}, b"payment_intent=pi_1")
    held.request("GET", "/v1/charges", "order=o1", {}, b"")
    held.request("GET", "/v1/disputes", "order=o1", {}, b"")
    held.request("GET", "/v1/customers", "", {}, b"")
    held.reply("POST", "/v1/refunds", 200, b'{"id": "re_1", "object": "refund", "amount": "5"}')
    held.reply("POST", "/v1/refunds", 400, b'{"message": "x"}')
    held.event(b'{"type": "payout.paid", "data": {"object": {"object": "cheque"}}}')
    firsts = [one.split(" at ")[0] for one in held.wrong]
    for one in (
        "POST /v1/payment_intents: the package knows no colour",
        "POST /v1/payment_intents: Additional properties are not allowed ('colour' was unexpected)",
        "POST /v1/payment_intents: '1.5' is not of type 'integer'",
        "POST /v1/refunds: its body is said to be text/plain",
        "GET /v1/charges: there is no parameter order",
        "GET /v1/disputes: the package knows no order",
        "GET /v1/customers is no call that is known",
        "POST /v1/refunds 200: '5' is not of type 'integer'",
        "POST /v1/refunds 400: 'error' is a required property",
        "event payout.paid is about nothing that is known",
    ):
        assert one in firsts


def test_what_is_kept_is_the_vendors() -> None:
    if not SPEC.exists():
        pytest.skip("the vendors' specifications are beside the checkout of whoever has them")
    assert contract() == json.loads(json.dumps(extract(json.loads(SPEC.read_text("utf-8")))))


@pytest.mark.parametrize(
    "name",
    ["payment_intent", "charge", "refund", "dispute", "payout", "balance_transaction", "webhook_endpoint", "event"],
)
def test_what_the_sandbox_shows_has_no_field_that_the_vendor_does_not_record(name: str) -> None:
    """The recordings are of the newest version: what the sandbox says beside them would be of no version."""
    if not FIXTURES.exists():
        pytest.skip("the vendors' recordings are beside the checkout of whoever has them")
    shown: dict[str, set[str]] = {}

    async def told(here: Scene) -> None:
        await here.refunded(await here.captured())
        here.act("dispute", intent="o1/card")
        here.act("pay-out", False)
        here.stripe.api.behind = 0.0
        await issue(here.http, here.settings, AT)
        books = here.books
        kinds: dict[str, Any] = {
            "payment_intent": books.intents, "charge": books.charges, "refund": books.refunds,
            "dispute": books.disputes, "payout": books.payouts, "balance_transaction": books.transactions,
            "webhook_endpoint": books.endpoints, "event": books.events,
        }  # fmt: skip
        for kind, there in kinds.items():
            shown[kind] = set(books.shows(next(iter(there.values()))))

    run(told)
    recorded = json.loads(FIXTURES.read_text("utf-8"))["resources"][name]
    assert shown[name] - set(recorded) == set()


def test_no_secret_is_said_but_where_it_is_made() -> None:
    async def told(here: Scene) -> None:
        secret = await issue(here.http, here.settings, AT)
        assert isinstance(secret, Secret)
        (endpoint,) = here.books.endpoints.values()
        assert "secret" not in here.books.shows(endpoint)

    run(told)
