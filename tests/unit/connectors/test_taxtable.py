"""A table of taxes: exact to the minor unit, however lines are cut; refused in sentences; its books hold no names."""

from __future__ import annotations

import asyncio
import threading
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawline.connectors import taxtable
from pawline.connectors.taxtable.table import MOST, BadTable, Rate, Table, read, reckoned, table_of
from pawline.kit import BadSettings, Guard
from pawline.model import (
    Address,
    Credit,
    Destination,
    LineId,
    Money,
    Order,
    OrderId,
    ProductKind,
    Refund,
    RefundId,
    SkuId,
)
from pawline.model import Tax as TaxAmount
from pawline.ports import Code, LineTaxes, Malformed, Rejected, Tax, TaxedLine, TaxRequest, Unauthorised
from pawline.testing.conformance import PLACE, FilePromises
from pawline.testing.examples import CANARY
from pawline.testing.orders import order

HEAD = "country,region,class,title,percent\n"
TABLE = f"""{HEAD}DE,,*,MwSt,19
DE,,food,MwSt,7
DE,,sku:gift,MwSt,19
DE,,shipping,MwSt,19
US,NY,*,State,4
US,US-NY,*,City,4.875
US,NY,shipping,State,0
US,,*,none,0
"""
DE = Destination(country="DE")


class TestTaxTable(FilePromises):
    connector = taxtable.connector
    settings: ClassVar[dict[str, Any]] = {"place": PLACE}
    folders = ("books",)
    examples: ClassVar[dict[Any, object]] = {
        Order: order(1, ship_to=Address(name=CANARY, lines=("Hauptstr. 1",), city="Berlin", country="DE")),
    }


def line(minor: int, kind: ProductKind | None = None, sku: str = "bowl", key: str = "l1", **more: Any) -> TaxedLine:
    return TaxedLine(key=key, amount=Money(minor, "EUR"), quantity=1, sku=SkuId(sku), kind=kind, **more)


def ask(*lines: TaxedLine, to: Destination = DE, included: bool = True) -> TaxRequest:
    return TaxRequest(order=OrderId("o1"), ship_to=to, lines=lines, included=included)


def minors(said: tuple[LineTaxes, ...]) -> list[list[tuple[str, int]]]:
    return [[(tax.title, tax.amount.minor) for tax in one.taxes] for one in said]


def test_of_a_thing_the_row_of_its_sku_counts_then_that_of_its_kind_then_the_rest() -> None:
    table, food = table_of(TABLE), ProductKind.FOOD
    said = reckoned(
        table, ask(line(11_900), line(10_700, food), line(11_900, food, "gift"), line(1_190, shipping=True))
    )
    assert minors(said) == [[("MwSt", 1_900)], [("MwSt", 700)], [("MwSt", 1_900)], [("MwSt", 190)]]
    assert said[1].taxes == (
        TaxAmount(title="MwSt", amount=Money(700, "EUR"), included=True, rate=Decimal("0.07")),
    )  # fmt: skip
    assert [one.key for one in said] == ["l1"] * 4


