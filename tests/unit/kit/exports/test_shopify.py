"""A Shopify export is read to the cent; what does not add up is told with its line, and the rest is there."""

from __future__ import annotations

import csv
import gzip
from datetime import datetime
from pathlib import Path

import pytest

from pawline.kit.exports import BadRow, Exported, WrongExport, read_orders
from pawline.kit.exports.shopify import _STATES, HEADER
from pawline.model import Address, Channel, Checkout, Money, TenderKind, TenderState
from pawline.model.order import outstanding

FILE = Path(__file__).parent / "shopify_orders.csv"


def read(file: Path = FILE) -> dict[str, Exported | BadRow]:
    found = list(read_orders(file))
    return {one.order if isinstance(one, BadRow) else one.order.number: one for one in found}


def good(name: str) -> Exported:
    found = read()[name]
    assert isinstance(found, Exported)
    return found


def euro(minor: int) -> Money:
    return Money(minor, "EUR")


def test_an_order_of_two_rows_with_taxes_inside_its_prices() -> None:
    one = good("#1001")
    order = one.order
    assert (order.id, order.checkout, order.channel, one.line) == ("5001", Checkout.ADOPTED, Channel.WEB, 2)
    assert [(line.id, line.sku, line.quantity, line.price) for line in order.lines] == [
        ("l1", "kibble-10", 2, euro(1950)), ("l2", "chew-1", 1, euro(800))
    ]  # fmt: skip
    assert [(tax.amount.minor, tax.included) for line in order.lines for tax in line.taxes] == [
        (688, True),
        (141, True),
    ]
    assert (order.total, [one.total() for one in order.shipping]) == (euro(5190), [euro(490)])
    assert [(one.kind, one.state, one.amount) for one in order.tenders] == [
        (TenderKind.CARD, TenderState.CAPTURED, euro(5190))
    ]  # fmt: skip
    assert order.ship_to == Address(
        name="Ann A", lines=("Hauptstr. 1",), city="Berlin", country="DE", postcode="10115", region="BE"
    )
    assert one.shipped_at == datetime.fromisoformat("2026-03-02T08:00:00+01:00")
    assert (order.placed_at.isoformat(), one.cancelled) == ("2026-03-01T09:00:00+01:00", False)
    assert order.household is not None
    assert "ann" not in order.household


def test_a_discount_and_taxes_on_top_of_the_prices() -> None:
    order = good("#1002").order
    assert (order.total, order.currency, order.channel) == (Money(9743, "USD"), "USD", Channel.SUBSCRIPTION)
    (line,) = order.lines
    assert [(one.title, one.amount.minor) for one in line.discounts] == [("discounts", 1000)]
    assert [(one.amount.minor, one.included) for one in line.taxes] == [(743, False)]


def test_what_was_refunded_and_cancelled_says_so_and_owes_nothing() -> None:
    one = good("#1003")
    assert (one.cancelled, one.order.id, one.order.channel) == (True, "#1003", Channel.STORE)
    assert (one.order.owed(), outstanding(one.order)) == (euro(0), euro(0))
    assert (one.order.lines[0].sku, one.order.lines[0].ships) == ("Bowl", False)
    assert (one.order.tenders[0].kind, one.order.ship_to) == (TenderKind.GIFT_CARD, None)


def test_nobody_s_order_has_no_personal_data() -> None:
    order = good("#1004").order
    assert (order.household, order.ship_to, order.contact) == (None, None, None)
    assert order.tenders[0].state is TenderState.PENDING


def test_what_cannot_be_read_is_told_with_its_line_and_the_rest_is_there() -> None:
    bad = {name: (one.line, one.why) for name, one in read().items() if isinstance(one, BadRow)}
    assert bad == {
        "#1005": (7, "its `Total` 6.00 EUR is neither `Subtotal` + `Shipping` nor that + `Taxes`"),
        "#1006": (8, "`Lineitem quantity` is -1: an order takes one at least"),
        "#1007": (9, "'XXQ' is not a currency of ISO 4217"),
        "#1008": (10, "its lines come to 4.00 EUR less than its `Subtotal` 9.00 EUR"),
        "#1009": (11, f"`Financial Status` 'lost' is none of {', '.join(_STATES)}"),
    }
    assert len(read()) == 9


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", f"wrong.csv: there is no column 'Name' in its first line: expected at least {', '.join(HEADER)}"),
        (b"Order,Total\n1,2\n", "wrong.csv: there is no column 'Name' in its first line"),
        (FILE.read_bytes().split(b"\n")[0] + b"\n", "wrong.csv has no order in it"),
        (
            FILE.read_bytes().replace(b"Bowl", b"B\xffwl"),
            "wrong.csv is not UTF-8 (invalid start byte): export it as UTF-8",
        ),
        (FILE.read_bytes() + b'#1010,"never closed', "wrong.csv is no table: unexpected end of data"),
    ],
)
def test_a_file_that_is_no_export_is_refused_with_what_was_expected(data: bytes, says: str, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.csv"
    wrong.write_bytes(data)
    with pytest.raises(WrongExport) as problem:
        list(read_orders(wrong))
    assert str(problem.value).startswith(says)


def test_packed_it_is_the_same_and_half_of_it_is_refused(tmp_path: Path) -> None:
    packed = tmp_path / "orders.csv.gz"
    packed.write_bytes(gzip.compress(FILE.read_bytes()))
    assert read(packed) == read()
    packed.write_bytes(packed.read_bytes()[:300])
    with pytest.raises(WrongExport, match=r"orders\.csv\.gz is no whole gzip file"):
        read(packed)
    with pytest.raises(WrongExport, match="there is no "):
        read(tmp_path / "nothing.csv")


def changed(place: Path, **cells: str) -> Exported | BadRow:
    """The third order of the file, with other cells."""
    with FILE.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        row = next(one for one in reader if one["Name"] == "#1003")
        names = [*(reader.fieldnames or ()), *(name for name in cells if name not in row)]
    with (place / "orders.csv").open("w", encoding="utf-8", newline="") as out:
        table = csv.DictWriter(out, names)
        table.writeheader()
        table.writerow(row | cells)
    (one,) = read_orders(place / "orders.csv")
    return one


def test_when_it_was_called_off_and_that_it_was_a_trial(tmp_path: Path) -> None:
    one = changed(
        tmp_path, **{"Cancelled at": "2026-03-09 10:00:00 +0100", "Payment Method": "(for testing) Bogus Gateway"}
    )
    assert isinstance(one, Exported)
    assert (one.cancelled, one.order.test) == (True, True)
    assert one.cancelled_at == datetime.fromisoformat("2026-03-09T10:00:00+01:00")
    other = changed(tmp_path, **{"Cancelled at": "", "Payment Method": "Shopify Payments"})
    assert isinstance(other, Exported)
    assert (other.cancelled, other.cancelled_at, other.order.test) == (False, None, False)


@pytest.mark.parametrize("column", ["Cancelled at", "Fulfilled at"])
def test_a_moment_that_is_none_makes_a_bad_row_and_keeps_no_other_back(tmp_path: Path, column: str) -> None:
    one = changed(tmp_path, **{column: "yesterday"})
    assert isinstance(one, BadRow)
    assert (one.line, one.order) == (2, "#1003")
