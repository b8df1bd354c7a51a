"""EasyPost: rates, labels and tracking of many carriers, by one API."""

from __future__ import annotations

from pawline.connectors.easypost.client import client
from pawline.connectors.easypost.enrolling import ENROLMENT
from pawline.connectors.easypost.health import probe
from pawline.connectors.easypost.hook import HOOK
from pawline.connectors.easypost.looking import WATCH
from pawline.connectors.easypost.settings import Settings
from pawline.connectors.easypost.shipping import EasyPostShipping
from pawline.kit import Api, Connector, Offer
from pawline.ports import Limits, Shipping

connector = Connector(
    name="easypost",
    title="EasyPost",
    settings=Settings,
    http=client,
    hook=HOOK,
    enrolment=ENROLMENT,
    probe=probe,
    api=Api("v2"),  # no end of it is announced
    watches=(WATCH,),
    # Lists may be asked for five times a second; for the rest the limit is the load of the moment, and not published.
    limits=Limits(rate=5, burst=10, concurrency=8),
    offers={Shipping: Offer(EasyPostShipping, EasyPostShipping.OPERATIONS)},
)
