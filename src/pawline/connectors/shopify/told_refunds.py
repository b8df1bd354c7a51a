"""A refund of Shopify's as ours: what went back to which transaction, and what came off the bill for it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Final, NamedTuple

import msgspec

from pawline.connectors.shopify.told import Bag, ToldAllocation, ToldTax
from pawline.model import Aware, Credit, LineId, Money, Payout, Refund, RefundId, TenderId, levelled, total

_BACK: Final = frozenset({"success", "pending"})
"""A refund is pending until the bank has it, days later: the money is on its way all the same."""
_OURS: Final = re.compile(r"(.*?)\s*\[pawline:([^\]\s]{1,200})\]\s*", re.DOTALL)
"""The note of a refund of ours: why, and what we call it."""
_RESTOCKED: Final = frozenset({"return", "cancel", "legacy_restock"})


class RefundedOf(msgspec.Struct, frozen=True):
    """The order's line that a refund is about, as it was bought."""

    quantity: int
    price_set: Bag
    tax_lines: tuple[ToldTax, ...] = ()
    discount_allocations: tuple[ToldAllocation, ...] = ()


class RefundedLine(msgspec.Struct, frozen=True):
    """One of `refund_line_items`. `subtotal` is after discounts, and is with its tax where prices are."""

    line_item_id: int
    quantity: int
    subtotal_set: Bag
    total_tax_set: Bag
    restock_type: str | None = None
    line_item: RefundedOf | None = None


class RefundedShipping(msgspec.Struct, frozen=True):
    """One of `refund_shipping_lines`."""

    subtotal_amount_set: Bag
    tax_amount_set: Bag | None = None


class Adjustment(msgspec.Struct, frozen=True):
    """One of `order_adjustments`: shipping that went back (below zero), or what went back less than was suggested.

    Below zero it is in the shopper's favour, as the API says of their sum (`Order.refundDiscrepancySet`).
    """

    amount_set: Bag
    tax_amount_set: Bag | None = None
    kind: str | None = None
    reason: str | None = None

    def is_shipping(self) -> bool:
        """Whether it stands for shipping."""
        return "shipping_refund" in (self.kind, self._reason())

    def is_pending(self) -> bool:
        """Whether it stands for money that is to follow, or that follows."""
        return self._reason() == "pending_refund_discrepancy"

    def _reason(self) -> str:
        return (self.reason or "").lower().replace(" ", "_")


class Transaction(msgspec.Struct, frozen=True):
    """One of `transactions`; `parent_id` is the one that it pays back."""

    kind: str
    status: str
    amount: str
    currency: str | None = None
    parent_id: int | None = None
    amount_rounding: str | None = None


class ToldRefund(msgspec.Struct, frozen=True):
    """`refunds/create`. Nothing in it says whose it is: of its `note`, which people write, only our own is kept."""

    id: int
    order_id: int
    created_at: Aware
    refund_line_items: tuple[RefundedLine, ...]
    transactions: tuple[Transaction, ...]
    order_adjustments: tuple[Adjustment, ...] = ()
    refund_shipping_lines: tuple[RefundedShipping, ...] = ()
    total_duties_set: Bag | None = None
    total_additional_fees_set: Bag | None = None
    processed_at: Aware | None = None
    note: str | None = None


def refund_of(told: ToldRefund) -> Refund:
    """The refund; where both sides of it are told they come to the same, to the minor unit.

    Of goods that came back for less than they were (a fee for restocking) the credits are smaller; what went back
    beyond them is goodwill. Raises ValueError where it is not told what a payment goes back to, or whether a line's
    price has its tax in it.
    """
    back = [one for one in told.transactions if one.kind == "refund" and one.status in _BACK]
    payouts = tuple(Payout(_parent(told, one), _moved(told, one)) for one in back)
    done = [_amount(told, one) for one in back if one.status == "success"]
    ours = _OURS.fullmatch(told.note or "")
    return Refund(
        id=RefundId(str(told.id) if ours is None else ours[2]),
        at=told.processed_at or told.created_at,
        reason="refunded in the shop" if ours is None else ours[1] or "refunded by us",
        payouts=payouts,
        credits=_credited(told, done, [_amount(told, one) for one in back], payouts),
    )


def _parent(told: ToldRefund, one: Transaction) -> TenderId:
    if one.parent_id is None:
        raise ValueError(f"refund {told.id} does not say which payment goes back")
    return TenderId(str(one.parent_id))


def _amount(told: ToldRefund, one: Transaction) -> Money:
    if one.currency is None:
        raise ValueError(f"refund {told.id} does not say of which currency it is")
    return Money.parse(one.amount, one.currency)


