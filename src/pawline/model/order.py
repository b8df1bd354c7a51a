"""Orders: what was bought, what is owed for it and how it is paid, exact to the minor unit."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable

import msgspec

from pawline.model.contact import Address, Contact
from pawline.model.currency import exponent
from pawline.model.ids import EditId, HouseholdId, OrderId
from pawline.model.line import Item, Line, ShippingCharge, demand
from pawline.model.moment import Aware, check_aware
from pawline.model.money import Money, total
from pawline.model.tender import Refund, Tender, received


class Channel(enum.StrEnum):
    """Where an order was taken. The strings are stored: add, never rename."""

    WEB = "web"
    APP = "app"
    SUBSCRIPTION = "subscription"
    STORE = "store"
    MARKETPLACE = "marketplace"
    SOCIAL = "social"
    PHONE = "phone"
    WHOLESALE = "wholesale"


class Checkout(enum.StrEnum):
    """Who owned the checkout."""

    ADOPTED = "adopted"
    """The shop's system: the order arrives placed, paid and stock-committed; never authorised or reserved again."""
    OWN = "own"
    """Ours, from cart to payment."""


class Edit(msgspec.Struct, frozen=True, kw_only=True):
    """A change of an order's lines: `lines` are the changed and the added ones as they are afterwards.

    A line leaves by quantity 0, so that its id stays. Whoever prices states the new discounts and taxes.
    Raises ValueError without lines or with a line twice.
    """

    id: EditId
    at: Aware
    reason: str
    lines: tuple[Line, ...]

    def __post_init__(self) -> None:
        check_aware("an edit's time", self.at)
        if not self.lines:
            raise ValueError("an edit changes at least one line")
        _check_unique("line", (line.id for line in self.lines))


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """An order as it stands, all amounts in `currency`, which is the one the shopper sees and pays in (presentment).

    `total` is what the owner of the checkout says the lines, shipping, tip and rounding come to, and they do.
    `shop_total` is that in the shop's own currency, as the shop converted it. `rounding` is what the shop's own
    rounding adds, of cash for example. `edits` are already in `lines`. An order without a household holds no contact
    or address, because nobody's key would encrypt them.

    Raises ValueError, naming the order and what does not fit, and MixedCurrencies.
    """

    id: OrderId
    number: str
    checkout: Checkout
    channel: Channel
    placed_at: Aware
    currency: str
    lines: tuple[Line, ...]
    total: Money
    household: HouseholdId | None = None
    shipping: tuple[ShippingCharge, ...] = ()
    tip: Money | None = None
    rounding: Money | None = None
    shop_total: Money | None = None
    tenders: tuple[Tender, ...] = ()
    refunds: tuple[Refund, ...] = ()
    edits: tuple[Edit, ...] = ()
    contact: Contact | None = None
    ship_to: Address | None = None
    bill_to: Address | None = None
    storefront: str | None = None
    test: bool = False

    def __post_init__(self) -> None:
        exponent(self.currency)
        check_aware(f"order {self.id}: its time", self.placed_at)
        if not self.lines:
            raise ValueError(f"order {self.id} has no lines")
        if self.household is None and (self.contact or self.ship_to or self.bill_to):
            raise ValueError(f"order {self.id} holds personal data of no household")
        for what, parts in (
            ("line", self.lines), ("tender", self.tenders), ("refund", self.refunds), ("edit", self.edits),
        ):  # fmt: skip
            if len(parts) > 1:  # most are read several times, and have one of each at most
                _check_unique(f"order {self.id}: {what}", (part.id for part in parts))
        _check_total(self)
        _check_refunds(self)

    def demand(self) -> tuple[Item, ...]:
        """What the order takes from stock, bundles resolved, each SKU once and in order of SKU."""
        return demand(self.lines)

    def owed(self) -> Money:
        """The bill as it stands: the total less what refunds credited."""
        return self.total - total((refund.credited() for refund in self.refunds), self.currency)

    def received(self) -> Money:
        """Tenders that count, less what was paid back."""
        return received(self.tenders, self.refunds, self.currency)


def total_owed(
    lines: Iterable[Line],
    shipping: Iterable[ShippingCharge] = (),
    *,
    currency: str,
    tip: Money | None = None,
    rounding: Money | None = None,
) -> Money:
    """What these parts come to, to the minor unit. Raises MixedCurrencies."""
    parts = [line.total() for line in lines]
    parts += [charge.total() for charge in shipping]
    return total([*parts, *(part for part in (tip, rounding) if part is not None)], currency)


def outstanding(order: Order) -> Money:
    """What the shopper still has to pay; negative is what we owe the shopper.

    Zero is the promise of a settled order: tenders − refunds = total owed.
    """
    return order.owed() - order.received()


def edited(order: Order, edit: Edit) -> Order:
    """The order after the edit, with its new total and the edit noted. An edit already in it changes nothing.

    `shop_total` is dropped, since only the shop can convert the new total.
    """
    if any(known.id == edit.id for known in order.edits):
        return order
    changed = {line.id: line for line in edit.lines}
    kept = tuple(changed.pop(line.id, line) for line in order.lines)
    lines = kept + tuple(changed.values())
    new_total = total_owed(lines, order.shipping, currency=order.currency, tip=order.tip, rounding=order.rounding)
    return msgspec.structs.replace(order, lines=lines, total=new_total, edits=(*order.edits, edit), shop_total=None)


def _check_unique(what: str, ids: Iterable[str]) -> None:
    ids = tuple(ids)
    if len(set(ids)) == len(ids):
        return
    for key, times in Counter(ids).items():
        if times > 1:
            raise ValueError(f"{what} {key} is there {times} times")


def _check_total(order: Order) -> None:
    if order.tip is not None and order.tip.minor < 0:
        raise ValueError(f"order {order.id}: a tip is not negative")
    come_to = total_owed(order.lines, order.shipping, currency=order.currency, tip=order.tip, rounding=order.rounding)
    if (order.total - come_to).minor != 0:
        raise ValueError(f"order {order.id}: its parts come to {come_to}, its total says {order.total}")
    if order.total.minor < 0:
        raise ValueError(f"order {order.id}: its total is negative")


def _check_refunds(order: Order) -> None:
    order.received()
    if not order.refunds:
        return
    if order.owed().minor < 0:
        raise ValueError(f"order {order.id}: its refunds credit more than its total")
    left = {tender.id: tender.amount for tender in order.tenders if tender.counts}
    for refund in order.refunds:
        for payout in refund.payouts:
            if payout.tender not in left:
                raise ValueError(f"order {order.id}: refund {refund.id} pays to {payout.tender}, which paid nothing")
            left[payout.tender] -= payout.amount
            if left[payout.tender].minor < 0:
                raise ValueError(f"order {order.id}: {payout.tender} is refunded more than it paid")
