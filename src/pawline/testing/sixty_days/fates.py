"""What may become of an order: disagreements, and what only looks like one, each as a change of its rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from pawline.testing.sixty_days.making import Made, entry, iso, label, mail, move

Fate = Callable[[Made], None]


def _erp_missing(made: Made) -> None:
    made.erp.clear()


def _erp_unknown(made: Made) -> None:
    stray = entry(made, made.total, made.after(hours=1), "-stray")
    made.erp.append(stray | {"Auftrag": str(made.index + 510_001)})


def _erp_amount(made: Made) -> None:
    made.erp[:] = [entry(made, made.total - 1, made.after(hours=1))]


def _erp_twice(made: Made) -> None:
    made.erp.append(entry(made, made.total, made.after(hours=2), "-2"))


def _erp_late(made: Made) -> None:
    made.erp[:] = [entry(made, made.total, made.after(hours=25))]


def _label_late(made: Made) -> None:
    made.parcels[:] = label(made, "a", made.after(hours=73), made.lines)


def _two_labels(made: Made) -> None:
    again = label(made, "b", made.after(hours=40), made.lines)
    made.parcels += [row | {"parcel": f"P{made.index}a"} for row in again]


def _one_too_many(made: Made) -> None:
    made.parcels += label(made, "b", made.after(hours=40), made.lines[:1])


def _shipped_cancelled(made: Made) -> None:
    made.cancelled = made.after(hours=1)
    made.parcels[:] = label(made, "a", made.after(hours=30), made.lines)
    _paid_back(made, made.total)


def _mailed_twice(made: Made) -> None:
    made.mails.append(mail(made, "m2", made.after(minutes=4)))


def _oversold(made: Made) -> None:
    _, quantity, price = made.lines[0]
    made.lines[0] = (f"few-{made.index:06}", quantity, price)
    count = {"sku": made.lines[0][0], "at": iso(made.at - timedelta(hours=2)), "available": str(quantity - 1)}
    made.stock.append(count | {"change": ""})


def _price(made: Made) -> None:
    sku, quantity, price = made.lines[0]
    made.lines[0] = (sku, quantity, price + 7)


def _refund_missing(made: Made) -> None:
    made.refunded = made.total // 3


def _refund_unknown(made: Made) -> None:
    made.payments.append(move(made, "refund", made.total // 3, made.after(hours=20)))


def _refund_more(made: Made) -> None:
    made.refunded = made.total
    for hours in (20, 21):
        made.payments.append(move(made, "refund", made.total, made.after(hours=hours)))


def _webhooks(made: Made) -> None:
    made.hooks.clear()


def _paid_back(made: Made, amount: int) -> None:
    made.refunded = amount
    made.payments.append(move(made, "refund", amount, made.after(hours=2)))


def _partly_refunded(made: Made) -> None:
    _paid_back(made, made.total // 4)
    if made.index % 2:
        made.erp[:] = [entry(made, made.total - made.refunded, made.after(hours=5))]


def _refund_failed(made: Made) -> None:
    _paid_back(made, made.total // 4)
    made.payments.append(move(made, "refund_failure", made.total // 4, made.after(hours=30)))
    made.payments.append(move(made, "refund", made.total // 4, made.after(hours=50)))


def _disputed(made: Made) -> None:
    made.payments.append(move(made, "adjustment", made.total, made.after(hours=30)))


def _gift_card(made: Made) -> None:
    """Half by gift card, and all of it back: half of that is none of the processor's business."""
    made.method, made.card = "gift_card + Stripe", made.total // 2
    made.payments.clear()
    made.payments.append(move(made, "charge", made.card, made.at))
    made.refunded = made.total
    made.payments.append(move(made, "refund", made.card, made.after(hours=9)))


def _cancelled_early(made: Made) -> None:
    made.cancelled = made.after(minutes=20)
    _paid_back(made, made.total)
    made.erp.clear()
    made.parcels.clear()


def _cancelled_late(made: Made) -> None:
    """The label was made before, and voided, or the parcel was taken back."""
    made.cancelled = made.after(hours=60)
    _paid_back(made, made.total)


def _cancelled_voided(made: Made) -> None:
    made.cancelled = made.after(hours=1)
    _paid_back(made, made.total)
    made.parcels[:] = label(made, "a", made.after(hours=1, minutes=30), made.lines, "voided")


def _unpaid(made: Made) -> None:
    made.state, made.method = "pending", "Bank Deposit"
    for rows in (made.erp, made.parcels, made.payments):
        rows.clear()


def _booked_anew(made: Made) -> None:
    made.erp[:] = [entry(made, made.total, made.after(hours=1), state=state) for state in ("offen", "storniert")]
    made.erp.append(entry(made, made.total, made.after(hours=2), "-2"))


def _booked_in_parts(made: Made) -> None:
    half = made.total // 2
    made.erp[:] = [entry(made, half, made.after(hours=1)), entry(made, made.total - half, made.after(hours=1), "-2")]


def _exported_twice(made: Made) -> None:
    made.copies = 2
    for rows in (made.erp, made.parcels, made.mails, made.hooks, made.payments):
        rows += [dict(row) for row in rows]


def _split(made: Made) -> None:
    made.parcels[:] = []
    for name, line in zip("ab", made.lines, strict=False):
        made.parcels += label(made, name, made.after(hours=20), [line])


def _label_again(made: Made) -> None:
    """Misprinted and voided, then a new one; and a replacement that support sent."""
    made.parcels += label(made, "b", made.after(hours=48), made.lines, "voided")
    made.parcels += label(made, "c", made.after(hours=300), made.lines, "replacement")
    made.parcels += label(made, "d", made.after(hours=200), made.lines, "return")


def _mailed_again(made: Made) -> None:
    made.mails.append(mail(made, "m2", made.after(hours=4), cause="manual"))
    made.mails.append(mail(made, "m3", made.after(hours=5)) | {"to": "another@example.org"})
    made.mails.append(mail(made, "m4", made.after(hours=1), state="bounced"))


def _just_in_time(made: Made) -> None:
    made.erp[:] = [entry(made, made.total, made.after(hours=23))]
    made.parcels[:] = label(made, "a", made.after(hours=71), made.lines)


PLANTED: Final[dict[str, tuple[Fate, ...]]] = {
    "erp_missing": (_erp_missing,), "erp_unknown": (_erp_unknown,), "erp_amount": (_erp_amount,),
    "erp_twice": (_erp_twice,), "erp_late": (_erp_late,), "label_late": (_label_late,),
    "shipped_twice": (_two_labels, _one_too_many), "shipped_cancelled": (_shipped_cancelled,),
    "mailed_twice": (_mailed_twice,), "oversold": (_oversold,), "price": (_price,),
    "refund_missing": (_refund_missing,), "refund_unknown": (_refund_unknown,), "refund_more": (_refund_more,),
    "webhooks": (_webhooks,),
}  # fmt: skip
"""By the kind that must be found. Payouts are planted where they are made up."""
BEFORE: Final = frozenset({_oversold, _price})
"""Fates that change the order itself, before any system has it."""
NEAR: Final[tuple[Fate, ...]] = (
    _partly_refunded, _refund_failed, _disputed, _gift_card, _cancelled_early, _cancelled_late, _cancelled_voided,
    _unpaid, _booked_anew, _booked_in_parts, _exported_twice, _split, _label_again, _mailed_again, _just_in_time,
    _webhooks,
)  # fmt: skip
"""What looks like a disagreement and is none: a webhook that is lost alone among them."""
