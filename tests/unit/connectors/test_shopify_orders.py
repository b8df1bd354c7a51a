"""An order of Shopify's as ours: whole, and exact to the minor unit."""

from __future__ import annotations

from typing import Any

import pytest

from pawline.kit import household_of
from pawline.model import (
    Address,
    Channel,
    Contact,
    Credit,
    Discount,
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
    TenderId,
    TenderKind,
    TenderState,
    outstanding,
)
from pawline.ports import Code, Malformed, Rejected, Shop
from tests.unit.connectors.shopify_vendor import (
    Vendor,
    ask,
    bag,
    gone,
    item,
    money,
    nodes,
    order,
    refund,
    tax,
    transaction,
)

ID = OrderId("1001")


def eur(text: str) -> Money:
    return Money.parse(text, "EUR")


def read(vendor: Vendor) -> Order:
    found = ask(vendor, Shop, lambda shop: shop.order(ID))
    assert isinstance(found, Order)
    return found


def test_an_order_is_read_whole() -> None:
    off = {
        "allocatedAmountSet": bag("2.00"),
        "discountApplication": {"__typename": "DiscountCodeApplication", "code": "PUPPY"},
    }
    place = {"name": "Ann B", "address1": "Hauptstr. 1", "city": "Berlin", "zip": "10115", "countryCodeV2": "DE"}
    shipping = {
        "id": "gid://shopify/ShippingLine/8", "title": "Standard", "code": "std", "isRemoved": False,
        "originalPriceSet": bag("4.90"), "discountAllocations": [], "taxLines": [tax("0.78")],
    }  # fmt: skip
    node = order(
        "22.88", item(1, "9.99", 2, discountAllocations=[off], taxLines=[tax("2.87")]), phone="+4930123456",
        shippingLines=nodes(shipping), shippingAddress=place, totalPriceSet=bag("22.88", "25.10"), sourceName="pos",
    )  # fmt: skip
    vendor = Vendor(Order=node, Transactions=money(transaction(501, "SALE", "22.88", paymentId="p.1")))
    found = read(vendor)
    line = Line(
        id=LineId("1"), sku=SkuId("SKU-1"), title="Food 1", quantity=2, price=eur("9.99"), weight=1500,
        discounts=(Discount(title="PUPPY", amount=eur("2.00"), code="PUPPY"),),
        taxes=(Tax(title="VAT", amount=eur("2.87"), included=True, rate=found.lines[0].taxes[0].rate),),
    )  # fmt: skip
    assert found.lines == (line,)
    assert str(line.taxes[0].rate) == "0.19"
    charge = ShippingCharge(
        title="Standard", price=eur("4.90"), method="std",
        taxes=(Tax(title="VAT", amount=eur("0.78"), included=True, rate=line.taxes[0].rate),),
    )  # fmt: skip
    assert found.shipping == (charge,)
    assert (found.number, found.channel, found.total, found.shop_total) == (
        "#1001", Channel.STORE, eur("22.88"), Money.parse("25.10", "USD"),
    )  # fmt: skip
    assert found.contact == Contact(email="ann@example.com", phone="+4930123456", language="de")
    assert found.ship_to == Address(
        name="Ann B", lines=("Hauptstr. 1",), city="Berlin", postcode="10115", country="DE"
    )  # fmt: skip
    assert found.household == household_of("ann@example.com", None)
    (tender,) = found.tenders
    assert (tender.id, tender.kind, tender.amount, tender.state, tender.source) == (
        "501", TenderKind.CARD, eur("22.88"), TenderState.CAPTURED, "p.1",
    )  # fmt: skip
    assert outstanding(found) == eur("0.00")
    assert vendor.heard == [
        ("Order", {"id": "gid://shopify/Order/1001"}), ("Transactions", {"id": "gid://shopify/Order/1001"}),
    ]  # fmt: skip


def test_all_pages_of_its_lines_are_read() -> None:
    first = order("6.00", lineItems=nodes(item(1, "1.00"), after="c1"))
    second = {"order": {"lineItems": nodes(item(2, "2.00"), after="c2")}}
    third = {"order": {"lineItems": nodes(item(3, "3.00"))}}
    vendor = Vendor(Order=first, OrderLines=[second, third], Transactions=money())
    assert [line.id for line in read(vendor).lines] == ["1", "2", "3"]
    assert [given.get("after") for name, given in vendor.heard if name == "OrderLines"] == ["c1", "c2"]


