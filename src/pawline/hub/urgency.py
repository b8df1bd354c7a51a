"""How urgent is what comes in from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pawline.model import Channel, OrderPlaced

if TYPE_CHECKING:
    from pawline.model import Event


def urgency(event: Event) -> str:
    """The priority that an event is recorded with.

    A renewal is `bulk`: thousands come in one minute of the morning, and nobody waits at a screen for theirs.
    """
    renewal = isinstance(event, OrderPlaced) and event.order.channel is Channel.SUBSCRIPTION
    return "bulk" if renewal else "work"
