"""What goes back is one refund, heard or looked at: to the same payments, and as much of it off the bill."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from fractions import Fraction
from itertools import count
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from pawline.connectors.shopify.told_orders import refunded
from pawline.model import Line, Money, Order, RefundIssued, TenderState, total_owed
from pawline.sandbox.shopify import rest
from tests.unit.connectors.shopify_looked import Scene, tried
from tests.unit.connectors.test_shopify_looking_order import CANCEL, REFUND
from tests.unit.sandbox.shopify_scene import eur, gid, order

KEYS = count()
CAPTURE = """mutation ($input: OrderCaptureInput!) {
  orderCapture(input: $input) { transaction { id } userErrors { message } } }"""
Shape = tuple[list[tuple[str, int]], list[tuple[str | None, int, int, bool]]]


def back(one: Scene, name: str, pay: str | None = None, units: int = 0, **more: Any) -> None:
    """So much of the last capture, or the largest sale, goes back, and so many of the first line."""
    kept = one.kept(name)
    taken = max((paid for paid in kept.transactions if paid.kind in {"SALE", "CAPTURE"}), key=lambda paid: paid.amount)
    line = {"lineItemId": gid("LineItem", kept.lines[0].id), "quantity": units, "restockType": "NO_RESTOCK"}
    told = {"orderId": gid("Order", name), "refundLineItems": [line] if units else []} | more
    if pay is not None:
        told["transactions"] = [{
            "orderId": gid("Order", name), "parentId": gid("OrderTransaction", taken.id), "kind": "REFUND",
            "gateway": taken.gateway, "amount": pay,
        }]  # fmt: skip
    done = one.ask(REFUND.replace("x1", f"k{next(KEYS)}"), input=told)["refundCreate"]
    assert done["userErrors"] == []


def called_off(one: Scene, name: str) -> None:
    one.ask(CANCEL, id=gid("Order", name))


CASES: dict[str, list[Callable[[Scene, str], None]]] = {
    "a unit": [lambda one, name: back(one, name, "18.33", 1)],
    "a unit less a fee": [lambda one, name: back(one, name, "15.00", 1, discrepancyReason="RESTOCK")],
    "a unit and goodwill": [lambda one, name: back(one, name, "20.00", 1)],
    "a unit without money": [lambda one, name: back(one, name, None, 1)],
    "a unit, its money later": [
        lambda one, name: back(one, name, None, 1), lambda one, name: back(one, name, "18.33"),
    ],
    "a unit, more than its money later": [
        lambda one, name: back(one, name, None, 1), lambda one, name: back(one, name, "20.00"),
    ],
    "a unit with what was owed before": [
        lambda one, name: back(one, name, None, 1), lambda one, name: back(one, name, "36.67", 1),
    ],
    "goodwill": [lambda one, name: back(one, name, "5.00")],
    "goodwill twice": [lambda one, name: back(one, name, "5.00"), lambda one, name: back(one, name, "5.00")],
    "shipping": [lambda one, name: back(one, name, "5.00", shipping={"fullRefund": True})],
    "all of it in steps": [
        lambda one, name: back(one, name, "36.67", 2),
        lambda one, name: back(one, name, "13.33", 1, shipping={"fullRefund": True}),
    ],
    "called off": [called_off],
    "called off, and paid back by hand": [called_off, lambda one, name: back(one, name, "50.00")],
}  # fmt: skip


def shape(event: RefundIssued) -> Shape:
    refund = event.refund
    return (
        [(payout.tender, payout.amount.minor) for payout in refund.payouts],
        [(one.line, one.quantity, one.amount.minor, one.restock) for one in refund.credits],
    )


def heard(one: Scene, name: str) -> list[Shape]:
    bodies = [
        msgspec.json.encode(rest.refund(one.shopify.books, one.kept(name), each)) for each in one.kept(name).refunds
    ]
    found = [event for body in bodies for event in refunded(body)]
    return [shape(event) for event in found if isinstance(event, RefundIssued)]


def _vat(line: Line) -> Money:
    return replace(line, taxes=()).total().scale(Fraction(19, 100))


def taxed(told: Order) -> Order:
    """With its taxes on top of its prices."""
    lines = tuple(
        replace(line, taxes=tuple(replace(tax, included=False, amount=_vat(line)) for tax in line.taxes))
        for line in told.lines
    )
    total = total_owed(lines, told.shipping, currency="EUR")
    card, gift = told.tenders
    return replace(told, lines=lines, total=total, tenders=(replace(card, amount=total - eur(1_500)), gift))


@pytest.mark.parametrize("within", [True, False], ids=["taxes in", "taxes on top"])
@pytest.mark.parametrize("case", list(CASES))
def test_a_refund_that_is_heard_is_the_one_that_is_looked_at(case: str, within: bool) -> None:
    async def work(one: Scene) -> None:
        await one.begin()
        name = one.place(1, like=order() if within else taxed(order()))
        for step in CASES[case]:
            step(one, name)
        looked = [shape(event) for event in await one.events() if isinstance(event, RefundIssued)]
        assert looked == heard(one, name)
        assert len(looked) == len(CASES[case])
        whole = await one.shop.order(name)
        assert whole.owed() == one.kept(name).current()  # as Shopify has the bill

    tried(work)


def test_a_payment_that_was_captured_is_paid_back_to_one_tender() -> None:
    async def work(one: Scene) -> None:
        await one.begin()
        name = one.place(1, like=order(state=TenderState.AUTHORISED, plain=True))
        held = one.kept(name).transactions[0]
        one.ask(CAPTURE, input={
            "id": gid("Order", name), "parentTransactionId": gid("OrderTransaction", held.id),
            "amount": held.amount.format(),
        })  # fmt: skip
        back(one, name, "5.00")
        looked = [shape(event) for event in await one.events() if isinstance(event, RefundIssued)]
        taken = str(one.kept(name).transactions[1].id)
        assert looked == heard(one, name) == [([(taken, 500)], [(None, 0, 500, False)])]

    tried(work)


def test_money_alone_is_off_the_bill_only_as_far_as_nobody_suggested_it() -> None:
    """What was to follow, and follows, was off the bill before."""
    at = datetime.now(UTC).isoformat()
    one = {"shop_money": {"amount": "x", "currency_code": "EUR"}}

    def money(amount: str) -> dict[str, Any]:
        return {kind: one["shop_money"] | {"amount": amount} for kind in ("shop_money", "presentment_money")}

    for reason, credited in (("Pending refund discrepancy", []), ("Refund discrepancy", [500]), (None, [500])):
        told = {
            "id": 1, "order_id": 2, "created_at": at, "refund_line_items": [],
            "transactions": [
                {"kind": "refund", "status": "success", "amount": "5.00", "currency": "EUR", "parent_id": 3}
            ],
            "order_adjustments": [{"kind": "refund_discrepancy", "reason": reason, "amount_set": money("-5.00")}],
        }  # fmt: skip
        (found,) = refunded(msgspec.json.encode(told))
        assert isinstance(found, RefundIssued)
        assert [credit.amount.minor for credit in found.refund.credits] == credited
        assert found.refund.paid_out() == eur(500)
