"""Twilio: texts to shoppers and to people on duty, and what people answer to them."""

from __future__ import annotations

from pawline.connectors.twilio.client import client
from pawline.connectors.twilio.enrolling import ENROLMENT
from pawline.connectors.twilio.health import probe
from pawline.connectors.twilio.hook import HOOK
from pawline.connectors.twilio.looking import WATCH
from pawline.connectors.twilio.mail import TwilioMail
from pawline.connectors.twilio.past import PAST
from pawline.connectors.twilio.settings import Settings
from pawline.kit import Api, Connector, Offer
from pawline.ports import Limits, Mail

connector = Connector(
    name="twilio",
    title="Twilio",
    settings=Settings,
    http=client,
    hook=HOOK,
    enrolment=ENROLMENT,
    probe=probe,
    api=Api("2010-04-01"),  # no end of it is announced
    watches=(WATCH,),
    past=PAST,
    # Twilio queues what a sender cannot send at once, a segment a second on a US number; its API's own limit is on
    # calls at the same time, and not published.
    limits=Limits(rate=10, burst=20, concurrency=8),
    offers={Mail: Offer(TwilioMail, TwilioMail.OPERATIONS)},
)
