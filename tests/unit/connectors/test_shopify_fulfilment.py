"""Shopify's fulfilment orders: asked for, held, released and stopped, by whoever packs them."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from pawline.model import Address, Item, OrderId, Packed, ShipmentId, SkuId
from pawline.ports import (
    Code,
    Fulfilment,
    FulfilmentHold,
    FulfilmentOrder,
    FulfilmentRequest,
    FulfilmentStatus,
    Malformed,
    PortError,
    Progress,
    Receipt,
    Rejected,
    Transient,
)
from tests.unit.connectors.shopify_vendor import Vendor, ask, nodes

ID, GID, A, B = OrderId("1001"), "gid://shopify/Order/1001", SkuId("A"), SkuId("B")
HOME = Address(name="Ann", lines=("Hauptstr. 1",), city="Berlin", postcode="10115", country="DE")
BECAUSE = "recall 7"
HANDLE = "pawline-" + hashlib.sha256(BECAUSE.encode()).hexdigest()[:16]
FINE: dict[str, Any] = {"userErrors": []}
SUBMITTED = {"fulfillmentOrderSubmitFulfillmentRequest": FINE}
HELD = {"fulfillmentOrderHold": FINE}


def line(no: int, sku: str) -> dict[str, Any]:
    return {"id": f"gid://shopify/LineItem/{no}", "sku": sku, "variant": None}


def held(no: int, handle: str | None, *, ours: bool = True) -> dict[str, Any]:
    return {"id": f"gid://shopify/FulfillmentHold/{no}", "handle": handle, "heldByRequestingApp": ours}


def asked(no: int, status: str = "OPEN", request: str = "UNSUBMITTED", *goods: Any, **more: Any) -> dict[str, Any]:
    service = more.pop("service", False)
    lines = [
        {"id": f"gid://shopify/FulfillmentOrderLineItem/{no}{at}", "totalQuantity": count, "lineItem": line(at, sku)}
        for at, (sku, count) in enumerate(goods)
    ]
    return {
        "id": f"gid://shopify/FulfillmentOrder/{no}", "status": status, "requestStatus": request,
        "createdAt": f"2026-11-27T10:00:{no % 60:02}Z", "fulfillmentHolds": [], "fulfillments": nodes(),
        "supportedActions": [{"action": "REQUEST_FULFILLMENT" if service else "CREATE_FULFILLMENT"}],
        "lineItems": nodes(*lines),
    } | more  # fmt: skip


def of(*some: Any, after: str | None = None) -> dict[str, Any]:
    return {"order": {"fulfillmentOrders": nodes(*some, after=after)}}


def one(no: int, *given: Any, **more: Any) -> dict[str, Any]:
    node = asked(no, *given, **more)
    del node["lineItems"]
    return {"fulfillmentOrder": node}


def wanted(*items: Item, part: str = "rest") -> FulfilmentRequest:
    return FulfilmentRequest(order=ID, part=part, items=items, ship_to=HOME, note="with care")


def ref(reference: str, part: str = "rest") -> FulfilmentOrder:
    return FulfilmentOrder(order=ID, part=part, reference=reference)


def name(no: int) -> str:
    return f"gid://shopify/FulfillmentOrder/{no}"


def refused(vendor: Vendor, call: Any) -> PortError:
    with pytest.raises(PortError) as caught:
        ask(vendor, Fulfilment, call)
    return caught.value


def test_a_service_is_asked_once_and_the_shops_own_people_need_not_be() -> None:
    there = [
        of(asked(4, "OPEN", "UNSUBMITTED", ("A", 2), service=True), after="f1"),
        of(asked(5, "OPEN", "UNSUBMITTED", ("B", 1)), asked(6, "OPEN", "ACCEPTED", ("A", 1), service=True)),
    ]
    vendor = Vendor(Fulfilments=there, Submit=SUBMITTED)
    found = ask(vendor, Fulfilment, lambda port: port.request(wanted(Item(A, 3), Item(B, 1))))
    assert found == ref("4,5,6")
    assert vendor.heard == [
        ("Fulfilments", {"id": GID, "after": None}), ("Fulfilments", {"id": GID, "after": "f1"}),
        ("Submit", {"id": name(4), "message": "with care"}),
    ]  # fmt: skip


def test_all_pages_of_its_goods_are_read() -> None:
    first = asked(4, "OPEN", "UNSUBMITTED")
    first["lineItems"] = nodes(after="g1")
    goods = {"id": "gid://shopify/FulfillmentOrderLineItem/9", "totalQuantity": 1, "lineItem": line(1, "A")}
    vendor = Vendor(Fulfilments=of(first), FulfilmentGoods={"fulfillmentOrder": {"lineItems": nodes(goods)}})
    assert ask(vendor, Fulfilment, lambda port: port.request(wanted(Item(A, 1)))) == ref("4")
    assert vendor.heard[-1] == ("FulfilmentGoods", {"id": name(4), "after": "g1"})


@pytest.mark.parametrize(
    "there",
    [
        of(),
        {"order": None},
        of(asked(4, "OPEN", "UNSUBMITTED", ("A", 2))),
        of(asked(4, "OPEN", "UNSUBMITTED", ("A", 1), ("B", 1))),
        of(asked(4, "CANCELLED", "UNSUBMITTED", ("A", 1))),
        of(asked(4, "CLOSED", "UNSUBMITTED", ("A", 1))),
    ],
)
def test_goods_that_shopify_does_not_send_just_so_are_refused_and_nobody_is_asked(there: Any) -> None:
    vendor = Vendor(Fulfilments=there)
    error = refused(vendor, lambda port: port.request(wanted(Item(A, 1))))
    assert (type(error), error.code, vendor.names()) == (Rejected, Code.INVALID, ["Fulfilments"])


def test_what_is_asked_of_an_order_is_told_oldest_first_without_what_was_called_off() -> None:
    stopped = asked(7, "ON_HOLD", fulfillmentHolds=[held(1, "pawline-cancelled")])
    replaced, sent = asked(4, "CLOSED"), asked(3, "CLOSED", fulfillments=nodes({"status": "SUCCESS"}))
    vendor = Vendor(Fulfilments=of(asked(5), asked(6, "CANCELLED"), stopped, replaced, sent))
    assert ask(vendor, Fulfilment, lambda port: port.of(ID)) == (ref("3", "3"), ref("5", "5"))
    assert ask(Vendor(Fulfilments={"order": None}), Fulfilment, lambda port: port.of(ID)) == ()
    assert ask(Vendor(), Fulfilment, lambda port: port.of(OrderId("o-7"))) == ()


@pytest.mark.parametrize(
    ("node", "progress"),
    [
        (one(4), Progress.ACCEPTED),
        (one(4, "SCHEDULED"), Progress.ACCEPTED),
        (one(4, "IN_PROGRESS"), Progress.PICKING),
        (one(4, "ON_HOLD", fulfillmentHolds=[held(1, "other", ours=False)]), Progress.ON_HOLD),
        (one(4, "ON_HOLD", fulfillmentHolds=[held(1, "pawline-cancelled")]), Progress.CANCELLED),
        (one(4, "ON_HOLD", fulfillmentHolds=[held(1, "pawline-cancelled", ours=False)]), Progress.ON_HOLD),
        (one(4, "OPEN", "REJECTED"), Progress.EXCEPTION),
        (one(4, "INCOMPLETE"), Progress.EXCEPTION),
        (one(4, "CANCELLED"), Progress.CANCELLED),
        (one(4, "CLOSED"), Progress.CANCELLED),
    ],
)
def test_how_far_it_is(node: Any, progress: Progress) -> None:
    vendor = Vendor(Fulfilment=node)
    assert ask(vendor, Fulfilment, lambda port: port.status(ref("4"))) == FulfilmentStatus(progress=progress)


def test_what_left_is_told_by_parcel() -> None:
    def parcel(no: int, status: str, *goods: tuple[str, int]) -> dict[str, Any]:
        lines = [{"quantity": count, "lineItem": line(1, sku)} for sku, count in goods]
        return {"id": f"gid://shopify/Fulfillment/{no}", "status": status, "fulfillmentLineItems": nodes(*lines)}

    second = parcel(82, "CANCELLED", ("B", 9)), parcel(83, "SUCCESS", ("A", 2))
    any_ = nodes({"status": "SUCCESS"})
    vendor = Vendor(
        Fulfilment=[one(4, "CLOSED", fulfillments=any_), one(5, "IN_PROGRESS")],
        Parcels=[
            {"fulfillmentOrder": {"fulfillments": nodes(parcel(81, "SUCCESS", ("A", 1)), after="p1")}},
            {"fulfillmentOrder": {"fulfillments": nodes(*second)}},
        ],
    )  # fmt: skip
    assert ask(vendor, Fulfilment, lambda port: port.status(ref("4,5"))) == FulfilmentStatus(
        progress=Progress.PICKING, shipment=ShipmentId("83"), packed=(Packed(sku=A, quantity=3),)
    )  # fmt: skip


OFF: dict[str, Any] = {"fulfillments": nodes({"status": "CANCELLED"}, {"status": "FAILURE"})}
"""Two parcels, neither of which left in the end."""


def test_a_parcel_that_was_called_off_has_not_left_and_what_stands_for_it_is_looked_at() -> None:
    """It closed a fulfilment order, and another was made for its goods: they may still be sent, held and stopped."""
    there = of(
        asked(4, "CLOSED", "UNSUBMITTED", ("A", 2), **OFF), asked(3, "OPEN", "UNSUBMITTED", ("A", 1)),
        asked(5, "ON_HOLD", "UNSUBMITTED", ("A", 2)), asked(6, "OPEN", "UNSUBMITTED", ("B", 1)),
    )  # fmt: skip
    none = {"fulfillmentOrder": {"fulfillments": nodes()}}
    vendor = Vendor(Fulfilment=one(4, "CLOSED", **OFF), Fulfilments=there, Parcels=none, Hold=HELD)
    assert ask(vendor, Fulfilment, lambda port: port.status(ref("4"))) == FulfilmentStatus(progress=Progress.ON_HOLD)
    assert vendor.names() == ["Fulfilment", "Fulfilments"]
    assert ask(vendor, Fulfilment, lambda port: port.cancel(ref("4"))) == Receipt()
    assert (vendor.heard[-1][0], vendor.heard[-1][1]["id"]) == ("Hold", name(5))
    assert ask(vendor, Fulfilment, lambda port: port.of(ID)) == (ref("3", "3"), ref("5", "5"), ref("6", "6"))


def test_where_nothing_stands_for_a_parcel_that_was_called_off_nothing_is_to_be_sent() -> None:
    there, none = (
        of(asked(4, "CLOSED", "UNSUBMITTED", ("A", 2), **OFF)),
        {"fulfillmentOrder": {"fulfillments": nodes()}},
    )
    vendor = Vendor(Fulfilment=one(4, "CLOSED", **OFF), Fulfilments=there, Parcels=none)
    assert ask(vendor, Fulfilment, lambda port: port.status(ref("4"))).progress is Progress.CANCELLED


@pytest.mark.parametrize(
    "parcels",
    [nodes({"status": "CANCELLED"}, {"status": "SUCCESS"}), nodes({"status": "CANCELLED"}, after="p5")],
    ids=["another left", "there are more than were asked for"],
)
def test_a_parcel_beside_one_that_was_called_off_has_left(parcels: Any) -> None:
    sent = {"fulfillmentOrder": {"fulfillments": nodes()}}
    vendor = Vendor(Fulfilment=one(4, "CLOSED", fulfillments=parcels), Parcels=sent)
    assert ask(vendor, Fulfilment, lambda port: port.status(ref("4"))).progress is Progress.SHIPPED


@pytest.mark.parametrize(
    ("there", "chosen"),
    [
        ([asked(4, "CLOSED", "CLOSED", ("A", 2), fulfillments=nodes({"status": "SUCCESS"})),
          asked(5, "OPEN", "UNSUBMITTED", ("A", 2))], "5"),
        ([asked(4, "CLOSED", "CLOSED", ("A", 2), fulfillments=nodes({"status": "SUCCESS"}))], "4"),
        ([asked(4, "OPEN", "UNSUBMITTED", ("A", 1)), asked(5, "OPEN", "UNSUBMITTED", ("A", 2))], "5"),
    ],
    ids=["what has not left", "what left, where nothing else is there", "the largest that fits"],
)  # fmt: skip
def test_which_of_several_is_asked_for(there: list[Any], chosen: str) -> None:
    vendor = Vendor(Fulfilments=of(*there))
    assert ask(vendor, Fulfilment, lambda port: port.request(wanted(Item(A, 2)))) == ref(chosen)


def test_what_is_not_there_is_not_found() -> None:
    for vendor, reference in ((Vendor(Fulfilment={"fulfillmentOrder": None}), "4"), (Vendor(), "4,x")):
        error = refused(vendor, lambda port, reference=reference: port.status(ref(reference)))
        assert (type(error), error.code) == (Rejected, Code.NOT_FOUND)


def test_a_hold_has_a_name_by_which_it_is_put_once_and_released() -> None:
    other = held(1, None, ours=False)
    vendor = Vendor(Fulfilment=one(4, fulfillmentHolds=[other]), Hold=HELD)
    found = ask(vendor, Fulfilment, lambda port: port.hold(ref("4"), BECAUSE))
    assert found == FulfilmentHold(fulfilment=ref("4"), reference=HANDLE)
    hold = {"reason": "OTHER", "reasonNotes": BECAUSE, "handle": HANDLE, "notifyMerchant": False}
    assert vendor.heard[-1] == ("Hold", {"id": name(4), "hold": hold})

    there = one(4, "ON_HOLD", fulfillmentHolds=[other, held(2, HANDLE)])
    vendor = Vendor(Fulfilment=there)
    assert ask(vendor, Fulfilment, lambda port: port.hold(ref("4"), BECAUSE)) == found
    assert vendor.names() == ["Fulfilment"]

    vendor = Vendor(Fulfilment=there, Release={"fulfillmentOrderReleaseHold": FINE})
    assert ask(vendor, Fulfilment, lambda port: port.release(found)) == Receipt()
    assert vendor.heard[-1] == ("Release", {"id": name(4), "holds": ["gid://shopify/FulfillmentHold/2"]})

    vendor = Vendor(Fulfilment=one(4, fulfillmentHolds=[other]))
    assert ask(vendor, Fulfilment, lambda port: port.release(found)) == Receipt()
    assert vendor.names() == ["Fulfilment"]


@pytest.mark.parametrize("status", ["CLOSED", "CANCELLED"])
def test_what_has_left_is_not_held(status: str) -> None:
    vendor = Vendor(Fulfilment=one(4, status))
    assert refused(vendor, lambda port: port.hold(ref("4"), BECAUSE)).code is Code.TOO_LATE
    assert vendor.names() == ["Fulfilment"]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("FULFILLMENT_ORDER_HOLD_LIMIT_REACHED", Code.NOT_ALLOWED),
        ("FULFILLMENT_ORDER_NOT_FOUND", Code.NOT_FOUND),
        ("TAKEN", Code.INVALID),
    ],
)
def test_why_it_is_not_held(said: str, code: Code) -> None:
    errors = {"fulfillmentOrderHold": {"userErrors": [{"code": said, "field": None, "message": "no"}]}}
    assert refused(Vendor(Fulfilment=one(4), Hold=errors), lambda port: port.hold(ref("4"), BECAUSE)).code is code


@pytest.mark.parametrize(("then", "code"), [("CLOSED", Code.TOO_LATE), ("IN_PROGRESS", Code.INVALID)])
@pytest.mark.parametrize("do", ["hold", "stop"])
def test_what_leaves_between_our_look_and_our_word_is_too_late(then: str, code: Code, do: str) -> None:
    errors = {"fulfillmentOrderHold": {"userErrors": [{"message": "cannot be held in its state", "code": "TAKEN"}]}}
    vendor = Vendor(Fulfilment=[one(4), one(4, then)], Hold=errors)
    calls = {"hold": lambda port: port.hold(ref("4"), BECAUSE), "stop": lambda port: port.cancel(ref("4"))}
    assert refused(vendor, calls[do]).code is code
    assert vendor.names() == ["Fulfilment", "Hold", "Fulfilment"]


def test_a_hold_that_came_first_is_the_same_hold() -> None:
    said = [{"code": "DUPLICATE_FULFILLMENT_HOLD_HANDLE", "field": None, "message": "twice"}]
    vendor = Vendor(Fulfilment=one(4), Hold={"fulfillmentOrderHold": {"userErrors": said}})
    assert ask(vendor, Fulfilment, lambda port: port.hold(ref("4"), BECAUSE)).reference == HANDLE


def test_what_the_shops_own_people_pack_is_stopped_by_a_hold_that_stays() -> None:
    vendor = Vendor(Fulfilment=one(4, "IN_PROGRESS"), Hold=HELD)
    assert ask(vendor, Fulfilment, lambda port: port.cancel(ref("4"))) == Receipt()
    assert vendor.heard[-1][1]["hold"]["handle"] == "pawline-cancelled"


@pytest.mark.parametrize(
    ("node", "told", "error"),
    [
        (one(4, "CANCELLED"), [], None),
        (one(4, "CLOSED"), [], None),
        (one(4, "ON_HOLD", fulfillmentHolds=[held(1, "pawline-cancelled")]), [], None),
        (one(4, "CLOSED", fulfillments=nodes({"status": "SUCCESS"})), [], (Rejected, Code.TOO_LATE)),
        (one(4, "OPEN", "SUBMITTED"), ["Withdraw"], None),
        (one(4, "IN_PROGRESS", "ACCEPTED"), ["AskBack"], (Transient, Code.IN_PROGRESS)),
        (one(4, "IN_PROGRESS", "CANCELLATION_REQUESTED"), [], (Transient, Code.IN_PROGRESS)),
        (one(4, "IN_PROGRESS", "CANCELLATION_REJECTED"), [], (Rejected, Code.TOO_LATE)),
    ],
)
def test_a_service_is_asked_back(node: Any, told: list[str], error: Any) -> None:
    vendor = Vendor(
        Fulfilment=node, Withdraw={"fulfillmentOrderCancel": FINE},
        AskBack={"fulfillmentOrderSubmitCancellationRequest": FINE},
    )  # fmt: skip
    if error is None:
        assert ask(vendor, Fulfilment, lambda port: port.cancel(ref("4"))) == Receipt()
    else:
        found = refused(vendor, lambda port: port.cancel(ref("4")))
        assert (type(found), found.code) == error
    assert vendor.names() == ["Fulfilment", *told]


@pytest.mark.parametrize("body", [{}, {"fulfillmentOrderHold": {}}, {"a": FINE, "b": FINE}])
def test_an_answer_to_something_else_is_a_developers(body: Any) -> None:
    assert type(refused(Vendor(Fulfilment=one(4), Hold=body), lambda port: port.hold(ref("4"), BECAUSE))) is Malformed
