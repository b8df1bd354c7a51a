"""What may be done to an order in Shopify: each request as it is sent, once, and what comes of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from operator import methodcaller
from typing import Any

import msgspec
import pytest

from pawline.connectors.shopify import documents
from pawline.kit import household_of
from pawline.model import (
    Bill,
    Credit,
    Edit,
    EditId,
    HouseholdId,
    Line,
    LineId,
    Money,
    OrderId,
    Payout,
    Refund,
    RefundId,
    SkuId,
    TenderId,
)
from pawline.ports import Attempt, Code, Edited, OrderPage, PortError, Receipt, Rejected, Shop, Transient, attempting
from tests.unit.connectors.shopify_vendor import (
    KEY,
    TOKEN,
    Vendor,
    ask,
    bag,
    gone,
    item,
    money,
    nodes,
    order,
    refund,
    refusal,
    transaction,
)

ID, GID = OrderId("1001"), "gid://shopify/Order/1001"
AT = datetime(2026, 11, 29, 10, tzinfo=UTC)
PAID = money(transaction(501, "AUTHORIZATION", "24.90"), transaction(502, "CAPTURE", "24.90", 501))
SHIPPING = {
    "id": "gid://shopify/ShippingLine/8", "title": "Standard", "code": "std", "isRemoved": False,
    "originalPriceSet": bag("4.90"), "discountAllocations": [], "taxLines": [],
}  # fmt: skip
ORDER = order("24.90", item(1, "10.00", 2), shippingLines=nodes(SHIPPING))


def eur(text: str) -> Money:
    return Money.parse(text, "EUR")


BILL = Bill(refunds=(), edits=(), total=eur("24.90"), captured=eur("24.90"))


def back(amount: str = "10.00", *credits: Credit, id: str = "return-9") -> Refund:
    given = credits or (Credit(amount=eur(amount), line=LineId("1"), quantity=1),)
    return Refund(
        id=RefundId(id), at=AT, reason="it came back", payouts=(Payout(TenderId("502"), eur(amount)),), credits=given
    )


def made(**more: Any) -> dict[str, Any]:
    went = [transaction(503, "REFUND", "24.90", 502)]
    return {"refundCreate": {"refund": refund(71, transactions=went), "userErrors": []} | more}


def refused(vendor: Vendor, call: Any) -> PortError:
    with pytest.raises(PortError) as caught:
        ask(vendor, Shop, call)
    return caught.value


def test_a_refund_is_sent_once_with_its_key_and_its_name() -> None:
    vendor = Vendor(Order=ORDER, Transactions=PAID, RefundCreate=made())
    assert ask(vendor, Shop, lambda shop: shop.refund(ID, back(), BILL)) == back()
    assert vendor.names() == ["Order", "Transactions", "RefundCreate"]
    assert vendor.heard[-1][1] == {
        "key": KEY,
        "input": {
            "orderId": GID, "note": "it came back [pawline:return-9]", "currency": "EUR", "notify": False,
            "discrepancyReason": "OTHER",
            "refundLineItems": [{"lineItemId": "gid://shopify/LineItem/1", "quantity": 1, "restockType": "NO_RESTOCK"}],
            "transactions": [{
                "orderId": GID, "parentId": "gid://shopify/OrderTransaction/502", "kind": "REFUND",
                "gateway": "shopify_payments", "amount": "10.00",
            }],
        },
    }  # fmt: skip


def test_the_last_refund_gives_the_shipping_back_too() -> None:
    vendor = Vendor(Order=ORDER, Transactions=PAID, RefundCreate=made())
    lines = Credit(amount=eur("20.00"), line=LineId("1"), quantity=2)
    whole = back("24.90", lines, Credit(amount=eur("4.90")))
    ask(vendor, Shop, lambda shop: shop.refund(ID, whole, ()))
    assert vendor.heard[-1][1]["input"]["shipping"] == {"fullRefund": True}


def test_the_same_refund_again_changes_nothing_whatever_was_seen() -> None:
    moved = transaction(503, "REFUND", "10.00", 502)
    note = "it came back [pawline:return-9]"
    there = {"refund": refund(71, gone(1, 1, "10.00"), note=note, transactions=[moved], processedAt=AT.isoformat())}
    node = order(
        "24.90", item(1, "10.00", 2), shippingLines=nodes(SHIPPING), refunds=[{"id": "gid://shopify/Refund/71"}]
    )
    paid = money(*PAID["order"]["transactions"], moved)
    for call in ("refund", "find_refund"):
        vendor = Vendor(Order=node, Transactions=paid, Refund=there)
        assert ask(vendor, Shop, methodcaller(call, ID, back(), BILL)) == back()
        assert vendor.names() == ["Order", "Transactions", "Refund"]


def test_a_refund_that_is_booked_and_not_paid_is_a_persons() -> None:
    failed = [transaction(503, "REFUND", "10.00", 502, status="FAILURE")]
    vendor = Vendor(Order=ORDER, Transactions=PAID, RefundCreate=made(refund=refund(71, transactions=failed)))
    error = refused(vendor, lambda shop: shop.refund(ID, back(), BILL))
    assert (type(error), error.code) == (Rejected, Code.DECLINED)
    assert error.text == "refund return-9 of order 1001 is booked, but only 0.00 EUR of 10.00 EUR went back"

    there = refund(71, gone(1, 1, "10.00"), note="x [pawline:return-9]", transactions=failed)
    node = order(
        "24.90", item(1, "10.00", 2), shippingLines=nodes(SHIPPING), refunds=[{"id": "gid://shopify/Refund/71"}]
    )
    for call in ("refund", "find_refund"):
        vendor = Vendor(Order=node, Transactions=PAID, Refund={"refund": there})
        again = refused(vendor, methodcaller(call, ID, back(), BILL))
        assert (again.code, again.text, vendor.names()[-1]) == (error.code, error.text, "Refund")


def test_a_refund_that_was_not_made_is_not_found() -> None:
    vendor = Vendor(Order=ORDER, Transactions=PAID)
    assert ask(vendor, Shop, lambda shop: shop.find_refund(ID, back(), BILL)) is None


@pytest.mark.parametrize("seen", [msgspec.structs.replace(BILL, captured=eur("0.00")), (RefundId("70"),)])
def test_another_bill_is_a_conflict_and_nothing_is_sent(seen: Any) -> None:
    vendor = Vendor(Order=ORDER, Transactions=PAID)
    assert refused(vendor, lambda shop: shop.refund(ID, back(), seen)).code is Code.CONFLICT
    assert vendor.names() == ["Order", "Transactions"] * 2  # once more: it may have been made just now


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (back("24.91", Credit(amount=eur("24.90"))), Code.INVALID),
        (back("10.00", Credit(amount=eur("10.00"), line=LineId("1"), quantity=3)), Code.INVALID),
        (back("10.00", Credit(amount=eur("10.00"), line=LineId("1"), quantity=1, restock=True)), Code.UNSUPPORTED),
        (back(id="a b"), Code.INVALID),
    ],
)
def test_what_cannot_be_refunded_is_refused_and_nothing_is_sent(wanted: Refund, code: Code) -> None:
    vendor = Vendor(Order=ORDER, Transactions=PAID)
    assert refused(vendor, lambda shop: shop.refund(ID, wanted, BILL)).code is code
    assert vendor.names() == ["Order", "Transactions"] * 2  # once more: it may have been made just now


def test_what_shopify_will_not_refund_is_the_flows() -> None:
    errors = [{"field": ["transactions", "0"], "message": "Refund amount is greater than net payment received"}]
    vendor = Vendor(Order=ORDER, Transactions=PAID, RefundCreate=made(refund=None, userErrors=errors))
    error = refused(vendor, lambda shop: shop.refund(ID, back(), BILL))
    assert isinstance(error, Rejected)
    assert error.text == "order 1001 is not refunded: Refund amount is greater than net payment received"


@pytest.mark.parametrize(
    ("said", "error", "code"),
    [
        ("This request is currently in progress, please try again.", Transient, Code.IN_PROGRESS),
        ("The same idempotency key cannot be used with different operation parameters.", Rejected, Code.KEY_REUSED),
        (
            "A previous request with this idempotency key failed. Retry with a new idempotency key.",
            Rejected,
            Code.CONFLICT,
        ),
    ],
)
def test_what_is_said_of_a_refunds_key_is_no_refusal_of_the_refund(
    said: str, error: type[PortError], code: Code
) -> None:
    answer = made(refund=None, userErrors=[{"field": None, "message": said}])
    vendor = Vendor(Order=ORDER, Transactions=PAID, RefundCreate=answer)
    found = refused(vendor, lambda shop: shop.refund(ID, back(), BILL))
    assert (type(found), found.code) == (error, code)


def state(cancelled: str | None = None, *parcels: str) -> dict[str, Any]:
    return {"order": {"id": GID, "cancelledAt": cancelled, "fulfillments": [{"status": one} for one in parcels]}}


TAGGED: dict[str, Any] = {"tagsAdd": {"userErrors": []}}
CANCELLED = {"orderCancel": {"job": {"id": "gid://shopify/Job/1", "done": False}, "orderCancelUserErrors": []}}
DONE = "2026-11-29T10:00:01Z"


def test_an_order_is_called_off_and_nothing_is_paid_back() -> None:
    vendor = Vendor(CalledOff=[state(), state(DONE)], Tag=TAGGED, Cancel=CANCELLED)
    assert ask(vendor, Shop, lambda shop: shop.cancel(ID, "recall 7")) == Receipt()
    assert vendor.heard == [
        ("CalledOff", {"id": GID}), ("Tag", {"id": GID, "tags": ["called-off-by-pawline"]}),
        ("Cancel", {"id": GID, "note": "recall 7"}), ("CalledOff", {"id": GID}),
    ]  # fmt: skip
    assert b"originalPaymentMethodsRefund: false" in vendor.requests[2].body


def test_what_is_called_off_stays_so_and_is_not_asked_for_again() -> None:
    vendor = Vendor(CalledOff=state(DONE, "SUCCESS"))
    assert ask(vendor, Shop, lambda shop: shop.cancel(ID, "x")) == Receipt()
    assert vendor.names() == ["CalledOff"]


def test_what_shopify_is_still_calling_off_is_asked_about_again() -> None:
    error = refused(Vendor(CalledOff=state(), Tag=TAGGED, Cancel=CANCELLED), lambda shop: shop.cancel(ID, "x"))
    assert (type(error), error.code) == (Transient, Code.IN_PROGRESS)


def test_what_an_attempt_before_called_off_just_now_is_called_off() -> None:
    told = {
        "orderCancel": {"job": None, "orderCancelUserErrors": [{"code": "INVALID", "field": None, "message": "no"}]}
    }
    vendor = Vendor(CalledOff=[state(), state(DONE)], Tag=TAGGED, Cancel=told)
    assert ask(vendor, Shop, lambda shop: shop.cancel(ID, "x")) == Receipt()
    assert vendor.names() == ["CalledOff", "Tag", "Cancel", "CalledOff"]


@pytest.mark.parametrize(
    ("code", "error", "names"),
    [
        ("INVALID", (Transient, Code.IN_PROGRESS), []),
        ("NOT_FOUND", (Rejected, Code.NOT_FOUND), ["Untag"]),
    ],
)
def test_what_an_attempt_before_may_have_begun_stays_marked(
    code: str, error: tuple[type[PortError], Code], names: list[str]
) -> None:
    """Its job is under way, and Shopify takes no second: the order is called off in the end, and it was us."""
    told = {"orderCancel": {"job": None, "orderCancelUserErrors": [{"code": code, "field": None, "message": "no"}]}}
    there = state()
    there["order"]["tags"] = ["called-off-by-pawline"]
    vendor = Vendor(CalledOff=there, Tag=TAGGED, Cancel=told, Untag={"tagsRemove": {"userErrors": []}})
    found = refused(vendor, lambda shop: shop.cancel(ID, "x"))
    assert (type(found), found.code) == error
    assert vendor.names() == ["CalledOff", "Tag", "Cancel", "CalledOff", *names]


def test_a_mark_of_an_attempt_that_came_too_late_is_taken_away() -> None:
    there = state(None, "SUCCESS")
    there["order"]["tags"] = ["vip", "called-off-by-pawline"]
    vendor = Vendor(CalledOff=there, Untag={"tagsRemove": {"userErrors": []}})
    assert refused(vendor, lambda shop: shop.cancel(ID, "x")).code is Code.TOO_LATE
    assert vendor.heard[1:] == [("Untag", {"id": GID, "tags": ["called-off-by-pawline"]})]


def test_what_has_no_points_after_something_was_done_is_unknown() -> None:
    """Of one document it says that nothing happened, and a step is not undone then."""
    before = refused(Vendor(CalledOff=refusal("THROTTLED")), lambda shop: shop.cancel(ID, "x"))
    assert (type(before), before.code) == (Transient, Code.RATE_LIMITED)
    vendor = Vendor(CalledOff=[state(), refusal("THROTTLED")], Tag=TAGGED, Cancel=CANCELLED)
    after = refused(vendor, lambda shop: shop.cancel(ID, "x"))
    assert (type(after), after.code) == (Transient, Code.UNAVAILABLE)


def test_what_has_no_points_before_anything_was_done_is_known_whatever_an_attempt_before_did() -> None:
    async def twice(shop: Any) -> None:
        await shop.tag(ID, ("vip",))
        with attempting(Attempt("another", 1, datetime.now(UTC) + timedelta(seconds=9), "shop", "shopify/eu")):
            await shop.tag(ID, ("vip",))

    found = refused(Vendor(Tag=[TAGGED, refusal("THROTTLED")]), twice)
    assert (type(found), found.code) == (Transient, Code.RATE_LIMITED)


def test_what_has_left_is_not_called_off() -> None:
    vendor = Vendor(CalledOff=state(None, "CANCELLED", "SUCCESS"))
    assert refused(vendor, lambda shop: shop.cancel(ID, "x")).code is Code.TOO_LATE
    assert vendor.names() == ["CalledOff"]


@pytest.mark.parametrize(
    ("said", "error", "code"),
    [
        ("INVALID", Rejected, Code.CONFLICT),
        ("NOT_FOUND", Rejected, Code.NOT_FOUND),
        ("INTERNAL_ERROR", Transient, Code.UNAVAILABLE),
        ("OF_2027", Rejected, Code.INVALID),
    ],
)
def test_why_an_order_is_not_called_off(said: str, error: type[PortError], code: Code) -> None:
    told = {"orderCancel": {"job": None, "orderCancelUserErrors": [{"code": said, "field": None, "message": "no"}]}}
    vendor = Vendor(CalledOff=state(), Tag=TAGGED, Cancel=told, Untag={"tagsRemove": {"userErrors": []}})
    found = refused(vendor, lambda shop: shop.cancel(ID, "x"))
    assert vendor.names() == ["CalledOff", "Tag", "Cancel", "CalledOff", "Untag"]
    assert vendor.heard[-1] == ("Untag", {"id": GID, "tags": ["called-off-by-pawline"]})  # it was not us then
    assert (type(found), found.code) == (error, code)


def test_tags_are_added() -> None:
    vendor = Vendor(Tag={"tagsAdd": {"userErrors": []}})
    assert ask(vendor, Shop, lambda shop: shop.tag(ID, ("recall", "vip"))) == Receipt()
    assert vendor.heard == [("Tag", {"id": GID, "tags": ["recall", "vip"]})]
    (request,) = vendor.requests
    assert request.headers["x-shopify-access-token"] == TOKEN


def test_what_changed_is_told_in_pages_by_when_it_changed() -> None:
    vendor = Vendor(Changed={"orders": nodes({"id": GID}, after="c1")})
    found = ask(vendor, Shop, lambda shop: shop.changed_since(AT, "c0"))
    assert found == OrderPage(orders=(ID,), after="c1")
    assert vendor.heard == [("Changed", {"query": "updated_at:>='2026-11-29T10:00:00Z'", "after": "c0"})]


ANN = household_of("Ann@example.com", None)


def buyer(no: int, email: str, **more: Any) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/Order/{no}", "createdAt": "2026-11-29T11:00:00Z", "cancelledAt": None, "email": email,
        "customer": None,
    } | more  # fmt: skip


@pytest.mark.parametrize(
    ("buyers", "bought"),
    [
        ([buyer(1, "bob@example.com"), buyer(2, "ann@example.com")], True),
        ([buyer(2, "bob@example.com")], False),
        ([buyer(2, "ann@example.com", cancelledAt=DONE)], False),
        ([buyer(2, "ann@example.com", createdAt="2026-11-29T10:00:00Z")], False),
    ],
)
def test_who_bought_what_since(buyers: list[Any], bought: bool) -> None:
    assert ANN is not None
    lines = {"order": {"lineItems": nodes(item(1, "1.00"), item(7, "1.00", sku='7"kg'))}}
    vendor = Vendor(Bought={"orders": nodes(*buyers)}, OrderLines=lines)
    assert ask(vendor, Shop, lambda shop: shop.bought_since(ANN, SkuId('7"kg'), AT)) is bought
    query = 'created_at:>=\'2026-11-29T10:00:00Z\' AND sku:"7\\"kg"'
    assert vendor.heard[0] == ("Bought", {"query": query, "after": None})
    assert vendor.heard[1:] == [("OrderLines", {"id": "gid://shopify/Order/2", "after": None})] * bought


@pytest.mark.parametrize(("at", "wanted"), [(None, True), (DONE, False)])
@pytest.mark.parametrize("parcels", [[], ["SUCCESS"]])
def test_an_order_is_wanted_until_it_is_called_off_whatever_has_left(
    at: str | None, wanted: bool, parcels: list[str]
) -> None:
    vendor = Vendor(CalledOff=state(at, *parcels))
    assert ask(vendor, Shop, lambda shop: shop.wanted(ID)) is wanted
    assert vendor.names() == ["CalledOff"]


def test_nobody_says_that_an_order_is_wanted_which_the_shop_does_not_show() -> None:
    with pytest.raises(Rejected) as no:
        ask(Vendor(CalledOff={"order": None}), Shop, lambda shop: shop.wanted(ID))
    assert no.value.code is Code.NOT_FOUND


def test_units_that_left_the_order_were_not_bought() -> None:
    lines = {"order": {"lineItems": nodes(item(7, "1.00", 2, currentQuantity=0))}}
    customer = {"id": "gid://shopify/Customer/31"}
    vendor = Vendor(Bought={"orders": nodes(buyer(2, "", customer=customer))}, OrderLines=lines)
    household = HouseholdId("h-shopify-31")
    assert ask(vendor, Shop, lambda shop: shop.bought_since(household, SkuId("SKU-7"), AT)) is False
    assert vendor.names() == ["Bought", "OrderLines"]


def edit(*lines: Line) -> Edit:
    return Edit(id=EditId("e-1"), at=AT, reason="one less", lines=lines)


def line(no: str, quantity: int, price: str = "10.00", sku: str = "SKU-1") -> Line:
    return Line(id=LineId(no), sku=SkuId(sku), title="x", quantity=quantity, price=eur(price))


CHANGED: dict[str, Any] = {
    "EditBegin": {"orderEditBegin": {"calculatedOrder": {"id": "gid://shopify/CalculatedOrder/3"}, "userErrors": []}},
    "EditQuantity": {"orderEditSetQuantity": {"userErrors": []}},
    "EditAdd": {"orderEditAddVariant": {
        "calculatedLineItem": {"id": "gid://shopify/CalculatedLineItem/x", "originalUnitPriceSet": bag("3.00")},
        "userErrors": [],
    }},
    "EditCommit": {"orderEditCommit": {
        "order": {"currentTotalPriceSet": {"presentmentMoney": {"amount": "17.90", "currencyCode": "EUR"}}},
        "userErrors": [],
    }},
    "Variants": {"productVariants": nodes({"id": "gid://shopify/ProductVariant/20", "sku": "SKU-2"})},
}  # fmt: skip


def test_an_order_is_edited_in_one_session() -> None:
    vendor = Vendor(Order=ORDER, Transactions=PAID, **CHANGED)
    wanted = edit(line("1", 1), line("new", 1, "3.00", "SKU-2"))
    assert ask(vendor, Shop, lambda shop: shop.edit(ID, wanted)) == Edited(order=ID, total=eur("17.90"))
    session = "gid://shopify/CalculatedOrder/3"
    assert vendor.heard[2:] == [
        ("Variants", {"query": 'sku:"SKU-2"', "after": None}), ("EditBegin", {"id": GID}),
        ("EditQuantity", {"id": session, "line": "gid://shopify/CalculatedLineItem/1", "quantity": 1}),
        ("EditAdd", {"id": session, "variant": "gid://shopify/ProductVariant/20", "quantity": 1}),
        ("EditCommit", {"id": session, "note": "one less"}),
    ]  # fmt: skip


def test_an_edit_that_stands_is_found_and_not_made_again() -> None:
    for call in ("edit", "find_edit"):
        vendor = Vendor(Order=ORDER, Transactions=PAID)
        found = ask(vendor, Shop, methodcaller(call, ID, edit(line("1", 2))))
        assert found == Edited(order=ID, total=eur("24.90"))
        assert vendor.names() == ["Order", "Transactions"]
    vendor = Vendor(Order=ORDER, Transactions=PAID)
    assert ask(vendor, Shop, lambda shop: shop.find_edit(ID, edit(line("1", 1)))) is None


EDITED = order(
    "30.00", item(1, "10.00", 3, currentQuantity=2), edited=True, currentTotalPriceSet=bag("20.00"),
    refunds=[{"id": "gid://shopify/Refund/71"}],
)  # fmt: skip
"""Of three one was taken out, by a refund without money."""


def gone_at(at: str) -> dict[str, Any]:
    return {"refund": refund(71, gone(1, 1, "10.00"), processedAt=at)}


@pytest.mark.parametrize(("quantity", "told"), [(4, 3), (2, 1), (1, 0), (0, 0)])
def test_shopify_is_told_how_many_there_are_to_be_and_not_how_many_ever_were(quantity: int, told: int) -> None:
    vendor = Vendor(Order=EDITED, Transactions=money(), Refund=gone_at("2026-11-28T10:00:00Z"), **CHANGED)
    ask(vendor, Shop, lambda shop: shop.edit(ID, edit(line("1", quantity))))
    (given,) = [given for name, given in vendor.heard if name == "EditQuantity"]
    assert given["quantity"] == told
    assert "restock: true" in documents.EDIT_QUANTITY


def test_fewer_than_have_left_a_line_are_no_edit_of_it() -> None:
    node = order("30.00", item(1, "10.00", 3, currentQuantity=1), edited=True, currentTotalPriceSet=bag("10.00"),
                 refunds=[{"id": "gid://shopify/Refund/71"}])  # fmt: skip
    two = {"refund": refund(71, gone(1, 2, "20.00"))}
    vendor = Vendor(Order=node, Transactions=money(), Refund=two, **CHANGED)
    found = refused(vendor, lambda shop: shop.edit(ID, edit(line("1", 1))))
    assert (found.code, found.text) == (Code.INVALID, "order 1001: 2 of line 1 have left it already")
    assert vendor.names() == ["Order", "Transactions", "Refund"]


@pytest.mark.parametrize(
    ("quantity", "at", "found"),
    [
        (3, "2026-11-28T10:00:00Z", True),  # as it was read, and one was gone
        (2, "2026-11-29T10:00:00Z", True),  # this edit took it out
        (2, "2026-11-28T10:00:00Z", False),  # it was gone before, and one more is to go
        (4, "2026-11-28T10:00:00Z", False), (0, "2026-11-29T10:00:00Z", False),
    ],
)  # fmt: skip
def test_what_an_edit_took_out_itself_is_told_from_what_was_gone(quantity: int, at: str, found: bool) -> None:
    vendor = Vendor(Order=EDITED, Transactions=money(), Refund=gone_at(at))
    done = ask(vendor, Shop, lambda shop: shop.find_edit(ID, edit(line("1", quantity))))
    assert done == (Edited(order=ID, total=eur("20.00")) if found else None)


def test_what_was_paid_back_was_not_taken_out_by_an_edit() -> None:
    back = transaction(503, "REFUND", "10.00", 502)
    there = {"refund": refund(71, gone(1, 1, "10.00"), transactions=[back], processedAt="2026-11-29T10:00:00Z")}
    paid = money(transaction(502, "SALE", "30.00"), back)
    vendor = Vendor(Order=EDITED, Transactions=paid, Refund=there)
    assert ask(vendor, Shop, lambda shop: shop.find_edit(ID, edit(line("1", 2)))) is None


def test_a_line_that_is_all_gone_is_found_as_gone() -> None:
    node = order("10.00", item(1, "10.00", 1, currentQuantity=0), edited=True, currentTotalPriceSet=bag("0.00"),
                 refunds=[{"id": "gid://shopify/Refund/71"}])  # fmt: skip
    vendor = Vendor(Order=node, Transactions=money(), Refund=gone_at("2026-11-28T10:00:00Z"))
    assert ask(vendor, Shop, lambda shop: shop.find_edit(ID, edit(line("1", 0)))) == Edited(order=ID, total=eur("0.00"))


def test_what_was_there_before_any_edit_was_not_added_by_one() -> None:
    more = edit(line("new", 2, "10.00", "SKU-1"))
    vendor = Vendor(Order=ORDER, Transactions=PAID)
    assert ask(vendor, Shop, lambda shop: shop.find_edit(ID, more)) is None
    node = order("24.90", item(1, "10.00", 2), shippingLines=nodes(SHIPPING), edited=True)
    vendor = Vendor(Order=node, Transactions=PAID)
    assert ask(vendor, Shop, lambda shop: shop.find_edit(ID, more)) == Edited(order=ID, total=eur("24.90"))


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (line("1", 1, "9.00"), Code.UNSUPPORTED),
        (line("new", 2, "10.00", "SKU-1"), Code.UNSUPPORTED),  # just as many as there are
        (line("new", 1, "10.00", "SKU-1"), Code.UNSUPPORTED),
        (line("new", 1, "3.00", "SKU-9"), Code.NOT_FOUND),
    ],
)
def test_what_cannot_be_edited_is_refused_before_a_session_is_begun(wanted: Line, code: Code) -> None:
    vendor = Vendor(Order=ORDER, Transactions=PAID, **CHANGED)
    assert refused(vendor, lambda shop: shop.edit(ID, edit(wanted))).code is code
    assert not [name for name in vendor.names() if name.startswith("Edit")]


def test_another_price_is_a_conflict_and_nothing_is_committed() -> None:
    vendor = Vendor(Order=ORDER, Transactions=PAID, **CHANGED)
    wanted = edit(line("new", 1, "2.00", "SKU-2"))
    assert refused(vendor, lambda shop: shop.edit(ID, wanted)).code is Code.CONFLICT
    assert vendor.names()[-1] == "EditAdd"
