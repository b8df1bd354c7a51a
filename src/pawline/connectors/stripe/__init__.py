"""Stripe: it sets a shopper's money aside, takes it, gives it back, and says what banks and payouts make of it."""

from __future__ import annotations

from pawline.connectors.stripe.client import client
from pawline.connectors.stripe.enrolling import ENROLMENT
from pawline.connectors.stripe.health import probe
from pawline.connectors.stripe.hook import HOOK
from pawline.connectors.stripe.looking import WATCH
from pawline.connectors.stripe.moved import MOVES
from pawline.connectors.stripe.past import PAST
from pawline.connectors.stripe.payments import StripePayments
from pawline.connectors.stripe.settings import VERSION, Settings
from pawline.kit import Api, Connector, Offer
from pawline.ports import Limits, Payments

connector = Connector(
    name="stripe",
    title="Stripe",
    settings=Settings,
    http=client,
    hook=HOOK,
    enrolment=ENROLMENT,
    probe=probe,
    api=Api(VERSION),  # no end of it is announced
    watches=(WATCH,),
    past=PAST,
    moves=MOVES,
    # 25 calls a second at a test account, and of each kind at a live one; an operation is one to three.
    limits=Limits(rate=8, burst=16, concurrency=8),
    offers={Payments: Offer(StripePayments, StripePayments.OPERATIONS)},
)
