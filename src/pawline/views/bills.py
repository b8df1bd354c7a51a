"""Bills of own orders: kept from events and by refunds, which are reckoned with what stands here or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

import msgspec

from pawline.model import (
    Checkout,
    Credit,
    Edit,
    HouseholdId,
    Order,
    OrderEdited,
    OrderId,
    OrderPlaced,
    Refund,
    RefundId,
    bare,
    bare_edit,
    bare_refund,
)
from pawline.model.order import edited
from pawline.ports import Code, Operation, OwnBill, Receipt, Rejected, Settle, Transient
from pawline.store import Conflict
from pawline.views.view import Seen, View, Write

if TYPE_CHECKING:
    from pawline.store import Store
    from pawline.views.projector import Projector

PATIENCE: Final = 5.0
"""Seconds that a read waits for the views to be as new as itself."""
OPERATIONS: Final = dict.fromkeys(("refund", "paid"), Operation(settle=Settle.REPEAT))
"""A refund stands in a bill once, however often it is put there."""
_text = msgspec.json.encode


def _placed(seen: Seen) -> Iterable[Write]:
    order: Order = seen.event.order
    if order.checkout is Checkout.OWN:
        yield "view_billed", (seen.shop, order.id, order.placed_at.timestamp(), _text(bare(order)).decode())


def _edited(seen: Seen) -> Iterable[Write]:
    edit: Edit = seen.event.edit
    at, body = edit.at.timestamp(), _text(bare_edit(edit)).decode()
    yield "view_bill_edit", (seen.shop, seen.event.order, f"edit/{edit.id}", at, body)


# Not RefundIssued: a provider tells of our own refunds too, by other names. What we do not know of is in its ledger.
BILLS: Final = View("bills@1", "what own orders come to", {OrderPlaced: _placed, OrderEdited: _edited})


def bill_from(rows: Iterable[tuple[Any, ...]]) -> OwnBill | None:
    """The bill of its entries (id, what, body, household), in the order in which it grew; None of nothing.

    A refund that pays out is under way until somebody says that it was paid. An entry that does not fit, an edit to
    less than was credited, is left out and said to be `wrong`: a person reckons such a bill.
    """
    order: Order | None = None
    wrong = ""
    known: list[str] = []
    open_: dict[str, None] = {}
    entries = 0
    for name, what, body, household in rows:
        entries += 1
        if what == "placed":
            placed = msgspec.json.decode(body, type=Order)
            order = msgspec.structs.replace(placed, household=None if household is None else HouseholdId(household))
        elif order is not None and what in {"edit", "refund"}:
            try:
                order = _grown(order, what, body)
            except ValueError as problem:
                wrong = str(problem)
            if what == "refund" and msgspec.json.decode(body, type=Refund).payouts:
                open_[name.removeprefix("refund/")] = None
        elif what == "paid":
            known += msgspec.json.decode(body, type=list[str])
            open_.pop(name.removeprefix("paid/"), None)
    if order is None:
        return None
    under_way = RefundId(next(iter(open_))) if open_ else None
    return OwnBill(order=order, entries=entries, known=tuple(known), under_way=under_way, wrong=wrong)


def _grown(order: Order, what: str, body: str) -> Order:
    if what == "edit":
        return edited(order, msgspec.json.decode(body, type=Edit))
    return msgspec.structs.replace(order, refunds=(*order.refunds, msgspec.json.decode(body, type=Refund)))


def refuse(bill: OwnBill, refund: Refund, seen: int) -> None:
    """Raises Rejected where the refund cannot be taken into the bill as it stands."""
    if bill.wrong:
        raise Rejected(bill.wrong, Code.INVALID)
    if bill.entries != seen or bill.under_way is not None:
        raise Rejected(f"order {bill.order.id}: its bill has changed since it was reckoned", Code.CONFLICT)
    try:
        msgspec.structs.replace(bill.order, refunds=(*bill.order.refunds, refund))
        _check_units(bill.order, refund.credits)
    except ValueError as problem:
        raise Rejected(str(problem), Code.INVALID) from None


def _check_units(order: Order, credits: Iterable[Credit]) -> None:
    left = {line.id: line.quantity for line in order.lines}
    for one in [*(credit for refund in order.refunds for credit in refund.credits), *credits]:
        if one.line is None:
            continue
        if left.get(one.line, -1) < one.quantity:
            raise ValueError(f"order {order.id}: more of line {one.line} than is left of it")
        left[one.line] -= one.quantity


class OwnBills:
    """See `Bills`."""

    def __init__(self, shop: str, store: Store, projector: Projector) -> None:
        self._shop, self._store, self._projector = shop, store, projector

    async def of(self, order: OrderId) -> OwnBill:
        if not await self._projector.caught_up(PATIENCE):
            raise Transient("the views are behind: `pawline views` says how far", Code.UNAVAILABLE)
        bill = bill_from(await self._store.fetch("bill_of", (self._shop, order)))
        if bill is None:
            raise Rejected(f"order {order} is none of our own checkout", Code.NOT_FOUND)
        return bill

    async def refund(self, order: OrderId, refund: Refund, seen: int, known: tuple[str, ...]) -> Refund:
        bill = await self.of(order)
        before = next((one for one in bill.order.refunds if one.id == refund.id), None)
        if before is not None:
            return before
        made = bare_refund(refund)
        refuse(bill, made, seen)
        now = self._store.now()
        writes: list[Write] = [
            ("bill_refund", (self._shop, order, f"refund/{made.id}", seen, now, _text(made).decode()))
        ]
        if known:
            writes.append(self._paid(order, made.id, known))
        error = await self._commit(writes)
        if isinstance(error, Conflict):
            raise Rejected(f"order {order}: its bill has changed since it was reckoned", Code.CONFLICT)
        self._check(error)
        return made

    async def paid(self, order: OrderId, refund: RefundId, known: tuple[str, ...]) -> Receipt:
        self._check(await self._commit([self._paid(order, refund, known)]))
        return Receipt()

    def _paid(self, order: OrderId, refund: RefundId, known: tuple[str, ...]) -> Write:
        return "bill_paid", (self._shop, order, f"paid/{refund}", self._store.now(), _text(known).decode())

    @staticmethod
    def _check(error: Exception | None) -> None:
        if error is not None:
            raise Transient(str(error), Code.UNAVAILABLE) from error

    async def _commit(self, writes: list[Write]) -> Exception | None:
        return (await self._store.written(writes)).error
