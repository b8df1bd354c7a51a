"""What systems export is read as it is, or as it is described; what cannot be read is told by its line, or refused."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from pawline.cli.histories import events_of
from pawline.kit.exports import Exported, read_orders
from pawline.measure.xray import WrongSource, drawn, sheet_of
from pawline.model import (
    Credit,
    Envelope,
    Event,
    Money,
    OrderCancelled,
    OrderPaid,
    Payout,
    Refund,
    RefundId,
    RefundIssued,
    ShipmentBooked,
    ShipmentId,
    TenderId,
    public_name,
)
from pawline.model.cloudevents import to_cloudevent
from pawline.model.cloudevents_wire import to_structured
from tests.unit.measure.xray.shop import DAY, HOUR, NOW, found, iso, looked, order, placed, rows

OLD = NOW - 30 * DAY


def refused(place: Path, files: dict[str, str]) -> str:
    with pytest.raises(WrongSource) as caught:
        looked(place, files)
    return str(caught.value)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    placed(tmp_path, order(1, OLD), order(2, OLD + HOUR))
    return tmp_path


def test_a_time_without_a_zone_is_asked_about(shop: Path) -> None:
    (shop / "erp.csv").write_text("order,at\n1,2026-10-31 08:00\n", "utf-8")
    files = {"orders": "orders.csv", "erp": "erp.csv"}
    assert refused(shop, files) == (
        "erp.csv: 'at' has times without a zone: which one are they in? Say --times-in, or `zone` in its description"
    )
    assert looked(shop, files, times_in="Europe/Berlin").sources[1].since == int(
        datetime(2026, 10, 31, 7, 0, tzinfo=UTC).timestamp()
    )


def test_rows_that_nobody_can_read_are_told_by_their_lines_and_keep_no_other_back(shop: Path) -> None:
    at = iso(OLD)
    (shop / "erp.csv").write_text(
        f"order,reference,at,total,currency\n1,B1,{at},20.00,EUR\n,B2,{at},20.00,EUR\n2,B3,yesterday,20.00,EUR\n"
        f"2,B4,{at},twenty,EUR\n2,B5\n\n2,B6,{at},20.00,EUR\n",
        "utf-8",
    )
    report = looked(shop, {"orders": "orders.csv", "erp": "erp.csv"})
    erp = report.sources[1]
    assert (erp.rows, erp.bad, report.bad) == (2, 4, 4)
    assert erp.lines == [
        (3, "order is empty"), (4, "at is no time"), (5, "total is no amount of EUR"), (6, "2 columns, and not 5")
    ]  # fmt: skip
    assert found(report) == {}


def test_an_order_that_nobody_can_read_is_told_too(tmp_path: Path) -> None:
    placed(tmp_path, order(1, OLD), order(2, OLD, state="lost"))
    orders = looked(tmp_path, {"orders": "orders.csv"}).sources[0]
    assert (orders.rows, orders.bad, orders.lines[0][0]) == (1, 1, 3)


NOWHERE = "erp.csv: nobody says where `order` stands: name the columns in a description, or call them order"
NO_FIELD = "erp.csv: 'colour' is no field of erp: order, reference, at, total, currency, state"
NO_ZONE = "'2026-11-30 06:00' is no time with its zone, such as 2026-11-30T06:00+01:00"


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("erp.csv", "number,at\n1,2\n", NOWHERE),
        ("erp.csv", "", NOWHERE),
        ("erp.toml", 'columns = { order = "Auftrag" }', "erp.csv: its first line has no column 'Auftrag'"),
        ("erp.toml", 'columns = { colour = "at" }', NO_FIELD),
        ("erp.toml", 'zone = "Mars"', "there is no time zone 'Mars'"),
        ("erp.toml", 'until = "2026-11-30 06:00"', NO_ZONE),
        ("erp.toml", 'kind = "mails"', "erp.toml describes mails, and is given as erp"),
        ("erp.toml", 'files = "erp.csv"', "Object contains unknown field `files`"),
        ("gone.csv", None, "gone.csv cannot be read: No such file or directory"),
        ("erp.csv.gz", "plain", "erp.csv.gz is no whole gzip file: Not a gzipped file (b'pl')"),
    ],
)
def test_a_file_that_is_not_what_it_is_called_is_refused(shop: Path, name: str, text: str | None, why: str) -> None:
    (shop / "erp.csv").write_text(f"order,at\n1,{iso(OLD)}\n", "utf-8")
    if name.endswith(".toml"):
        text = f'file = "erp.csv"\n{text}\n'
    if text is not None:
        (shop / name).write_text(text, "utf-8")
    assert refused(shop, {"orders": "orders.csv", "erp": name}).endswith(why)


def test_without_orders_there_is_nothing_to_hold_anything_against(shop: Path) -> None:
    (shop / "erp.csv").write_text(f"order,at\n1,{iso(OLD)}\n", "utf-8")
    assert refused(shop, {"erp": "erp.csv"}) == "there are no orders: everything else is held against them"


def test_what_was_not_given_is_not_looked_at_and_not_zero(shop: Path) -> None:
    report = looked(shop, {"orders": "orders.csv"})
    assert {one.found for one in report.figures} == {None}
    assert [one.lacking for one in report.figures][:2] == [("erp",), ("erp",)]
    assert report.absent == (
        "erp", "payments", "payouts", "parcels", "mails", "stock", "webhooks", "prices", "touches"
    )  # fmt: skip


def test_files_that_call_orders_otherwise_do_not_fit_and_are_not_counted(tmp_path: Path) -> None:
    placed(tmp_path, order(99, NOW - 59 * DAY), *(order(n, OLD + n * HOUR) for n in range(10, 90)))
    lines = "".join(f"SO-{n},{iso(OLD + n * HOUR)}\n" for n in range(10, 60))
    (tmp_path / "erp.csv").write_text(f"order,at\n{lines}", "utf-8")
    report = looked(tmp_path, {"orders": "orders.csv", "erp": "erp.csv"})
    assert found(report) == {}
    misfits = {one.key: [(two.group, two.found, two.judged) for two in one.misfits] for one in report.figures}
    assert {key: said for key, said in misfits.items() if said} == {
        "erp_missing": [("web", 26, 26)], "erp_unknown": [("SO-9", 50, 50)]
    }  # fmt: skip
    assert report.sources[1].unmatched == 50


@pytest.mark.parametrize(("number", "called"), [("#1", "1"), ("1", "#1"), ("1", "1000"), ("#1", "#1")])
def test_an_order_is_known_with_and_without_its_sign_and_by_its_id(tmp_path: Path, number: str, called: str) -> None:
    placed(tmp_path, order(1, OLD).replace("#1", number))
    (tmp_path / "mails.csv").write_text(f"order,at,to\n{called},{iso(OLD)},a\n{called},{iso(OLD + 9)},a\n", "utf-8")
    report = looked(tmp_path, {"orders": "orders.csv", "mails": "mails.csv"})
    assert (found(report), report.sources[1].unmatched) == ({"mailed_twice": 1}, 0)


def test_shopify_s_payments_are_known_by_their_header(shop: Path) -> None:
    header = (
        "Transaction Date,Type,Order,Card Brand,Card Source,Payout Status,Payout Date,Payout ID,Available On,Amount,"
        "Fee,Net,Checkout,Payment Method Name,Presentment Amount,Presentment Currency,Currency\n"
    )
    rows = "".join(
        f"{datetime.fromtimestamp(OLD + n, UTC):%Y-%m-%d %H:%M:%S} +0000,{kind},#2,visa,online,paid,,77,,{amount},0,"
        f"{amount},#{n},card,{amount},EUR,EUR\n"
        for n, kind, amount in ((0, "charge", "20.00"), (9, "refund", "-5.00"), (9, "refund", "-5.00"))
    )
    (shop / "payments.csv").write_text(header + rows, "utf-8")
    (shop / "payments.toml").write_text(f'file = "payments.csv"\nsince = "{iso(OLD - DAY)}"\n', "utf-8")
    report = looked(shop, {"orders": "orders.csv", "payments": "payments.toml"})
    assert found(report) == {"refund_unknown": 1}
    figure = next(one for one in report.figures if one.found)
    assert (figure.first[0].about, figure.first[0].amount) == ("#2", 500)  # the same row twice is one refund


def test_stripe_s_payout_report_is_known_by_its_header_and_payouts_may_come_apart(shop: Path) -> None:
    header = (
        "automatic_payout_id,automatic_payout_effective_at_utc,balance_transaction_id,created_utc,currency,gross,fee,"
        "net,reporting_category,payment_metadata[order_id]\n"
    )
    times = [datetime.fromtimestamp(NOW - days * DAY, UTC) for days in (50, 30, 29)]
    rows = "".join(
        f"po_{n},,txn_{n},{at:%Y-%m-%d %H:%M:%S},eur,20.00,1.00,19.00,charge,1000\n" for n, at in enumerate(times)
    )
    (shop / "payments.csv").write_text(header + rows, "utf-8")
    (shop / "payouts.csv").write_text(
        "payout,at,amount,currency,state\n"
        + "".join(f"po_{n},{iso(NOW - days * DAY)},{amount},EUR,{state}\n" for n, days, amount, state in (
            (0, 48, "19.00", "paid"), (1, 28, "19.00", "paid"), (2, 27, "18.00", "paid"), (3, 26, "9.00", "failed")
        )), "utf-8",
    )  # fmt: skip
    files = {"orders": "orders.csv", "payments": "payments.csv", "payouts": "payouts.csv"}
    report = looked(shop, files)
    payout = next(one for one in report.figures if one.key == "payout")
    assert (payout.found, payout.judged, payout.unsure) == (1, 2, 1)
    assert payout.first[0].about == "po_2"


def written(place: Path, *told: tuple[int, Event]) -> None:
    """As `pawline history` writes them, packed."""
    lines = []
    for at, event in told:
        moment, fact = datetime.fromtimestamp(at, UTC), event.fact or ""
        envelope = Envelope(shop="paws", source="shopify/eu", id=fact, at=moment, event=event)
        lines.append(to_structured(to_cloudevent(envelope)) + b"\n")
    lines.append(b'{"link": {"account": "shopify/eu", "kind": "order", "ours": "1", "theirs": "2"}}\n')
    (place / "past.jsonl.gz").write_bytes(gzip.compress(b"".join(lines)))


def test_a_history_tells_orders_refunds_labels_and_when(tmp_path: Path) -> None:
    placed(tmp_path, order(1, OLD), order(2, OLD))
    exported = [one for one in read_orders(tmp_path / "orders.csv") if isinstance(one, Exported)]
    events = [event for one in exported for _, event in events_of(one)]
    first, second = (one.order for one in exported)
    back = Money(500, "EUR")
    refund = Refund(
        id=RefundId("r1"), at=datetime.fromtimestamp(OLD + HOUR, UTC), reason="torn",
        payouts=(Payout(TenderId("t1"), back),), credits=(Credit(amount=back),),
    )  # fmt: skip
    off = datetime.fromtimestamp(OLD + HOUR, UTC)
    written(
        tmp_path,
        *((OLD, event) for event in events),
        (OLD + HOUR, RefundIssued(order=first.id, refund=refund)),
        (OLD + HOUR, OrderPaid(order=first.id, at=off, paid=first.total)),
        (OLD + HOUR, OrderCancelled(order=second.id, at=off, by="shopper", because="bought twice")),
        (OLD + 9 * HOUR, ShipmentBooked(shipment=ShipmentId("s1"), order=second.id, carrier="ups", packed=())),
    )
    (tmp_path / "payments.csv").write_text(
        f"id,kind,order,at,amount,currency\nt0,charge,,{iso(OLD - DAY)},1.00,EUR\n"
        f"t1,charge,{first.id},{iso(OLD)},20.00,EUR\n", "utf-8",
    )  # fmt: skip
    (tmp_path / "parcels.csv").write_text("order,label\n", "utf-8")
    files = {"orders": "past.jsonl.gz", "payments": "payments.csv", "parcels": "parcels.csv"}
    report = looked(tmp_path, files)
    assert (report.bad, report.orders) == (0, 2)
    assert found(report) == {"refund_missing": 1, "shipped_cancelled": 1}
    assert [public_name(type(event)) for event in events] == ["order.placed@1"] * 2


def test_lines_of_a_history_that_are_none_are_told(tmp_path: Path) -> None:
    (tmp_path / "past.jsonl").write_bytes(b'{"type": "order.placed@1"}\nno json\n[]\n\n')
    assert refused(tmp_path, {"orders": "past.jsonl"}) == "there is no order in what was given as orders"


def test_a_description_is_read_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "erp.toml").write_text('file = "out/erp.csv"\ndelimiter = ";"\nonly = { state = ["10"] }\n', "utf-8")
    sheet = sheet_of("erp", tmp_path / "erp.toml")
    assert sheet.path == tmp_path / "out" / "erp.csv"
    assert msgspec.structs.asdict(sheet)["only"] == {"state": ["10"]}


def test_what_could_not_be_read_explains_what_is_missing(tmp_path: Path) -> None:
    at, late = iso(OLD), iso(OLD + 9 * DAY)
    placed(tmp_path, *(order(n, NOW - 59 * DAY) for n in (1, 2, 3)), order(4, OLD, state="lost"))
    tables = {
        "erp": f"order,reference,at,total,currency\n0,B0,{iso(NOW - 59 * DAY)},1.00,EUR\n1,B1,{at},twenty,EUR\n"
        f"#4,B4,{at},20.00,EUR\n",
        "payments": f"id,kind,order,at,amount,currency,payout\nt0,charge,,{iso(NOW - 59 * DAY)},1.00,EUR,p0\n"
        f"x0,payout,,{iso(NOW - 41 * DAY)},-1.00,EUR,p0\nt1,charge,1,{at},9.00,EUR,p1\nt2,charge,1,{at},9..,EUR,p1\n"
        f"x1,payout,,{late},-18.00,EUR,p1\n",
        "prices": f"sku,at,price,currency\nbowl,{iso(NOW - 90 * DAY)},19.00,EUR\nbowl,{iso(NOW - 89 * DAY)},20.,EUR\n",
        "stock": f"sku,at,available,change\nbowl,{iso(NOW - 60 * DAY)},0,\nbowl,yesterday,,9\n",
    }  # fmt: skip
    for kind, text in tables.items():
        (tmp_path / f"{kind}.csv").write_text(text, "utf-8")
    (tmp_path / "stock.toml").write_text('file = "stock.csv"\ncomplete = true\n', "utf-8")
    report = looked(
        tmp_path, {"orders": "orders.csv"} | {kind: f"{kind}.csv" for kind in tables} | {"stock": "stock.toml"}
    )
    assert found(report) == {"erp_missing": 2}
    assert rows(tmp_path, "erp_missing")[0]["about"] == "#2"
    assert [(one.kind, one.bad, one.nameless) for one in report.sources] == [
        ("orders", 1, 0), ("erp", 1, 0), ("payments", 1, 0), ("prices", 1, 0), ("stock", 1, 0)
    ]  # fmt: skip


def test_rows_that_do_not_say_what_they_are_about_are_said_beside_the_figure(shop: Path) -> None:
    (shop / "mails.csv").write_text(f"order,at,to\n1,{iso(OLD)},a\n1,{iso(OLD + 9)},a\n,{iso(OLD)},a\n,,\n", "utf-8")
    report = looked(shop, {"orders": "orders.csv", "mails": "mails.csv"})
    said = {one.key: one.nameless for one in report.figures if one.nameless}
    assert (found(report), said) == ({"mailed_twice": 1}, {"mailed_twice": 1})
    assert "1 rows of its files could not be read" in drawn(report, "Paws", "rows")
