"""Tables as systems write them and spreadsheets leave them: rows too short or long, a quote too few, other words."""

from __future__ import annotations

from pathlib import Path

import pytest

from pawline.measure.xray import WrongSource, drawn
from tests.unit.measure.xray.shop import DAY, HEADER, HOUR, NOW, found, iso, looked, order, placed
from tests.unit.measure.xray.test_odd_exports import BOTH

OLD = NOW - 30 * DAY
FIRST = "order,reference,at,total,currency\n"


def shop(place: Path, count: int = 30) -> list[str]:
    """Orders an hour apart, and the ERP's rows of them."""
    placed(place, *(order(n, OLD + n * HOUR) for n in range(1, count + 1)))
    return [f"{n},B{n},{iso(OLD + n * HOUR)},20.00,EUR\n" for n in range(1, count + 1)]


def booked(place: Path, rows: list[str], first: str = FIRST) -> None:
    (place / "erp.csv").write_text(first + "".join(rows), "utf-8")


@pytest.mark.parametrize("row", ["7,B7\n", "7,B7,{at},20,00,EUR\n"], ids=["too short", "a comma too many"])
def test_a_torn_row_says_whose_it_is(tmp_path: Path, row: str) -> None:
    rows = shop(tmp_path)
    rows[6] = row.format(at=iso(OLD))
    booked(tmp_path, rows)
    report = looked(tmp_path, BOTH)
    assert (found(report), report.sources[1].bad, report.sources[1].nameless) == ({}, 1, 0)


def test_cells_beyond_the_header_that_are_empty_are_nothing(tmp_path: Path) -> None:
    booked(tmp_path, [row.replace("EUR\n", "EUR,,\n") for row in shop(tmp_path)])
    report = looked(tmp_path, BOTH)
    assert (found(report), report.bad) == ({}, 0)


def test_the_header_once_more_is_no_row(tmp_path: Path) -> None:
    rows = shop(tmp_path)
    booked(tmp_path, [*rows[:10], FIRST, *rows[10:]])
    assert looked(tmp_path, BOTH).bad == 0


def test_a_quote_that_swallows_rows_is_refused(tmp_path: Path) -> None:
    rows = shop(tmp_path)
    rows[4] = rows[4].replace("B5", '"B5')
    rows[9] = rows[9].replace("B10", 'B10"')
    booked(tmp_path, rows)
    with pytest.raises(WrongSource, match=r"erp\.csv, line 6: a quote opens there and closes 5 lines on"):
        looked(tmp_path, BOTH)


def test_a_cell_of_two_lines_is_a_cell(tmp_path: Path) -> None:
    booked(
        tmp_path,
        [
            row.replace("B", '"B\n').replace(",20", "x,20").replace(",2026", '",2026').replace("x,20", ",20")
            for row in shop(tmp_path)
        ],
    )
    assert found(looked(tmp_path, BOTH)) == {}


def test_a_column_that_is_there_twice_is_asked_about(tmp_path: Path) -> None:
    booked(tmp_path, [row.replace("\n", ",1\n") for row in shop(tmp_path)], FIRST.replace("\n", ",total\n"))
    with pytest.raises(WrongSource, match="'total' more than once"):
        looked(tmp_path, BOTH)


def test_an_amount_of_another_spelling_is_not_a_hundred_times_as_much(tmp_path: Path) -> None:
    rows = shop(tmp_path)
    booked(
        tmp_path,
        [row.replace(",", ";").replace("20.00", "20,00" if n else "20.00") for n, row in enumerate(rows)],
        FIRST.replace(",", ";"),
    )
    (tmp_path / "erp.toml").write_text('file = "erp.csv"\ndelimiter = ";"\ndecimal = ","\nthousands = "."\n', "utf-8")
    report = looked(tmp_path, BOTH | {"erp": "erp.toml"})
    assert (found(report), report.sources[1].lines) == (
        {},
        [(2, "total is written otherwise than its description says")],
    )


def test_milliseconds_are_a_moment_of_today(tmp_path: Path) -> None:
    booked(tmp_path, [f"{n},B{n},1796000012000,20.00,EUR\n" for n, _ in enumerate(shop(tmp_path), 1)])
    assert looked(tmp_path, BOTH).sources[1].latest == 1_796_000_012


HOOKS = {"orders": "orders.csv", "webhooks": "webhooks.csv"}


@pytest.mark.parametrize(
    ("topic", "called", "dead"),
    [
        ("ORDERS_CREATE", "{n}", 0),
        ("orders/updated", "{n}", 0),
        ("orders/create", "token-{n}", 0),
        ("orders/create", "{n}", 0),
    ],
)
def test_a_log_of_other_topics_or_names_is_no_dead_webhook(tmp_path: Path, topic: str, called: str, dead: int) -> None:
    shop(tmp_path)
    rows = (f"{iso(OLD + n * HOUR)},{called.format(n=n)},{topic},200\n" for n in range(1, 31))
    (tmp_path / "webhooks.csv").write_text("at,order,topic,state\n" + "".join(rows), "utf-8")
    assert found(looked(tmp_path, HOOKS)) == ({"webhooks": dead} if dead else {})


def test_deliveries_that_all_failed_are_a_dead_webhook(tmp_path: Path) -> None:
    shop(tmp_path)
    rows = (f"{iso(OLD + n * HOUR)},{n},orders/create,500\n" for n in range(1, 31))
    (tmp_path / "webhooks.csv").write_text("at,order,topic,state\n" + "".join(rows), "utf-8")
    assert found(looked(tmp_path, HOOKS)) == {"webhooks": 1}


