"""Reads whole orders: every line, every transaction, every refund, in as many documents as they need."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple, TypeVar

import msgspec

from pawline.connectors.shopify import documents
from pawline.connectors.shopify.admin import Admin
from pawline.connectors.shopify.ids import gid, number
from pawline.connectors.shopify.reading import order_of
from pawline.connectors.shopify.replies import LineItem, Named, Nodes, OrderNode, RefundLine, RefundNode, Transaction
from pawline.kit import Page, every_item, pages
from pawline.model import Order, OrderId
from pawline.ports import Code, Malformed, Rejected

T = TypeVar("T")
MOST_REFUNDS: Final = 50
MOST_TRANSACTIONS: Final = 75
"""Of one order: Shopify has no second page of these."""


class OrderReply(msgspec.Struct, frozen=True):
    """Of ORDER."""

    order: OrderNode | None


class Lines(msgspec.Struct, frozen=True, rename="camel"):
    """Some lines of an order."""

    line_items: Nodes[LineItem]


class LinesReply(msgspec.Struct, frozen=True):
    """Of ORDER_LINES."""

    order: Lines | None


class Moved(msgspec.Struct, frozen=True, rename="camel"):
    """An order's money."""

    presentment_currency_code: str
    transactions: tuple[Transaction, ...]


class MovedReply(msgspec.Struct, frozen=True):
    """Of TRANSACTIONS."""

    order: Moved | None


class RefundReply(msgspec.Struct, frozen=True):
    """Of REFUND."""

    refund: RefundNode | None


class RefundLines(msgspec.Struct, frozen=True, rename="camel"):
    """Some lines of a refund."""

    refund_line_items: Nodes[RefundLine]


class RefundLinesReply(msgspec.Struct, frozen=True):
    """Of REFUND_LINES."""

    refund: RefundLines | None


class Whole(NamedTuple):
    """An order, by which transactions it was paid, Shopify's own lines, and whether it was ever edited."""

    order: Order
    transactions: tuple[Transaction, ...]
    items: tuple[LineItem, ...]
    edited: bool


def order_gid(order: OrderId) -> str:
    """Raises Rejected(not_found) for an order that is none of Shopify's."""
    try:
        return gid("Order", order)
    except ValueError:
        raise none_such(order) from None


def none_such(order: OrderId) -> Rejected:
    """The shop does not have it, or the app may not see it: without `read_all_orders`, 60 days are all it sees."""
    return Rejected(f"the shop shows us no order {order}", Code.NOT_FOUND)


class Orders:
    """Of one account."""

    def __init__(self, admin: Admin) -> None:
        self._admin: Final = admin

    async def read(self, order: OrderId) -> Whole:
        """Raises Rejected(not_found), and Malformed where it does not add up."""
        node = (await self._admin.ask(documents.ORDER, {"id": order_gid(order)}, OrderReply)).order
        if node is None:
            raise none_such(order)
        items = await self.items(order, node.line_items)
        transactions = (await self.transactions(order)).transactions
        if len(node.refunds) > MOST_REFUNDS or node.shipping_lines.after is not None:
            raise Malformed(f"order {order} has more refunds or deliveries than one answer holds", Code.TOO_LARGE)
        refunds = [await self._refund(one) for one in node.refunds]
        try:
            return Whole(order_of(node, items, transactions, refunds), transactions, items, node.edited)
        except (ValueError, OverflowError) as problem:
            raise Malformed(f"order {order} does not add up: {problem}") from None

    async def items(self, order: OrderId, first: Nodes[LineItem] | None = None) -> tuple[LineItem, ...]:
        """All its lines."""
        name = order_gid(order)

        async def fetch(after: str | None) -> Page[LineItem]:
            if after is None and first is not None:
                return Page(first.nodes, first.after)
            reply = await self._admin.ask(documents.ORDER_LINES, {"id": name, "after": after}, LinesReply)
            if reply.order is None:
                raise none_such(order)
            return Page(reply.order.line_items.nodes, reply.order.line_items.after)

        return await _all(fetch, lambda one: one.id)

    async def transactions(self, order: OrderId) -> Moved:
        """All its transactions, oldest first, and their currency. Raises Rejected(not_found)."""
        found = (await self._admin.ask(documents.TRANSACTIONS, {"id": order_gid(order)}, MovedReply)).order
        if found is None:
            raise none_such(order)
        if len(found.transactions) > MOST_TRANSACTIONS:
            raise Malformed(f"order {order} has more than {MOST_TRANSACTIONS} transactions", Code.TOO_LARGE)
        return found

    async def _refund(self, named: Named) -> RefundNode:
        node = (await self._admin.ask(documents.REFUND, {"id": named.id}, RefundReply)).refund
        if node is None:
            raise Malformed(f"refund {number(named.id)} of an order is not there")
        return await self.whole(node)

    async def whole(self, node: RefundNode) -> RefundNode:
        """The refund with all its lines."""

        async def fetch(after: str | None) -> Page[RefundLine]:
            if after is None:
                return Page(node.refund_line_items.nodes, node.refund_line_items.after)
            reply = await self._admin.ask(documents.REFUND_LINES, {"id": node.id, "after": after}, RefundLinesReply)
            if reply.refund is None:
                raise Malformed("a refund is gone while it is read")
            return Page(reply.refund.refund_line_items.nodes, reply.refund.refund_line_items.after)

        if (node.refund_shipping_lines.after, node.order_adjustments.after, node.transactions.after) != (None,) * 3:
            raise Malformed("a refund has more parts than one answer holds", Code.TOO_LARGE)
        lines = [line async for page in pages(fetch) for line in page.items]
        whole = msgspec.structs.replace(node.refund_line_items, nodes=tuple(lines))
        return msgspec.structs.replace(node, refund_line_items=whole)


async def _all(fetch: Callable[[str | None], Awaitable[Page[T]]], key: Callable[[T], str]) -> tuple[T, ...]:
    return tuple([one async for one in every_item(fetch, key)])
