"""Slack: cases are cards in a channel, answered by a button."""

from __future__ import annotations

from pawline.connectors.slack.board import SlackBoard
from pawline.connectors.slack.client import client
from pawline.connectors.slack.health import probe
from pawline.connectors.slack.hook import HOOK
from pawline.connectors.slack.settings import Settings
from pawline.kit import Connector, Offer
from pawline.ports import Board, Limits

connector = Connector(
    name="slack",
    title="Slack",
    settings=Settings,
    http=client,
    hook=HOOK,
    probe=probe,
    # One message a second in a channel, short bursts above it; of the others 50 calls a minute, who is in a user group
    # 20 (see groups.py). Who is limited waits as long as Slack says. https://docs.slack.dev/apis/web-api/rate-limits
    limits=Limits(rate=1, burst=5, concurrency=4),
    offers={Board: Offer(SlackBoard, SlackBoard.OPERATIONS)},
)
