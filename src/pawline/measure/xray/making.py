"""What a row of each kind of table means: the fact, the table of the scratch pad and the key that it goes under."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from pawline.insight.rows import BadRow
from pawline.measure.xray.facts import (
    Any,
    Arrived,
    Booked,
    Counted,
    Heard,
    Labelled,
    Mailed,
    Moved,
    PaidOut,
    Passed,
    Priced,
    Touched,
)
from pawline.measure.xray.sheet import Row

UNDONE: Final = frozenset({"cancelled", "canceled", "reversed", "void", "voided", "refunded", "deleted"})
"""States of an entry or a label that does not count any more."""
ON_PURPOSE: Final = frozenset({"return", "replacement", "reshipment"})
UNSENT: Final = frozenset({
    "failed", "bounced", "bounce", "suppressed", "dropped", "rejected", "queued", "processed", "deferred", "open",
    "opened", "click", "clicked", "spamreport", "complained", "unsubscribe", "unsubscribed",
})  # fmt: skip
"""States that are no mail that went out: it never did, or it is what became of one that has a row of its own."""
BY_HAND: Final = frozenset({"manual", "resent", "person"})
DELIVERED: Final = frozenset({"", "ok", "delivered", "success", "succeeded"})
PLACED: Final = frozenset({"", "orders/create", "orders_create", "order.created", "order.placed"})
"""Topics of a placed order: Shopify's two spellings, WooCommerce's, ours; empty where the log has only those."""
KINDS: Final = {
    "charge": "charge", "payment": "charge", "capture": "charge", "sale": "charge", "refund": "refund",
    "payment_refund": "refund", "refund_failure": "refund_failed", "payment_failure_refund": "refund_failed",
    "refund_failed": "refund_failed", "payout": "payout", "transfer": "other",
}  # fmt: skip
"""Types of Stripe's balance transactions and reporting categories, of Shopify Payments, and ours."""
ROUNDED: Final = re.compile(r"\d[.,]\d+[eE]\+\d+")
GID: Final = "gid://shopify/Order/"
"""Before an order's id, where a system has it from Shopify's newer interface."""
FAILED: Final = frozenset({"failed", "canceled", "cancelled", "pending"})


class Put(NamedTuple):
    """Where a fact goes. `order` is an order as the table calls it, whose key is still to be found."""

    table: str
    fact: Any
    key: str = ""
    order: str | None = None


Made = Iterator[Put]


def order_of(row: Row) -> str:
    """What it calls its order. Raises BadRow for what a spreadsheet has left of a long number."""
    if ROUNDED.fullmatch(text := row.text("order")):
        raise BadRow("a spreadsheet has rounded the order's number")
    return text.removeprefix(GID)


def booked(row: Row, where: str) -> Made:
    """An entry of the ERP."""
    currency = row.currency("currency") if "total" in row else ""
    fact = Booked(
        shape=re.sub(r"\d+", "9", order_of(row).lstrip("#")),
        row=where, at=row.moment("at") if "at" in row else None,
        reference=row.text("reference") if "reference" in row else "",
        total=row.money("total", currency) if "total" in row else None, currency=currency,
        live=row.word("state") not in UNDONE,
    )  # fmt: skip
    yield Put("orders", fact, order=order_of(row))


def moved(row: Row, where: str) -> Made:
    """A transaction of the processor, or a payout among them, which takes from the balance what the bank gets."""
    kind, at = KINDS.get(row.word("kind"), "other"), row.moment("at") if "at" in row else None
    if row.word("state") in FAILED:
        return
    own = row.currency("net_currency" if "net_currency" in row else "currency")
    settled = row.money("settled" if "settled" in row else "amount", own)
    if kind == "payout":
        if at is None:
            raise BadRow("a payout has a time")
        name = row.text("source" if "source" in row else "payout")
        yield Put("payouts", PaidOut(row=where, at=at, id=name, currency=own, amount=-settled), name)
        return
    there = "settled" in row and "amount" in row and "currency" in row
    currency = row.currency("currency") if there else own
    amount = row.money("amount", currency) if there else settled
    same = row.text("id") if "id" in row else ""
    if not same and "checkout" in row:
        same = f"{row.text('checkout')}/{kind}/{at}/{amount}"
    fact = Moved(
        row=where, at=at, id=same, kind=kind, currency=currency, amount=abs(amount),
        payout=row.text("payout") if "payout" in row else "",
        net=row.money("net", own) if "net" in row else settled, net_currency=own,
    )  # fmt: skip
    if fact.payout:
        yield Put("payouts", fact, fact.payout)
    if "order" in row:
        yield Put("orders", fact, order=order_of(row))
    elif not fact.payout:
        yield Put("payouts", fact, "")


