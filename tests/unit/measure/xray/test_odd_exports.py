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
