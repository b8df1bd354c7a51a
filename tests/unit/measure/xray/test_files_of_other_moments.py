"""Files that were made at other moments than was said, cut off, or one month of three: what they lack is no mistake."""

from __future__ import annotations

from pathlib import Path

from pawline.measure.xray import Settings, drawn, judge, sheet_of
from pawline.measure.xray.spans import Rows
from tests.unit.measure.xray.shop import DAY, HOUR, NOW, found, iso, looked, order, placed
from tests.unit.measure.xray.test_odd_exports import BOTH, erp

START = NOW - 50 * DAY
ALL = range(1_000, 1_000 + 50 * 24 - 1)


def shop(place: Path) -> None:
    """An order every hour until the files were made."""
    placed(place, *(order(n, START + at * HOUR) for at, n in enumerate(ALL)))


def charged(place: Path, *more: str, name: str = "payments.csv", numbers: range = ALL) -> None:
    """The processor's file: a charge for each order."""
    lines = (f"c{n},charge,{n},{iso(START + (n - 1_000) * HOUR)},20.00,EUR\n" for n in numbers)
    (place / name).write_text("id,kind,order,at,amount,currency\n" + "".join((*lines, *more)), "utf-8")


def test_an_erp_file_that_is_older_than_was_said_lacks_nothing(tmp_path: Path) -> None:
    shop(tmp_path)
    erp(tmp_path, ALL[:-72], start=START)
    report = looked(tmp_path, BOTH)
    assert found(report) == {}
    assert report.sources[1].until == report.sources[1].latest
    assert "no row is later" in drawn(report, "Paws", "rows")


def test_an_order_file_that_is_older_than_was_said_makes_no_entry_unknown(tmp_path: Path) -> None:
    placed(tmp_path, *(order(n, START + at * HOUR) for at, n in enumerate(ALL[:-9])))
    erp(tmp_path, ALL, start=START)
    assert found(looked(tmp_path, BOTH)) == {}


def test_what_its_description_says_of_a_file_is_believed(tmp_path: Path) -> None:
    shop(tmp_path)
    erp(tmp_path, ALL[:-72], start=START)
    (tmp_path / "erp.toml").write_text(f'file = "erp.csv"\nuntil = "{iso(NOW)}"\n', "utf-8")
    assert found(looked(tmp_path, BOTH | {"erp": "erp.toml"})) == {"erp_missing": 48}


def test_a_date_of_another_century_does_not_say_from_when_to_when_a_file_tells(tmp_path: Path) -> None:
    shop(tmp_path)
    erp(tmp_path, ALL[200:-40], start=START + 200 * HOUR)
    with (tmp_path / "erp.csv").open("a", encoding="utf-8") as out:
        for at in (
            "2016-11-01T00:00+00:00",
            "2062-11-01T00:00+00:00",
            "0001-01-01T00:00+00:00",
            "9999-12-31T00:00+00:00",
        ):
            out.write(f"7,X,{at},20.00,EUR\n")
    sheets = [sheet_of(kind, tmp_path / name) for kind, name in BOTH.items()]
    report = judge(sheets, Settings(scratch=tmp_path), tmp_path / "rows", lambda _: None)
    assert (found(report), report.sources[1].bad) == ({}, 2)


def test_a_month_that_nobody_exported_lacks_nothing(tmp_path: Path) -> None:
    shop(tmp_path)
    erp(tmp_path, ALL[:200], start=START)
    erp(tmp_path, ALL[600:], name="later.csv", start=START + 600 * HOUR)
    sheets = [
        sheet_of("orders", tmp_path / "orders.csv"),
        *(sheet_of("erp", tmp_path / x) for x in ("erp.csv", "later.csv")),
    ]
    report = judge(sheets, Settings(until=NOW, scratch=tmp_path), tmp_path / "rows", lambda _: None)
    assert found(report) == {}


def test_what_a_month_s_export_cannot_know_yet_is_not_unknown_to_the_shop(tmp_path: Path) -> None:
    placed(tmp_path, *(order(n, START + (n - 1_000) * HOUR) for n in ALL[:400]))
    (tmp_path / "first.csv").write_bytes((tmp_path / "orders.csv").read_bytes())
    placed(tmp_path, *(order(n, START + (n - 1_000) * HOUR) for n in ALL[400:]))
    charged(
        tmp_path,
        f"r1,refund,1100,{iso(START + 600 * HOUR)},-5.00,EUR\n",
        f"r2,refund,1700,{iso(START + 720 * HOUR)},-5.00,EUR\n",
    )  # fmt: skip
    sheets = [sheet_of(kind, tmp_path / f"{name}.csv") for kind, name in (
        ("orders", "first"), ("orders", "orders"), ("payments", "payments"))]  # fmt: skip
    report = judge(sheets, Settings(until=NOW, scratch=tmp_path), tmp_path / "rows", lambda _: None)
    assert found(report) == {"refund_unknown": 1}
    assert next(one for one in report.figures if one.found).first[0].about == "#1700"


def test_few_rows_do_not_say_how_often_they_come() -> None:
    few = Rows()
    for at in (0, DAY, 2 * DAY):
        few.add(NOW + at)
    assert (few.quiet(), few.reach()) == (None, (NOW, NOW + 2 * DAY))
    assert Rows().reach() is None
