"""A history says more than an export: what was edited, tried, paid later, and paid back by which tender."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from pawline.kit.exports import Exported, read_orders
from pawline.measure.xray import Report, Settings, judge, sheet_of
from pawline.model import (
    Credit,
    Edit,
    EditId,
    Envelope,
    Event,
    Money,
    Order,
    OrderEdited,
    OrderPaid,
    OrderPlaced,
    Payout,
    Refund,
    RefundId,
    RefundIssued,
    SubscriptionId,
    Tender,
    TenderId,
    TenderKind,
    TenderState,
)
from pawline.model.cloudevents import to_cloudevent
from pawline.model.cloudevents_wire import to_structured
from tests.unit.measure.xray.shop import DAY, HOUR, NOW, found, iso, looked, order, placed

OLD = NOW - 30 * DAY


def moment(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def euro(minor: int) -> Money:
    return Money(minor, "EUR")


@pytest.fixture
def one(tmp_path: Path) -> Order:
    placed(tmp_path, order(1, OLD))
    (read,) = (found.order for found in read_orders(tmp_path / "orders.csv") if isinstance(found, Exported))
    return read


def report(place: Path, told: list[tuple[int, Event]], **tables: str) -> Report:
    """The events as a history, and by kind of source the text of a table."""
    with (place / "past.jsonl").open("wb") as out:
        for at, event in told:
            envelope = Envelope(shop="paws", source="shopify/eu", id=event.fact or "", at=moment(at), event=event)
            out.write(to_structured(to_cloudevent(envelope)) + b"\n")
    for kind, text in tables.items():
        (place / f"{kind}.csv").write_text(text, "utf-8")
    made = looked(place, {"orders": "past.jsonl"} | {kind: f"{kind}.csv" for kind in tables})
    assert made.bad == 0
    return made


def test_an_order_that_was_edited_has_more_than_one_right_bill(tmp_path: Path, one: Order) -> None:
    line = msgspec.structs.replace(one.lines[0], quantity=2)
    edit = Edit(id=EditId("e1"), at=moment(OLD + HOUR), reason="one more", lines=(line,))
    tables = {
        "erp": f"order,reference,at,total,currency\n1,B1,{iso(OLD)},40.00,EUR\n",
        "mails": f"order,at,to\n1,{iso(OLD)},a\n1,{iso(OLD + HOUR)},a\n",
        "parcels": f"order,label,at,sku,quantity\n1,L1,{iso(OLD)},bowl,1\n1,L2,{iso(OLD)},bowl,1\n",
        "stock": f"sku,at,available\nbowl,{iso(OLD - HOUR)},0\n",
        "prices": f"sku,at,price,currency\nbowl,{iso(OLD - 9 * DAY)},19.00,EUR\n",
    }
    plain = (OLD, OrderPlaced(order=one))
    assert found(report(tmp_path, [plain], **tables)) == {
        "erp_amount": 1, "mailed_twice": 1, "shipped_twice": 1, "price": 1
    }  # fmt: skip
    edited = (OLD + HOUR, OrderEdited(order=one.id, edit=edit))
    assert found(report(tmp_path, [plain, edited], **tables)) == {}


def test_a_trial_is_no_order(tmp_path: Path, one: Order) -> None:
    tried = msgspec.structs.replace(one, test=True)
    made = report(tmp_path, [(OLD, OrderPlaced(order=tried))], erp=f"order,at\n2,{iso(NOW - 59 * DAY)}\n")
    assert (found(made), made.orders, made.tests) == ({}, 0, 1)


def test_what_an_autoship_costs_is_not_what_the_page_says(tmp_path: Path, one: Order) -> None:
    line = msgspec.structs.replace(one.lines[0], subscription=SubscriptionId("s1"))
    again = msgspec.structs.replace(one, lines=(line,))
    prices = f"sku,at,price,currency\nbowl,{iso(OLD - 9 * DAY)},22.00,EUR\n"
    assert found(report(tmp_path, [(OLD, OrderPlaced(order=one))], prices=prices)) == {"price": 1}
    assert found(report(tmp_path, [(OLD, OrderPlaced(order=again))], prices=prices)) == {}


@pytest.mark.parametrize(("back", "said"), [("-8.00", {}), ("-7.00", {"refund_missing": 1})])
def test_what_went_back_to_a_gift_card_is_none_of_the_processor_s_business(
    tmp_path: Path, one: Order, back: str, said: dict[str, int]
) -> None:
    card = Tender(id=TenderId("t1"), kind=TenderKind.CARD, amount=euro(800), state=TenderState.CAPTURED)
    gift = Tender(id=TenderId("t2"), kind=TenderKind.GIFT_CARD, amount=euro(1200), state=TenderState.CAPTURED)
    split = msgspec.structs.replace(one, tenders=(card, gift))
    refund = Refund(
        id=RefundId("r1"), at=moment(OLD + HOUR), reason="torn", credits=(Credit(amount=euro(2000)),),
        payouts=(Payout(card.id, euro(800)), Payout(gift.id, euro(1200))),
    )  # fmt: skip
    told: list[tuple[int, Event]] = [
        (OLD, OrderPlaced(order=split)), (OLD + HOUR, RefundIssued(order=one.id, refund=refund))
    ]  # fmt: skip
    payments = (
        f"id,kind,order,at,amount,currency\nt0,charge,,{iso(OLD - DAY)},1.00,EUR\n"
        f"t1,charge,1,{iso(OLD)},8.00,EUR\nt2,refund,1,{iso(OLD + HOUR)},{back},EUR\n"
    )
    made = report(tmp_path, told, payments=payments)
    assert found(made) == said
    assert sum(one.amounts[0].minor for one in made.figures if one.found) == (100 if said else 0)


def test_who_paid_later_waits_from_then_on(tmp_path: Path, one: Order) -> None:
    waits = msgspec.structs.replace(one.tenders[0], kind=TenderKind.TRANSFER, state=TenderState.PENDING)
    unpaid = msgspec.structs.replace(one, tenders=(waits,))
    told: list[tuple[int, Event]] = [(OLD, OrderPlaced(order=unpaid))]
    parcels = f"order,label,at\n1,L1,{iso(OLD + 100 * HOUR)}\n"
    assert found(report(tmp_path, told, parcels=parcels)) == {}
    for hours, said in ((28, {}), (27, {"label_late": 1})):
        paid = OrderPaid(order=one.id, at=moment(OLD + hours * HOUR), paid=one.total)
        made = report(tmp_path, [*told, (OLD + hours * HOUR, paid)], parcels=parcels)
        assert found(made) == said
        assert made.to_label is not None
        assert made.to_label.p50 == (100 - hours) * HOUR


def test_an_export_beside_a_history_counts_no_refund_twice(tmp_path: Path, one: Order) -> None:
    refund = Refund(
        id=RefundId("r1"), at=moment(OLD + HOUR), reason="torn", credits=(Credit(amount=euro(500)),),
        payouts=(Payout(one.tenders[0].id, euro(500)),),
    )  # fmt: skip
    with (tmp_path / "past.jsonl").open("wb") as out:
        for at, event in ((OLD, OrderPlaced(order=one)), (OLD + HOUR, RefundIssued(order=one.id, refund=refund))):
            envelope = Envelope(shop="paws", source="shopify/eu", id=event.fact or "", at=moment(at), event=event)
            out.write(to_structured(to_cloudevent(envelope)) + b"\n")
    placed(tmp_path, order(1, OLD, back="5.00"))
    (tmp_path / "payments.csv").write_text(
        f"id,kind,order,at,amount,currency\nt0,charge,,{iso(OLD - DAY)},1.00,EUR\n"
        f"t1,charge,1,{iso(OLD)},20.00,EUR\nt2,refund,1,{iso(OLD + HOUR)},-5.00,EUR\n", "utf-8",
    )  # fmt: skip
    (tmp_path / "payments.toml").write_text(f'file = "payments.csv"\nuntil = "{iso(NOW + 3 * DAY)}"\n', "utf-8")
    both = [("orders", "past.jsonl"), ("orders", "orders.csv"), ("payments", "payments.toml")]
    (tmp_path / "rows").mkdir()
    sheets = [sheet_of(kind, tmp_path / name) for kind, name in both]
    made = judge(sheets, Settings(until=NOW, scratch=tmp_path), tmp_path / "rows", lambda _: None)
    assert (found(made), made.orders) == ({}, 1)
