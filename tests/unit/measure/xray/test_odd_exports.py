"""Exports as people really have them: saved by a spreadsheet, of two shops, in parts. Odd is no disagreement."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from pawline.measure.xray import WrongSource
from tests.unit.measure.xray.shop import DAY, HOUR, NOW, found, iso, looked, order, placed

OLD = NOW - 30 * DAY
BOTH = {"orders": "orders.csv", "erp": "erp.csv"}


def erp(place: Path, numbers: Sequence[object], *, name: str = "erp.csv", start: int = OLD, step: int = HOUR) -> None:
    """An entry for each, an hour apart, five minutes after its order."""
    lines = (f"{number},B{number},{iso(start + at * step + 300)},20.00,EUR\n" for at, number in enumerate(numbers))
    (place / name).write_text("order,reference,at,total,currency\n" + "".join(lines), "utf-8")


def test_ids_that_a_spreadsheet_rounded_make_no_two_orders_one(tmp_path: Path) -> None:
    rows = [order(n, OLD + (n - 1_001) * HOUR).replace(f"{n}000\n", "5.12346E+12\n") for n in range(1_001, 1_031)]
    placed(tmp_path, *rows)
    erp(tmp_path, range(1_001, 1_031))
    report = looked(tmp_path, BOTH)
    assert (found(report), report.orders) == ({}, 30)


def test_two_orders_of_one_id_are_refused(tmp_path: Path) -> None:
    placed(tmp_path, order(1, OLD), order(2, OLD).replace("2000\n", "1000\n"))
    with pytest.raises(WrongSource, match="orders #1 and #2 have the same id"):
        looked(tmp_path, {"orders": "orders.csv"})


def test_two_orders_of_one_number_are_nobody_s_in_particular(tmp_path: Path) -> None:
    placed(tmp_path, *(order(n, OLD + n * HOUR) for n in (1, 2, 3)), order(1, OLD + HOUR).replace("1000\n", "77\n"))
    erp(tmp_path, (1, 1, 2, 3))
    report = looked(tmp_path, BOTH)
    assert (found(report), report.figures[0].unsure) == ({}, 2)


def test_an_order_whose_newer_row_cannot_be_read_is_not_judged_by_the_older(tmp_path: Path) -> None:
    placed(tmp_path, *(order(n, OLD + n * HOUR) for n in (1, 2, 3)), order(1, OLD, state="lost"))
    erp(tmp_path, (2, 3))
    assert found(looked(tmp_path, BOTH)) == {}


def by_line(place: Path, orders: int, lines: Sequence[str], *, same: str = "20.00") -> None:
    """Entries with a row for each line of theirs; half of the orders have one line only."""
    rows = []
    for n in range(1, orders + 1):
        totals = (same,) if n % 2 else lines
        rows += [f"{n},B{n},{iso(OLD + n * HOUR + 300)},{total},EUR\n" for total in totals]
    (place / "erp.csv").write_text("order,reference,at,total,currency\n" + "".join(rows), "utf-8")


def test_an_erp_that_has_a_row_for_each_line_has_no_other_amounts(tmp_path: Path) -> None:
    placed(tmp_path, *(order(n, OLD + n * HOUR) for n in range(1, 61)))
    by_line(tmp_path, 60, ("12.00", "8.00"))
    assert found(looked(tmp_path, BOTH)) == {}
    by_line(tmp_path, 60, ("10.00", "10.00"))
    assert found(looked(tmp_path, BOTH)) == {}
    by_line(tmp_path, 60, ("12.00", "8.00"), same="15.00")  # lines, and the shipping of none
    report = looked(tmp_path, BOTH)
    assert found(report) == {}
    assert next(one for one in report.figures if one.key == "erp_amount").misfits[0].found == 30


def test_a_till_that_the_erp_never_books_is_no_row_of_mistakes(tmp_path: Path) -> None:
    placed(tmp_path, *(order(n, OLD + n * HOUR) for n in range(1, 101)))
    text = (tmp_path / "orders.csv").read_text("utf-8").splitlines()
    text = [
        f"{text[0]},Source",
        *(f"{line},{'pos' if n in (7, 9, 30) else 'web'}" for n, line in enumerate(text[1:], 1)),
    ]
    (tmp_path / "orders.csv").write_text("\n".join(text) + "\n", "utf-8")
    erp(tmp_path, [n for n in range(1, 101) if n not in (7, 9, 12, 30)])
    report = looked(tmp_path, BOTH)
    assert found(report) == {"erp_missing": 1}
    assert [(one.group, one.found) for one in report.figures[0].misfits] == [("store", 3)]


def test_a_few_orders_of_another_kind_in_the_erp_are_not_the_shop_s(tmp_path: Path) -> None:
    placed(tmp_path, *(order(n, OLD + n * HOUR) for n in range(1, 301)))
    erp(tmp_path, [*range(1, 280), "B2B-12", "B2B-7", "999999"])
    report = looked(tmp_path, BOTH | {"erp": "erp.csv"})
    assert {key: count for key, count in found(report).items() if key == "erp_unknown"} == {"erp_unknown": 1}


@pytest.mark.parametrize(("theirs", "ours"), [("0017", "17"), ("17", "0017"), ("gid://shopify/Order/17000", "17")])
def test_zeros_before_a_number_are_no_other_number(tmp_path: Path, theirs: str, ours: str) -> None:
    placed(tmp_path, order(99, OLD), order(17, OLD).replace("#17,", f"#{ours},"))
    erp(tmp_path, (99, theirs))
    report = looked(tmp_path, BOTH)
    assert (found(report), report.sources[1].unmatched) == ({}, 0)


def test_a_number_that_a_spreadsheet_rounded_is_no_order_that_nobody_knows(tmp_path: Path) -> None:
    placed(tmp_path, *(order(n, OLD + n * HOUR) for n in range(1, 300)))
    erp(tmp_path, ["5.12346E+12"] * 30)
    report = looked(tmp_path, BOTH)
    assert found(report) == {}
    assert (report.sources[1].bad, report.sources[1].nameless) == (30, 30)
