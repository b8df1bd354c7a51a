"""Stripe keeps what every connector keeps."""

from __future__ import annotations

from pawline.connectors import stripe
from pawline.model import Money, OrderId, Tender, TenderId
from pawline.ports import Authorisation, AuthorisationState, Capture
from pawline.testing.conformance import SECRETS, TOKEN, ConnectorPromises
from tests.unit.connectors.stripe_scene import EUR20, card

AUTHORISATION = Authorisation(
    order=OrderId("o1"), tender=TenderId("card"), amount=EUR20, state=AuthorisationState.AUTHORISED, reference="pi_1"
)
CAPTURE = Capture(order=OrderId("o1"), tender=TenderId("card"), amount=EUR20, reference="pi_1")


class TestStripe(ConnectorPromises):
    connector = stripe.connector
    settings = {"url": "{url}", "key": TOKEN, "label": "paws", "webhook_secrets": list(SECRETS[:2])}  # noqa: RUF012 - a card's
    examples = {Tender: card(), Authorisation: AUTHORISATION, Capture: CAPTURE, Money: EUR20}  # noqa: RUF012 - the same
    refusal = b'{"error": {"type": "invalid_request_error"}}'
