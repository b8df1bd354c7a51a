"""A flow that writes a letter, and goes on where it cannot be delivered."""

from __future__ import annotations

from pawline.model import Event, HouseholdId, Letter, Medium, Purpose
from pawline.ports import Mail, Rejected
from pawline.runtime import flow, use


class Wanted(Event, tag="test.wanted@1"):
    """Somebody is to be written to."""

    no: int
    to: str
    of: HouseholdId

    @property
    def subject(self) -> str:
        return str(self.no)

    @property
    def household(self) -> str | None:
        return self.of


@flow(on=Wanted)
async def write(wanted: Wanted) -> str:
    """The letter's name, or why there is none."""
    letter = Letter(
        household=wanted.of, purpose=Purpose.TRANSACTION, medium=Medium.EMAIL, to=wanted.to, text="Hello.\n"
    )
    try:
        return await use(Mail).send(letter)
    except Rejected as no:
        return f"{no.code.value}: {no.text}"
