"""The Olist sample, read as it is: every order is an order or a reason; and a small folder, exactly."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from pawline.kit.exports import BadRow, Exported, WrongExport, read_orders
from pawline.model import Money, TenderKind
from pawline.model.order import outstanding

SAMPLE = Path(__file__).parents[5] / "shared" / "data" / "olist"
ORDERS = """\
order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,order_delivered_carrier_date,order_delivered_customer_date,order_estimated_delivery_date
o1,c1,delivered,2018-01-02 10:00:00,,2018-01-03 10:00:00,2018-01-09 10:00:00,
o2,c2,canceled,2018-01-02 11:00:00,,,,
o3,c3,shipped,2018-01-02 12:00:00,,,,
o4,c4,shipped,,,,,
"""
ITEMS = """\
order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value
o1,1,p1,s,2018-01-03 00:00:00,10.0,2.5
o1,2,p1,s,2018-01-03 00:00:00,10.0,2.5
o1,3,p2,s,2018-01-03 00:00:00,5.99,0
o2,1,p1,s,2018-01-03 00:00:00,10.0,1
o3,1,p1,s,2018-01-03 00:00:00,10.0,1
o4,1,p1,s,2018-01-03 00:00:00,10.0,1
"""
PAYMENTS = """\
order_id,payment_sequential,payment_type,payment_installments,payment_value
o1,1,voucher,1,20.00
o1,2,credit_card,3,11.00
o2,1,boleto,1,11
o3,1,credit_card,10,12.5
"""
REVIEWS = "review_id,order_id,review_score\nr1,o1,2\nr2,o1,5\n"


def folder(tmp_path: Path, **tables: str) -> Path:
    given = {"orders": ORDERS, "order_items": ITEMS, "order_payments": PAYMENTS, "order_reviews": REVIEWS} | tables
    for name, text in given.items():
        if text:
            (tmp_path / f"{name}.csv").write_text(text, "utf-8")
    return tmp_path


def test_a_small_folder_exactly(tmp_path: Path) -> None:
    one, two, three, four = read_orders(folder(tmp_path))
    assert isinstance(one, Exported)
    assert [(line.sku, line.quantity, line.price.minor) for line in one.order.lines] == [
        ("p1", 2, 1000),
        ("p2", 1, 599),
    ]
    assert [(each.kind, each.amount.minor) for each in one.order.tenders] == [
        (TenderKind.STORE_CREDIT, 2000), (TenderKind.CARD, 1100)
    ]  # fmt: skip
    assert (one.order.total, one.order.rounding) == (Money(3100, "BRL"), Money(1, "BRL"))
    assert (one.order.placed_at.isoformat(), one.score, one.cancelled) == ("2018-01-02T10:00:00-02:00", 5, False)
    assert one.delivered_at is not None
    assert isinstance(two, Exported)
    assert (two.cancelled, two.score, two.shipped_at) == (True, None, None)
    assert three == BadRow(
        4, "o3", "12.50 BRL were paid for a bill of 11.00 BRL: interest of instalments, or a payment is missing"
    )
    assert four == BadRow(5, "o4", "it has no time of purchase")


@pytest.mark.parametrize(
    ("tables", "says"),
    [
        ({"order_items": ""}, "has no order_items.csv (or olist_order_items_dataset.csv, or either as .gz)"),
        ({"orders": "id,when\n"}, "orders.csv: there is no column 'order_id' in its first line"),
    ],
)
def test_a_folder_that_lacks_a_table_or_a_column_is_refused(tables: dict[str, str], says: str, tmp_path: Path) -> None:
    with pytest.raises(WrongExport) as problem:
        list(read_orders(folder(tmp_path, **tables)))
    assert says in str(problem.value)


@pytest.mark.skipif(not SAMPLE.is_dir(), reason="../shared/data is beside this checkout only")
def test_every_order_of_the_sample_is_an_order_that_owes_nothing_or_a_reason() -> None:
    found = list(read_orders(SAMPLE))
    orders = [one.order for one in found if isinstance(one, Exported)]
    assert (len(found), len(orders)) == (8_135, 7_338)
    assert {outstanding(one) for one in orders} == {Money(0, "BRL")}
    whys = Counter(one.why.split(" (")[0] for one in found if isinstance(one, BadRow) and "were paid" not in one.why)
    assert whys == {"it has no items": 775}
    assert sum(len(one.tenders) > 1 for one in orders) > 100
