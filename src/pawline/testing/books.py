"""Bills without a hub: in memory, by the same rules."""

from __future__ import annotations

from typing import Any

import msgspec

from pawline.model import Order, OrderId, Refund, RefundId, bare, bare_refund
from pawline.ports import Code, OwnBill, Receipt, Rejected
from pawline.views.bills import bill_from, refuse


class Books:
    """See `Bills`. It knows the orders that are `billed`, and who they are of."""

    def __init__(self) -> None:
        self._rows: dict[OrderId, list[tuple[Any, ...]]] = {}

    def billed(self, order: Order) -> None:
        """An own order was placed."""
        self._rows[order.id] = [("placed", "placed", msgspec.json.encode(bare(order)), order.household)]

    async def of(self, order: OrderId) -> OwnBill:
        bill = bill_from(self._rows.get(order, ()))
        if bill is None:
            raise Rejected(f"order {order} is none of our own checkout", Code.NOT_FOUND)
        return bill

    async def refund(self, order: OrderId, refund: Refund, seen: int, known: tuple[str, ...]) -> Refund:
        bill = await self.of(order)
        if before := [one for one in bill.order.refunds if one.id == refund.id]:
            return before[0]
        refuse(bill, made := bare_refund(refund), seen)
        self._rows[order].append((f"refund/{made.id}", "refund", msgspec.json.encode(made), None))
        if known:
            await self.paid(order, made.id, known)
        return made

    async def paid(self, order: OrderId, refund: RefundId, known: tuple[str, ...]) -> Receipt:
        row = (f"paid/{refund}", "paid", msgspec.json.encode(known), None)
        if not any(one[0] == row[0] for one in self._rows[order]):
            self._rows[order].append(row)
        return Receipt()
