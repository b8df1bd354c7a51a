"""How files lie and what they mean: separated or of fixed width, by maps that are data, numbers and times exactly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawline.insight.rows import counted
from pawline.kit import Quarantined
from pawline.model import BookingRefused, OrderBooked, OrderId, ShipmentDispatched, ShipmentId, StockCounted
from tests.unit.connectors.files_desk import LATELY, NOON, Desk, counts

GERMAN: dict[str, Any] = {
    "encoding": "cp1252", "delimiter": ";", "decimal": ",", "thousands": ".", "zone": "Europe/Berlin",
    "dates": "%d.%m.%Y %H:%M",
    "columns": {"sku": "ARTNR", "location": "LAGER", "on_hand": "BESTAND", "as_of": "STAND", "block": "SPERRE"},
    "values": {"location": {"01": "main", "02": "annex"}, "sku": {"FÜ-1": "kibble-10"}},
    "strict": ["location"], "only": {"block": ["", "N"]},
}  # fmt: skip


async def test_an_export_of_a_german_erp_by_data_alone(tmp_path: Path) -> None:
    desk = Desk(tmp_path, **GERMAN)
    desk.put("stock.csv", (
        "ARTNR;BEZEICHNUNG;LAGER;BESTAND;SPERRE;STAND\r\n"
        "FÜ-1;Fütterung;01;1.250,000;;27.11.2026 04:00\r\n"
        'chew-1;"Kau; knochen";02;3-;N;27.11.2026 04:00\r\n'
        "chew-2;gesperrt;01;7,000;J;27.11.2026 04:00\r\n"
        "chew-3;fremd;03;7,000;;27.11.2026 04:00\r\n"
        "chew-4;halb;01;7,5;;27.11.2026 04:00\r\n"
        "chew-5;Punkt;01;12.50;;27.11.2026 04:00\r\n"
        "chew-6;Datum;01;1;;31.02.2026 04:00\r\n"
    ).encode("cp1252"))  # fmt: skip
    seen = await desk.all()
    assert counts(seen) == {"kibble-10@main": 1250, "chew-1@annex": -3}
    assert {one.at for one in seen} == {datetime(2026, 11, 27, 3, tzinfo=UTC)}
    assert desk.bad == [
        Quarantined("stock.csv", "LAGER is none of those that `values` names", 5),
        Quarantined("stock.csv", "BESTAND is no count", 6),
        Quarantined("stock.csv", "BESTAND is no count", 7),
        Quarantined("stock.csv", "STAND is no time", 8),
    ]


async def test_fixed_width_by_characters_and_a_line_that_is_cut_is_no_number(tmp_path: Path) -> None:
    columns = {"sku": [1, 10], "on_hand": [11, 16], "as_of": [17, 28]}
    desk = Desk(
        tmp_path, format="fixed", header=False, encoding="latin-1", columns=columns, constants={"location": "main"},
        dates="%Y%m%d%H%M", trailer="END{rows}", still=None,
    )  # fmt: skip
    rows = [f"kibble-10 {12:6}202611270400", f"chew-é    {3:6}202611270400  more", "litter-5    ", "END 3", ""]
    desk.put("stock.csv", "\n".join(rows).encode("latin-1"))
    seen = await desk.all()
    assert counts(seen) == {"kibble-10@main": 12, "chew-é@main": 3}
    assert desk.bad == [Quarantined("stock.csv", "characters 11 to 16: the line ends before, with 12 characters", 3)]


@pytest.mark.parametrize(
    ("header", "known"), [(None, ["aaaaa", "bbbbb"]), (False, ["aaaaa", "bbbbb"]), (True, ["bbbbb"])]
)
async def test_fixed_width_has_no_header_unless_it_is_said(
    header: bool | None, known: list[str], tmp_path: Path
) -> None:
    columns = {"sku": [1, 5], "on_hand": [8, 8]}
    desk = Desk(
        tmp_path, format="fixed", columns=columns, constants={"location": "main"}, as_of="modified", header=header,
        trailer="END {rows}", still=None,
    )  # fmt: skip
    desk.put("stock.csv", f"aaaaa  1\nbbbbb  2\nEND {len(known)}\n")
    assert (list(counts(await desk.all())), desk.bad) == ([f"{one}@main" for one in known], [])


MULTILINE: dict[str, Any] = {
    "columns": {"sku": 1, "location": 2, "on_hand": 3}, "header": False, "multiline": True, "as_of": "modified",
}  # fmt: skip


async def test_a_cell_may_hold_line_breaks_and_a_quote_that_nothing_closes_swallows_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path, **MULTILINE)
    rows = ['"a\nb ""c""\r\nd",main,1', '"open,main,2', "fine,main,3", 'odd"",main,4', '"x,y",main,5', '"last,main,6']
    desk.put("stock.csv", "\n".join(rows))
    seen = await desk.all()
    assert counts(seen) == {'a\nb "c"\nd@main': 1, "fine@main": 3, 'odd""@main': 4, "x,y@main": 5}
    assert desk.bad == [
        Quarantined("stock.csv", "no row of a CSV: a quote is not closed", 4),
        Quarantined("stock.csv", "no row of a CSV: unexpected end of data", 8),
    ]


async def test_without_quotes_a_quote_is_a_character(tmp_path: Path) -> None:
    desk = Desk(tmp_path, **MULTILINE | {"multiline": False, "quote": "", "delimiter": "\t"})
    desk.put("stock.csv", '2" chew\tmain\t4\n\n"\tmain\t5\n')
    assert counts(await desk.all()) == {'2" chew@main': 4, '"@main': 5}


BERLIN: dict[str, Any] = {
    "columns": {"sku": "sku", "on_hand": "n", "as_of": "t"}, "constants": {"location": "main"}, "zone": "Europe/Berlin",
}  # fmt: skip


async def test_an_hour_that_comes_twice_is_the_first_and_one_that_was_skipped_is_none(tmp_path: Path) -> None:
    desk = Desk(tmp_path, **BERLIN)
    times = ["2025-10-26 02:30", "2025-10-26T02:30:00+01:00", "2026-03-29T02:30:00", "2026-03-29T03:30", "2026-03-29"]
    desk.put("stock.csv", "sku,n,t\n" + "".join(f"s{n},1,{at}\n" for n, at in enumerate(times)), at=-3e7)
    seen = await desk.all()
    assert [one.at.isoformat() for one in seen] == [
        "2025-10-26T00:30:00+00:00", "2025-10-26T01:30:00+00:00", "2026-03-29T01:30:00+00:00"
    ]  # fmt: skip
    assert [(one.line, one.why) for one in desk.bad] == [(4, "t is no time"), (6, "t is no time")]


async def test_a_files_name_or_its_time_says_when_it_is_of(tmp_path: Path) -> None:
    more: dict[str, Any] = {"columns": {"sku": 1, "on_hand": 2}, "header": False, "constants": {"location": "main"}}
    desk = Desk(tmp_path, as_of="stock-%Y%m%d%H%M.csv", zone="America/New_York", **more)
    desk.put("stock-202611270400.csv", "a,1\n")
    desk.put("stock-new.csv", "a,2\n")
    desk.put("stock-209911270400.csv", "a,3\n")
    seen = await desk.all()
    assert [one.at for one in seen] == [datetime(2026, 11, 27, 9, tzinfo=UTC)]
    assert desk.bad == [
        Quarantined("stock-209911270400.csv", "the time in its name is still to come"),
        Quarantined("stock-new.csv", "its name does not say when it is of, as `as_of` wants"),
    ]
    by_time = Desk(tmp_path, as_of="modified", **more)
    assert [one.at for one in await by_time.all()] == [NOON, NOON, NOON]


@pytest.mark.parametrize("kind", ["stock", "booked"])
async def test_a_file_of_a_clock_that_is_ahead_is_not_believed(kind: str, tmp_path: Path) -> None:
    """Its counts would hold orders that are not placed yet, and win over all that are right until then."""
    columns = {"stock": {"sku": 1, "on_hand": 2, "location": 3}, "booked": {"order": 1, "reference": 2}}[kind]
    desk = Desk(tmp_path, kind=kind, columns=columns, header=False, as_of="modified", noon=datetime.now(UTC))
    desk.put("stock-1.csv", "a,5,main\n", at=2 * 3_600)
    assert (await desk.all(), desk.bad) == (
        [], [Quarantined("stock-1.csv", "the time at which it was changed is still to come: a clock is wrong")]
    )  # fmt: skip
    desk.put("stock-2.csv", "a,6,main\n", at=60)  # no two clocks are the same
    assert (len(await desk.all()), len(desk.bad)) == (1, 1)


async def test_what_is_booked_and_what_is_refused_come_from_one_file_by_its_status(tmp_path: Path) -> None:
    columns = {"order": "ORDER", "reference": "NO", "at": "AT", "status": "ST"}
    booked = Desk(tmp_path, kind="booked", files="out/orders.csv", columns=columns, only={"status": ["10", "20"]})
    columns = {"order": "ORDER", "cause": "TEXT", "at": "AT", "status": "ST"}
    refused = Desk(
        tmp_path, kind="refused", files="out/orders.csv", columns=columns, only={"status": ["90"]},
        values={"cause": {"E17": "no such SKU", "*": "refused"}},
    )  # fmt: skip
    four = LATELY.replace(hour=4)
    at = f"{four:%Y-%m-%dT%H:%MZ}"
    rows = [f"o1,B1,10,,{at}", f"o2,,90,E17,{at}", f"o3,,90,E99,{at}", "o4,,30,,x"]
    booked.put("orders.csv", "ORDER,NO,ST,TEXT,AT\n" + "\n".join(rows))
    told: list[Any] = [one.event for one in [*await booked.all(), *await refused.all()]]
    assert isinstance(told[0], OrderBooked)
    assert [isinstance(one, BookingRefused) for one in told] == [False, True, True]
    assert [(one.order, one.at) for one in told] == [("o1", four), ("o2", four), ("o3", four)]
    assert [one.cause for one in told[1:]] == ["no such SKU", "refused"]
    assert booked.bad == refused.bad == []


async def test_parcels_that_left(tmp_path: Path) -> None:
    desk = Desk(
        tmp_path, kind="sent", columns={"order": 1, "shipment": 2}, header=False, as_of="modified", noon=LATELY
    )  # fmt: skip
    desk.put("stock.csv", "o1,P1\no1,P2\no2,\no1,P1\n")
    desk.put("stock-2.csv", "o1,P2\no3,P3\n", at=60)
    first = {one.id: one.event for one in reversed(await desk.all())}
    assert first == {
        f"sent/{parcel}": ShipmentDispatched(order=OrderId(order), shipment=ShipmentId(parcel), at=at)
        for order, parcel, at in (
            ("o1", "P1", LATELY),
            ("o1", "P2", LATELY),
            ("o3", "P3", LATELY + timedelta(seconds=60)),
        )
    }
    assert desk.bad == [Quarantined("stock.csv", "column 2 is empty", 3)]


async def test_a_parcel_of_two_orders_is_told_for_one_and_the_other_row_is_named(tmp_path: Path) -> None:
    desk = Desk(
        tmp_path, kind="sent", columns={"order": 1, "shipment": 2}, header=False, as_of="modified", noon=LATELY
    )  # fmt: skip
    desk.put("stock.csv", "o1,P1\no2,P1\no3,P3\n")
    told: list[Any] = [one.event for one in await desk.all()]
    assert [(one.order, one.shipment) for one in told] == [("o1", "P1"), ("o3", "P3")]
    why = "its parcel is another order's on a line before: a parcel is told for one order"
    assert desk.bad == [Quarantined("stock.csv", why, 2)]


async def test_safety_stock_and_what_a_count_contains(tmp_path: Path) -> None:
    columns = {"sku": "sku", "on_hand": "n", "safety": "min", "contains_until": "c"}
    desk = Desk(tmp_path, columns=columns, constants={"location": "main"}, as_of="modified")
    desk.put("stock.csv", "sku,n,min,c\na,5,2,2026-11-27T11:00:00Z\nb,5,,\nc,5,-1,\n")
    levels = [one.event.level for one in await desk.all() if isinstance(one.event, StockCounted)]
    assert [(one.sku, one.safety, one.contains_until) for one in levels] == [
        ("a", 2, NOON - timedelta(hours=1)), ("b", 0, None)
    ]  # fmt: skip
    assert desk.bad == [Quarantined("stock.csv", "min is below zero", 4)]


@pytest.mark.parametrize(
    ("text", "decimal", "thousands", "number"),
    [
        ("12", ".", "", 12), ("-12", ".", "", -12), ("12-", ".", "", -12), ("+12", ".", "", 12), ("007", ".", "", 7),
        ("1,234,567", ".", ",", 1_234_567), ("1'234", ".", "'", 1_234), ("12.000", ".", "", 12), ("12.", ".", "", 12),
        ("12.5", ".", "", None), ("12,34", ".", ",", None), ("1,2345", ".", ",", None), ("--1", ".", "", None),
        ("-1-", ".", "", None), ("1e3", ".", "", None), ("", ".", "", None), ("-", ".", "", None), ("²", ".", "", None),
        ("1_000", ".", "", None), ("0x10", ".", "", None), ("9999999999", ".", "", None), ("NaN", ".", "", None),
        ("12,0", ",", "", 12), ("1 234", ",", " ", 1_234), ("1.234", ",", "", None), (".0", ".", "", None),
    ],
)  # fmt: skip
def test_a_count_is_read_exactly_or_not_at_all(text: str, decimal: str, thousands: str, number: int | None) -> None:
    assert counted(text, decimal, thousands) == number


@given(st.integers(-999_999_999, 999_999_999), st.integers(0, 9), st.sampled_from([(".", ","), (",", "."), (",", "'")]))
def test_whatever_a_system_writes_of_a_whole_number_is_that_number(
    number: int, places: int, signs: tuple[str, str]
) -> None:
    decimal, thousands = signs
    said = f"{Decimal(number):,.{places}f}".translate(str.maketrans(".,", decimal + thousands))
    assert counted(said, decimal, thousands) == number


@given(st.text(max_size=12))
def test_no_text_is_a_number_that_it_does_not_say(text: str) -> None:
    found = counted(text, ".", ",")
    assert found is None or Decimal(text.replace(",", "").rstrip("-+")).copy_abs() == abs(found)
