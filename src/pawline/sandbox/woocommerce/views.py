"""What WooCommerce shows: orders, refunds, products and webhooks, in the names and shapes of REST API v3."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from pawline.sandbox.woocommerce.books import RATE, Books, Line, Order, Product, Refund, Webhook, rounded, stamp

WALL: Final = 3_600.0
"""Seconds by which the shop's own wall is ahead of UTC."""


def _money(amount: Decimal, decimals: int) -> str:
    return f"{rounded(amount, decimals):f}"


def _metas(kept: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"id": number, "key": key, "value": value} for number, (key, value) in enumerate(kept.items(), 1)]


def _taxes(tax: Decimal, subtotal: Decimal | None = None) -> list[dict[str, Any]]:
    """As they were computed, whatever decimals were asked for."""
    return [{"id": RATE, "total": f"{tax:f}", "subtotal": f"{tax if subtotal is None else subtotal:f}"}] if tax else []


def _times(name: str, at: float | None) -> dict[str, str | None]:
    return {name: stamp(None if at is None else at + WALL), f"{name}_gmt": stamp(at)}


def _line(books: Books, line: Line, dp: int) -> dict[str, Any]:
    product = books.products[line.product]
    return {
        "id": line.id, "name": line.name, "product_id": product.parent or product.id,
        "variation_id": product.id if product.parent else 0, "quantity": line.quantity, "tax_class": "",
        "subtotal": _money(line.subtotal, dp), "subtotal_tax": _money(line.subtotal_tax, dp),
        "total": _money(line.total, dp), "total_tax": _money(line.tax, dp),
        "taxes": _taxes(line.tax, line.subtotal_tax), "meta_data": _metas(line.meta), "sku": product.sku or None,
        "price": float(line.total / line.quantity), "image": {"id": 0, "src": ""}, "parent_name": None,
    }  # fmt: skip


def _charge(line: Line, dp: int) -> dict[str, Any]:
    said = {"method_title": line.name, "method_id": line.method, "instance_id": "1"} if line.method else {}
    return {
        "id": line.id, **(said or {"name": line.name, "tax_class": "", "tax_status": "taxable"}),
        "total": _money(line.total, dp), "total_tax": _money(line.tax, dp), "taxes": _taxes(line.tax), "meta_data": [],
    }  # fmt: skip


def order(books: Books, one: Order, dp: int) -> dict[str, Any]:
    """One, as `class-wc-rest-orders-v2-controller.php` formats it."""
    parts = [*one.lines, *one.shipping, *one.fees]
    tax = sum((line.tax for line in parts), Decimal(0))
    coupons = sum((line.subtotal - line.total for line in one.lines), Decimal(0))
    return {
        "id": one.id, "parent_id": 0, "status": one.status, "currency": one.currency, "version": "10.4.0",
        "prices_include_tax": one.within, **_times("date_created", one.created), **_times("date_modified",
        one.modified), "discount_total": _money(coupons, dp), "shipping_total": _money(sum((x.total for x in
        one.shipping), Decimal(0)), dp), "total": _money(one.total, dp), "total_tax": _money(tax, dp), "customer_id":
        one.customer, "number": str(one.id), "order_key": f"wc_order_{one.id}", "billing": one.billing, "shipping":
        {name: value for name, value in one.billing.items() if name != "email"}, "payment_method": one.method,
        "payment_method_title": one.method, "transaction_id": "", "customer_note": "", "created_via": one.via,
        **_times("date_completed", one.completed), **_times("date_paid", one.paid), "meta_data": _metas(one.meta),
        "line_items": [_line(books, line, dp) for line in one.lines], "tax_lines": [{
            "id": 1, "rate_code": "DE-VAT-1", "rate_id": RATE, "label": "VAT", "compound": False,
            "tax_total": _money(tax, dp), "rate_percent": 19, "meta_data": [],
        }] if tax else [],
        "shipping_lines": [_charge(line, dp) for line in one.shipping],
        "fee_lines": [_charge(line, dp) for line in one.fees],
        "coupon_lines": [{"id": 1, "code": code, "discount": _money(coupons, dp)} for code in one.coupons],
        "refunds": [
            {"id": each.id, "reason": each.reason, "total": f"-{_money(each.amount, dp)}"}
            for each in reversed(one.refunds)
        ],
        "payment_url": "https://paws.example/pay", "is_editable": one.status in {"pending", "on-hold"},
        "needs_payment": one.status in {"pending", "failed"}, "needs_processing": True, "currency_symbol": "x",
    }  # fmt: skip


def refund(one: Refund, dp: int) -> dict[str, Any]:
    """Its lines are below zero."""
    return {
        "id": one.id, **_times("date_created", one.at), "amount": _money(one.amount, dp), "reason": one.reason,
        "refunded_by": 1, "refunded_payment": one.paid, "meta_data": _metas(one.meta),
        "line_items": [
            {
                "id": one.id * 100 + number, "quantity": -units, "total": _money(-net, dp),
                "total_tax": _money(-tax, dp), "taxes": _taxes(-tax),
                "meta_data": [{"id": 1, "key": "_refunded_item_id", "value": str(line)}],
            }
            for number, (line, (units, net, tax)) in enumerate(one.lines.items())
        ],
        "shipping_lines": [], "tax_lines": [], "fee_lines": [],
    }  # fmt: skip


def product(books: Books, one: Product) -> dict[str, Any]:
    """One, or a variation, which shows its product's SKU and weight where it has none."""
    of = books.products.get(one.parent, one)
    varies = any(each.parent == one.id for each in books.products.values())
    kind = "variation" if one.parent else "variable" if varies else "simple"
    return {
        "id": one.id, "name": one.kept.get("name", one.name), "type": one.kept.get("type", kind),
        "sku": one.sku or of.sku, "status": one.status, "price": "" if varies else f"{one.price:f}",
        "parent_id": one.parent, "weight": one.kept.get("weight") or of.kept.get("weight", ""),
        "global_unique_id": one.kept.get("global_unique_id", ""), **_times("date_created", one.modified),
        **_times("date_modified", one.modified), "attributes": one.kept.get("attributes", []),
        **{name: one.kept.get(name, []) for name in ("categories", "tags", "brands")},
        "manage_stock": "parent" if one.parent_counts else one.stock is not None, "stock_quantity": one.stock,
        "stock_status": "outofstock" if one.stock is not None and one.stock <= 0 else "instock",
        "meta_data": _metas(one.meta),
    }  # fmt: skip


def webhook(one: Webhook) -> dict[str, Any]:
    """Its secret is shown to nobody."""
    resource, _, event = one.topic.partition(".")
    return {
        "id": one.id, "name": one.name, "status": one.status, "topic": one.topic, "resource": resource, "event": event,
        "hooks": [], "delivery_url": one.url, **_times("date_created", one.at), **_times("date_modified", one.at),
    }  # fmt: skip
