"""Bills: what own orders come to, and what was paid back of them. Played by the hub itself: no shop keeps them."""

from __future__ import annotations

from typing import Protocol

import msgspec

from pawline.model import Order, OrderId, Refund, RefundId
from pawline.ports.read import read
from pawline.ports.receipt import Receipt


class OwnBill(msgspec.Struct, frozen=True, kw_only=True):
    """An own order with its edits and refunds: ids and figures, no contact, address or title.

    Its tenders are as they were placed: what was taken of them only the ledger of `Payments` knows. `entries` is how
    often the bill has changed. `known` are the provider's own references of refunds that are in it. `under_way` is a
    refund that is in it, and whose money nobody has said yet that it went. `wrong` says what in it contradicts the
    rest, and is left out of the order: no refund fits into such a bill.
    """

    order: Order
    entries: int
    known: tuple[str, ...] = ()
    under_way: RefundId | None = None
    wrong: str = ""


class Bills(Protocol):
    """One truth of each own order's refunds, whichever flow makes them: they come after one another."""

    @read
    async def of(self, order: OrderId) -> OwnBill:
        """The bill as it stands: everything dispatched before the call is in it.

        Rejected(not_found) for an order that is none of our own checkout. Transient(unavailable) while the
        record is being built or is far behind.
        """
        ...

    async def refund(self, order: OrderId, refund: Refund, seen: int, known: tuple[str, ...]) -> Refund:
        """Take a refund into the bill that had `seen` entries; it moves no money.

        It is under way until `paid`, unless it pays nothing out or the provider made it already, as `known`. The same
        id again changes nothing and answers what stands. Rejected(conflict) if the bill has changed or another refund
        is under way; Rejected(invalid) for more than was ordered or is left of the bill.
        """
        ...

    async def paid(self, order: OrderId, refund: RefundId, known: tuple[str, ...]) -> Receipt:
        """Its money went, by refunds that the provider calls so. Again changes nothing."""
        ...
