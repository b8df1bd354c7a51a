"""Recharge: the app that renews autoships of a shop at Shopify."""

from __future__ import annotations

from pawline.connectors.recharge.client import client
from pawline.connectors.recharge.enrolling import ENROLMENT
from pawline.connectors.recharge.health import probe
from pawline.connectors.recharge.hook import HOOK
from pawline.connectors.recharge.looking import WATCHES
from pawline.connectors.recharge.settings import VERSION, Settings
from pawline.connectors.recharge.subscriptions import RechargeSubscriptions
from pawline.kit import Api, Connector, Offer
from pawline.ports import Limits, Subscriptions

connector = Connector(
    name="recharge",
    title="Recharge",
    settings=Settings,
    http=client,
    hook=HOOK,
    enrolment=ENROLMENT,
    probe=probe,
    api=Api(VERSION),  # no end of it is announced
    watches=WATCHES,
    # 40 calls fit in at once and two a second leave, on the standard plan; an operation is one to four of them. What is
    # limited waits as long as Recharge says.
    limits=Limits(rate=1, burst=10, concurrency=4),
    offers={Subscriptions: Offer(RechargeSubscriptions, RechargeSubscriptions.OPERATIONS)},
)