def paid_out(row: Row, where: str) -> Made:
    """A payout of a list of them."""
    if row.word("state") in FAILED:
        return
    currency, name = row.currency("currency"), row.text("payout")
    amount = row.money("amount", currency)
    yield Put("payouts", PaidOut(row=where, at=row.moment("at"), id=name, currency=currency, amount=amount), name)


def labelled(row: Row, where: str) -> Made:
    """A label, or what of an order is in it."""
    fact = Labelled(
        row=where, at=row.moment("at") if "at" in row else None, label=row.text("label"),
        parcel=row.text("parcel") if "parcel" in row else "",
        units={row.text("sku"): row.count("quantity")} if "sku" in row else {},
        live=row.word("state") not in UNDONE | ON_PURPOSE,
    )  # fmt: skip
    yield Put("orders", fact, order=order_of(row))


def mailed(row: Row, where: str) -> Made:
    """A confirmation that went out, and that nobody sent by hand."""
    other = row.word("kind") not in ("", "confirmation", "order confirmation", "order_confirmation")
    if other or row.word("state") in UNSENT or row.word("cause") in BY_HAND:
        return
    to = hashlib.blake2b(row.word("to").encode(), digest_size=8).hexdigest() if "to" in row else ""
    message = row.text("message") if "message" in row else ""
    yield Put("orders", Mailed(row=where, at=row.moment("at"), message=message, to=to), order=order_of(row))


def counted(row: Row, where: str) -> Made:
    """A count, or what came in besides; a row may be both."""
    sku, at = row.text("sku"), row.moment("at")
    if "change" in row:
        yield Put("shelf", Arrived(row=where, at=at, sku=sku, change=row.count("change")), sku)
    if "available" in row:
        backorder = row.word("backorder") in ("1", "yes", "true", "continue")
        fact = Counted(
            row=where, at=at, sku=sku, location=row.text("location") if "location" in row else "",
            available=row.count("available"), backorder=backorder,
        )  # fmt: skip
        yield Put("shelf", fact, sku)


def heard(row: Row, where: str) -> Made:
    """A webhook of a placed order, where it was delivered."""
    state, at = row.word("state"), row.moment("at")
    fine = state in DELIVERED or (state.isdigit() and 200 <= int(state) < 300)
    if row.word("topic") not in PLACED or not fine:
        yield Put("", Touched(row=where, at=at))  # nothing to keep, but so far the log reaches
    elif "order" in row:
        yield Put("orders", Heard(row=where, at=at), order=order_of(row))
    else:
        yield Put("passing", Passed(row=where, at=at, order="", heard=True), "")


def priced(row: Row, where: str) -> Made:
    """What the page asks from then on."""
    sku, currency = row.text("sku"), row.currency("currency")
    price = row.money("price", currency)
    yield Put("prices", Priced(row=where, at=row.moment("at"), sku=sku, price=price, currency=currency), sku)


def touched(row: Row, where: str) -> Made:
    """A person's hand."""
    at = row.moment("at") if "at" in row else None
    yield Put("orders", Touched(row=where, at=at), order=order_of(row))


class Source(NamedTuple):
    """A kind of table: what it is, the fields that it may have and those that it must, and what a row means."""

    about: str
    fields: tuple[str, ...]
    needed: tuple[str, ...]
    made: Callable[[Row, str], Made]


SOURCES: Final[dict[str, Source]] = {
    "erp": Source(
        "the ERP's entries of orders", ("order", "reference", "at", "total", "currency", "state"), ("order",), booked
    ),
    "payments": Source(
        "the processor's transactions",
        ("id", "kind", "source", "order", "at", "amount", "currency", "net", "net_currency", "settled", "payout",
         "state", "checkout"),
        ("kind", "at"), moved,
    ),
    "payouts": Source(
        "its payouts, where the transactions do not have them", ("payout", "at", "amount", "currency", "state"),
        ("payout", "at", "amount", "currency"), paid_out,
    ),
    "parcels": Source(
        "labels, as who ships has them", ("order", "label", "at", "parcel", "sku", "quantity", "state"),
        ("order", "label"), labelled,
    ),
    "mails": Source(
        "confirmations that were sent", ("order", "at", "message", "kind", "to", "state", "cause"), ("order", "at"),
        mailed,
    ),
    "stock": Source(
        "counts of stock", ("sku", "at", "available", "change", "location", "backorder"), ("sku", "at"), counted
    ),
    "webhooks": Source("deliveries of webhooks", ("at", "order", "topic", "state"), ("at",), heard),
    "prices": Source(
        "prices on the page", ("sku", "at", "price", "currency"), ("sku", "at", "price", "currency"), priced
    ),
    "touches": Source("times that a person had a hand in an order", ("order", "at"), ("order",), touched),
}  # fmt: skip
