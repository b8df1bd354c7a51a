"""A letter came back: whoever talks to them asks for another address, and tells by hand what was about safety."""

from __future__ import annotations

from collections.abc import Awaitable

import msgspec

from pawline.model import MessageBounced, Skipped
from pawline.ports import Crm, Rejected
from pawline.runtime import Question, accounts, ask, flow, together, use


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


def _letter(bounced: MessageBounced) -> str:
    """A household whose case is open is no reason that the next letter waits."""
    return bounced.message


@flow(on=MessageBounced, key=_letter, busy="skip")
async def tell_by_hand(bounced: MessageBounced) -> str | Skipped:
    """Whoever was to know something for their safety, and has not got it, is told by a person.

    A mailbox that is full is no excuse: they do not know.
    """
    if not bounced.safety:
        return Skipped("it was not about safety")
    evidence = {"household": bounced.household, "message": bounced.message, "because": bounced.because or ""}
    return await ask(
        Question(
            f"a letter about safety came back by {bounced.medium.value}: who was to have it does not know",
            evidence=evidence, choices=("told by hand",), cause="letters about safety that came back",
        )
    )  # fmt: skip


async def _noted(told: Awaitable[object]) -> bool:
    """Whoever does not have them, or keeps no notes, has nobody to tell."""
    try:
        await told
    except Rejected:
        return False
    return True
