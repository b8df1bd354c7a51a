"""Money that Shopify holds: what it did, and what it is asked to do, once."""

from __future__ import annotations

from typing import Any

import pytest

from pawline.model import Money, OrderId, Tender, TenderId, TenderKind, TenderState
from pawline.ports import (
    Authorisation,
    AuthorisationState,
    Capture,
    Code,
    Ledger,
    Payments,
    PortError,
    Receipt,
    Refunded,
    Rejected,
    Transient,
)
from tests.unit.connectors.shopify_vendor import KEY, Vendor, ask, money, refund, transaction

ID, GID, TENDER = OrderId("1001"), "gid://shopify/Order/1001", TenderId("501")
EUR10, EUR4 = Money(1000, "EUR"), Money(400, "EUR")
HELD = Authorisation(order=ID, tender=TENDER, amount=EUR10, state=AuthorisationState.AUTHORISED, reference="501")
TAKEN = Capture(order=ID, tender=TENDER, amount=EUR10, reference="502")
AUTH = transaction(501, "AUTHORIZATION", "10.00")
CAPTURE = transaction(502, "CAPTURE", "10.00", 501)
GONE = {"order": None}


def refused(vendor: Vendor, call: Any) -> PortError:
    with pytest.raises(PortError) as caught:
        ask(vendor, Payments, call)
    return caught.value


def told(node: Any, *errors: str) -> dict[str, Any]:
    return {"orderCapture": {"transaction": node, "userErrors": [{"field": None, "message": one} for one in errors]}}


def test_the_ledger_is_what_did_not_fail() -> None:
    back = transaction(503, "REFUND", "4.00", 502, status="PENDING")
    failed = transaction(504, "REFUND", "6.00", 502, status="FAILURE")
    let_go = [transaction(601, "AUTHORIZATION", "5.00"), transaction(602, "VOID", "5.00", 601)]
    waiting = transaction(701, "AUTHORIZATION", "3.00", status="PENDING")
    cash = [transaction(801, "SALE", "9.00", gateway="cash"), transaction(802, "CHANGE", "2.00", 801)]
    vendor = Vendor(Transactions=money(AUTH, CAPTURE, back, failed, *let_go, waiting, *cash))
    pending = Authorisation(
        order=ID, tender=TenderId("701"), amount=Money(300, "EUR"), state=AuthorisationState.PENDING, reference="701"
    )
    sale = Capture(order=ID, tender=TenderId("801"), amount=Money(700, "EUR"), reference="801")
    assert ask(vendor, Payments, lambda payments: payments.ledger(ID)) == Ledger(
        authorisations=(HELD, pending), captures=(TAKEN, sale),
        refunds=(Refunded(order=ID, tender=TENDER, amount=EUR4, reference="503", settled=False),),
    )  # fmt: skip
    assert vendor.heard == [("Transactions", {"id": GID})]


def test_the_ledger_of_an_order_that_is_none_of_shopifys_is_empty() -> None:
    assert ask(Vendor(Transactions=GONE), Payments, lambda payments: payments.ledger(ID)) == Ledger()
    vendor = Vendor()
    assert ask(vendor, Payments, lambda payments: payments.ledger(OrderId("o-7"))) == Ledger()
    assert vendor.requests == []


def test_money_is_taken_once() -> None:
    vendor = Vendor(Capture=told(CAPTURE))
    assert ask(vendor, Payments, lambda payments: payments.capture(HELD, EUR10)) == TAKEN
    given = {
        "id": GID, "parentTransactionId": "gid://shopify/OrderTransaction/501", "amount": "10.00", "currency": "EUR",
    }  # fmt: skip
    assert vendor.heard == [("Capture", {"input": given})]


@pytest.mark.parametrize(
    ("answer", "error", "code"),
    [
        (told(None, "Amount exceeds what can be captured"), Rejected, Code.INVALID),
        (told(transaction(502, "CAPTURE", "10.00", 501, status="FAILURE")), Rejected, Code.DECLINED),
        (told(transaction(502, "CAPTURE", "10.00", 501, status="PENDING")), Transient, Code.IN_PROGRESS),
    ],
)
def test_money_that_is_not_taken(answer: Any, error: type[PortError], code: Code) -> None:
    found = refused(Vendor(Capture=answer), lambda payments: payments.capture(HELD, EUR10))
    assert (type(found), found.code) == (error, code)


