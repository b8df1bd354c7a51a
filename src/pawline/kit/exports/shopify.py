"""A Shopify order export: a row a line item, the order's own columns on its first row only.

Columns as the admin's "Export orders" writes them. Its figures: Subtotal is what the lines come to after discounts,
Total is Subtotal, Shipping and (where prices leave them out) Taxes. The file does not split a payment by its means.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from pawline.kit.exports.table import BadRow, Exported, Row, WrongExport, opened
from pawline.kit.naming import household_of
from pawline.model import (
    Address,
    Channel,
    Checkout,
    Credit,
    Line,
    LineId,
    Money,
    Order,
    OrderId,
    Payout,
    Refund,
    RefundId,
    ShippingCharge,
    SkuId,
    Tax,
    Tender,
    TenderId,
    TenderKind,
    TenderState,
    spread,
    total,
)

HEADER: Final = (
    "Name", "Email", "Financial Status", "Fulfillment Status", "Currency", "Subtotal", "Shipping", "Taxes", "Total",
    "Created at", "Lineitem quantity", "Lineitem name", "Lineitem price", "Lineitem sku", "Cancelled at",
    "Refunded Amount",
)  # fmt: skip
_STATES: Final = {
    "paid": TenderState.CAPTURED, "partially_refunded": TenderState.CAPTURED, "refunded": TenderState.CAPTURED,
    "authorized": TenderState.AUTHORISED, "pending": TenderState.PENDING, "partially_paid": TenderState.PENDING,
    "voided": TenderState.VOIDED,
}  # fmt: skip
_CHANNELS: Final = {
    "web": Channel.WEB, "pos": Channel.STORE, "subscription_contract": Channel.SUBSCRIPTION,
    "subscription_contract_checkout_one": Channel.SUBSCRIPTION, "shopify_draft_order": Channel.PHONE,
}  # fmt: skip
"""By `Source`; a draft is what a person has written, at a price of their own."""
TESTED: Final = "bogus gateway"
"""What Shopify's own means of trying a checkout is called: `(for testing) Bogus Gateway`."""
_ROUNDED: Final = re.compile(r"\d([.,]\d+)?[eE]\+?\d+")
"""An `Id` that a spreadsheet has saved: `5.12346E+12`, for every order of the file."""
Rows = list[tuple[int, Row]]


def read_shopify(file: Path) -> Iterator[Exported | BadRow]:
    """The orders, one at a time, as they stand in the file. Raises WrongExport for what is no such export."""
    with opened(file, HEADER) as rows:
        some, at = False, 0
        for group in _groups(rows):
            some, at = True, group[0][0]
            yield _order(group)
        if not some:
            raise WrongExport(f"{file.name} has no order in it (read to line {at + 1})")


def _groups(rows: Iterator[tuple[int, Row]]) -> Iterator[Rows]:
    """Rows of one order follow one another under one name."""
    group: Rows = []
    for number, row in rows:
        if group and row["Name"] != group[0][1]["Name"]:
            yield group
            group = []
        group.append((number, row))
    if group:
        yield group


def _order(group: Rows) -> Exported | BadRow:
    number, first = group[0]
    try:
        made = _made(group)
        off, shipped = _moment(first["Cancelled at"]), _moment(first.get("Fulfilled at", ""))
    except (ValueError, TypeError, OverflowError, LookupError) as problem:
        return BadRow(number, first["Name"], str(problem))
    return Exported(order=made, line=number, cancelled=off is not None, cancelled_at=off, shipped_at=shipped)


