"""A shop's own flow that confirms orders by text: two orders of one household are two texts of the same words."""

from __future__ import annotations

from pawline.model import Event, HouseholdId, Letter, Medium, OrderId, Purpose, Sent, Skipped
from pawline.ports import Mail, Rejected
from pawline.runtime import flow, use

WORDS = "Paws: thank you, your order is confirmed"


class Bought(Event, tag="test.bought_by_text@1"):
    """Somebody bought something, and gave a number."""

    order: OrderId
    to: str
    of: str = ""

    @property
    def subject(self) -> str:
        return self.order

    @property
    def fact(self) -> str:
        return f"test.bought/{self.order}"


@flow(on=Bought)
async def confirm_by_text(bought: Bought) -> Sent | Skipped:
    """One text for each order, to whom one arrives."""
    whose = HouseholdId(bought.of or f"h-of-{bought.order}")
    letter = Letter(household=whose, purpose=Purpose.TRANSACTION, medium=Medium.SMS, to=bought.to, text=WORDS)
    try:
        return Sent(await use(Mail).send(letter))
    except Rejected as no:
        return Skipped(no.code.value)
