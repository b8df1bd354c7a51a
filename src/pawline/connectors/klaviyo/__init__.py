"""Klaviyo: who may be written to, what happened to them, and the flows that write, by its API of 2026-07-15."""

from __future__ import annotations

from pawline.connectors.klaviyo.api import client
from pawline.connectors.klaviyo.crm import KlaviyoCrm
from pawline.connectors.klaviyo.enrolling import ENROLMENT
from pawline.connectors.klaviyo.health import probe
from pawline.connectors.klaviyo.hook import HOOK
from pawline.connectors.klaviyo.looking import WATCH
from pawline.connectors.klaviyo.marketing import KlaviyoMarketing
from pawline.connectors.klaviyo.past import PAST
from pawline.connectors.klaviyo.settings import REVISION, UNTIL, Settings
from pawline.connectors.klaviyo.triggers import sends
from pawline.kit import Api, Connector, Offer
from pawline.ports import Crm, Limits, Marketing

connector = Connector(
    name="klaviyo",
    title="Klaviyo",
    settings=Settings,
    http=client,
    hook=HOOK,
    enrolment=ENROLMENT,
    probe=probe,
    api=Api(REVISION, UNTIL),
    sends=sends,
    watches=(WATCH,),
    past=PAST,
    # 75 a second and 750 a minute for profiles; an operation asks for one, and writes it once or twice. Who is told
    # to wait waits for as long as `Retry-After` says.
    limits=Limits(rate=6, burst=30, concurrency=8),
    offers={
        Crm: Offer(KlaviyoCrm, KlaviyoCrm.OPERATIONS),
        Marketing: Offer(KlaviyoMarketing, KlaviyoMarketing.OPERATIONS),
    },
)
