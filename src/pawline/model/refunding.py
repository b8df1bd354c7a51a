"""What a refund comes to: which amounts leave the bill for what came back, and by which tenders the money goes back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import msgspec

from pawline.model.ids import EditId, LineId, RefundId
from pawline.model.line import Item, demand
from pawline.model.money import Money, total
from pawline.model.tender import Credit, Payout, Refund, Tender, TenderKind, TenderState

if TYPE_CHECKING:
    from datetime import datetime

    from pawline.model.line import Line
    from pawline.model.order import Order

_FIRST: Final = (
    TenderKind.CARD, TenderKind.WALLET, TenderKind.TRANSFER, TenderKind.CASH, TenderKind.STORE_CREDIT,
    TenderKind.GIFT_CARD,
)  # fmt: skip
"""Money goes back before what is only good in the shop; within a kind the largest tender first."""


class Bill(msgspec.Struct, frozen=True, kw_only=True):
    """What a refund is reckoned with. Where another stands there by now, it would come to something else."""

    refunds: tuple[RefundId, ...]
    edits: tuple[EditId, ...]
    total: Money
    captured: Money


def bill_of(order: Order) -> Bill:
    """The order's bill as it stands."""
    return Bill(
        refunds=tuple(one.id for one in order.refunds), edits=tuple(one.id for one in order.edits), total=order.total,
        captured=total((tender.amount for tender in _captured(order)), order.currency),
    )  # fmt: skip


def left_to_send(order: Order, refunds: Iterable[Refund]) -> tuple[Item, ...]:
    """What of the order travels, without the units that these refunds took off its bill. Before it left, that is."""
    off: Counter[LineId] = Counter()
    for credit in (credit for refund in refunds for credit in refund.credits):
        if credit.line is not None:
            off[credit.line] += credit.quantity
    left = ((line, line.quantity - off[line.id]) for line in order.lines if line.ships)
    return demand(msgspec.structs.replace(line, quantity=units, discounts=()) for line, units in left if units > 0)


def levelled(found: Sequence[Credit], paid: Money) -> tuple[Credit, ...]:
    """What came off the bill, made as much as was paid back: for systems whose refunds say both, and not the same.

    What is kept back comes off the last credits first; what was paid beyond them is one more, of no line.
    """
    kept = total((one.amount for one in found), paid.currency) - paid
    if kept.minor < 0:
        return (*found, Credit(amount=-kept))
    made: list[Credit] = []
    for one in reversed(found):
        part = min(kept, one.amount)
        kept -= part
        made.append(msgspec.structs.replace(one, amount=one.amount - part))
    return tuple(reversed(made))


def credits_of(order: Order, came_back: Iterable[tuple[LineId, int]]) -> tuple[Credit, ...]:
    """What leaves the bill for so many units of these lines: their share of the line, exact to the minor unit.

    Units that earlier refunds credited count as gone: all units of a line come to the line's total, in however many
    refunds; but never to more than is left of the bill, where goodwill came off it before. Raises ValueError, naming
    the line, for one that is not there, or for more units than are left of it.
    """
    units: Counter[LineId] = Counter()
    for name, quantity in came_back:
        units[name] += quantity
    lines, bill = {line.id: line for line in order.lines}, order.owed()
    found = []
    for name, quantity in units.items():
        if name not in lines:
            raise ValueError(f"order {order.id} has no line {name}")
        before, paid = _credited(order, name)
        line, left = lines[name], lines[name].quantity - before
        if quantity > left:
            raise ValueError(f"order {order.id}: {quantity} of line {name} came back, {left} are left to credit")
        share = _share(line, before + quantity) - _share(line, before)
        amount = max(Money.zero(order.currency), min(share, line.total() - paid, bill))
        bill -= amount
        found.append(Credit(amount=amount, line=name, quantity=quantity))
    return tuple(found)


def all_credits(order: Order) -> tuple[Credit, ...]:
    """What is left of the whole bill: every unit of every line, and the rest of it (shipping, tip) in one."""
    left = [(line.id, line.quantity - _credited(order, line.id)[0]) for line in order.lines]
    lines = credits_of(order, [(line, quantity) for line, quantity in left if quantity > 0])
    rest = order.owed() - total((one.amount for one in lines), order.currency)
    return lines if rest.minor <= 0 else (*lines, Credit(amount=rest))


def refund_of(order: Order, id: RefundId, at: datetime, reason: str, credited: Iterable[Credit]) -> Refund | None:
    """The refund after which tenders - refunds = total owed again; None if there is nothing to credit or to pay back.

    Only what was captured goes back. Raises ValueError for credits above what is left of the bill.
    """
    off = tuple(credited)
    owed = order.owed() - total((credit.amount for credit in off), order.currency)
    if owed.minor < 0:
        raise ValueError(f"order {order.id}: {-owed} more would be credited than is left of its bill")
    payouts = _payouts(order, max(Money.zero(order.currency), _taken(order) - owed))
    if not payouts and not off:
        return None
    return Refund(id=id, at=at, reason=reason, payouts=payouts, credits=off)


def _credited(order: Order, line: LineId) -> tuple[int, Money]:
    """Units and money of a line that earlier refunds took off the bill."""
    found = [credit for refund in order.refunds for credit in refund.credits if credit.line == line]
    return sum(one.quantity for one in found), total((one.amount for one in found), order.currency)


def _share(line: Line, units: int) -> Money:
    return line.total().scale(Fraction(units, line.quantity)) if line.quantity else line.total().scale(0)


def _left(order: Order, tender: Tender) -> Money:
    back = (one.amount for refund in order.refunds for one in refund.payouts if one.tender == tender.id)
    return tender.amount - total(back, order.currency)


def _captured(order: Order) -> list[Tender]:
    return [tender for tender in order.tenders if tender.state is TenderState.CAPTURED]


def _taken(order: Order) -> Money:
    return total((_left(order, tender) for tender in _captured(order)), order.currency)


def _payouts(order: Order, amount: Money) -> tuple[Payout, ...]:
    nothing, payouts = Money.zero(order.currency), []
    tenders = sorted(_captured(order), key=lambda one: (_FIRST.index(one.kind), -one.amount.minor, one.id))
    for tender in tenders:
        part = min(amount, _left(order, tender))
        if part > nothing:
            payouts.append(Payout(tender.id, part))
            amount -= part
    return tuple(payouts)
