"""The kinds of disagreement: what each promises when nothing is found, and what has to be there to look for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from pawline.measure.xray import books, money, sending
from pawline.measure.xray.dossier import Dossier
from pawline.measure.xray.finding import Scope, Verdict


class Kind(NamedTuple):
    """One kind. `counted` names what was looked at; `judge` is None where that is something else than an order."""

    key: str
    title: str
    promise: str
    needs: tuple[str, ...]
    counted: str = "orders"
    judge: Callable[[Dossier, Scope], Verdict] | None = None


KINDS: Final = (
    Kind("erp_missing", "Orders missing in the ERP", "A paid order that stands is entered there.", ("orders", "erp"),
         judge=books.missing),
    Kind("erp_unknown", "Orders in the ERP that the shop does not know",
         "What is entered there as an order of the shop is one.", ("orders", "erp"), "entries", books.unknown),
    Kind("erp_amount", "Other amounts in the ERP", "It has what the shop charged, less what went back.",
         ("orders", "erp"), judge=books.amount),
    Kind("erp_twice", "Entered twice in the ERP",
         "No two entries of the same amount come to more than their order.", ("orders", "erp"), judge=books.twice),
    Kind("erp_late", "Late in the ERP", "A paid order is entered within the time that was given.", ("orders", "erp"),
         judge=books.late),
    Kind("label_late", "Late labels", "A paid order has its first label within the time that was given.",
         ("orders", "parcels"), judge=sending.label_late),
    Kind("shipped_twice", "Shipped twice", "A parcel has one label, and no more units leave than were bought.",
         ("orders", "parcels"), judge=sending.shipped_twice),
    Kind("shipped_cancelled", "Called off, and shipped", "No label is made after an order was called off.",
         ("orders", "parcels"), judge=sending.shipped_cancelled),
    Kind("mailed_twice", "Confirmed twice", "One confirmation goes to one address.", ("orders", "mails"),
         judge=sending.mailed_twice),
    Kind("oversold", "Oversold", "No more units are sold than there are.", ("orders", "stock"),
         "counts and sales"),
    Kind("price", "Charged other than shown", "The price that is charged was on the page in the 24 hours before.",
         ("orders", "prices"), "lines"),
    Kind("refund_missing", "Refunds that the processor does not know", "What the shop paid back by card went back.",
         ("orders", "payments"), judge=money.not_refunded),
    Kind("refund_unknown", "Refunds that the shop does not know", "What the processor paid back is in the shop.",
         ("orders", "payments"), judge=money.not_known),
    Kind("refund_more", "More paid back than was paid", "No more goes back than came.", ("orders", "payments"),
         judge=money.more_than_paid),
    Kind("payout", "Payouts that do not add up", "A payout is what its transactions come to.", ("payments",),
         "payouts"),
    Kind("webhooks", "Stretches without webhooks", "No five orders in a row come without a webhook.",
         ("orders", "webhooks")),
)  # fmt: skip
BY_ORDER: Final = tuple(kind for kind in KINDS if kind.judge is not None)
EFFECTS: Final = {"erp_late": "late_erp", "label_late": "late_label"}
"""Kinds that depend on a setting, and which."""
