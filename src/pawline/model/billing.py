"""An own order's bill, as it grows entry by entry: what may stand in it, and what the provider of its money adds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import msgspec

from pawline.model.charge import Discount, Duty, Tax
from pawline.model.ids import RefundId, TenderId
from pawline.model.line import Line, ShippingCharge
from pawline.model.money import Money, total
from pawline.model.order import Edit, Order
from pawline.model.tender import Credit, Payout, Refund, TenderState

if TYPE_CHECKING:
    from datetime import datetime


def bare(order: Order) -> Order:
    """The order as its bill is kept: ids and figures. No household, contact, address or pet, and no title or word."""
    return msgspec.structs.replace(
        order, household=None, contact=None, ship_to=None, bill_to=None, storefront=None,
        lines=_bare_lines(order.lines), edits=tuple(bare_edit(one) for one in order.edits),
        shipping=tuple(_bare_charge(one) for one in order.shipping),
        refunds=tuple(bare_refund(one) for one in order.refunds),
        tenders=tuple(msgspec.structs.replace(one, source=None) for one in order.tenders),
    )  # fmt: skip


def bare_edit(edit: Edit) -> Edit:
    """The edit, likewise."""
    return msgspec.structs.replace(edit, reason="", lines=_bare_lines(edit.lines))


def bare_refund(refund: Refund) -> Refund:
    """The refund, likewise: its reason is somebody's words."""
    return msgspec.structs.replace(refund, reason="")


def as_taken(order: Order, captured: Mapping[TenderId, Money]) -> Order:
    """The order with its tenders as whoever took the money has them: so much of each, and of no other.

    Raises ValueError for money of a tender that the order does not know.
    """
    if strange := sorted(captured.keys() - {one.id for one in order.tenders}):
        raise ValueError(f"order {order.id}: money was taken of {strange[0]}, which is no tender of it")
    tenders = tuple(
        msgspec.structs.replace(one, amount=captured[one.id], state=TenderState.CAPTURED)
        if one.id in captured
        else msgspec.structs.replace(one, state=TenderState.PENDING)
        for one in order.tenders
    )
    return msgspec.structs.replace(order, tenders=tenders)


def made_by_hand(
    order: Order, id: RefundId, at: datetime, credited: Iterable[Credit], payouts: Iterable[Payout]
) -> Refund:  # fmt: skip
    """The refund as somebody made it, outside of us, by these payouts: its credits come to what went back.

    In proportion where less went back than `credited`; what is more, as far as it is left of the bill, is goodwill.
    """
    off, back = tuple(credited), tuple(payouts)
    amount = total((one.amount for one in back), order.currency)
    wanted = total((one.amount for one in off), order.currency)
    if amount < wanted:
        parts = amount.allocate([one.amount.minor for one in off])
        off = tuple(msgspec.structs.replace(one, amount=part) for one, part in zip(off, parts, strict=True))
    elif (more := min(amount, order.owed()) - wanted).minor > 0:
        off = (*off, Credit(amount=more))
    return Refund(id=id, at=at, reason="", payouts=back, credits=off)


def _bare_lines(lines: Iterable[Line]) -> tuple[Line, ...]:
    return tuple(
        msgspec.structs.replace(
            line, title="", pets=(), subscription=None, discounts=_bare_discounts(line.discounts),
            taxes=_bare_taxes(line.taxes), duties=tuple(Duty(amount=one.amount) for one in line.duties),
        )
        for line in lines
    )  # fmt: skip


def _bare_charge(charge: ShippingCharge) -> ShippingCharge:
    return msgspec.structs.replace(
        charge, title="", discounts=_bare_discounts(charge.discounts), taxes=_bare_taxes(charge.taxes)
    )


def _bare_discounts(discounts: Iterable[Discount]) -> tuple[Discount, ...]:
    return tuple(Discount(title="", amount=one.amount) for one in discounts)


def _bare_taxes(taxes: Iterable[Tax]) -> tuple[Tax, ...]:
    return tuple(Tax(title="", amount=one.amount, included=one.included) for one in taxes)
