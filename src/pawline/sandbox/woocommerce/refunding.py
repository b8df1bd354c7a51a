"""Refunds, in the order in which `wc_create_refund` does it: written down, paid by the gateway, then its fields."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any, Final

from pawline.model import Money
from pawline.sandbox.woocommerce.books import Books, Order, Refund
from pawline.sandbox.woocommerce.calls import No

REFUSED: Final = "woocommerce_rest_cannot_create_order_refund"


def refunded(books: Books, order: Order, body: dict[str, Any]) -> Refund:
    """The refund that is there now. Raises No: a gateway's no takes it back, PHP that ends then leaves it there."""
    amount = _amount(body.get("amount", "0"))
    if amount < 0 or amount > books.left(order):
        raise No(500, REFUSED)
    lines = {int(name): _line(one) for name, one in (body.get("line_items") or {}).items()}
    pays = body.get("api_refund") is not False
    one = Refund(books.id(), amount, str(body.get("reason") or ""), float(int(books.now())), False, lines)
    order.refunds.append(one)
    if pays:
        _paid(books, order, one)
    if body.get("api_restock") is not False:
        _restocked(books, order, lines)
    books.did("WooCommerce.refund", f"{order.id}/{amount}", order=str(order.id), money=_money(order, amount))
    one.meta.update({each["key"]: each["value"] for each in body.get("meta_data") or ()})
    if not books.left(order):
        order.status = "refunded"
    books.save(order)
    return one


def _paid(books: Books, order: Order, one: Refund) -> None:
    if books.gateway == "no" or order.method in {"cod", "bacs", "cheque"}:
        order.refunds.remove(one)
        raise No(500, REFUSED)
    if books.gateway == "dies":
        raise No(500, "internal_server_error")
    one.paid = True


def _restocked(books: Books, order: Order, lines: dict[int, tuple[int, Decimal, Decimal]]) -> None:
    for line in order.lines:
        product = books.products[line.product]
        if order.reduced and product.stock is not None and line.id in lines:
            product.stock += lines[line.id][0]


def _line(one: dict[str, Any]) -> tuple[int, Decimal, Decimal]:
    tax = sum((_amount(part) for part in (one.get("refund_tax") or {}).values()), Decimal(0))
    return int(one.get("qty", 0)), _amount(one["refund_total"]), tax


def _amount(said: object) -> Decimal:
    try:
        return Decimal(str(said))
    except InvalidOperation:
        raise No(400, "rest_invalid_param") from None


def _money(order: Order, amount: Decimal) -> Money:
    return Money.rounded(amount, order.currency)
