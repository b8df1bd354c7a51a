"""Editing an order: a session is begun, changed and committed; until that, nothing of it has happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

import msgspec

from pawline.connectors.shopify import documents
from pawline.connectors.shopify.admin import Admin
from pawline.connectors.shopify.errors import UserError, refuse
from pawline.connectors.shopify.ids import gid, number
from pawline.connectors.shopify.orders import Orders, Whole, order_gid
from pawline.connectors.shopify.replies import Amount, LineItem, Named, Nodes, Price
from pawline.connectors.shopify.search import sku_query, variant_of
from pawline.kit import sku_of
from pawline.model import Edit, Line, LineId, Money, Order, OrderId, SkuId
from pawline.ports import Code, Edited, Malformed, Rejected

NOTE: Final = 255


class Begun(msgspec.Struct, frozen=True, rename="camel"):
    """Of `orderEditBegin`."""

    user_errors: tuple[UserError, ...]
    calculated_order: Named | None = None


class BeginReply(msgspec.Struct, frozen=True, rename="camel"):
    """Of EDIT_BEGIN."""

    order_edit_begin: Begun


class Calculated(msgspec.Struct, frozen=True, rename="camel"):
    """A line as it will be."""

    id: str
    original_unit_price_set: Price


class Changed(msgspec.Struct, frozen=True, rename="camel"):
    """Of a change within a session."""

    user_errors: tuple[UserError, ...]
    calculated_line_item: Calculated | None = None


class QuantityReply(msgspec.Struct, frozen=True, rename="camel"):
    """Of EDIT_QUANTITY."""

    order_edit_set_quantity: Changed


class AddReply(msgspec.Struct, frozen=True, rename="camel"):
    """Of EDIT_ADD."""

    order_edit_add_variant: Changed


class Comes(msgspec.Struct, frozen=True, rename="camel"):
    """What an order comes to."""

    current_total_price_set: Price


class Committed(msgspec.Struct, frozen=True, rename="camel"):
    """Of `orderEditCommit`."""

    user_errors: tuple[UserError, ...]
    order: Comes | None = None


class CommitReply(msgspec.Struct, frozen=True, rename="camel"):
    """Of EDIT_COMMIT."""

    order_edit_commit: Committed


class Variant(msgspec.Struct, frozen=True):
    """What is sold."""

    id: str
    sku: str | None = None


class VariantsReply(msgspec.Struct, frozen=True, rename="camel"):
    """Of VARIANTS."""

    product_variants: Nodes[Variant]


class Editing:
    """Of one account. Shopify prices a line itself: an edit changes quantities and adds what is sold, at its price."""

    def __init__(self, admin: Admin, orders: Orders) -> None:
        self._admin: Final = admin
        self._orders: Final = orders

    async def edit(self, order: OrderId, edit: Edit) -> Edited:
        """All of it, or nothing.

        https://shopify.dev/docs/apps/build/orders-fulfillment/order-management-apps/edit-orders

        Raises Rejected(unsupported) for another price, another SKU of a line, and for adding what the order has: so
        that nobody can take an edit that happened for one that did not.
        """
        whole = await self._orders.read(order)
        changed, added = _split(whole.order, edit)
        _check(whole.order, whole.items, changed, added)
        if _stands(whole, edit):
            return Edited(order=order, total=whole.order.owed())
        gone = _gone(whole.items)
        variants = {line.sku: await self._variant(line.sku) for line in added}
        begun = (await self._admin.ask(documents.EDIT_BEGIN, {"id": order_gid(order)}, BeginReply)).order_edit_begin
        refuse(f"order {order} is not edited", begun.user_errors, {})
        if begun.calculated_order is None:
            raise Malformed(f"Shopify edits order {order}, and shows no session")
        session = begun.calculated_order.id
        for line in changed:
            await self._set(order, session, line, max(0, line.quantity - gone[line.id]))
        for line in added:
            await self._add(order, session, line, variants[line.sku])
        given = {"id": session, "note": edit.reason[:NOTE]}
        done = (await self._admin.ask(documents.EDIT_COMMIT, given, CommitReply)).order_edit_commit
        refuse(f"order {order} is not edited", done.user_errors, {})
        if done.order is None:
            raise Malformed(f"Shopify edited order {order}, and does not show it")
        total = done.order.current_total_price_set.presentment_money
        return Edited(order=order, total=_money(order, total, total.currency_code))

    async def find(self, order: OrderId, edit: Edit) -> Edited | None:
        """As the order stands: whether each line is as the edit has it. Where nobody edited it, nothing was added."""
        whole = await self._orders.read(order)
        stands = _stands(whole, edit) and (whole.edited or not _split(whole.order, edit)[1])
        return Edited(order=order, total=whole.order.owed()) if stands else None

    async def _set(self, order: OrderId, session: str, line: Line, quantity: int) -> None:
        given = {"id": session, "line": gid("CalculatedLineItem", line.id), "quantity": quantity}
        told = (await self._admin.ask(documents.EDIT_QUANTITY, given, QuantityReply)).order_edit_set_quantity
        refuse(f"order {order}, line {line.id}", told.user_errors, {})

    async def _add(self, order: OrderId, session: str, line: Line, variant: str) -> None:
        given = {"id": session, "variant": variant, "quantity": line.quantity}
        told = (await self._admin.ask(documents.EDIT_ADD, given, AddReply)).order_edit_add_variant
        refuse(f"order {order}, {line.sku}", told.user_errors, {})
        made = told.calculated_line_item
        if made is None:
            raise Malformed(f"Shopify adds {line.sku} to order {order}, and does not show it")
        if _money(order, made.original_unit_price_set.presentment_money, line.price.currency) != line.price:
            raise Rejected(f"order {order}: Shopify sells {line.sku} at another price", Code.CONFLICT)

    async def _variant(self, sku: SkuId) -> str:
        """Raises Rejected(not_found), and Rejected(conflict) where several variants have this SKU."""
        if (variant := variant_of(sku)) is not None:
            return gid("ProductVariant", variant)
        given = {"query": sku_query(sku), "after": None}
        page = (await self._admin.ask(documents.VARIANTS, given, VariantsReply)).product_variants
        found = [one.id for one in page.nodes if (one.sku or "").strip() == sku]
        if len(found) != 1:
            text = f"{sku} is of {len(found)} variants"
            raise Rejected(text, Code.CONFLICT if found else Code.NOT_FOUND)
        return found[0]


def _split(order: Order, edit: Edit) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    """Lines that the order has, and those that are new."""
    known = {line.id for line in order.lines}
    return tuple(one for one in edit.lines if one.id in known), tuple(one for one in edit.lines if one.id not in known)


def _gone(items: Sequence[LineItem]) -> dict[LineId, int]:
    """Units of each line that left it. Our lines hold all that ever were in it, and Shopify is told what is to be."""
    return {LineId(number(one.id)): one.quantity - one.current_quantity for one in items}


def _stands(whole: Whole, edit: Edit) -> bool:
    """Whether the order is as the edit has it; what the edit took out itself has left by a refund since, without money.

    Shopify tells times in whole seconds.
    """
    changed, added = _split(whole.order, edit)
    since = edit.at.replace(microsecond=0)
    ours = [one for one in whole.order.refunds if one.at >= since and not one.payouts]
    out = Counter[LineId | None]()
    for credit in (credit for refund in ours for credit in refund.credits):
        out[credit.line] += credit.quantity
    ever, gone = {LineId(number(one.id)): one.quantity for one in whole.items}, _gone(whole.items)
    there = {(_sku(one), one.current_quantity) for one in whole.items}
    return all(
        line.quantity in (ever[line.id], ever[line.id] - out[line.id])
        if line.quantity
        else ever[line.id] == gone[line.id]
        for line in changed
    ) and all((line.sku, line.quantity) in there for line in added)


def _check(order: Order, items: Sequence[LineItem], changed: Sequence[Line], added: Sequence[Line]) -> None:
    known, skus, gone = {line.id: line for line in order.lines}, {_sku(one) for one in items}, _gone(items)
    for line in changed:
        if (line.price, line.sku) != (known[line.id].price, known[line.id].sku):
            raise Rejected(f"order {order.id}: Shopify prices line {line.id} itself", Code.UNSUPPORTED)
        if 0 < line.quantity < gone[line.id]:
            raise Rejected(f"order {order.id}: {gone[line.id]} of line {line.id} have left it already", Code.INVALID)
    for line in added:
        if line.sku in skus or line.quantity == 0:
            raise Rejected(f"order {order.id} has {line.sku}: change that line", Code.UNSUPPORTED)


def _sku(item: LineItem) -> SkuId:
    variant = None if item.variant is None else number(item.variant.id)
    return sku_of(item.sku, variant, number(item.id))


def _money(order: OrderId, amount: Amount, currency: str) -> Money:
    try:
        return Money.parse(amount.amount, currency)
    except (ValueError, OverflowError):
        raise Malformed(f"Shopify edits order {order}, and names an amount that is none") from None
