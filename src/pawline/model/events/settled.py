"""What comes of payments in the end: refunds that failed, whose a dispute's money is, what reached the shop's bank."""

from __future__ import annotations

import msgspec

from pawline.model.event import Event
from pawline.model.ids import HouseholdId, OrderId, PayoutId
from pawline.model.moment import Aware
from pawline.model.money import Money


class RefundFailed(Event, tag="refund.failed@1"):
    """Money that was to go back to the shopper did not: a bank refused what may be on record as a refund.

    `transaction` is the provider's own id of the attempt.
    """

    order: OrderId
    transaction: str
    at: Aware
    because: str
    amount: Money | None = None
    household: HouseholdId | None = None

    @property
    def subject(self) -> str:
        """The order."""
        return self.order

    @property
    def fact(self) -> str:
        """One per transaction."""
        return f"refund.failed/{self.transaction}"


class DisputeClosed(Event, tag="payment.dispute_closed@1"):
    """A dispute, or a bank's question, is over: `kept` says whether the shop has the money of it."""

    order: OrderId
    dispute: str
    amount: Money
    kept: bool
    at: Aware
    household: HouseholdId | None = None

    @property
    def subject(self) -> str:
        """The order."""
        return self.order

    @property
    def fact(self) -> str:
        """One per dispute and end: a bank may decide anew."""
        return f"payment.dispute_closed/{self.dispute}/{'kept' if self.kept else 'lost'}"


class PaidOut(msgspec.Struct, frozen=True, kw_only=True):
    """What a payout is made of, signed as it changes what the shop gets: together they are its amount."""

    taken: Money
    refunded: Money
    disputed: Money
    fees: Money
    other: Money


class PayoutPaid(Event, tag="payout.paid@1"):
    """A provider sent money to the shop's bank; `made_of` is None where it does not say what that is of.

    `payout` is the provider's own id of it. A negative amount was taken from the bank.
    """

    payout: PayoutId
    amount: Money
    at: Aware
    made_of: PaidOut | None = None

    @property
    def subject(self) -> str:
        """The payout."""
        return self.payout

    @property
    def fact(self) -> str:
        """One per payout."""
        return f"payout.paid/{self.payout}"


class PayoutFailed(Event, tag="payout.failed@1"):
    """The shop's bank did not take a payout, which may have been told as paid before."""

    payout: PayoutId
    amount: Money
    at: Aware
    because: str

    @property
    def subject(self) -> str:
        """The payout."""
        return self.payout

    @property
    def fact(self) -> str:
        """One per payout."""
        return f"payout.failed/{self.payout}"
