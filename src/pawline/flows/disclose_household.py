"""Somebody asked what is known of them: a person answers them within 30 days."""

from __future__ import annotations

from pawline.flows.erase_household import DUE
from pawline.flows.in_time import in_time
from pawline.model import DisclosureAsked, Skipped
from pawline.ports import Households
from pawline.runtime import flow, use

SENT, NONE = "sent", "not to be answered"


@flow(on=DisclosureAsked)
async def disclose_household(asked: DisclosureAsked) -> str | Skipped:
    """The case lists what is held, and how to write it out; it is theirs who asks, and nobody else's."""
    held = await use(Households).held((asked.of, *asked.also), asked.orders)
    if not held.theirs:
        return Skipped("nothing is known of them")
    how = [f"pawline household {one} --reveal --json" for one in held.theirs]
    evidence = {"request": asked.request, "held": held, "write it out": how}
    return await in_time("a shopper asked what is known of them", asked.at + DUE, (SENT, NONE), evidence, SENT)
