"""The money of a shop that owns its checkout: its processor took it, and what goes back goes the way it came."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pawline.model import TenderId, TenderState
from pawline.ports import Code, Rejected

if TYPE_CHECKING:
    from collections.abc import Callable

    from pawline.model import Order, OrderId, Refund
    from pawline.sandbox.trades import Till


class Purse:
    """`did` writes down what the processor does for the shop, by tender: `Shop.charged` and `Shop.paid_back`."""

    def __init__(self, till: Till, did: Callable[..., str]) -> None:
        self._till = till
        self._charged, self._paid_back = partial(did, "Shop.charged"), partial(did, "Shop.paid_back")
        self.by_hand = partial(did, "Shop.refunded_by_hand")

    def took(self, order: Order) -> None:
        """The checkout's own doing, with the order."""
        for tender in order.tenders:
            if tender.state is TenderState.CAPTURED:
                self._till.charge(self._charged, order.id, tender)

    def check(self, order: OrderId, refund: Refund) -> None:
        """Rejected(invalid) where one of its payouts is more than was taken and is left: then none is made."""
        ledger, left = self._till.ledger(order), dict[TenderId, int]()
        for capture in ledger.captures:
            left[capture.tender] = left.get(capture.tender, 0) + capture.amount.minor
        for made in ledger.refunds:
            left[made.tender] -= made.amount.minor
        for payout in refund.payouts:
            left[payout.tender] = left.get(payout.tender, 0) - payout.amount.minor
            if left[payout.tender] < 0:
                raise Rejected(f"{payout.tender} did not take so much", Code.INVALID)

    def back(self, order: OrderId, refund: Refund) -> None:
        """A refund that the shop has agreed to."""
        captures = {one.tender: one for one in self._till.ledger(order).captures}
        for payout in refund.payouts:
            self._till.refund(self._paid_back, captures[payout.tender], payout.amount, refund.id)
