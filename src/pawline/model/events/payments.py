"""What happens to an order's money after it was placed."""

from __future__ import annotations

from datetime import UTC

from pawline.model.event import Event
from pawline.model.ids import HouseholdId, OrderId, TenderId
from pawline.model.moment import Aware
from pawline.model.money import Money
from pawline.model.tender import Refund


class PaymentDeclined(Event, tag="payment.declined@1"):
    """A tender was refused at a moment. It may be tried again."""

    order: OrderId
    tender: TenderId
    at: Aware
    because: str
    household: HouseholdId | None = None

    @property
    def subject(self) -> str:
        """The order."""
        return self.order

    @property
    def fact(self) -> str:
        """One per tender and moment."""
        return f"payment.declined/{self.order}/{self.tender}/{self.at.astimezone(UTC).isoformat()}"


class PaymentDisputed(Event, tag="payment.disputed@1"):
    """A shopper's bank takes money back; the shop may answer until `answer_by`. `dispute` is the provider's own id.

    An `appeal` comes after it was lost: it may be answered once more.
    """

    order: OrderId
    dispute: str
    amount: Money
    because: str
    answer_by: Aware | None = None
    household: HouseholdId | None = None
    appeal: bool = False

    @property
    def subject(self) -> str:
        """The order."""
        return self.order

    @property
    def fact(self) -> str:
        """One per dispute, and one more for its appeal."""
        return f"payment.disputed/{self.dispute}{'/appeal' if self.appeal else ''}"


class PaymentQuestioned(Event, tag="payment.questioned@1"):
    """A shopper's bank asks about a payment, and takes nothing back yet; the shop may answer until `answer_by`.

    Unanswered it may become a dispute, under the same `dispute`.
    """

    order: OrderId
    dispute: str
    amount: Money
    because: str
    answer_by: Aware | None = None
    household: HouseholdId | None = None

    @property
    def subject(self) -> str:
        """The order."""
        return self.order

    @property
    def fact(self) -> str:
        """One per dispute."""
        return f"payment.questioned/{self.dispute}"


class RefundIssued(Event, tag="refund.issued@1"):
    """Money went back to the shopper, or came off the bill."""

    order: OrderId
    refund: Refund
    household: HouseholdId | None = None

    @property
    def subject(self) -> str:
        """The order."""
        return self.order

    @property
    def fact(self) -> str:
        """One per refund."""
        return f"refund.issued/{self.refund.id}"
