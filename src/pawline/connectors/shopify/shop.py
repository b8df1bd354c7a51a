"""Shopify in the role of Shop: orders as they stand there, and what may still be done to them."""

from __future__ import annotations

from typing import Final

import msgspec

from pawline.connectors.shopify import documents
from pawline.connectors.shopify.admin import Admin
from pawline.connectors.shopify.editing import Editing
from pawline.connectors.shopify.errors import UserError, refuse
from pawline.connectors.shopify.orders import Orders, Whole, none_such, order_gid
from pawline.connectors.shopify.refunded import paid_out
from pawline.connectors.shopify.refunding import refund_input
from pawline.connectors.shopify.replies import Named, Nodes, Payload, RefundCreateReply, number_in
from pawline.connectors.shopify.search import moment, quoted
from pawline.connectors.shopify.settings import Settings
from pawline.connectors.shopify.told_orders import CALLED_OFF
from pawline.kit import Http, Page, household_of, pages, sku_of
from pawline.model import Aware, Bill, Edit, HouseholdId, Money, Order, OrderId, Refund, RefundId, SkuId, bill_of
from pawline.ports import (
    Code,
    Edited,
    EffectKind,
    Malformed,
    Operation,
    OrderPage,
    Receipt,
    Rejected,
    Settle,
    Transient,
    current_attempt,
)

NOTE: Final = 255
"""Characters of a note to the shop's own people."""
_CANCEL_CODES: Final = {
    "NOT_FOUND": Code.NOT_FOUND, "INVALID": Code.CONFLICT, "NO_REFUND_PERMISSION": Code.NOT_ALLOWED,
}  # fmt: skip


class Ids(msgspec.Struct, frozen=True):
    """Of CHANGED."""

    orders: Nodes[Named]


class Buyer(msgspec.Struct, frozen=True, rename="camel"):
    """An order, and whose it is."""

    id: str
    created_at: Aware
    cancelled_at: Aware | None = None
    email: str | None = None
    customer: Named | None = None


class Buyers(msgspec.Struct, frozen=True):
    """Of BOUGHT."""

    orders: Nodes[Buyer]


class Sent(msgspec.Struct, frozen=True):
    """A parcel."""

    status: str


class State(msgspec.Struct, frozen=True, rename="camel"):
    """Whether an order was called off, and what has left."""

    id: str
    cancelled_at: Aware | None
    fulfillments: tuple[Sent, ...]
    tags: tuple[str, ...] = ()


class StateReply(msgspec.Struct, frozen=True):
    """Of CALLED_OFF."""

    order: State | None


class Cancelled(msgspec.Struct, frozen=True, rename="camel"):
    """Of `orderCancel`."""

    order_cancel_user_errors: tuple[UserError, ...]


class CancelReply(msgspec.Struct, frozen=True, rename="camel"):
    """Of CANCEL."""

    order_cancel: Cancelled


class TagReply(msgspec.Struct, frozen=True, rename="camel"):
    """Of TAG."""

    tags_add: Payload


class UntagReply(msgspec.Struct, frozen=True, rename="camel"):
    """Of UNTAG."""

    tags_remove: Payload