def _moved(told: ToldRefund, one: Transaction) -> Money:
    """The amount, with what cash was rounded by."""
    amount = _amount(told, one)
    return amount + Money.parse(one.amount_rounding, amount.currency) if one.amount_rounding else amount


class _Part(NamedTuple):
    """Something that came off the bill, and its tax; of a line, or (None) of shipping, duties or fees."""

    amount: Money
    tax: Money
    line: RefundedLine | None = None

    def credit(self, taxed: bool) -> Credit:
        amount = self.amount + self.tax if taxed else self.amount
        if self.line is None:
            return Credit(amount=amount)
        return Credit(
            amount=amount,
            line=LineId(str(self.line.line_item_id)),
            quantity=self.line.quantity,
            restock=self.line.restock_type in _RESTOCKED,
        )


def _credited(
    told: ToldRefund, done: Sequence[Money], paid: Sequence[Money], payouts: Sequence[Payout]
) -> tuple[Credit, ...]:
    """Shopify's own sum tells whether tax is in the prices: parts, less its discrepancy, are what has gone back.

    Where it is none, the refund settles what an edit left, or pays nothing back: its two sides differ. Money without
    any part is off the bill as far as Shopify says that nobody suggested it (a discrepancy below zero); the rest pays
    back what a cancellation or an edit took off before.
    """
    parts, less = _parts(told), [_both(one) for one in told.order_adjustments if not one.is_shipping()]
    if not parts:
        given = [-_both(one) for one in told.order_adjustments if not one.is_pending()]
        return tuple(Credit(amount=one) for one in given if one.minor > 0)
    currency = parts[0].amount.currency
    short, whole = total(less, currency), (total(done, currency), total(paid, currency))
    come_to = [total((part.credit(taxed).amount for part in parts), currency) for taxed in (False, True)]
    fits = [taxed for taxed in (False, True) if come_to[taxed] - short in whole]
    taxed = _tax_on_top(told) if len({come_to[taxed] for taxed in fits}) != 1 else fits[0]
    found = tuple(part.credit(taxed) for part in parts)
    # Money on its way is a discrepancy for Shopify, and none here.
    return levelled(found, total((one.amount for one in payouts), currency)) if fits else found


def _parts(told: ToldRefund) -> list[_Part]:
    parts = [_Part(one.subtotal_set.money(), one.total_tax_set.money(), one) for one in told.refund_line_items]
    shipping = [one for one in told.order_adjustments if one.is_shipping()]
    rest = [_Part(-one.amount_set.money(), -_tax(one.amount_set, one.tax_amount_set)) for one in shipping]
    if not shipping:  # versions tell it twice, or only here, without its tax
        lines = told.refund_shipping_lines
        rest += [
            _Part(one.subtotal_amount_set.money(), _tax(one.subtotal_amount_set, one.tax_amount_set)) for one in lines
        ]
    bags = [bag for bag in (told.total_duties_set, told.total_additional_fees_set) if bag is not None]
    rest += [_Part(bag.money(), _tax(bag, None)) for bag in bags]
    return parts + [one for one in rest if one.amount.minor]


def _tax(of: Bag, tax: Bag | None) -> Money:
    return Money.zero(of.presentment_money.currency_code) if tax is None else tax.money()


def _both(one: Adjustment) -> Money:
    return one.amount_set.money() + _tax(one.amount_set, one.tax_amount_set)


def _tax_on_top(told: ToldRefund) -> bool:
    """By the rates of the lines' taxes. Raises ValueError where they tell nothing, or two things."""
    if not any(one.total_tax_set.money().minor for one in told.refund_line_items):
        return False
    found = {said for one in told.refund_line_items if (said := _on_top(one.line_item)) is not None}
    if len(found) != 1:
        raise ValueError(f"refund {told.id} does not tell whether prices have their tax in them")
    return found.pop()


def _on_top(line: RefundedOf | None) -> bool | None:
    if line is None or not line.tax_lines:
        return None
    net = line.price_set.money() * line.quantity
    net -= total((one.amount_set.money() for one in line.discount_allocations), net.currency)
    rate = sum((Fraction(one.rate or 0) for one in line.tax_lines), Fraction(0))
    tax, most = total((one.price_set.money() for one in line.tax_lines), net.currency), len(line.tax_lines)
    on_top, within = net.scale(rate), net.scale(rate / (1 + rate))
    near = [abs((of - tax).minor) <= most for of in (within, on_top)]
    return near[1] if near[0] != near[1] else None