def test_taxes_that_prices_leave_out_are_on_top() -> None:
    node = order("12.00", item(1, "10.00", taxLines=[tax("1.50"), tax("0.50", "City")]), taxesIncluded=False)
    assert read(Vendor(Order=node, Transactions=money())).total == eur("12.00")


def test_taxes_rounded_for_the_order_as_a_whole_are_rounding() -> None:
    node = order(
        "21.99", item(1, "10.00", taxLines=[tax("1.00")]), item(2, "10.00", taxLines=[tax("1.00")]),
        taxesIncluded=False, totalTaxSet=bag("1.99"),
    )  # fmt: skip
    found = read(Vendor(Order=node, Transactions=money()))
    assert (found.total, found.rounding) == (eur("21.99"), eur("-0.01"))


def test_an_order_that_does_not_add_up_is_a_developers() -> None:
    with pytest.raises(Malformed) as caught:
        read(Vendor(Order=order("10.01", item(1, "10.00")), Transactions=money()))
    text = "order 1001 does not add up: its parts come to 10.00 EUR, Shopify says 10.01 EUR"
    assert caught.value.text == text


def test_what_shopify_converted_part_by_part_is_rounding() -> None:
    node = order("10.01", item(1, "10.00"), totalPriceSet=bag("10.01", "11.00"))
    found = read(Vendor(Order=node, Transactions=money()))
    assert (found.total, found.rounding) == (eur("10.01"), eur("0.01"))


def test_cash_is_rounded_and_change_given() -> None:
    node = order(
        "9.98", item(1, "9.98"), totalCashRoundingAdjustment={"paymentSet": bag("0.02", "0.03")},
        totalPriceSet=bag("9.98", "11.00"),
    )  # fmt: skip
    cash: dict[str, Any] = {"gateway": "cash", "paymentDetails": None}
    paid = transaction(501, "SALE", "19.98", amountRoundingSet=bag("0.02"), **cash)
    found = read(Vendor(Order=node, Transactions=money(paid, transaction(502, "CHANGE", "10.00", 501, **cash))))
    assert (found.total, found.rounding, found.shop_total) == (
        eur("10.00"), eur("0.02"), Money.parse("11.03", "USD"),
    )  # fmt: skip
    assert [(one.kind, one.amount) for one in found.tenders] == [(TenderKind.CASH, eur("10.00"))]
    assert outstanding(found) == eur("0.00")


def test_a_tip_is_a_tip() -> None:
    node = order("11.00", item(1, "10.00"), totalTipReceivedSet=bag("1.00"))
    assert read(Vendor(Order=node, Transactions=money())).tip == eur("1.00")


def test_a_tip_that_is_a_line_too_is_a_tip_once() -> None:
    line = item(2, "1.00", variant=None, requiresShipping=False)
    node = order("11.00", item(1, "10.00"), line, totalTipReceivedSet=bag("1.00"))
    found = read(Vendor(Order=node, Transactions=money()))
    assert (found.tip, len(found.lines), found.total) == (eur("1.00"), 1, eur("11.00"))


