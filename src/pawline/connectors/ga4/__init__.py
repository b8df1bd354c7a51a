"""Google Analytics 4, by its Measurement Protocol: what happens to orders is told to a web stream."""

from __future__ import annotations

from pawline.connectors.ga4.analytics import Ga4Analytics
from pawline.connectors.ga4.client import client
from pawline.connectors.ga4.settings import Settings
from pawline.connectors.ga4.trying import probe, states, tries
from pawline.kit import Connector, Offer
from pawline.ports import Analytics, Limits

connector = Connector(
    name="ga4",
    title="Google Analytics 4",
    settings=Settings,
    http=client,
    probe=probe,
    tries=tries,
    states=states,
    offers={Analytics: Offer(Ga4Analytics, Ga4Analytics.OPERATIONS)},
    # Google names no limit of its own.
    limits=Limits(rate=20, burst=20, concurrency=4),
)