class ShopifyShop:
    """See `Shop`. `find_refund` and `find_edit` are look-ups.

    A refund carries its step's key, and its id in its note: the key settles it for a day, the note for ever. Shopify
    calls an order off in a job of its own: until that is done, the order is not called off, and is asked about again.
    """

    OPERATIONS: Final = {
        "cancel": Operation(settle=Settle.REPEAT, kind=EffectKind.CANCELLATION),
        "edit": Operation(settle=Settle.LOOK_UP, look_up="find_edit"),
        "refund": Operation(
            settle=Settle.KEY, after_key_life=Settle.LOOK_UP, look_up="find_refund", kind=EffectKind.REFUND
        ),
        "tag": Operation(settle=Settle.REPEAT),
    }

    def __init__(self, http: Http, _: Settings) -> None:
        self._admin: Final = Admin(http)
        self._orders: Final = Orders(self._admin)
        self._editing: Final = Editing(self._admin, self._orders)

    async def order(self, order: OrderId) -> Order:
        return (await self._orders.read(order)).order

    async def changed_since(self, since: Aware, after: str | None) -> OrderPage:
        given = {"query": f"updated_at:>={moment(since)}", "after": after}
        page = (await self._admin.ask(documents.CHANGED, given, Ids)).orders
        return OrderPage(orders=tuple(OrderId(number_in(one.id)) for one in page.nodes), after=page.after)

    async def bought_since(self, household: HouseholdId, sku: SkuId, since: Aware) -> bool:
        """Orders are asked for by SKU and time, and told apart by whose they are: Shopify does not know our names."""
        wanted = f"created_at:>={moment(since)}"
        if not sku.startswith(("variant-", "line-")):
            wanted += f" AND sku:{quoted(sku)}"

        async def fetch(after: str | None) -> Page[Buyer]:
            page = (await self._admin.ask(documents.BOUGHT, {"query": wanted, "after": after}, Buyers)).orders
            return Page(page.nodes, page.after)

        async for page in pages(fetch):
            for one in page.items:
                theirs = household_of(one.email, None if one.customer is None else number_in(one.customer.id))
                if theirs != household or one.cancelled_at is not None or one.created_at <= since:
                    continue
                if await self._holds(OrderId(number_in(one.id)), sku):
                    return True
        return False

    async def wanted(self, order: OrderId) -> bool:
        given = {"id": order_gid(order)}
        found = (await self._admin.ask(documents.CALLED_OFF, given, StateReply)).order
        if found is None:
            raise none_such(order)
        return found.cancelled_at is None

    async def cancel(self, order: OrderId, because: str) -> Receipt:
        # https://shopify.dev/docs/api/admin-graphql/2026-07/mutations/orderCancel
        state = await self._state(order)
        if state.cancelled_at is not None:
            return Receipt()
        await self.tag(order, (CALLED_OFF,))  # first: the webhook says that it was us by nothing else
        given = {"id": order_gid(order), "note": because[:NOTE]}
        told = (await self._admin.ask(documents.CANCEL, given, CancelReply)).order_cancel
        if (await self._state(order)).cancelled_at is not None:
            return Receipt()  # maybe by an attempt before, whose job has ended only now
        errors = told.order_cancel_user_errors
        begun = CALLED_OFF in state.tags and all(one.code == "INVALID" for one in errors)
        if errors and not begun:  # else it may be refused only because the job of an attempt before is under way
            await self._unmark(order)
            refuse(f"order {order} is not called off", errors, _CANCEL_CODES)
        raise Transient(f"Shopify is still calling order {order} off", Code.IN_PROGRESS)

    async def edit(self, order: OrderId, edit: Edit) -> Edited:
        return await self._editing.edit(order, edit)

    async def find_edit(self, order: OrderId, edit: Edit) -> Edited | None:
        return await self._editing.find(order, edit)

    async def refund(self, order: OrderId, refund: Refund, seen: Bill | tuple[RefundId, ...]) -> Refund:
        # https://shopify.dev/docs/api/admin-graphql/2026-07/mutations/refundCreate
        whole = await self._orders.read(order)
        current = whole.order
        if (known := _known(current, refund)) is not None:
            return known
        try:
            given = {"input": _reckoned(whole, refund, seen), "key": current_attempt().key}
        except Rejected:
            again = await self.find_refund(order, refund, seen)  # it may have landed between two documents of one look
            if again is None:
                raise
            return again
        made = (await self._admin.ask(documents.REFUND_CREATE, given, RefundCreateReply)).refund_create
        refuse(f"order {order} is not refunded", made.user_errors, {})
        if made.refund is None:
            raise Malformed(f"Shopify refunded order {order}, and shows no refund")
        _check_paid(order, refund, paid_out(made.refund, current.currency))
        return refund

    async def find_refund(self, order: OrderId, refund: Refund, seen: Bill | tuple[RefundId, ...]) -> Refund | None:  # noqa: ARG002 - as `refund`
        return _known((await self._orders.read(order)).order, refund)

    async def tag(self, order: OrderId, tags: tuple[str, ...]) -> Receipt:
        # https://shopify.dev/docs/api/admin-graphql/2026-07/mutations/tagsAdd
        told = await self._admin.ask(documents.TAG, {"id": order_gid(order), "tags": tags}, TagReply)
        refuse(f"order {order} is not tagged", told.tags_add.user_errors, {})
        return Receipt()

    async def _holds(self, order: OrderId, sku: SkuId) -> bool:
        for one in await self._orders.items(order):
            variant = None if one.variant is None else number_in(one.variant.id)
            if sku_of(one.sku, variant, number_in(one.id)) == sku and one.current_quantity > 0:
                return True
        return False

    async def _unmark(self, order: OrderId) -> None:
        await self._admin.ask(documents.UNTAG, {"id": order_gid(order), "tags": (CALLED_OFF,)}, UntagReply)

    async def _state(self, order: OrderId) -> State:
        """Raises Rejected(not_found), and Rejected(too_late) once a parcel left and it was not called off."""
        found = (await self._admin.ask(documents.CALLED_OFF, {"id": order_gid(order)}, StateReply)).order
        if found is None:
            raise none_such(order)
        if found.cancelled_at is None and any(
            one.status in {"SUCCESS", "OPEN", "PENDING"} for one in found.fulfillments
        ):
            if CALLED_OFF in found.tags:  # of an attempt before: whoever calls it off one day, it was not us
                await self._unmark(order)
            raise Rejected(f"goods of order {order} have left", Code.TOO_LATE)
        return found


def _reckoned(whole: Whole, refund: Refund, seen: Bill | tuple[RefundId, ...]) -> dict[str, object]:
    there = bill_of(whole.order)
    if there != seen if isinstance(seen, Bill) else there.refunds != seen:
        raise Rejected(f"order {whole.order.id} has another bill by now", Code.CONFLICT)
    return refund_input(whole, refund)


def _known(order: Order, refund: Refund) -> Refund | None:
    """The refund of this id as it stands there; None where there is none."""
    for one in order.refunds:
        if one.id == refund.id:
            _check_paid(order.id, refund, one.paid_out())
            return one
    return None


def _check_paid(order: OrderId, refund: Refund, paid: Money) -> None:
    """Raises Rejected(declined) where Shopify booked it, and the money was not given back: a person's."""
    if paid.minor < refund.paid_out().minor:
        text = f"refund {refund.id} of order {order} is booked, but only {paid} of {refund.paid_out()} went back"
        raise Rejected(text, Code.DECLINED)
