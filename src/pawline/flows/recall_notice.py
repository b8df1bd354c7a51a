"""That goods are recalled which a household has: told by mail, or by a person."""

from __future__ import annotations

from contextlib import suppress

from pawline.flows.telling import tell
from pawline.model import Medium, Message, Purpose, RecallReached, Skipped
from pawline.ports import Crm, How, Rejected, Senders
from pawline.runtime import Question, ask, use


async def told(reached: RecallReached) -> str:
    """Told by mail, or by a person where nobody may, can or would write."""
    if reached.household is None:
        return await _by_hand(reached, "nobody knows whose it is")
    message = Message(
        name="recall_notice", household=reached.household, purpose=Purpose.SAFETY, medium=Medium.EMAIL,
        order=reached.order, values={"recall": reached.recall},
    )  # fmt: skip
    try:
        told = await tell(message)
    except Rejected as no:
        return await _by_hand(reached, f"it cannot be written: {no.code.value}")
    if isinstance(told, Skipped) and (await use(Senders).of(message.name)).how is How.ITSELF:
        return "told by another"
    if isinstance(told, Skipped):
        return await _by_hand(reached, told.because)
    with suppress(Rejected):  # a household that the CRM does not know was told all the same
        note = f"told of recall {reached.recall} for order {reached.order}: message {told.message}"
        await use(Crm).note(reached.household, note)
    return "told"


async def _by_hand(reached: RecallReached, why: str) -> str:
    answer = await ask(
        Question(
            f"recall {reached.recall}: who has order {reached.order} is not told: {why}", choices=("told by hand",),
            cause=f"recall {reached.recall}: {why}",
        )
    )  # fmt: skip
    return str(answer)
