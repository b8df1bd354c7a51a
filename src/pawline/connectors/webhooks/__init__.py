"""Webhooks out: whoever listens is told of our events, as Standard Webhooks and CloudEvents have it."""

from __future__ import annotations

from datetime import timedelta

from pawline.connectors.webhooks.listener import TellListener, client, tries
from pawline.connectors.webhooks.settings import Settings, listening
from pawline.kit import Connector, Offer
from pawline.ports import Breaker, Limits, Listener

connector = Connector(
    name="webhooks",
    title="Webhooks out",
    settings=Settings,
    http=client,
    listens=listening,
    tries=tries,
    offers={Listener: Offer(TellListener, TellListener.OPERATIONS)},
    # Who is down is asked once a minute, not by everything that waits for it.
    limits=Limits(rate=50, burst=50, concurrency=8, breaker=Breaker(failures=5, cool_down=timedelta(minutes=1))),
)
