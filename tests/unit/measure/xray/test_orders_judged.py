"""Each kind at its edge: what is certain is found; what has an honest reason, or is too young, is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.measure.xray.shop import DAY, HOUR, NOW, figure, found, iso, judged, looked, order, placed, table

OLD = NOW - 30 * DAY


ERP = "order,reference,at,total,currency,state"
FIRST = f"1,B0,{iso(NOW - 59 * DAY)},20.00,EUR,"


@pytest.mark.parametrize(
    ("at", "state", "back", "said"),
    [
        (OLD, "paid", "0", (1, 2, 0, 0)),
        (OLD, "authorized", "0", (1, 2, 0, 0)),
        (OLD, "pending", "0", (0, 1, 0, 1)),
        (OLD, "refunded", "20.00", (0, 1, 0, 1)),
        (OLD, "partially_refunded", "5.00", (1, 2, 0, 0)),
        (NOW - 24 * HOUR, "paid", "0", (1, 2, 0, 0)),
        (NOW - 24 * HOUR + 60, "paid", "0", (0, 1, 1, 0)),
        (NOW - 61 * DAY, "paid", "0", (0, 1, 0, 0)),
        (NOW - 60 * DAY + HOUR, "paid", "0", (0, 1, 0, 1)),
    ],
)
def test_an_order_is_missing_once_it_must_be_there(
    tmp_path: Path, at: int, state: str, back: str, said: tuple[int, ...]
) -> None:
    placed(tmp_path, order(1, NOW - 59 * DAY), order(2, at, state=state, back=back))
    table(tmp_path, "erp.csv", ERP, FIRST)
    assert judged(figure(tmp_path, "erp_missing", {"erp": "erp.csv"})) == said


@pytest.mark.parametrize(
    ("days", "state", "said"),
    [
        (30, "", (1, 2, 0, 0)),
        (30, "cancelled", (0, 1, 0, 0)),
        (54, "", (0, 1, 1, 0)),
        (0, "", (0, 1, 1, 0)),
    ],
)
def test_an_entry_is_unknown_where_the_shop_s_file_reaches(
    tmp_path: Path, days: int, state: str, said: tuple[int, ...]
) -> None:
    placed(tmp_path, order(1, NOW - 59 * DAY))
    table(tmp_path, "erp.csv", ERP, FIRST, f"99,B9,{iso(NOW - days * DAY)},5.00,EUR,{state}")
    assert judged(figure(tmp_path, "erp_unknown", {"erp": "erp.csv"})) == said


@pytest.mark.parametrize(
    ("entries", "key"),
    [
        (["B1,20.00,EUR,"], None),
        (["B1,19.99,EUR,"], "erp_amount"),
        (["B1,20.01,EUR,"], "erp_amount"),
        (["B1,22.00,USD,"], None),
        (["B1,,,"], None),
        (["B1,20.00,EUR,", "B2,20.00,EUR,"], "erp_twice"),
        (["B1,20.00,EUR,", "B1,20.00,EUR,"], None),
        (["B1,20.00,EUR,cancelled", "B2,20.00,EUR,"], None),
        (["B1,20.00,EUR,", "B1,20.00,EUR,cancelled", "B2,20.00,EUR,"], None),
        (["B1,10.00,EUR,", "B2,10.00,EUR,"], None),
        (["B1,,,", "B2,,,"], None),
    ],
)
def test_entries_come_to_the_order(tmp_path: Path, entries: list[str], key: str | None) -> None:
    placed(tmp_path, order(1, OLD))
    at = iso(OLD + HOUR)
    lines = [f"#1,{name},{at},{rest}" for name, rest in (one.split(",", 1) for one in entries)]
    table(tmp_path, "erp.csv", ERP, *lines)
    assert found(looked(tmp_path, {"orders": "orders.csv", "erp": "erp.csv"})) == ({key: 1} if key else {})


@pytest.mark.parametrize(("there", "said"), [("15.00", 0), ("20.00", 0), ("17.00", 0), ("14.99", 1)])
def test_refunds_may_be_off_the_amount_or_not_yet(tmp_path: Path, there: str, said: int) -> None:
    placed(tmp_path, order(1, OLD, back="5.00", state="partially_refunded"))
    table(tmp_path, "erp.csv", ERP, f"1,B1,{iso(OLD + HOUR)},{there},EUR,")
    assert figure(tmp_path, "erp_amount", {"erp": "erp.csv"}).found == said


@pytest.mark.parametrize(("hours", "said"), [(24, (0, 1, 0, 0)), (25, (1, 1, 0, 0)), (-1, (0, 0, 0, 1))])
def test_late_is_later_than_was_given_and_before_it_was_placed_is_another_zone(
    tmp_path: Path, hours: int, said: tuple[int, ...]
) -> None:
    placed(tmp_path, order(1, OLD))
    table(tmp_path, "erp.csv", ERP, f"1,B1,{iso(OLD + hours * HOUR)},20.00,EUR,")
    assert judged(figure(tmp_path, "erp_late", {"erp": "erp.csv"})) == said


LABELS = "order,label,parcel,at,sku,quantity,state"


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (["L1,P1,1,bowl,1,"], (0, 1, 0, 0)),
        (["L1,P1,1,bowl,1,", "L2,P1,9,bowl,1,"], (1, 1, 0, 0)),
        (["L1,P1,1,bowl,1,", "L1,P1,1,bowl,1,"], (0, 1, 0, 0)),
        (["L1,P1,1,bowl,1,", "L2,P1,9,bowl,1,voided"], (0, 1, 0, 0)),
        (["L1,P1,1,bowl,1,", "L2,P2,9,bowl,1,"], (1, 1, 0, 0)),
        (["L1,P1,1,bowl,1,", "L2,P2,9,bowl,1,replacement"], (0, 1, 0, 0)),
        (["L1,P1,1,bowl,1,", "L2,P2,9,gift,1,"], (0, 0, 0, 1)),
        (["L1,P1,1,half,1,", "L2,P2,9,half,1,"], (0, 0, 0, 1)),
        (["L1,,1,,,", "L2,,9,,,"], (0, 0, 0, 1)),
        (["L1,P1,1,,,", "L2,P2,9,,,"], (0, 1, 0, 0)),
        (["L1,P1,1,,,", "L2,P1,9,,,"], (1, 1, 0, 0)),
        (["L1,P1,1,half,1,", "L2,P1,9,other,1,"], (0, 0, 0, 1)),  # two boxes of one shipment
    ],
)
def test_a_second_label_is_one_too_many_only_where_the_files_say_so(
    tmp_path: Path, labels: list[str], said: tuple[int, ...]
) -> None:
    placed(tmp_path, order(1, OLD))
    lines = []
    for one in labels:
        label, parcel, hours, rest = one.split(",", 3)
        lines.append(f"1,{label},{parcel},{iso(OLD + int(hours) * HOUR)},{rest}")
    table(tmp_path, "parcels.csv", LABELS, *lines)
    assert judged(figure(tmp_path, "shipped_twice", {"parcels": "parcels.csv"})) == said


MAILS = "order,at,message,to,kind,state,cause"


@pytest.mark.parametrize(
    ("second", "said"),
    [
        ("m2,a@example.org,confirmation,sent,", (1, 1, 0, 0)),
        ("m1,a@example.org,confirmation,sent,", (0, 1, 0, 0)),
        ("m2,b@example.org,confirmation,sent,", (0, 1, 0, 0)),
        ("m2,,confirmation,sent,", (0, 0, 0, 1)),
        ("m2,a@example.org,shipped,sent,", (0, 1, 0, 0)),
        ("m2,a@example.org,confirmation,bounced,", (0, 1, 0, 0)),
        ("m2,a@example.org,confirmation,sent,manual", (0, 1, 0, 0)),
    ],
)
def test_two_confirmations_to_one_address(tmp_path: Path, second: str, said: tuple[int, ...]) -> None:
    placed(tmp_path, order(1, OLD))
    first = "m1,A@example.org,confirmation,sent,"
    table(tmp_path, "mails.csv", MAILS, *(f"1,{iso(OLD + n)},{one}" for n, one in enumerate((first, second))))
    assert judged(figure(tmp_path, "mailed_twice", {"mails": "mails.csv"})) == said
