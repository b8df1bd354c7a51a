"""Stripe's own client against the pretended Stripe: an independent witness of both."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
import stripe

from pawline.kit import Hmac, Secret, of_stripe
from pawline.sandbox import Desk, Vendors, served
from pawline.sandbox.stripe import views
from pawline.sandbox.stripe.telling import signed

CARD = {"allowed_payment_method_types": ["card"], "capture_method": "manual", "confirm": True}
DECLINED = {"payment_method": "pm_card_visa_chargeDeclinedInsufficientFunds"}


def witness(told: Callable[[Any, Desk], None]) -> None:
    async def within() -> None:
        desk = Desk(Vendors(now=time.time), "tok")
        async with asyncio.timeout(30), served(desk) as url:
            client = stripe.StripeClient(
                desk.stripe.key, base_addresses={"api": f"{url}/stripe"}, max_network_retries=0
            )
            await asyncio.to_thread(told, client, desk)

    asyncio.run(within())


def paid(client: Any, **given: Any) -> Any:
    told = {"amount": 2_000, "currency": "eur", "payment_method": "pm_card_visa", "transfer_group": "g1"}
    return client.v1.payment_intents.create({**told, **CARD, **given})


def test_the_vendors_own_client_does_all_that_the_connector_does() -> None:
    def told(client: Any, desk: Desk) -> None:
        v1 = client.v1
        made = paid(client, metadata={"a": "b"}, expand=["latest_charge"])
        assert (made.status, made.amount_capturable, made.metadata["a"]) == ("requires_capture", 2_000, "b")
        assert made.latest_charge.payment_method_details.card.capture_before > time.time()
        (charge,) = v1.charges.list({"transfer_group": "g1", "expand": ["data.payment_intent"]}).data
        assert charge.payment_intent.id == made.id
        taken = v1.payment_intents.capture(made.id, {"amount_to_capture": 1_500, "metadata": {"c": "d"}})
        assert (taken.status, taken.amount_received) == ("succeeded", 1_500)
        assert taken.metadata.to_dict() == {"a": "b", "c": "d"}
        back = v1.refunds.create({"payment_intent": made.id, "amount": 500})
        assert [one.id for one in v1.refunds.list({"payment_intent": made.id}).data] == [back.id]
        assert v1.refunds.retrieve(back.id, {"expand": ["payment_intent"]}).payment_intent.id == made.id
        other = paid(client, metadata={"pawline_group": "g2"})
        assert v1.payment_intents.cancel(other.id).status == "canceled"
        assert v1.payment_intents.search({"query": "metadata['pawline_group']:'g2'"}).data == []
        desk.stripe.api.behind = 0.0
        assert [one.id for one in v1.payment_intents.search({"query": "metadata['pawline_group']:'g2'"}).data] == [
            other.id
        ]  # fmt: skip
        assert [one.id for one in v1.payment_intents.list({"limit": 1}).auto_paging_iter()] == [other.id, made.id]
        dispute = desk.act("stripe/dispute", json.dumps({"intent": made.id}).encode())["id"]
        assert v1.disputes.retrieve(dispute).evidence_details.due_by > time.time()
        (payout,) = desk.act("stripe/pay-out", b"false")
        moved = v1.balance_transactions.list({"payout": payout}).data
        assert [one.reporting_category for one in moved] == ["payout", "dispute", "refund", "charge"]
        assert v1.payouts.retrieve(payout).amount == sum(one.net for one in moved[1:]) == -573
        assert [one.type for one in v1.events.list({"types": ["payout.created", "refund.created"]}).data] == [
            "payout.created", "refund.created"
        ]  # fmt: skip
        hook = v1.webhook_endpoints.create({"url": "https://x.example", "enabled_events": ["*"]})
        assert hook.secret.startswith("whsec_")
        v1.webhook_endpoints.update(hook.id, {"enabled_events": ["payout.paid"], "metadata": {"a": "b"}})
        (there,) = v1.webhook_endpoints.list().data
        assert (there.enabled_events, there.metadata.to_dict()) == (["payout.paid"], {"a": "b"})
        assert "secret" not in there.to_dict()
        assert v1.webhook_endpoints.delete(hook.id).deleted is True

    witness(told)


def test_the_vendors_own_client_knows_our_errors_for_its_own() -> None:
    def told(client: Any, desk: Desk) -> None:
        with pytest.raises(stripe.CardError) as declined:
            paid(client, **DECLINED)
        assert (declined.value.code, declined.value.http_status) == ("card_declined", 402)
        said: Any = declined.value.error
        assert (said.decline_code, said.payment_intent.status) == ("insufficient_funds", "requires_payment_method")
        with pytest.raises(stripe.InvalidRequestError) as gone:
            client.v1.payment_intents.capture("pi_none")
        assert (gone.value.code, gone.value.http_status) == ("resource_missing", 404)
        with pytest.raises(stripe.InvalidRequestError) as twice:
            client.v1.payment_intents.cancel(client.v1.payment_intents.cancel(paid(client).id).id)
        assert twice.value.code == "payment_intent_unexpected_state"
        with pytest.raises(stripe.InvalidRequestError) as old:  # the package's version knows it no more
            client.v1.payment_intents.create({"amount": 1, "currency": "eur", "payment_method_types": ["card"]})
        assert old.value.code == "payment_method_types_no_longer_supported"
        with pytest.raises(stripe.InvalidRequestError) as strange:
            client.v1.refunds.create({"payment_intent": "pi_1", "colour": "red"})
        assert strange.value.code == "parameter_unknown"
        desk.stripe.api.lacks = frozenset({"rak_charge_read"})
        with pytest.raises(stripe.PermissionError):
            client.v1.charges.list()
        desk.stripe.key = "another"
        with pytest.raises(stripe.AuthenticationError):
            client.v1.events.list()

    witness(told)


def test_a_key_is_known_as_the_vendor_knows_it() -> None:
    def told(client: Any, desk: Desk) -> None:
        def pay(key: str, **given: Any) -> Any:
            told = {"amount": 2_000, "currency": "eur", "payment_method": "pm_card_visa", **CARD, **given}
            return client.v1.payment_intents.create(told, {"idempotency_key": key})

        first, again, other = pay("a"), pay("a"), pay("b")
        assert first.id == again.id != other.id
        assert "Idempotent-Replayed" not in first.last_response.headers
        assert again.last_response.headers["Idempotent-Replayed"] == "true"
        with pytest.raises(stripe.IdempotencyError):
            pay("a", amount=1)
        for _ in range(2):
            with pytest.raises(stripe.CardError):
                pay("c", **DECLINED)
        assert len(desk.stripe.books.intents) == 3
        for _ in range(2):  # nothing was begun, so nothing is kept
            with pytest.raises(stripe.InvalidRequestError) as wrong:
                pay("d", currency="EURO")
            assert "Idempotent-Replayed" not in (wrong.value.headers or {})
        assert pay("d").status == "requires_capture"
        desk.act("stripe/forget-keys", b"null")
        assert pay("a").id != first.id

    witness(told)


def test_what_we_sign_the_vendors_package_believes_and_we_what_it_signs() -> None:
    def told(client: Any, desk: Desk) -> None:
        paid(client)
        one = next(iter(desk.stripe.books.events.values()))
        body, secret = json.dumps(views.event(one)).encode(), "whsec_x"
        header = signed(body, secret, time.time())["Stripe-Signature"]
        event = stripe.Webhook.construct_event(body, header, secret)
        assert (event.id, event.type) == (one.id, one.type)
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(body + b" ", header, secret)
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(body, signed(body, secret, time.time() - 301)["Stripe-Signature"], secret)
        theirs = stripe.WebhookSignature.generate_signature_header(body.decode(), secret)
        rolled = f"{theirs},v1={'0' * 64},v0={'1' * 64}"  # two while a secret is rolled, and a scheme that is none
        for told in (theirs, rolled):
            secrets = [Secret("whsec_new"), Secret(secret)]
            Hmac(of_stripe).verify(secrets, [("Stripe-Signature", told)], body, time.time())

    witness(told)
