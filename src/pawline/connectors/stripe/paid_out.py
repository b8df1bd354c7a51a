"""What a payout is made of, by the transactions of the balance that are in it.

https://docs.stripe.com/reports/payout-reconciliation , https://docs.stripe.com/reports/reporting-categories
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from pawline.connectors.stripe.client import Api
from pawline.connectors.stripe.told import ToldPayout, ToldTransaction, amount
from pawline.model import PaidOut

CATEGORIES: Final = {
    "charge": "taken", "charge_failure": "taken", "partial_capture_reversal": "taken",
    "refund": "refunded", "refund_failure": "refunded",
    "dispute": "disputed", "dispute_reversal": "disputed",
    "fee": "fees", "network_cost": "fees", "tax": "fees",
}  # fmt: skip
"""Of Stripe's categories; what is none of them is `other`."""
ITSELF: Final = "payout"
"""The payout's own, which is among them."""
SETTLED: Final = frozenset({"completed", "not_applicable"})
"""Of `reconciliation_status`: what it is made of is known, or never will be."""


async def made_of(api: Api, told: ToldPayout) -> PaidOut | None:
    """Its parts; None of one that the shop asked for by hand, of which Stripe does not say it.

    Raises ValueError where they do not come to its amount.
    """
    if told.reconciliation_status != "completed":
        return None
    query = {"payout": told.id}
    every = await api.all("balance_transactions", query=query, into=ToldTransaction, name=lambda one: one.id)
    sums: Counter[str] = Counter()
    for one in every:
        if one.reporting_category == ITSELF:
            continue
        if one.currency != told.currency:
            raise ValueError(f"payout {told.id}: a transaction in it is of another currency")
        sums[CATEGORIES.get(one.reporting_category, "other")] += one.amount
        sums["fees"] -= one.fee
    if sum(sums.values()) != told.amount:
        raise ValueError(f"payout {told.id}: its transactions do not come to its amount")
    return PaidOut(**{name: amount(told, sums[name]) for name in PaidOut.__struct_fields__})
