"""A letter came back for good: whoever talks to the household knows, and asks for another address."""

from __future__ import annotations

from collections.abc import Awaitable

import msgspec

from pawline.model import MessageBounced, Skipped
from pawline.ports import Crm, Rejected
from pawline.runtime import accounts, flow, together, use


class Noted(msgspec.Struct, frozen=True, tag="noted"):
    """A flow's result: it stands in so many of them."""

    crms: int


@flow(on=MessageBounced)
async def heed_bounces(bounced: MessageBounced) -> Noted | Skipped:
    """That nothing more is sent there the hub sees to by itself (`Mail`); people are told once, and asked nothing.

    A mailbox that is full, or a server that was not there, is no news: the next letter may arrive.
    """
    if not bounced.lasting:
        return Skipped("the next one may arrive")
    why = f": {bounced.because}" if bounced.because else ""
    text = f"Letters by {bounced.medium.value} come back{why}. Please ask for another address."
    noted = await together(*[_noted(use(Crm, crm).note(bounced.household, text)) for crm in accounts(Crm)])
    return Noted(sum(noted))


async def _noted(told: Awaitable[object]) -> bool:
    """Whoever does not have them, or keeps no notes, has nobody to tell."""
    try:
        await told
    except Rejected:
        return False
    return True
