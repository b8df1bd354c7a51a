"""An order as Shopify keeps it: what was bought, what was paid, what went back, and what is left of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from pawline.model import Money

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pawline.model import Address, Tax

SALE, AUTHORIZATION, CAPTURE, REFUND, VOID = "SALE", "AUTHORIZATION", "CAPTURE", "REFUND", "VOID"
SUCCESS, PENDING, FAILURE = "SUCCESS", "PENDING", "FAILURE"


@dataclass(kw_only=True)
class Application:
    """A discount of the order; lines and shipping have their shares of it. `on` is what it is taken off."""

    index: int
    title: str
    code: str | None
    on: str
    amount: Money


@dataclass(kw_only=True)
class Priced:
    """What a line and a shipping line have in common: a price, shares of discounts (by index), and taxes."""

    id: int
    title: str
    price: Money
    shares: list[tuple[int, Money]] = field(default_factory=list)
    taxes: tuple[Tax, ...] = ()

    @property
    def off(self) -> Money:
        """All that discounts take off."""
        return added((share for _, share in self.shares), self.price.currency)

    @property
    def tax(self) -> Money:
        """All its taxes, whether the price has them in it or not."""
        return added((one.amount for one in self.taxes), self.price.currency)

    @property
    def tax_on_top(self) -> Money:
        """The taxes that the price leaves out."""
        return added((one.amount for one in self.taxes if not one.included), self.price.currency)


@dataclass(kw_only=True)
class Line(Priced):
    """`quantity` was ever ordered; `gone` left by refunds and edits, `returned` of those that were `sent`.

    `place` is where it is set aside.
    """

    sku: str
    variant: int | None
    quantity: int
    ships: bool = True
    grams: int = 0
    subscription: str | None = None
    gone: int = 0
    sent: int = 0
    returned: int = 0
    place: int | None = None

    @property
    def current(self) -> int:
        """Units that are still part of the order."""
        return self.quantity - self.gone

    @property
    def waiting(self) -> int:
        """Units that are still to be sent."""
        return self.current - (self.sent - self.returned)

    def net(self) -> Money:
        """Price times quantity, less discounts."""
        return self.price * self.quantity - self.off

    def share(self, units: int) -> tuple[Money, Money]:
        """What the next `units` to go are worth, and their tax: all such shares add up to the line, to the cent."""
        return _slice(self.net(), self.gone, units, self.quantity), _slice(self.tax, self.gone, units, self.quantity)

    def share_on_top(self, units: int) -> Money:
        """Of that tax what the price leaves out."""
        return _slice(self.tax_on_top, self.gone, units, self.quantity)


@dataclass(kw_only=True)
class Shipping(Priced):
    """A delivery that the shopper pays for; `back` is how much of it was refunded."""

    code: str | None
    back: Money

    def net(self) -> Money:
        """The price, less discounts."""
        return self.price - self.off


@dataclass(kw_only=True)
class Transaction:
    """One movement of money. `parent` is what it captures, voids or pays back."""

    id: int
    kind: str
    status: str
    gateway: str
    amount: Money
    at: float
    parent: int | None = None
    source: str | None = None


@dataclass(kw_only=True)
class RefundLine:
    """Units of a line that a refund took off the bill."""

    id: int
    line: int
    quantity: int
    restock: str
    location: int | None
    net: Money
    tax: Money
    on_top: Money


@dataclass(kw_only=True)
class Refund:
    """Money that went back, or units that an edit took out.

    `adjustments` make up for what was paid out and is no line's nor shipping's: id, amount and reason.
    """

    id: int
    at: float
    note: str | None
    lines: list[RefundLine]
    shipping: list[tuple[int, int, Money]]
    adjustments: list[tuple[int, Money, str]]
    transactions: list[int]

    def off(self, currency: str) -> Money:
        """What it took off the bill."""
        lines = added((one.net + one.on_top for one in self.lines), currency)
        shipping = added((amount for _, _, amount in self.shipping), currency)
        return lines + shipping - added((amount for _, amount, _ in self.adjustments), currency)


@dataclass(kw_only=True)
class Order:
    """`rate` makes the shop's currency of the shopper's; `original` is the total before any edit.

    `placed` is when it was bought, and `created` since when the shop has it: later, where it was brought in.
    """

    id: int
    number: int
    placed: float
    created: float
    changed: float
    currency: str
    shop_currency: str
    rate: Fraction
    lines: list[Line]
    shipping: list[Shipping]
    applications: list[Application]
    tip: Money
    source: str
    test: bool
    taxes_included: bool
    customer: int | None = None
    email: str | None = None
    phone: str | None = None
    language: str | None = None
    ship_to: Address | None = None
    bill_to: Address | None = None
    note: str | None = None
    tags: list[str] = field(default_factory=list)
    transactions: list[Transaction] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    requests: list[int] = field(default_factory=list)
    fulfilments: list[int] = field(default_factory=list)
    cancelled: float | None = None
    cancel_reason: str | None = None
    staff_note: str | None = None
    edited: bool = False
    original: Money | None = None

    @property
    def name(self) -> str:
        """What people call it."""
        return f"#{self.number}"

    def none(self) -> Money:
        """Nothing, in its currency."""
        return Money.zero(self.currency)

    def line(self, id: int) -> Line | None:
        return next((one for one in self.lines if one.id == id), None)

    def transaction(self, id: int) -> Transaction | None:
        return next((one for one in self.transactions if one.id == id), None)

    # -- the bill ------------------------------------------------------------------------------------------------

    def total(self) -> Money:
        """All that was ever ordered."""
        lines = added((one.net() + one.tax_on_top for one in self.lines), self.currency)
        shipping = added((one.net() + one.tax_on_top for one in self.shipping), self.currency)
        return lines + shipping + self.tip

    def current(self) -> Money:
        """The bill as it stands."""
        return self.total() - added((one.off(self.currency) for one in self.refunds), self.currency)

    # -- the money -----------------------------------------------------------------------------------------------

    def received(self) -> Money:
        """All that came in, whatever went back."""
        return self._moved(SALE) + self._moved(CAPTURE)

    def paid_back(self) -> Money:
        return self._moved(REFUND)

    def _moved(self, kind: str) -> Money:
        found = (one.amount for one in self.transactions if one.kind == kind and one.status == SUCCESS)
        return added(found, self.currency)

    def capturable(self, transaction: Transaction) -> Money:
        """What may still be captured of an authorisation."""
        if transaction.kind != AUTHORIZATION or transaction.status != SUCCESS or self.children(transaction, VOID):
            return self.none()
        return transaction.amount - added((one.amount for one in self.children(transaction, CAPTURE)), self.currency)

    def refundable(self, transaction: Transaction) -> Money:
        """What may still go back of what came in."""
        if transaction.kind not in {SALE, CAPTURE} or transaction.status != SUCCESS:
            return self.none()
        return transaction.amount - added((one.amount for one in self.children(transaction, REFUND)), self.currency)

    def children(self, parent: Transaction, kind: str) -> list[Transaction]:
        return [
            one
            for one in self.transactions
            if one.parent == parent.id and one.kind == kind and one.status in {SUCCESS, PENDING}
        ]

    def outstanding(self) -> Money:
        """What is still owed; negative is what is owed to the shopper."""
        return self.current() - (self.received() - self.paid_back())

    def financial_status(self) -> str:
        """As `OrderDisplayFinancialStatus` has it."""
        received, back = self.received().minor, self.paid_back().minor
        if back:
            return "REFUNDED" if back >= received else "PARTIALLY_REFUNDED"
        if received >= self.current().minor and (received or not self.transactions):
            return "PAID"
        if received:
            return "PARTIALLY_PAID"
        if any(self.capturable(one).minor for one in self.transactions):
            return "AUTHORIZED"
        return "VOIDED" if any(one.kind == VOID for one in self.transactions) else "PENDING"


def added(amounts: Iterable[Money], currency: str) -> Money:
    """The sum; nothing, in that currency, of none."""
    return sum(amounts, Money.zero(currency))


def _slice(whole: Money, gone: int, units: int, of: int) -> Money:
    if not of:
        return Money.zero(whole.currency)
    return whole.scale(Fraction(gone + units, of)) - whole.scale(Fraction(gone, of))