TENDERS: list[tuple[list[Any], list[tuple[str, str, TenderKind, TenderState]]]] = [
    ([transaction(1, "AUTHORIZATION", "10.00")], [("1", "10.00", TenderKind.CARD, TenderState.AUTHORISED)]),
    (
        [transaction(1, "AUTHORIZATION", "10.00"), transaction(2, "CAPTURE", "10.00", 1)],
        [("2", "10.00", TenderKind.CARD, TenderState.CAPTURED)],
    ),
    (
        [
            transaction(1, "AUTHORIZATION", "10.00"), transaction(2, "CAPTURE", "4.00", 1),
            transaction(3, "CAPTURE", "6.00", 1),
        ],
        [("2", "4.00", TenderKind.CARD, TenderState.CAPTURED), ("3", "6.00", TenderKind.CARD, TenderState.CAPTURED)],
    ),
    (
        [transaction(1, "AUTHORIZATION", "10.00"), transaction(2, "CAPTURE", "10.00", 1, status="FAILURE")],
        [("1", "10.00", TenderKind.CARD, TenderState.AUTHORISED)],
    ),
    (
        [transaction(1, "AUTHORIZATION", "10.00"), transaction(2, "VOID", "10.00", 1)],
        [("1", "10.00", TenderKind.CARD, TenderState.VOIDED)],
    ),
    ([transaction(1, "SALE", "10.00", status="ERROR")], [("1", "10.00", TenderKind.CARD, TenderState.FAILED)]),
    (
        [transaction(1, "SALE", "10.00", status="PENDING", manualPaymentGateway=True, paymentDetails=None)],
        [("1", "10.00", TenderKind.TRANSFER, TenderState.PENDING)],
    ),
    (
        [transaction(1, "SALE", "4.00", gateway="gift_card")],
        [("1", "4.00", TenderKind.GIFT_CARD, TenderState.CAPTURED)],
    ),
    (
        [transaction(1, "SALE", "6.00", gateway="shopify_store_credit")],
        [("1", "6.00", TenderKind.STORE_CREDIT, TenderState.CAPTURED)],
    ),
    (
        [transaction(1, "SALE", "10.00", paymentDetails={"__typename": "CardPaymentDetails", "wallet": "APPLE_PAY"})],
        [("1", "10.00", TenderKind.WALLET, TenderState.CAPTURED)],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("transactions", "tenders"), TENDERS)
def test_transactions_are_tenders(transactions: list[Any], tenders: list[Any]) -> None:
    found = read(Vendor(Order=order("10.00", item(1, "10.00")), Transactions=money(*transactions)))
    assert [(one.id, one.amount.format(), one.kind, one.state) for one in found.tenders] == tenders


@pytest.mark.parametrize("parent", [501, 502])
def test_a_refund_credits_lines_and_pays_its_capture(parent: int) -> None:
    """Also where it names the authorisation that was captured."""
    node = order("24.00", item(1, "10.00", 2), item(2, "4.00"), refunds=[{"id": "gid://shopify/Refund/71"}])
    back = transaction(503, "REFUND", "10.00", parent)
    paid = [transaction(501, "AUTHORIZATION", "24.00"), transaction(502, "CAPTURE", "24.00", 501), back]
    vendor = Vendor(
        Order=node, Transactions=money(*paid),
        Refund={"refund": refund(71, gone(1, 1, "10.00", "1.60"), note="broken", transactions=[back])},
    )  # fmt: skip
    found = read(vendor)
    (one,) = found.refunds
    assert one == Refund(
        id=RefundId("71"), at=one.at, reason="broken", payouts=(Payout(TenderId("502"), eur("10.00")),),
        credits=(Credit(amount=eur("10.00"), line=LineId("1"), quantity=1),),
    )  # fmt: skip
    assert found.owed() == found.received() == eur("14.00")


def test_a_failed_refund_paid_nothing_and_one_under_way_counts() -> None:
    failed = transaction(502, "REFUND", "4.00", 501, status="FAILURE")
    waiting = transaction(503, "REFUND", "3.00", 501, status="PENDING")
    node = order("10.00", item(1, "10.00"), refunds=[{"id": "gid://shopify/Refund/71"}])
    vendor = Vendor(
        Order=node, Transactions=money(transaction(501, "SALE", "10.00"), failed, waiting),
        Refund={"refund": refund(71, transactions=[failed, waiting])},
    )  # fmt: skip
    assert [one.paid_out() for one in read(vendor).refunds] == [eur("3.00")]


@pytest.mark.parametrize(("adjustment", "credited"), [("-2.00", "12.00"), ("2.00", "8.00")])
def test_goodwill_and_fees_for_restocking_are_in_the_credits(adjustment: str, credited: str) -> None:
    node = order("20.00", item(1, "10.00", 2), refunds=[{"id": "gid://shopify/Refund/71"}])
    beside = {"reason": "RESTOCK", "amountSet": bag(adjustment), "taxAmountSet": bag("0.00")}
    back = transaction(502, "REFUND", credited, 501)
    vendor = Vendor(
        Order=node, Transactions=money(transaction(501, "SALE", "20.00"), back),
        Refund={"refund": refund(71, gone(1, 1, "10.00"), orderAdjustments=nodes(beside), transactions=[back])},
    )  # fmt: skip
    found = read(vendor)
    assert found.refunds[0].credited() == found.refunds[0].paid_out() == eur(credited)
    assert outstanding(found) == eur("0.00")


def test_what_an_edit_took_out_is_credited_without_money() -> None:
    node = order(
        "20.00", item(1, "10.00", 2, currentQuantity=1), edited=True, currentTotalPriceSet=bag("10.00"),
        refunds=[{"id": "gid://shopify/Refund/71"}],
    )  # fmt: skip
    pending = {"reason": "PENDING_REFUND_DISCREPANCY", "amountSet": bag("10.00"), "taxAmountSet": bag("0.00")}
    vendor = Vendor(
        Order=node, Transactions=money(transaction(501, "SALE", "20.00")),
        Refund={"refund": refund(71, gone(1, 1, "10.00"), orderAdjustments=nodes(pending))},
    )  # fmt: skip
    found = read(vendor)
    assert (found.owed(), outstanding(found)) == (eur("10.00"), eur("-10.00"))
    assert found.refunds[0].payouts == ()


@pytest.mark.parametrize(("reason", "credited"), [("PENDING_REFUND_DISCREPANCY", "20.00"), ("RESTOCK", "10.00")])
def test_money_that_is_to_follow_is_no_fee(reason: str, credited: str) -> None:
    """Half of it went back, and the other half will, or will not."""
    node = order(
        "20.00", item(1, "10.00", 2, currentQuantity=0), currentTotalPriceSet=bag("0.00"),
        refunds=[{"id": "gid://shopify/Refund/71"}],
    )  # fmt: skip
    back = transaction(502, "REFUND", "10.00", 501)
    rest = {"reason": reason, "amountSet": bag("10.00"), "taxAmountSet": bag("0.00")}
    vendor = Vendor(
        Order=node, Transactions=money(transaction(501, "SALE", "20.00"), back),
        Refund={"refund": refund(71, gone(1, 2, "20.00"), transactions=[back], orderAdjustments=nodes(rest))},
    )  # fmt: skip
    (found,) = read(vendor).refunds
    assert (found.credited(), found.paid_out()) == (eur(credited), eur("10.00"))


@pytest.mark.parametrize("reason", ["REFUND_DISCREPANCY", "PENDING_REFUND_DISCREPANCY"])
def test_what_is_paid_back_later_settles_what_was_off_the_bill_before(reason: str) -> None:
    """Whether Shopify says so or not; only what goes beyond it is goodwill."""
    node = order(
        "20.00", item(1, "10.00", 2, currentQuantity=1), edited=True, currentTotalPriceSet=bag("10.00"),
        refunds=[{"id": "gid://shopify/Refund/72"}, {"id": "gid://shopify/Refund/71"}],
    )  # fmt: skip
    back = transaction(502, "REFUND", "11.00", 501)
    settled = {"reason": reason, "amountSet": bag("-10.00"), "taxAmountSet": bag("0.00")}
    given = {"reason": "CUSTOMER", "amountSet": bag("-1.00"), "taxAmountSet": bag("0.00")}
    later = refund(
        72, processedAt="2026-11-28T11:00:00Z", transactions=[back], orderAdjustments=nodes(settled, given)
    )  # fmt: skip
    vendor = Vendor(
        Order=node, Transactions=money(transaction(501, "SALE", "20.00"), back),
        Refund=[{"refund": later}, {"refund": refund(71, gone(1, 1, "10.00"))}],
    )  # fmt: skip
    found = read(vendor)
    assert [(one.id, one.credited(), one.paid_out()) for one in found.refunds] == [
        ("71", eur("10.00"), eur("0.00")), ("72", eur("1.00"), eur("11.00")),
    ]  # fmt: skip
    assert outstanding(found) == eur("0.00")


def test_all_pages_of_a_refunds_lines_are_read() -> None:
    node = order("3.00", item(1, "1.00", 3), refunds=[{"id": "gid://shopify/Refund/71"}])
    first = refund(71, gone(1, 1, "1.00"), refundLineItems=nodes(gone(1, 1, "1.00"), after="r1"))
    rest = {"refund": {"refundLineItems": nodes(gone(1, 2, "2.00"))}}
    vendor = Vendor(Order=node, Transactions=money(), Refund={"refund": first}, RefundLines=rest)
    assert [one.quantity for one in read(vendor).refunds[0].credits] == [1, 2]


def test_a_household_of_nobody_holds_no_address() -> None:
    found = read(Vendor(Order=order("1.00", item(1, "1.00"), email=None, customer=None), Transactions=money()))
    assert (found.household, found.contact, found.ship_to) == (None, None, None)


def test_an_order_that_the_shop_does_not_show_is_not_found() -> None:
    with pytest.raises(Rejected) as caught:
        read(Vendor(Order={"order": None}))
    assert caught.value.code is Code.NOT_FOUND


def test_an_order_of_somebody_elses_is_not_found_without_asking() -> None:
    vendor = Vendor()
    with pytest.raises(Rejected) as caught:
        ask(vendor, Shop, lambda shop: shop.order(OrderId("o-17")))
    assert (caught.value.code, vendor.requests) == (Code.NOT_FOUND, [])