def _made(group: Rows) -> Order:
    _, first = group[0]
    currency = first["Currency"]
    placed = _moment(first["Created at"])
    if not first["Name"] or placed is None:
        raise ValueError("an order has a `Name` and a `Created at`")
    lines = tuple(_line(at, row, currency) for at, (_, row) in enumerate(group, 1) if row["Lineitem name"])
    lines = _discounted(lines, _money(first, "Subtotal", currency))
    lines, shipping, whole = _taxed(lines, first, currency)
    state = _STATES.get(first["Financial Status"].lower())
    if state is None:
        raise ValueError(f"`Financial Status` {first['Financial Status']!r} is none of {', '.join(_STATES)}")
    paid = Tender(id=TenderId("t1"), kind=_kind(first), amount=whole, state=state) if whole.minor > 0 else None
    household = household_of(first["Email"], None)
    made = Order(
        id=_id(first), number=first["Name"], checkout=Checkout.ADOPTED,
        channel=_CHANNELS.get(first.get("Source", "web"), Channel.WEB), placed_at=placed, currency=currency,
        lines=lines, total=whole, shipping=shipping, tenders=() if paid is None else (paid,), household=household,
        ship_to=_address(first) if household else None, test=TESTED in first.get("Payment Method", "").lower(),
    )  # fmt: skip
    back = _money(first, "Refunded Amount", currency)
    if back.minor <= 0 or paid is None:
        return made
    refund = Refund(
        id=RefundId("export"), at=placed, reason="refunded, says the export",
        payouts=(Payout(paid.id, back),), credits=(Credit(amount=back),),
    )  # fmt: skip
    return msgspec.structs.replace(made, refunds=(refund,))


def _id(row: Row) -> OrderId:
    """Its name where the file has no id, or what a spreadsheet made of them: hundreds of orders would be one."""
    text = row.get("Id", "")
    return OrderId(row["Name"] if not text or _ROUNDED.fullmatch(text) else text)


def _line(at: int, row: Row, currency: str) -> Line:
    quantity = int(row["Lineitem quantity"])
    if quantity < 1:
        raise ValueError(f"`Lineitem quantity` is {quantity}: an order takes one at least")
    sku = row["Lineitem sku"] or row["Lineitem name"]
    price = Money.parse(row["Lineitem price"], currency)
    return Line(
        id=LineId(f"l{at}"), sku=SkuId(sku), title=row["Lineitem name"], quantity=quantity, price=price,
        ships=row.get("Lineitem requires shipping", "true").lower() != "false",
    )  # fmt: skip


def _discounted(lines: Sequence[Line], subtotal: Money) -> tuple[Line, ...]:
    off = total((line.subtotal() for line in lines), subtotal.currency) - subtotal
    if off.minor < 0:
        raise ValueError(f"its lines come to {-off} less than its `Subtotal` {subtotal}")
    return spread("discounts", off, lines)


def _taxed(
    lines: tuple[Line, ...], first: Row, currency: str
) -> tuple[tuple[Line, ...], tuple[ShippingCharge, ...], Money]:  # fmt: skip
    """Taxes by line, in proportion: the file has them for the order as a whole, inside its prices or on top."""
    subtotal, whole = _money(first, "Subtotal", currency), _money(first, "Total", currency)
    shipping, taxes = _money(first, "Shipping", currency), _money(first, "Taxes", currency)
    included = whole == subtotal + shipping
    if not included and whole != subtotal + shipping + taxes:
        raise ValueError(f"its `Total` {whole} is neither `Subtotal` + `Shipping` nor that + `Taxes`")
    if taxes.minor and (weights := [line.total().minor for line in lines]) and sum(weights):
        lines = tuple(
            msgspec.structs.replace(line, taxes=(Tax(title="taxes", amount=part, included=included),))
            for line, part in zip(lines, taxes.allocate(weights), strict=True)
        )
    charges = (ShippingCharge(title=first.get("Shipping Method") or "shipping", price=shipping),)
    return lines, charges if shipping.minor else (), whole


def _money(row: Row, name: str, currency: str) -> Money:
    return Money.parse(row[name] or "0", currency)


def _kind(row: Row) -> TenderKind:
    return TenderKind.GIFT_CARD if row.get("Payment Method", "").lower() == "gift_card" else TenderKind.CARD


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    found = datetime.fromisoformat(text.replace(" +", "+").replace(" -", "-"))
    if found.utcoffset() is None:
        raise ValueError(f"{text!r} has no time zone")
    return found


def _address(row: Row) -> Address | None:
    """None where the file has too little of one: nobody could send there."""
    lines = tuple(line for line in (row.get("Shipping Address1", ""), row.get("Shipping Address2", "")) if line)
    city, country = row.get("Shipping City", ""), row.get("Shipping Country", "")
    if not lines or not city or not country:
        return None
    return Address(
        name=row.get("Shipping Name", ""), lines=lines, city=city, country=country,
        postcode=row.get("Shipping Zip", "").lstrip("'") or None, region=row.get("Shipping Province") or None,
    )  # fmt: skip
