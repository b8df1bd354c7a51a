"""What is done to orders besides refunds: they are called off and tagged, their money is captured or let go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pawline.model import Money
from pawline.sandbox.shopify import rest
from pawline.sandbox.shopify.books import known
from pawline.sandbox.shopify.orders import AUTHORIZATION, CAPTURE, SUCCESS, VOID, Order, Transaction
from pawline.sandbox.shopify.placing import announce, announce_paid
from pawline.sandbox.shopify.refunding import CANCEL, NOT, Wanted, refund
from pawline.sandbox.shopify.working import end
from pawline.sandbox.shopify.wrongs import Wrong

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pawline.sandbox.shopify.books import Books, Variant


def cancellable(books: Books, told: Mapping[str, Any]) -> Order:
    """Raises Wrong for an order that is unknown or called off already, or of which something was sent."""
    order = books.orders.get(known(told["orderId"], "Order"))
    if order is None:
        raise Wrong("Order does not exist", "orderId", code="NOT_FOUND")
    if order.cancelled is not None:
        raise Wrong("Order has already been cancelled", "orderId", code="INVALID")
    if any(line.sent > line.returned for line in order.lines):
        raise Wrong("Order has fulfillments that can't be cancelled", "orderId", code="INVALID")
    if (told.get("refundMethod") or {}).get("storeCreditRefund"):
        raise Wrong("Store credit is not available", "refundMethod", code="NO_REFUND_TO_STORE_CREDIT_PERMISSION")
    return order


def cancel(books: Books, order: Order, told: Mapping[str, Any]) -> None:
    """It is called off: what waits to be sent leaves the bill, authorised money is let go, the rest goes back if asked.

    Nothing happens to one that was called off meanwhile, or has left.
    """
    if order.cancelled is not None or any(line.sent > line.returned for line in order.lines):
        return
    order.cancelled, order.cancel_reason, order.staff_note = books.now(), told["reason"], told.get("staffNote")
    for one in [one for one in order.transactions if order.capturable(one).minor]:
        _let_go(books, order, one)
    _take_off(books, order, back=_wants_money(told), restock=told["restock"])
    end(books, order)
    books.touched(order)
    books.tell("orders/cancelled", lambda: rest.order(books, order))


def _wants_money(told: Mapping[str, Any]) -> bool:
    return bool(told.get("refund") or (told.get("refundMethod") or {}).get("originalPaymentMethodsRefund"))


def _take_off(books: Books, order: Order, *, back: bool, restock: bool) -> None:
    """The vendor writes a refund even where no money goes back: the lines are its."""
    how, shelf = (CANCEL, books.main) if restock else (NOT, None)
    lines = [(line, line.current, how, shelf) for line in order.lines if line.current]
    shipping = [(one, left) for one in order.shipping if (left := one.net() + one.tax_on_top - one.back).minor]
    paid = [(one, left) for one in order.transactions if (left := order.refundable(one)).minor] if back else []
    if lines or paid:
        note = "Order cancelled"
        refund(books, order, Wanted(lines=lines, shipping=shipping, payouts=paid, note=note, reason=None))


def tag(books: Books, gid: object, tags: Sequence[str], *, off: bool = False) -> tuple[Order | Variant, bool]:
    """Tags of an order or a product are put on, or taken off; and whether that changed anything. Raises Wrong."""
    order, product = books.orders.get(known(gid, "Order")), books.product(known(gid, "Product"))
    found: Order | Variant | None = order or product
    if found is None:
        raise Wrong("Resource does not exist", "id")
    wanted = [word.strip() for text in tags for word in text.split(",") if word.strip()]
    if any(len(one) > 40 for one in wanted if order):
        raise Wrong("Tags is too long", "tags")
    before, low = list(found.tags), {one.lower() for one in wanted}
    if off:
        found.tags = [one for one in before if one.lower() not in low]
    else:
        there = {one.lower() for one in before}
        fresh = {one.lower(): one for one in reversed(wanted) if one.lower() not in there}
        found.tags = before + sorted(fresh.values())
    if order is not None and order.tags != before:
        books.touched(order)
    return found, found.tags != before


def capture(books: Books, told: Mapping[str, Any]) -> tuple[Order, Transaction]:
    """Authorised money is taken, whole or in part. Raises Wrong."""
    order = books.orders.get(known(told["id"], "Order"))
    if order is None:
        raise Wrong("Order does not exist", "input", "id")
    parent = order.transaction(known(told["parentTransactionId"], "OrderTransaction"))
    if parent is None or parent.kind != AUTHORIZATION:
        raise Wrong("Parent transaction is not an authorization", "input", "parentTransactionId")
    if told.get("currency") not in {None, order.currency} or (
        told.get("currency") is None and order.currency != order.shop_currency
    ):
        raise Wrong("Currency must be the order's presentment currency", "input", "currency")
    try:
        amount = Money.parse(str(told["amount"]), order.currency)
    except ValueError:
        raise Wrong("Amount is not a price", "input", "amount") from None
    if amount.minor < 1 or amount > order.capturable(parent):
        raise Wrong("Amount exceeds what is authorized", "input", "amount")
    made = _moved(books, order, CAPTURE, parent, amount)
    if told.get("finalCapture") and order.capturable(parent).minor:
        _let_go(books, order, parent)
    books.touched(order)
    return order, made


def void(books: Books, gid: object) -> tuple[Order, Transaction]:
    """Authorised money is let go. Raises Wrong."""
    number = known(gid, "OrderTransaction")
    order = books.order_of(number)
    parent = None if order is None else order.transaction(number)
    field = "parentTransactionId"
    if order is None or parent is None:
        raise Wrong("Transaction does not exist", field, code="TRANSACTION_NOT_FOUND")
    if parent.status != SUCCESS:
        raise Wrong("Authorization was not successful", field, code="AUTH_NOT_SUCCESSFUL")
    if parent.kind != AUTHORIZATION or order.capturable(parent) != parent.amount:
        raise Wrong("Transaction cannot be voided", field, code="AUTH_NOT_VOIDABLE")
    made = _let_go(books, order, parent)
    books.touched(order)
    return order, made


def _let_go(books: Books, order: Order, parent: Transaction) -> Transaction:
    return _moved(books, order, VOID, parent, order.capturable(parent))


def _moved(books: Books, order: Order, kind: str, parent: Transaction, amount: Money) -> Transaction:
    made = Transaction(
        id=books.number(), kind=kind, status=SUCCESS, gateway=parent.gateway, amount=amount, at=books.now(),
        parent=parent.id,
    )  # fmt: skip
    before = order.financial_status() == "PAID"
    order.transactions.append(made)
    announce(books, order, made)
    announce_paid(books, order, before)
    return made
