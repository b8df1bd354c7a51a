"""Exports that are known by their header, and which column of theirs is which field of ours.

Shopify Payments: "Export transactions" of the payouts page (help.shopify.com, "Viewing and exporting your Shopify
Payments payout details"; columns as in files of 2026). Stripe: the balance history that the dashboard exports, and the
payout reconciliation report (docs.stripe.com/reports/payout-reconciliation); an order is known by the metadata
`order_id`. None of them was seen from a live account of ours: the headers are those of files that others published.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

Columns = dict[str, str]
SHOPIFY_PAYMENTS: Final[Columns] = {
    "order": "Order", "kind": "Type", "at": "Transaction Date", "payout": "Payout ID", "net": "Net",
    "net_currency": "Currency", "amount": "Presentment Amount", "currency": "Presentment Currency",
    "settled": "Amount", "checkout": "Checkout",
}  # fmt: skip
STRIPE_BALANCE: Final[Columns] = {
    "id": "id", "kind": "Type", "source": "Source", "settled": "Amount", "net": "Net", "net_currency": "Currency",
    "at": "Created (UTC)", "payout": "Transfer", "amount": "Customer Facing Amount",
    "currency": "Customer Facing Currency", "order": "order_id (metadata)",
}  # fmt: skip
STRIPE_PAYOUTS: Final[Columns] = {
    "id": "balance_transaction_id", "kind": "reporting_category", "settled": "gross", "net": "net",
    "net_currency": "currency", "at": "created_utc", "payout": "automatic_payout_id",
    "amount": "customer_facing_amount", "currency": "customer_facing_currency", "order": "payment_metadata[order_id]",
}  # fmt: skip
KNOWN: Final[dict[str, tuple[tuple[Columns, frozenset[str]], ...]]] = {
    "payments": (
        (SHOPIFY_PAYMENTS, frozenset({"Transaction Date", "Type", "Order", "Amount", "Net", "Currency"})),
        (STRIPE_BALANCE, frozenset({"id", "Type", "Source", "Amount", "Net", "Currency", "Created (UTC)"})),
        (STRIPE_PAYOUTS, frozenset({"balance_transaction_id", "reporting_category", "gross", "net", "created_utc"})),
    ),
}  # fmt: skip


def preset_of(kind: str, header: Collection[str]) -> Columns | None:
    """Which columns there are, where the header is a known system's."""
    for columns, sure in KNOWN.get(kind, ()):
        if sure <= set(header):
            return {field: column for field, column in columns.items() if column in header}
    return None
