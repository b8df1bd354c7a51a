"""Refunds: what comes off the bill, what goes back to which payment, and what goes back on the shelf."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pawline.model import Money
from pawline.sandbox.shopify import rest
from pawline.sandbox.shopify.books import known
from pawline.sandbox.shopify.orders import REFUND, SUCCESS, Order, Refund, RefundLine, Transaction, added
from pawline.sandbox.shopify.placing import announce, commit
from pawline.sandbox.shopify.working import shrink
from pawline.sandbox.shopify.wrongs import Wrong

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pawline.sandbox.shopify.books import Books
    from pawline.sandbox.shopify.orders import Line, Shipping

CANCEL, RETURN, NOT = "CANCEL", "RETURN", "NO_RESTOCK"
_REASONS: Final = {"CUSTOMER": "CUSTOMER", "DAMAGE": "DAMAGE", "RESTOCK": "RESTOCK"}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A refund that was checked: nothing of it can go wrong any more."""

    lines: Sequence[tuple[Line, int, str, int | None]]
    shipping: Sequence[tuple[Shipping, Money]]
    payouts: Sequence[tuple[Transaction, Money]]
    note: str | None
    reason: str | None


def checked(books: Books, told: Mapping[str, Any]) -> tuple[Order, Wanted]:
    """What a `RefundInput` asks for. Raises Wrong."""
    order = books.orders.get(known(told["orderId"], "Order"))
    if order is None:
        raise Wrong("Order does not exist", "orderId")
    currency = told.get("currency")
    if currency not in ({order.currency} if order.currency != order.shop_currency else {None, order.currency}):
        raise Wrong("Currency must be the order's presentment currency", "currency")
    if told.get("refundMethods"):
        raise Wrong("Store credit is not available for this shop", "refundMethods")
    wanted = Wanted(
        lines=_lines(books, order, told.get("refundLineItems") or ()),
        shipping=_shipping(order, told.get("shipping") or {}),
        payouts=_payouts(order, told.get("transactions") or (), free=bool(told.get("allowOverRefunding"))),
        note=told.get("note"),
        reason=told.get("discrepancyReason"),
    )
    if not (wanted.lines or wanted.shipping or wanted.payouts):
        raise Wrong("A refund needs line items, shipping or transactions")
    return order, wanted


def _lines(books: Books, order: Order, told: Sequence[Any]) -> list[tuple[Line, int, str, int | None]]:
    found: list[tuple[Line, int, str, int | None]] = []
    for place, one in enumerate(told):
        line, field = order.line(known(one["lineItemId"], "LineItem")), ("refundLineItems", str(place))
        if line is None or any(line is before for before, *_ in found):
            raise Wrong("Line item does not exist, or is there twice", *field, "lineItemId")
        if one["quantity"] < 1 or one["quantity"] > line.current:
            raise Wrong("Quantity cannot refund more items than were purchased", *field, "quantity")
        restock, shelf = one.get("restockType") or NOT, one.get("locationId")
        if restock == "LEGACY_RESTOCK":
            raise Wrong("Restock type is not accepted", *field, "restockType")
        if restock == CANCEL and one["quantity"] > line.waiting:
            raise Wrong("Cannot cancel items that were fulfilled", *field, "restockType")
        to = None if restock == NOT else _shelf(books, shelf, field)
        found.append((line, one["quantity"], restock, to))
    return found


def _shelf(books: Books, shelf: object, field: tuple[str, ...]) -> int:
    to = books.places.get(known(shelf, "Location"))
    if to is None or not to.active:
        raise Wrong("Location is required to restock", *field, "locationId")
    return to.id


def _shipping(order: Order, told: Mapping[str, Any]) -> list[tuple[Shipping, Money]]:
    left = [(one, one.net() + one.tax_on_top - one.back) for one in order.shipping]
    if told.get("fullRefund"):
        return [(one, amount) for one, amount in left if amount.minor]
    wanted = _amount(order, told.get("amount") or "0", "shipping", "amount")
    if wanted > added((amount for _, amount in left), order.currency):
        raise Wrong("Shipping refund exceeds what is left of it", "shipping", "amount")
    found = []
    for one, amount in left:
        part = min(amount, wanted)
        wanted -= part
        if part.minor:
            found.append((one, part))
    return found


