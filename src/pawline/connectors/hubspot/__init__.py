"""HubSpot: who the households are, what they allowed, and the e-mails that it keeps, by its API of 2026-09."""

from __future__ import annotations

from pawline.connectors.hubspot import looking, walking
from pawline.connectors.hubspot.api import client
from pawline.connectors.hubspot.crm import HubSpotCrm
from pawline.connectors.hubspot.health import probe
from pawline.connectors.hubspot.hook import HOOK
from pawline.connectors.hubspot.marketing import HubSpotMarketing
from pawline.connectors.hubspot.past import PAST
from pawline.connectors.hubspot.settings import UNTIL, VERSION, Settings
from pawline.kit import Api, Connector, Offer
from pawline.ports import Crm, Limits, Marketing

connector = Connector(
    name="hubspot",
    title="HubSpot",
    settings=Settings,
    http=client,
    hook=HOOK,
    probe=probe,
    api=Api(VERSION, UNTIL),
    watches=(walking.WATCH, looking.WATCH),
    past=PAST,
    # 100 in ten seconds in the smallest plan, for all apps of ours; an operation is two to six. Who is told to wait
    # waits for as long as HubSpot says, or its window lasts.
    limits=Limits(rate=2.5, burst=12, concurrency=6),
    offers={
        Crm: Offer(HubSpotCrm, HubSpotCrm.OPERATIONS),
        Marketing: Offer(HubSpotMarketing, HubSpotMarketing.OPERATIONS),
    },
)
