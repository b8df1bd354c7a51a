"""Formbricks: surveys by link, in an app and on pages, on its cloud or on the shop's own machines."""

from __future__ import annotations

from pawline.connectors.formbricks.client import client
from pawline.connectors.formbricks.enrolling import ENROLMENT
from pawline.connectors.formbricks.health import probe
from pawline.connectors.formbricks.hook import HOOK
from pawline.connectors.formbricks.looking import WATCH
from pawline.connectors.formbricks.past import PAST
from pawline.connectors.formbricks.settings import Settings
from pawline.connectors.formbricks.surveys import FormbricksSurveys
from pawline.kit import Api, Connector, Offer
from pawline.ports import Limits, Surveys

connector = Connector(
    name="formbricks",
    title="Formbricks",
    settings=Settings,
    http=client,
    hook=HOOK,
    enrolment=ENROLMENT,
    probe=probe,
    api=Api("v2"),  # and v1 for surveys; no end of either is announced
    watches=(WATCH,),
    past=PAST,
    # A hundred calls a minute and key, for steps, looks and rings together; an invitation is one or two.
    limits=Limits(rate=0.5, burst=10, concurrency=2),
    offers={Surveys: Offer(FormbricksSurveys, FormbricksSurveys.OPERATIONS)},
)