@pytest.mark.parametrize("region", ["NY", "ny", " US-NY "])
def test_a_region_has_rows_of_its_own_and_several_are_several_taxes(region: str) -> None:
    to = Destination(country="US", region=region)
    said = reckoned(table_of(TABLE), ask(line(1_000), line(500, shipping=True), to=to, included=False))
    assert minors(said) == [[("State", 40), ("City", 49)], [("State", 0)]]  # 48.75
    assert not any(tax.included for one in said for tax in one.taxes)
    elsewhere = Destination(country="US", region="TX")
    assert minors(reckoned(table_of(TABLE), ask(line(1_000), to=elsewhere, included=False))) == [[("none", 0)]]


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (ask(line(1), to=Destination(country="FR")), "the table has no row of * in FR: add one, of 0 too"),
        (
            ask(line(1, shipping=True), to=Destination(country="US", region="TX")),
            "the table has no row of shipping in US-TX: add one, of 0 too",
        ),
    ],
)
def test_where_there_is_no_row_nothing_is_said(asked: TaxRequest, says: str) -> None:
    with pytest.raises(Rejected) as no:
        reckoned(table_of(TABLE), asked)
    assert (no.value.code, no.value.text) == (Code.INVALID, says)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "line 1: the header is country,region,class,title,percent"),
        ("a,b\n", "line 1: the header is country,region,class,title,percent"),
        (HEAD, "it has no row"),
        (f"{HEAD}de,,*,T,1\n", "line 2: `country` is two upper-case letters, such as DE"),
        (f"{HEAD}DE,,,T,1\n", "line 2: `class` and `title` are not empty; * is all other goods"),
        (f"{HEAD}DE,,*,T,1\nDE,,*,,1\n", "line 3: `class` and `title` are not empty; * is all other goods"),
        *((f"{HEAD}DE,,*,T,1\nDE,,{wrong},T,1\n",
           f"line 3: no goods are of the class {wrong!r}: a kind, sku:…, shipping or *")
          for wrong in ("Food", "foods", "sku:", "SKU:bowl", "bowl")),
        ('"a\n', "line 1: unexpected end of data"),
        (f"{HEAD}DE,,*,T\n", "line 2: it has 5 cells: country,region,class,title,percent"),
        (f"{HEAD}DE,,*,T,1,2\n", "line 2: it has 5 cells: country,region,class,title,percent"),
        (f"{HEAD}DE,,*,T,1\nDE,,*,T,2\n", "line 3: T of * in DE  is there twice"),
        *((f"{HEAD}DE,,*,T,{wrong}\n", f"line 2: `percent` is 0 to 100, such as 19 or 8.875, and not {wrong!r}")
          for wrong in ("x", "-1", "101", "nan", "inf", "1e-9", "", "19%", "1_9", "१९")),
    ],
)  # fmt: skip
def test_a_table_with_a_wrong_line_is_none(text: str, says: str) -> None:
    with pytest.raises(BadTable) as no:
        table_of(text)
    assert str(no.value) == says


RATES = st.lists(
    st.builds(Rate, st.sampled_from(["a", "b", "c"]), st.decimals(0, 100, places=3)), min_size=1, max_size=3,
    unique_by=lambda one: one.title,
)  # fmt: skip
AMOUNTS = st.lists(st.tuples(st.integers(0, 5_000), st.integers(1, 6)), min_size=1, max_size=8)


@given(rates=RATES, goods=AMOUNTS, included=st.booleans())
def test_however_units_are_cut_into_lines_the_total_is_the_same_and_is_the_sum_of_its_lines(
    rates: list[Rate], goods: list[tuple[int, int]], included: bool
) -> None:
    """Whole lines against a line for each unit: one price each, so many units."""
    table = Table({("DE", ""): {"*": tuple(rates)}})
    whole = [line(price * units, key=f"l{n}") for n, (price, units) in enumerate(goods)]
    cut = [line(price, key=f"l{n}/{unit}") for n, (price, units) in enumerate(goods) for unit in range(units)]
    sums = []
    for lines in (whole, cut):
        said = reckoned(table, ask(*lines, included=included))
        assert [one.key for one in said] == [one.key for one in lines]
        taxes = [sum(tax.amount.minor for tax in one.taxes) for one in said]
        assert all(type(each) is int and each >= 0 for each in taxes)
        if included:
            assert all(tax <= one.amount.minor for tax, one in zip(taxes, lines, strict=True))
        sums.append(sum(taxes))
    assert sums[0] == sums[1]
    amount = sum(price * units for price, units in goods)
    part = sum((Fraction(rate.percent) / 100 for rate in rates), Fraction(0))
    exact = amount * part / (1 + part) if included else amount * part
    assert abs(sums[0] - exact) <= Fraction(1 if included else len(rates), 2)  # rounded once for each tax, and no more


def played(place: Path, **more: Any) -> Any:
    return taxtable.connector.connect(taxtable.connector.configure({"place": str(place), **more}), Guard())


async def test_a_table_is_read_again_and_one_that_is_wrong_by_then_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "taxes.csv").write_text(TABLE, "utf-8-sig")
    account = played(tmp_path)
    tax = account.plays[Tax]
    assert minors(await tax.quote(ask(line(11_900)))) == [[("MwSt", 1_900)]]
    (tmp_path / "taxes.csv").write_text(f"{HEAD}DE,,*,MwSt,x\n", "utf-8")
    assert minors(await tax.quote(ask(line(11_900)))) == [[("MwSt", 1_900)]]
    tax._read = float("-inf")
    for _ in range(2):
        with pytest.raises(Malformed, match="line 2: `percent` is 0 to 100"):
            await tax.quote(ask(line(11_900)))
    (tmp_path / "taxes.csv").write_text(f"{HEAD}DE,,*,USt,16\n", "utf-8")
    assert minors(await tax.quote(ask(line(11_600)))) == [[("USt", 1_600)]]
    with pytest.raises(Rejected, match="an amount is negative"):
        await tax.quote(ask(line(-1)))


