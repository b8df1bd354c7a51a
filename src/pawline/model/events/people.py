"""What people decide, say and ask."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from pawline.model.consent import Consent, Medium
from pawline.model.event import Event
from pawline.model.ids import HouseholdId, MessageId, OrderId, PersonId, TicketId
from pawline.model.moment import Aware
from pawline.model.survey import SurveyResponse


class ConsentChanged(Event, tag="consent.changed@1"):
    """A household allowed something or took it back."""

    consent: Consent

    @property
    def subject(self) -> str:
        """The household."""
        return self.consent.household

    @property
    def household(self) -> str:
        """The household."""
        return self.consent.household

    @property
    def fact(self) -> str:
        """One per household, purpose, medium and moment."""
        given = self.consent
        medium = "all" if given.medium is None else given.medium.value
        return (
            f"consent.changed/{given.household}/{given.purpose.value}/{medium}/{given.at.astimezone(UTC).isoformat()}"
        )

    def acted(self, at: datetime) -> datetime | None:  # noqa: ARG002 - it tells its own
        """When it was given; what is taken back is no reason to know somebody again."""
        return self.consent.at if self.consent.granted else None


class ErasureAsked(Event, tag="erasure.asked@1"):
    """Somebody wants what is known of them gone, or (`of` is None) the shop wants everything gone.

    `orders` are those that the sender says are theirs: they may stand under another household of the same person, or
    one of `also`. Like `customer.erased`, it belongs to nobody's key. It may be asked again, once it was refused.
    """

    of: HouseholdId | None
    at: Aware
    orders: tuple[OrderId, ...] = ()
    also: tuple[HouseholdId, ...] = ()

    @property
    def subject(self) -> str:
        """The household; `*` is all."""
        return self.of or "*"


class DisclosureAsked(Event, tag="disclosure.asked@1"):
    """Somebody wants to know what is known of them. `request` is the sender's own id of that; see `ErasureAsked`."""

    of: HouseholdId
    request: str
    at: Aware
    orders: tuple[OrderId, ...] = ()
    also: tuple[HouseholdId, ...] = ()

    @property
    def subject(self) -> str:
        """The household."""
        return self.of

    @property
    def fact(self) -> str:
        """One per request."""
        return f"disclosure.asked/{self.request}"


class PersonErased(Event, tag="person.erased@1"):
    """Somebody was erased for good at the outside system `account`, by a person there; not here.

    `person` is that system's own number of them: it does not say whose household that was. It belongs to nobody's key.
    """

    person: PersonId
    at: Aware
    account: str = ""

    @property
    def subject(self) -> str:
        """That system's number."""
        return self.person

    @property
    def fact(self) -> str:
        """One per person of a system: it gives no number twice."""
        return "/".join(filter(None, ("person.erased", self.account, self.person)))

    def told_by(self, account: str) -> Event:
        """The system's account."""
        return msgspec.structs.replace(self, account=account)


class CustomerErased(Event, tag="customer.erased@1"):
    """A household's personal data is gone, and its key destroyed.

    The body belongs to nobody's key (`household` is None): it must be readable when a backup is restored. Who acts anew
    may be erased again, so it is no fact of its own.
    """

    erased: HouseholdId

    @property
    def subject(self) -> str:
        """The household."""
        return self.erased


class MessageBounced(Event, tag="message.bounced@1"):
    """A message did not arrive. `lasting` says that no other will, over this medium.

    `address` is the mark of where it went, as `household_by_email` makes it: none other is known to be dead. `safety`:
    it spoke of somebody's safety (`Purpose.SAFETY`), and they do not know.
    """

    message: MessageId
    household: HouseholdId
    medium: Medium
    lasting: bool
    because: str | None = None
    address: str | None = None
    safety: bool = False

    @property
    def subject(self) -> str:
        """The household."""
        return self.household

    @property
    def fact(self) -> str:
        """One per message, and another where it did not arrive for now: that may be told first, and hides nothing."""
        return f"message.bounced/{self.message}{'' if self.lasting else '/passing'}"


class SurveyAnswered(Event, tag="survey.answered@1"):
    """Somebody answered a survey, or more of it than before. `account` is the tool that told it."""

    response: SurveyResponse
    account: str = ""

    @property
    def subject(self) -> str:
        """All that was answered in one go."""
        return self.response.submission or self.response.id

    @property
    def household(self) -> str | None:
        """Who answered, if known."""
        return self.response.household

    @property
    def fact(self) -> str | None:
        """One per finished response; an unfinished one may come again."""
        return f"survey.answered/{self.response.id}" if self.response.finished else None

    def told_by(self, account: str) -> Event:
        """The tool's account."""
        return msgspec.structs.replace(self, account=account)

    def acted(self, at: datetime) -> datetime:  # noqa: ARG002 - it may be told late
        """When they answered."""
        return self.response.at


class ShopperDisappointed(Event, tag="shopper.disappointed@1"):
    """Somebody was unhappy in a survey of the tool `account`. `response` has all that they answered in that go."""

    response: SurveyResponse
    account: str = ""

    @property
    def subject(self) -> str:
        """The first unhappy response: the next one of the same person is another disappointment."""
        return self.response.id

    @property
    def household(self) -> str | None:
        """Who answered, if known."""
        return self.response.household

    @property
    def fact(self) -> str:
        """One per first unhappy response."""
        return f"shopper.disappointed/{self.response.id}"


class TicketOpened(Event, tag="ticket.opened@1"):
    """Somebody asked the helpdesk `account`, which numbers its own tickets only. `text` is what they wrote."""

    ticket: TicketId
    title: str
    text: str
    household: HouseholdId | None = None
    order: OrderId | None = None
    account: str = ""

    @property
    def subject(self) -> str:
        """The ticket."""
        return self.ticket

    @property
    def fact(self) -> str:
        """One per ticket of a helpdesk."""
        return "/".join(filter(None, ("ticket.opened", self.account, self.ticket)))

    def told_by(self, account: str) -> Event:
        """The helpdesk's account."""
        return msgspec.structs.replace(self, account=account)

    def acted(self, at: datetime) -> datetime:
        """When it was told."""
        return at


class TicketDecided(Event, tag="ticket.decided@1"):
    """A note of a ticket may answer a case: a hint. Who wrote it, and what, is asked of the helpdesk `account`."""

    ticket: TicketId
    note: str
    account: str = ""

    @property
    def subject(self) -> str:
        """The ticket."""
        return self.ticket

    @property
    def fact(self) -> str:
        """One per note of a helpdesk."""
        return "/".join(filter(None, ("ticket.decided", self.account, self.ticket, self.note)))

    def told_by(self, account: str) -> Event:
        """The helpdesk's account."""
        return msgspec.structs.replace(self, account=account)


class TicketClosed(Event, tag="ticket.closed@1"):
    """The helpdesk `account` is done with it; it may be opened and closed again."""

    ticket: TicketId
    household: HouseholdId | None = None
    account: str = ""

    @property
    def subject(self) -> str:
        """The ticket."""
        return self.ticket

    def told_by(self, account: str) -> Event:
        """The helpdesk's account."""
        return msgspec.structs.replace(self, account=account)
