"""Segment: what happens is told to a source of it, and a no that its mail tools hear comes back."""

from __future__ import annotations

from pawline.connectors.segment.analytics import SegmentAnalytics, client
from pawline.connectors.segment.hook import HOOK
from pawline.connectors.segment.settings import Settings
from pawline.connectors.segment.trying import states, tries
from pawline.kit import Api, Connector, Offer
from pawline.ports import Analytics, Limits

connector = Connector(
    name="segment",
    title="Segment",
    settings=Settings,
    http=client,
    hook=HOOK,
    tries=tries,
    states=states,
    api=Api("v1"),
    offers={Analytics: Offer(SegmentAnalytics, SegmentAnalytics.OPERATIONS)},
    # A thousand requests a second for a workspace, which others share.
    limits=Limits(rate=50, burst=50, concurrency=8),
)
