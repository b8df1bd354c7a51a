"""How an order is paid, and what is paid back."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence

import msgspec

from pawline.model.ids import LineId, RefundId, TenderId
from pawline.model.moment import Aware, check_aware
from pawline.model.money import Money, total


class TenderKind(enum.StrEnum):
    """What the money is. The strings are stored: add, never rename."""

    CARD = "card"
    WALLET = "wallet"
    GIFT_CARD = "gift_card"
    STORE_CREDIT = "store_credit"
    TRANSFER = "transfer"
    CASH = "cash"


class TenderState(enum.StrEnum):
    """How far the money has come."""

    PENDING = "pending"
    AUTHORISED = "authorised"
    CAPTURED = "captured"
    VOIDED = "voided"
    FAILED = "failed"


class Tender(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a payment. `amount` is its whole part of the bill, whether already captured or not.

    `source` is the payment provider's handle of the means (a payment method's or gift card's id), never a card
    number or a code that can be spent. Raises ValueError unless the amount is positive.
    """

    id: TenderId
    kind: TenderKind
    amount: Money
    state: TenderState
    source: str | None = None

    def __post_init__(self) -> None:
        if self.amount.minor <= 0:
            raise ValueError("a tender's amount is positive")

    @property
    def counts(self) -> bool:
        """Whether it stands for its part of the bill: it does until it is voided or failed."""
        return self.state not in (TenderState.VOIDED, TenderState.FAILED)


class Payout(msgspec.Struct, frozen=True):
    """What goes back to one tender. Raises ValueError unless the amount is positive."""

    tender: TenderId
    amount: Money

    def __post_init__(self) -> None:
        if self.amount.minor <= 0:
            raise ValueError("a payout is positive")


class Credit(msgspec.Struct, frozen=True, kw_only=True):
    """What comes off the bill with a refund: some units of a line (`line`, `quantity`), or shipping, or goodwill.

    `quantity` 0 credits a line in part without a unit coming back. A restocking fee makes `amount` smaller than the
    line was. Raises ValueError for a negative amount or quantity, and for a quantity without a line.
    """

    amount: Money
    line: LineId | None = None
    quantity: int = 0
    restock: bool = False

    def __post_init__(self) -> None:
        if self.amount.minor < 0 or self.quantity < 0:
            raise ValueError("a credit's amount and quantity are not negative")
        if self.line is None and (self.quantity or self.restock):
            raise ValueError("only a line has a quantity to credit or to restock")


class Refund(msgspec.Struct, frozen=True, kw_only=True):
    """Money that went back, by which tenders, and what came off the bill for it.

    The two sides differ where a refund settles what an edit or an overpayment left: the edit already took it off the
    bill. Raises ValueError if nothing is paid out and nothing credited, MixedCurrencies for two currencies.
    """

    id: RefundId
    at: Aware
    reason: str
    payouts: tuple[Payout, ...] = ()
    credits: tuple[Credit, ...] = ()

    def __post_init__(self) -> None:
        if not self.payouts and not self.credits:
            raise ValueError("a refund pays something out or takes something off the bill")
        check_aware("a refund's time", self.at)
        self.paid_out()
        self.credited()

    @property
    def currency(self) -> str:
        """The one currency of all its amounts."""
        return (self.payouts[0] if self.payouts else self.credits[0]).amount.currency

    def paid_out(self) -> Money:
        """All that went back."""
        return total((payout.amount for payout in self.payouts), self.currency)

    def credited(self) -> Money:
        """All that came off the bill."""
        return total((credit.amount for credit in self.credits), self.currency)


class Repaid(msgspec.Struct, frozen=True, tag="repaid"):
    """A flow's result: this refund was made, and so much went back."""

    refund: RefundId
    amount: Money


def received(tenders: Iterable[Tender], refunds: Sequence[Refund], currency: str) -> Money:
    """Tenders that count, less what was paid back. Raises MixedCurrencies."""
    came = total((tender.amount for tender in tenders if tender.counts), currency)
    return came - total((refund.paid_out() for refund in refunds), currency) if refunds else came