def test_what_became_of_a_mail_is_no_second_mail(tmp_path: Path) -> None:
    shop(tmp_path)
    rows = (
        f"1,{iso(OLD + n)},a@example.org,{state}\n"
        for n, state in enumerate(("processed", "delivered", "open", "click"))
    )
    (tmp_path / "mails.csv").write_text("order,at,to,state\n" + "".join(rows), "utf-8")
    assert found(looked(tmp_path, {"orders": "orders.csv", "mails": "mails.csv"})) == {}


def test_a_draft_has_a_price_of_its_own(tmp_path: Path) -> None:
    line = order(1, OLD, total="15.00").replace("\n", ",shopify_draft_order\n")
    (tmp_path / "orders.csv").write_text(HEADER.replace("\n", ",Source\n") + line, "utf-8")
    (tmp_path / "prices.csv").write_text(f"sku,at,price,currency\nbowl,{iso(OLD - 5 * DAY)},20.00,EUR\n", "utf-8")
    assert found(looked(tmp_path, {"orders": "orders.csv", "prices": "prices.csv"})) == {}


def test_money_that_a_dispute_took_is_no_refund_that_is_missing(tmp_path: Path) -> None:
    placed(tmp_path, order(1, OLD, back="20.00"))
    at = iso(OLD)
    (tmp_path / "payments.csv").write_text(
        f"id,kind,order,at,amount,currency\nc,charge,1,{at},20.00,EUR\nd,dispute,1,{at},-20.00,EUR\n", "utf-8"
    )
    (tmp_path / "payments.toml").write_text(
        f'file = "payments.csv"\nsince = "{iso(OLD - DAY)}"\nuntil = "{iso(NOW + 2 * DAY)}"\n', "utf-8"
    )
    assert found(looked(tmp_path, {"orders": "orders.csv", "payments": "payments.toml"})) == {}


def test_pages_that_overlap_make_no_payout_wrong(tmp_path: Path) -> None:
    shop(tmp_path)
    rows = [f"charge,{iso(NOW - n * DAY)},9.00,EUR,p{n}\n" for n in (40, 20, 10, 10)]
    paid = [f"p{n},{iso(NOW - n * DAY)},9.00,EUR\n" for n in (40, 20, 10)]
    (tmp_path / "payments.csv").write_text("kind,at,amount,currency,payout\n" + "".join(rows), "utf-8")
    (tmp_path / "payouts.csv").write_text("payout,at,amount,currency\n" + "".join(paid), "utf-8")
    assert found(looked(tmp_path, {one: f"{one}.csv" for one in ("orders", "payments", "payouts")})) == {}


def test_what_stands_in_a_cell_is_nowhere_on_the_page(tmp_path: Path) -> None:
    jane = "it's jane@example.org"
    slipped = (
        order(n, OLD).replace(old, f",{jane},")
        for n, old in enumerate((",paid,", ",20.00,", ",1,", ",2026-10-31 06:00:00 +0000,"), 2)
    )
    placed(tmp_path, order(1, OLD), *slipped)
    report = looked(tmp_path, {"orders": "orders.csv"})
    assert report.bad == 4
    assert "jane" not in drawn(report, "Paws", "rows") + repr(report.sources)


def test_one_of_two_prices_that_changed_leaves_the_other_as_it_was(tmp_path: Path) -> None:
    placed(tmp_path, order(1, OLD, total="18.00"))
    at = (iso(OLD - 9 * DAY), iso(OLD - 9 * DAY), iso(OLD - 5 * DAY))
    prices = "".join(f"bowl,{one},{price},EUR\n" for one, price in zip(at, ("20.00", "18.00", "21.00"), strict=True))
    (tmp_path / "prices.csv").write_text(f"sku,at,price,currency\n{prices}", "utf-8")
    assert found(looked(tmp_path, {"orders": "orders.csv", "prices": "prices.csv"})) == {}


def test_as_many_as_nobody_could_read_may_be_what_is_missing(tmp_path: Path) -> None:
    rows = shop(tmp_path, 90)
    booked(tmp_path, [row if n % 20 else "torn\n" for n, row in enumerate(rows, 1)])
    report = looked(tmp_path, BOTH)
    assert (found(report), report.sources[1].nameless, report.figures[0].unsure) == ({}, 4, 3)
    booked(tmp_path, [row if n % 20 else "torn\n" for n, row in enumerate(rows, 1) if n not in (3, 4)])
    assert found(looked(tmp_path, BOTH)) == {"erp_missing": 5}


def test_a_log_that_ends_early_is_no_dead_webhook(tmp_path: Path) -> None:
    shop(tmp_path, 90)
    rows = (f"{iso(OLD + n * HOUR)},{n},orders/create,200\n" for n in range(1, 60))
    (tmp_path / "webhooks.csv").write_text("at,order,topic,state\n" + "".join(rows), "utf-8")
    assert found(looked(tmp_path, HOOKS)) == {}
    (tmp_path / "webhooks.toml").write_text(f'file = "webhooks.csv"\nuntil = "{iso(NOW)}"\n', "utf-8")
    assert found(looked(tmp_path, HOOKS | {"webhooks": "webhooks.toml"})) == {"webhooks": 1}