def test_a_table_is_read_whatever_ends_its_lines() -> None:
    assert table_of(TABLE) == table_of(TABLE.replace("\n", "\r\n")) == table_of(TABLE.replace("\n", "\r"))


async def test_a_table_is_parsed_beside_the_pages_once_for_all_and_only_where_it_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "taxes.csv").write_text(TABLE, "utf-8")
    parsed: list[bool] = []

    def counted(data: bytes) -> Table:
        parsed.append(threading.current_thread() is threading.main_thread())
        return read(data)

    monkeypatch.setattr("pawline.connectors.taxtable.tax.read", counted)
    tax = played(tmp_path).plays[Tax]
    for more, times in (("", 1), ("", 1), ("FR,,*,TVA,20\n", 2)):
        (tmp_path / "taxes.csv").write_text(TABLE + more, "utf-8")
        tax._read = float("-inf")
        await asyncio.gather(*(tax.quote(ask(line(11_900))) for _ in range(9)))
        assert parsed == [False] * times


async def test_an_account_is_asked_whether_its_table_and_its_books_are_there(tmp_path: Path) -> None:
    account, settings = played(tmp_path), taxtable.connector.configure({"place": str(tmp_path)})
    probe = taxtable.connector.probe
    assert probe is not None
    (tmp_path / "taxes.csv").write_bytes(b"\xff")
    with pytest.raises(Malformed, match=r"taxes.csv: it is no UTF-8"):
        await probe(account.http, settings, frozenset())
    (tmp_path / "taxes.csv").write_text(TABLE + "\n" * MOST, "utf-8")
    with pytest.raises(Malformed, match=r"taxes.csv: it is longer than 4194304 bytes"):
        await probe(account.http, settings, frozenset())
    (tmp_path / "taxes.csv").write_text(TABLE, "utf-8")
    with pytest.raises(Unauthorised, match="books is not there: make the folder, or correct `books`"):
        await probe(account.http, settings, frozenset())
    (tmp_path / "books").mkdir()
    await probe(account.http, settings, frozenset())


async def test_what_was_charged_is_in_the_books_and_nothing_of_whoever_bought(tmp_path: Path) -> None:
    (tmp_path / "books").mkdir()
    account = played(tmp_path)
    bought = order(1, ship_to=Address(name=CANARY, lines=("Hauptstr. 1",), city="Berlin", country="DE"))
    taxes = reckoned(table_of(TABLE), ask(line(1_000)))[0].taxes
    odd = msgspec.structs.replace(taxes[0], title="=MwSt")
    lines = (msgspec.structs.replace(bought.lines[0], taxes=(odd,)),)
    await account.plays[Tax].record(msgspec.structs.replace(bought, lines=lines))
    credit = Credit(line=LineId("l1"), quantity=1, amount=Money(400, "EUR"))
    refund = Refund(id=RefundId("r1"), at=bought.placed_at, reason="x", credits=(credit,))
    await account.plays[Tax].credit(bought.id, refund)
    head = "order,refund,line,title,rate,minor,currency,included\n"
    assert {one.name: one.read_text() for one in (tmp_path / "books").iterdir()} == {
        "o1.csv": f"{head}o1,,l1,'=MwSt,0.19,160,EUR,1\n", "o1%2Fr1.csv": f"{head}o1,r1,,credited,,400,EUR,\n",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"place": "taxes"}, "`place` is an absolute path"),
        ({"place": "/t", "table": "../x"}, "`table` is a name"),
        ({"place": "/t", "books": ".."}, "`books` is a name in the folder `place`"),
        ({"place": "/t", "every": 0}, "Expected `float` >= 1.0 - at `$.every`"),
    ],
)
def test_settings_are_refused_in_a_sentence(told: dict[str, Any], says: str) -> None:
    with pytest.raises(BadSettings) as no:
        taxtable.connector.configure(told)
    assert says in f"{no.value.text} - at `${no.value.at}`"
