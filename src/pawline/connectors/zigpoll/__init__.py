"""Zigpoll: surveys on the shop's pages and after a purchase."""

from __future__ import annotations

from pawline.connectors.zigpoll.client import client
from pawline.connectors.zigpoll.enrolling import ENROLMENT
from pawline.connectors.zigpoll.health import probe
from pawline.connectors.zigpoll.hook import HOOK
from pawline.connectors.zigpoll.looking import WATCH
from pawline.connectors.zigpoll.past import PAST
from pawline.connectors.zigpoll.settings import Settings
from pawline.connectors.zigpoll.surveys import ZigpollSurveys
from pawline.kit import Api, Connector, Offer
from pawline.ports import Limits, Surveys

connector = Connector(
    name="zigpoll",
    title="Zigpoll",
    settings=Settings,
    http=client,
    hook=HOOK,
    enrolment=ENROLMENT,
    probe=probe,
    api=Api("v1"),  # no end of it is announced
    watches=(WATCH,),
    past=PAST,
    # Zigpoll publishes no limits: few calls are needed, so few are made.
    limits=Limits(rate=2, burst=5, concurrency=2),
    offers={Surveys: Offer(ZigpollSurveys, ZigpollSurveys.OPERATIONS)},
)
