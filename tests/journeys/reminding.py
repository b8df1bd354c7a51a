"""A flow of this test's own: whoever's pet was weighed is reminded of its food."""

from __future__ import annotations

from pawline.flows.telling import tell
from pawline.model import Medium, Message, PetWeighed, Purpose, Sent, Skipped
from pawline.runtime import flow


@flow(on=PetWeighed)
async def remind(weighed: PetWeighed) -> Sent | Skipped:
    """One reminder for each time."""
    return await tell(
        Message(
            name="refill_reminder", household=weighed.household, purpose=Purpose.REMINDERS, medium=Medium.EMAIL,
            pets=(weighed.pet,),
        )
    )  # fmt: skip