def test_a_capture_of_unknown_outcome_is_looked_up_by_its_amount() -> None:
    for transactions, found in (
        ([AUTH, CAPTURE], TAKEN),
        ([AUTH, transaction(502, "CAPTURE", "4.00", 501)], None),
        ([AUTH, transaction(502, "CAPTURE", "10.00", 501, status="FAILURE")], None),
        ([AUTH, transaction(601, "AUTHORIZATION", "10.00"), transaction(502, "CAPTURE", "10.00", 601)], None),
    ):
        vendor = Vendor(Transactions=money(*transactions))
        assert ask(vendor, Payments, lambda payments: payments.find_capture(HELD, EUR10)) == found


VOIDED: dict[str, Any] = {"transactionVoid": {"transaction": None, "userErrors": []}}


def test_what_was_set_aside_is_let_go_of_once() -> None:
    vendor = Vendor(Transactions=money(AUTH), Void=VOIDED)
    assert ask(vendor, Payments, lambda payments: payments.void(HELD)) == Receipt()
    assert vendor.heard[-1] == ("Void", {"id": "gid://shopify/OrderTransaction/501"})
    vendor = Vendor(Transactions=money(AUTH, transaction(503, "VOID", "10.00", 501)))
    assert ask(vendor, Payments, lambda payments: payments.void(HELD)) == Receipt()
    assert vendor.names() == ["Transactions"]


def test_what_was_taken_is_not_let_go_of() -> None:
    vendor = Vendor(Transactions=money(AUTH, CAPTURE))
    assert refused(vendor, lambda payments: payments.void(HELD)).code is Code.TOO_LATE
    assert vendor.names() == ["Transactions"]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("AUTH_NOT_SUCCESSFUL", Code.GONE),
        ("AUTH_NOT_VOIDABLE", Code.TOO_LATE),
        ("TRANSACTION_NOT_FOUND", Code.NOT_FOUND),
        ("GENERIC_ERROR", Code.INVALID),
    ],
)
def test_why_money_is_not_let_go_of(said: str, code: Code) -> None:
    answer = {"transactionVoid": {"userErrors": [{"code": said, "field": None, "message": "no"}]}}
    vendor = Vendor(Transactions=money(AUTH), Void=answer)
    assert refused(vendor, lambda payments: payments.void(HELD)).code is code


def made(*transactions: Any) -> dict[str, Any]:
    return {"refundCreate": {"refund": refund(71, transactions=transactions), "userErrors": []}}


def test_money_goes_back_with_its_key() -> None:
    answer = made(transaction(503, "REFUND", "4.00", 502, status="PENDING"))
    vendor = Vendor(Transactions=money(AUTH, CAPTURE), RefundCreate=answer)
    found = ask(vendor, Payments, lambda payments: payments.refund(TAKEN, EUR4, "goodwill"))
    assert found == Refunded(order=ID, tender=TENDER, amount=EUR4, reference="503", settled=False)
    assert vendor.heard[-1][1] == {
        "key": KEY,
        "input": {
            "orderId": GID, "note": "goodwill", "currency": "EUR", "notify": False,
            "transactions": [{
                "orderId": GID, "parentId": "gid://shopify/OrderTransaction/502", "kind": "REFUND",
                "gateway": "shopify_payments", "amount": "4.00",
            }],
        },
    }  # fmt: skip


def test_money_that_is_not_given_back_is_refused() -> None:
    answer = made(transaction(503, "REFUND", "4.00", 502, status="FAILURE"))
    vendor = Vendor(Transactions=money(AUTH, CAPTURE), RefundCreate=answer)
    assert refused(vendor, lambda payments: payments.refund(TAKEN, EUR4, "x")).code is Code.DECLINED
    vendor = Vendor(Transactions=money(AUTH))
    assert refused(vendor, lambda payments: payments.refund(TAKEN, EUR4, "x")).code is Code.NOT_FOUND
    assert vendor.names() == ["Transactions"]


def test_nothing_is_set_aside_but_in_shopifys_checkout() -> None:
    tender = Tender(id=TENDER, kind=TenderKind.CARD, amount=EUR10, state=TenderState.PENDING)
    vendor = Vendor()
    error = refused(vendor, lambda payments: payments.authorize(ID, tender))
    assert (type(error), error.code, vendor.requests) == (Rejected, Code.UNSUPPORTED, [])
