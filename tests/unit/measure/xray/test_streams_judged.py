"""What is judged by payout, by SKU and by time: certain ones are found, and what may have a reason is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.measure.xray.shop import DAY, HOUR, NOW, figure, found, iso, judged, looked, order, placed, table

OLD = NOW - 30 * DAY


PAYMENTS = "id,kind,order,at,amount,currency,net,payout"


def payments(place: Path, *lines: str, until: int = NOW + DAY) -> dict[str, str]:
    first = f"first,charge,,{iso(NOW - 59 * DAY)},1.00,EUR,1.00,"
    table(place, "payments.csv", PAYMENTS, first, *lines)
    (place / "payments.toml").write_text(f'file = "payments.csv"\nuntil = "{iso(until)}"\n', "utf-8")
    return {"payments": "payments.toml"}


def charge(minor: str, kind: str = "charge", hours: int = 0, currency: str = "EUR") -> str:
    return f"t{kind}{hours}{minor},{kind},1,{iso(OLD + hours * HOUR)},{minor},{currency},{minor},"


@pytest.mark.parametrize(
    ("back", "moves", "key"),
    [
        ("5.00", [charge("20.00"), charge("-5.00", "refund", 3)], None),
        ("5.00", [charge("20.00")], "refund_missing"),
        ("5.00", [charge("15.00")], None),  # the rest was paid by something else
        ("5.00", [charge("22.00", currency="USD")], None),
        ("0", [charge("20.00"), charge("-5.00", "refund", 3)], "refund_unknown"),
        ("0", [charge("20.00"), charge("-5.00", "adjustment", 3)], None),
        ("0", [charge("20.00"), charge("-5.00", "refund", 3), charge("5.00", "refund_failure", 9)], None),
        ("20.00", [charge("20.00"), charge("-20.00", "refund", 3), charge("-20.00", "refund", 4)], "refund_more"),
        ("20.00", [charge("-20.00", "refund", 3)], None),  # it was charged before the file begins
        ("20.00", [charge("20.00"), charge("5.00", "adjustment", 3), charge("-22.00", "refund", 4)], "refund_more"),
        ("20.00", [charge("20.00"), charge("20.00") + "po_1", charge("-22.00", "refund", 4)], "refund_more"),
    ],
)
def test_refunds_of_an_order_that_the_processor_has_whole(
    tmp_path: Path, back: str, moves: list[str], key: str | None
) -> None:
    placed(tmp_path, order(1, OLD, back=back, state="paid"))
    report = looked(tmp_path, {"orders": "orders.csv"} | payments(tmp_path, *moves))
    assert found(report) == ({key: 1} if key else {})


def test_a_refund_of_unknown_time_is_judged_by_a_file_that_was_made_a_day_later(tmp_path: Path) -> None:
    placed(tmp_path, order(1, OLD, back="5.00"))
    early = figure(tmp_path, "refund_missing", payments(tmp_path, charge("20.00"), until=NOW + DAY - 60))
    assert judged(early) == (0, 0, 1, 0)
    assert judged(figure(tmp_path, "refund_missing", payments(tmp_path, charge("20.00")))) == (1, 1, 0, 0)


def test_a_refund_of_the_last_day_may_not_be_in_the_shop_yet(tmp_path: Path) -> None:
    placed(tmp_path, order(1, OLD))
    late = f"r,refund,1,{iso(NOW - HOUR)},-5.00,EUR,-5.00,"
    said = judged(figure(tmp_path, "refund_unknown", payments(tmp_path, charge("20.00"), late)))
    assert said == (0, 0, 1, 0)


def test_a_payout_is_judged_where_the_file_has_all_of_it(tmp_path: Path) -> None:
    placed(tmp_path, order(1, OLD))
    lines = []
    for name, days in (("p1", 50), ("p2", 40), ("p3", 30), ("p4", 20)):
        lines.append(f"c{name},charge,,{iso(NOW - (days + 2) * DAY)},10.00,EUR,9.50,{name}")
        lines.append(f"x{name},payout,,{iso(NOW - days * DAY)},{'-9.50' if name == 'p2' else '-9.40'},EUR,0,{name}")
    lines.append(f"alone,payout,,{iso(NOW - 10 * DAY)},-3.00,EUR,0,p5")
    one = figure(tmp_path, "payout", payments(tmp_path, *lines))
    assert judged(one) == (2, 3, 0, 1)  # p1 may hold what is older than the file; p5 names nothing
    assert [(first.about, first.amount) for first in one.first] == [("p3", 10), ("p4", 10)]
    assert one.first[0].what == "paid out 9.40 EUR, its 1 transactions come to 9.50 EUR"


@pytest.mark.parametrize(
    ("days", "amount", "said"),
    [
        ((40, 30), "-9.40", (1, 1, 0, 1)),  # the first of all may hold what is older than the file
        ((57, 50), "-9.40", (0, 0, 0, 2)),  # so may one of the first two weeks
        ((40, 30), "9.50", (1, 1, 0, 1)),  # it took from the bank what it should have given
    ],
)
def test_a_payout_may_hold_what_is_older_than_the_file(
    tmp_path: Path, days: tuple[int, ...], amount: str, said: tuple[int, ...]
) -> None:
    placed(tmp_path, order(1, OLD))
    lines = []
    for n in days:
        lines.append(f"c{n},charge,,{iso(NOW - n * DAY - HOUR)},10.00,EUR,9.50,p{n}")
        lines.append(f"x{n},payout,,{iso(NOW - n * DAY)},{amount},EUR,0,p{n}")
    assert judged(figure(tmp_path, "payout", payments(tmp_path, *lines))) == said


def test_a_payout_that_takes_from_the_bank_is_what_its_transactions_come_to(tmp_path: Path) -> None:
    placed(tmp_path, order(1, OLD))
    lines = []
    for n in (40, 30):
        lines.append(f"c{n},refund,,{iso(NOW - n * DAY - HOUR)},-10.00,EUR,-10.00,p{n}")
        lines.append(f"x{n},payout,,{iso(NOW - n * DAY)},10.00,EUR,0,p{n}")
    assert judged(figure(tmp_path, "payout", payments(tmp_path, *lines))) == (0, 1, 0, 1)


def stock(place: Path, *lines: str, complete: bool = False) -> dict[str, str]:
    table(place, "stock.csv", "sku,at,available,change,location,backorder", *lines)
    (place / "stock.toml").write_text(f'file = "stock.csv"\ncomplete = {str(complete).lower()}\n', "utf-8")
    return {"stock": "stock.toml"}


@pytest.mark.parametrize(
    ("lines", "complete", "said"),
    [
        (["bowl,-2,0,,,"], True, 1),
        (["bowl,-2,0,,,"], False, 0),  # it may have been filled up
        (["bowl,-2,0,,,", "bowl,-1,,1,,"], True, 0),
        (["bowl,-2,1,,,"], True, 0),
        (["bowl,-2,0,,,yes"], True, 0),
        (["bowl,0,0,,,"], True, 0),  # it may be off the count already
        (["bowl,-2,0,,a,", "bowl,-2,1,,b,"], True, 0),
        (["bowl,-9,0,,b,", "bowl,-2,0,,a,"], True, 0),  # places counted at different times do not add up
        (["bowl,-2,1,,,", "bowl,2,-1,,,"], False, 1),
        (["bowl,-2,0,,,", "bowl,2,-1,,,"], True, 1),
        (["bowl,2,-1,,,yes"], False, 0),
    ],
)
def test_more_were_sold_than_there_were(tmp_path: Path, lines: list[str], complete: bool, said: int) -> None:
    placed(tmp_path, order(1, OLD))
    at = [one.split(",", 2) for one in lines]
    rows = [f"{sku},{iso(OLD + int(hours) * HOUR)},{rest}" for sku, hours, rest in at]
    assert figure(tmp_path, "oversold", stock(tmp_path, *rows, complete=complete)).found == said


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ([(-48, "20.00")], (0, 1, 0, 0)),
        ([(-48, "19.00")], (1, 1, 0, 0)),
        ([(-48, "20.00"), (-23, "19.00")], (0, 1, 0, 0)),  # the cart was filled before
        ([(-48, "20.00"), (-24, "19.00")], (1, 1, 0, 0)),
        ([(-48, "19.00"), (-1, "20.00")], (0, 1, 0, 0)),
        ([(-48, "19.00"), (1, "20.00")], (1, 1, 0, 0)),
        ([(-48, "19.00"), (-48, "20.00")], (0, 1, 0, 0)),  # one-time, and by autoship
        ([(-2, "19.00")], (0, 0, 0, 1)),  # nobody knows what was shown before
    ],
)
def test_what_was_charged_was_on_the_page(tmp_path: Path, shown: list[tuple[int, str]], said: tuple[int, ...]) -> None:
    placed(tmp_path, order(1, OLD))
    lines = [f"bowl,{iso(OLD + hours * HOUR)},{price},EUR" for hours, price in shown]
    table(tmp_path, "prices.csv", "sku,at,price,currency", *lines)
    assert judged(figure(tmp_path, "price", {"prices": "prices.csv"})) == said


def hooks(place: Path, *lines: str) -> dict[str, str]:
    table(place, "webhooks.csv", "at,topic,order,state", *lines)
    return {"webhooks": "webhooks.csv"}


@pytest.mark.parametrize(("lost", "said"), [(5, 1), (4, 0)])
def test_five_orders_in_a_row_without_a_webhook(tmp_path: Path, lost: int, said: int) -> None:
    placed(tmp_path, *(order(n, OLD + n * HOUR) for n in range(20)))
    told = [n for n in range(20) if not 8 <= n < 8 + lost]
    one = figure(tmp_path, "webhooks", hooks(
        tmp_path, *(f"{iso(OLD + n * HOUR + 9)},orders/create,{n}000,200" for n in told)
    ))  # fmt: skip
    assert one.found == said
    assert [(first.about, len(first.rows)) for first in one.first] == ([("#8", lost)] if said else [])


def test_a_delivery_that_could_not_be_read_may_be_the_one_that_lacks(tmp_path: Path) -> None:
    placed(tmp_path, *(order(n, OLD + n * HOUR) for n in range(20)))
    told = [f"{iso(OLD + n * HOUR + 9)},orders/create,{n}000,200" for n in range(20) if not 8 <= n < 14]
    one = figure(tmp_path, "webhooks", hooks(tmp_path, *told, "noon,orders/create,11000,200"))
    assert (one.found, one.nameless) == (0, 0)


def test_a_subscription_that_died_is_a_stretch_up_to_where_the_log_reaches(tmp_path: Path) -> None:
    placed(tmp_path, *(order(n, OLD + n * HOUR) for n in range(20)))
    told = [f"{iso(OLD + n * HOUR + 9)},orders/create,{n}000,{200 if n < 9 else 500}" for n in range(20)]
    one = figure(tmp_path, "webhooks", hooks(tmp_path, *told))
    assert (one.found, one.first[0].about) == (1, "#9")


def test_what_may_be_tried_again_is_too_young(tmp_path: Path) -> None:
    placed(tmp_path, *(order(n, NOW - 3 * HOUR + n * 60) for n in range(9)))
    one = figure(tmp_path, "webhooks", hooks(tmp_path, f"{iso(OLD)},orders/create,99,200"))
    assert judged(one) == (0, 0, 9, 0)


def test_deliveries_that_name_no_order_tell_of_long_stretches_only(tmp_path: Path) -> None:
    busy = [order(n, OLD + n * 60) for n in range(30)]
    quiet = [order(n, OLD + DAY + n * HOUR) for n in range(100, 107)]
    placed(tmp_path, *busy, *quiet)
    told = [f"{iso(OLD + at)},orders/create,,200" for at in (-9, 30 * 60, DAY + 90 * HOUR, DAY + 108 * HOUR)]
    one = figure(tmp_path, "webhooks", hooks(tmp_path, *told))
    assert (one.found, one.first[0].about) == (1, "#100")


def test_a_night_without_orders_is_no_stretch(tmp_path: Path) -> None:
    placed(tmp_path, *(order(n, OLD + n * 60) for n in range(9)), order(9, OLD + 10 * HOUR))
    told = [f"{iso(OLD + at)},,,200" for at in (-9, *(n * 60 + 5 for n in range(9)), 10 * HOUR + 5)]
    assert figure(tmp_path, "webhooks", hooks(tmp_path, *told)).found == 0
