"""Zendesk: where people ask and are answered, and cases may be answered from their tickets."""

from __future__ import annotations

from pawline.connectors.zendesk.client import client
from pawline.connectors.zendesk.enrolling import ENROLMENT
from pawline.connectors.zendesk.health import probe
from pawline.connectors.zendesk.helpdesk import ZendeskHelpdesk
from pawline.connectors.zendesk.hook import HOOK
from pawline.connectors.zendesk.looking import WATCH
from pawline.connectors.zendesk.settings import Settings
from pawline.kit import Api, Connector, Offer
from pawline.ports import Helpdesk, Limits

connector = Connector(
    name="zendesk",
    title="Zendesk",
    settings=Settings,
    http=client,
    hook=HOOK,
    enrolment=ENROLMENT,
    probe=probe,
    api=Api("v2"),  # no end of it is announced
    watches=(WATCH,),
    # 200 calls a minute on the smallest plan, 100 updates of tickets; an operation is one to four calls, one of them an
    # update. Who is limited waits as long as Zendesk says.
    limits=Limits(rate=1, burst=10, concurrency=4),
    offers={Helpdesk: Offer(ZendeskHelpdesk, ZendeskHelpdesk.OPERATIONS)},
)
