"""What we say to people, what they answer, and what flows say they did."""

from __future__ import annotations

import msgspec

from pawline.model.consent import Medium, Purpose
from pawline.model.ids import HouseholdId, MessageId, OrderId, PersonId, PetId


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A message that an outside system writes from its own template and sends to a person it knows.

    `name` is the message's name in the register of senders (`refill_reminder`). `pets` are those it speaks of: none of
    them may be dead when it is sent. `values` fill the template; they hold ids and figures, no personal data.
    """

    name: str
    household: HouseholdId
    purpose: Purpose
    medium: Medium
    person: PersonId | None = None
    pets: tuple[PetId, ...] = ()
    order: OrderId | None = None
    values: dict[str, str] = {}


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A message that we wrote ourselves. `to` is an e-mail address or a number in E.164, as `medium` asks.

    `subject` and `html` are for e-mail. Raises ValueError without a text.
    """

    household: HouseholdId
    purpose: Purpose
    medium: Medium
    to: str
    text: str
    subject: str | None = None
    html: str | None = None

    def __post_init__(self) -> None:
        if not self.to or not self.text:
            raise ValueError("a letter needs a recipient and a text")


class Sent(msgspec.Struct, frozen=True, tag="sent"):
    """A flow's result: this message went out."""

    message: MessageId


class Skipped(msgspec.Struct, frozen=True, tag="skipped"):
    """A flow's result: nothing was done, for a reason that is a sentence (`did not ask for reminders`)."""

    because: str


class Confirmed(msgspec.Struct, frozen=True, tag="confirmed"):
    """A flow's result: the order is on its way."""

    order: OrderId


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """A flow's result: the order is undone, with nothing of it left over, for a reason that is a sentence."""

    order: OrderId
    because: str
