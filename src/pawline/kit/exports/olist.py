"""The Olist release of Brazilian orders, a folder of tables: orders, items, payments, and reviews where there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from pawline.kit.exports.table import BadRow, Exported, Row, WrongExport, opened
from pawline.model import (
    Channel,
    Checkout,
    HouseholdId,
    Line,
    LineId,
    Money,
    Order,
    OrderId,
    ShippingCharge,
    SkuId,
    Tender,
    TenderId,
    TenderKind,
    TenderState,
    total,
)

CURRENCY: Final = "BRL"
ZONE: Final = ZoneInfo("America/Sao_Paulo")
"""The files have no zone: times are the marketplace's."""
ROUNDED: Final = 5
"""Centavos by which payments may differ from the bill: what the marketplace rounded."""
_KINDS: Final = {
    "credit_card": TenderKind.CARD, "debit_card": TenderKind.CARD, "boleto": TenderKind.TRANSFER,
    "voucher": TenderKind.STORE_CREDIT,
}  # fmt: skip
ORDERS: Final = (
    "order_id", "customer_id", "order_status", "order_purchase_timestamp", "order_delivered_carrier_date",
    "order_delivered_customer_date",
)  # fmt: skip
ITEMS: Final = ("order_id", "product_id", "price", "freight_value")
PAYMENTS: Final = ("order_id", "payment_type", "payment_value")
REVIEWS: Final = ("order_id", "review_score")
By = dict[str, list[Row]]


def read_olist(folder: Path) -> Iterator[Exported | BadRow]:
    """The orders as their table has them. Raises WrongExport where a table is missing or not as expected."""
    items, payments = (
        _by_order(_table(folder, "order_items"), ITEMS),
        _by_order(_table(folder, "order_payments"), PAYMENTS),
    )
    reviews = _find(folder, "order_reviews")
    scores = {} if reviews is None else _by_order(reviews, REVIEWS)
    with opened(_table(folder, "orders"), ORDERS) as rows:
        for number, row in rows:
            name = row["order_id"]
            try:
                order = _order(row, items.get(name, []), payments.get(name, []))
                score = scores.get(name)
                yield Exported(
                    order=order, line=number, cancelled=row["order_status"] == "canceled",
                    shipped_at=_moment(row["order_delivered_carrier_date"]),
                    delivered_at=_moment(row["order_delivered_customer_date"]),
                    score=int(score[-1]["review_score"]) if score else None,
                )  # fmt: skip
            except (ValueError, TypeError, OverflowError, LookupError) as problem:
                yield BadRow(number, name, str(problem))


def _find(folder: Path, name: str) -> Path | None:
    names = (f"{name}.csv", f"{name}.csv.gz", f"olist_{name}_dataset.csv", f"olist_{name}_dataset.csv.gz")
    return next((folder / one for one in names if (folder / one).is_file()), None)


def _table(folder: Path, name: str) -> Path:
    found = _find(folder, name)
    if found is None:
        raise WrongExport(f"{folder} has no {name}.csv (or olist_{name}_dataset.csv, or either as .gz)")
    return found


def _by_order(file: Path, header: tuple[str, ...]) -> By:
    found: By = defaultdict(list)
    with opened(file, header) as rows:
        for _, row in rows:
            found[row["order_id"]].append({name: row[name] for name in header[1:]})
    return found


def _order(row: Row, items: list[Row], payments: list[Row]) -> Order:
    if not items:
        raise ValueError(f"it has no items ({row['order_status']})")
    placed = _moment(row["order_purchase_timestamp"])
    if placed is None:
        raise ValueError("it has no time of purchase")
    units: dict[tuple[str, Money], int] = defaultdict(int)
    for item in items:
        units[item["product_id"], Money.parse(item["price"], CURRENCY)] += 1
    lines = tuple(
        Line(id=LineId(f"l{at}"), sku=SkuId(sku), title=sku, quantity=quantity, price=price)
        for at, ((sku, price), quantity) in enumerate(units.items(), 1)
    )
    freight = total((Money.parse(item["freight_value"], CURRENCY) for item in items), CURRENCY)
    tenders = _tenders(payments)
    owed = total((line.total() for line in lines), CURRENCY) + freight
    off = total((one.amount for one in tenders), CURRENCY) - owed
    if abs(off.minor) > ROUNDED:
        raise ValueError(
            f"{owed + off} were paid for a bill of {owed}: interest of instalments, or a payment is missing"
        )
    return Order(
        id=OrderId(row["order_id"]), number=row["order_id"][:8], checkout=Checkout.ADOPTED, channel=Channel.MARKETPLACE,
        placed_at=placed, currency=CURRENCY, lines=lines, total=owed + off, rounding=off if off.minor else None,
        shipping=(ShippingCharge(title="freight", price=freight),) if freight.minor else (), tenders=tenders,
        household=HouseholdId(f"h-{row['customer_id'][:16]}"),
    )  # fmt: skip


def _tenders(payments: list[Row]) -> tuple[Tender, ...]:
    found = []
    for at, one in enumerate(payments, 1):
        amount = Money.parse(one["payment_value"], CURRENCY)
        if amount.minor:
            kind = _KINDS.get(one["payment_type"])
            if kind is None:
                raise ValueError(f"`payment_type` {one['payment_type']!r} is none of {', '.join(_KINDS)}")
            found.append(Tender(id=TenderId(f"t{at}"), kind=kind, amount=amount, state=TenderState.CAPTURED))
    return tuple(found)


def _moment(text: str) -> datetime | None:
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=ZONE) if text else None