def _payouts(order: Order, told: Sequence[Any], *, free: bool) -> list[tuple[Transaction, Money]]:
    left = {one.id: order.refundable(one) for one in order.transactions}
    found = []
    for place, one in enumerate(told):
        field = ("transactions", str(place))
        if known(one["orderId"], "Order") != order.id or one["kind"] not in {REFUND, "SUGGESTED_REFUND"}:
            raise Wrong("Transaction is not a refund of this order", *field)
        parent = order.transaction(known(one.get("parentId"), "OrderTransaction"))
        if parent is None or parent.id not in left or parent.status != SUCCESS or parent.gateway != one["gateway"]:
            raise Wrong("Parent transaction is invalid", *field, "parentId")
        amount = _amount(order, one["amount"], *field, "amount")
        left[parent.id] -= amount
        if amount.minor < 1 or (left[parent.id].minor < 0 and not free):
            raise Wrong("Refund amount cannot be greater than what is left of the payment", *field, "amount")
        found.append((parent, amount))
    return found


def _amount(order: Order, told: object, *field: str) -> Money:
    try:
        return Money.parse(str(told), order.currency)
    except ValueError:
        raise Wrong("Amount is not a price", *field) from None


def refund(books: Books, order: Order, wanted: Wanted) -> Refund:
    """It is done, and told of."""
    owed = max(order.none(), order.none() - order.outstanding())  # to the shopper, before it
    lines = [_gone(books, line, units, restock, to) for line, units, restock, to in wanted.lines]
    shipping = [(books.number(), one.id, _back(one, amount)) for one, amount in wanted.shipping]
    paid = [_paid(books, order, parent, amount) for parent, amount in wanted.payouts]
    made = Refund(
        id=books.number(), at=books.now(), note=wanted.note, lines=lines, shipping=shipping, adjustments=[],
        transactions=[one.id for one in paid],
    )  # fmt: skip
    beside = made.off(order.currency) - added((one.amount for one in paid), order.currency)
    beside = beside if beside.minor > 0 else min(order.none(), beside + owed)  # what was owed is no discrepancy
    if paid and beside.minor:
        reason = _REASONS.get(wanted.reason or "", "REFUND_DISCREPANCY")
        made.adjustments.append((books.number(), beside, reason))
    order.refunds.append(made)
    shrink(books, order)
    books.touched(order)
    books.tell("refunds/create", lambda: rest.refund(books, order, made))
    return made


def _back(one: Shipping, amount: Money) -> Money:
    one.back += amount
    return amount


def _gone(books: Books, line: Line, units: int, restock: str, to: int | None) -> RefundLine:
    net, tax = line.share(units)
    on_top = line.share_on_top(units)
    unsent = min(units, line.waiting) if restock != RETURN else max(0, units - (line.sent - line.returned))
    line.gone += units
    line.returned += units - unsent
    if unsent:
        commit(books, line, -unsent)
    _shelve(books, line, to, units - unsent)
    if restock == NOT:
        _shelve(books, line, line.place, -unsent)
    return RefundLine(
        id=books.number(), line=line.id, quantity=units, restock=restock, location=to, net=net, tax=tax, on_top=on_top
    )


def _shelve(books: Books, line: Line, to: int | None, units: int) -> None:
    variant = books.variants.get(line.variant or 0)
    if variant is not None and variant.tracked and to is not None and units:
        books.level(variant.item, to).add("available", units, books.now())


def _paid(books: Books, order: Order, parent: Transaction, amount: Money) -> Transaction:
    made = Transaction(
        id=books.number(), kind=REFUND, status=SUCCESS, gateway=parent.gateway, amount=amount, at=books.now(),
        parent=parent.id,
    )  # fmt: skip
    order.transactions.append(made)
    announce(books, order, made)
    return made
