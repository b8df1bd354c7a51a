"""The Shop: the system that owns the catalogue page, the cart and, for adopted orders, the checkout."""

from __future__ import annotations

from typing import Protocol

import msgspec

from pawline.model import Aware, Bill, Edit, HouseholdId, Money, Order, OrderId, Refund, RefundId, SkuId
from pawline.ports.read import read
from pawline.ports.receipt import Receipt


class OrderPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some order ids, and where to go on: `after` of the next call, None on the last page."""

    orders: tuple[OrderId, ...]
    after: str | None = None


class Edited(msgspec.Struct, frozen=True, kw_only=True):
    """An order was edited and comes to this now."""

    order: OrderId
    total: Money


class Shop(Protocol):
    """Orders as the shop has them, and what may still be done to them there."""

    @read
    async def order(self, order: OrderId) -> Order:
        """The order as it stands. Rejected(not_found) if the shop has none."""
        ...

    @read
    async def changed_since(self, since: Aware, after: str | None) -> OrderPage:
        """Orders placed or changed at or after `since`, oldest change first: what a poll compares with our events."""
        ...

    @read
    async def bought_since(self, household: HouseholdId, sku: SkuId, since: Aware) -> bool:
        """Whether the household placed an order with this SKU after `since` that was not cancelled."""
        ...

    @read
    async def wanted(self, order: OrderId) -> bool:
        """Whether the order stands, whatever of it has left: False once it was called off, by whomever.

        Asked right before goods are sent. Rejected(not_found) if the shop has no such order.
        """
        ...

    async def cancel(self, order: OrderId, because: str) -> Receipt:
        """Call the order off in the shop. It refunds nothing. Rejected(too_late) once goods have left."""
        ...

    async def edit(self, order: OrderId, edit: Edit) -> Edited:
        """Change the order's lines. It neither charges nor refunds the difference."""
        ...

    async def refund(self, order: OrderId, refund: Refund, seen: Bill | tuple[RefundId, ...]) -> Refund:
        """Credit it to the order and pay it back by the order's tenders, all or nothing, by whoever took the money.

        `seen` is the bill that it was reckoned with (`bill_of`): Rejected(conflict) if another stands there by now. Of
        whoever names refunds only, those are compared. The same id again changes nothing, whatever was seen.
        Rejected(invalid) for more than was paid, or more units than are left; Rejected(not_found) if the shop has no
        such order.
        """
        ...

    async def tag(self, order: OrderId, tags: tuple[str, ...]) -> Receipt:
        """Add words that the shop's own people see. A tag that is there stays."""
        ...
