"""What an order is packed into, and which rate takes it."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pawline.insight.parcels import MOST, chosen, declared, packed
from pawline.model import Address, Discount, Duty, Item, Line, LineId, Money, Packed, SkuId, Tax
from pawline.ports import Declared, Origin, Parcel, Rate

HOME = Address(name="Paws", lines=("Hafenstr. 1",), city="Hamburg", country="DE")
ORIGIN = Origin(ship_from=HOME, unit_grams=1_000, parcel_grams=30_000)
PRICE = Money(100, "EUR")


def line(sku: str, quantity: int, weight: int | None = None, *, ships: bool = True, **components: int) -> Line:
    parts = tuple(Item(SkuId(one), number) for one, number in components.items())
    return Line(
        id=LineId(sku), sku=SkuId(sku), title=sku, quantity=quantity, price=PRICE, weight=weight, ships=ships,
        components=parts,
    )  # fmt: skip


def told(sku: str, quantity: int, minor: int, weight: int, **more: str) -> Declared:
    return Declared(
        sku=SkuId(sku), title=sku, quantity=quantity, value=Money(minor, "EUR"), weight=weight,
        tariff_code=more.get("tariff_code"), origin=more.get("origin"),
    )  # fmt: skip


def inside(**units: int) -> tuple[Packed, ...]:
    return tuple(Packed(sku=SkuId(sku), quantity=quantity) for sku, quantity in units.items())


def test_units_go_where_there_is_room_and_what_is_too_heavy_goes_alone() -> None:
    lines = [line("food", 3, 14_000), line("toy", 2), line("tank", 1, 45_000), line("card", 1, 5, ships=False)]
    assert packed(lines, ORIGIN) == (
        Parcel(weight=30_000, contents=inside(food=2, toy=2)),
        Parcel(weight=14_000, contents=inside(food=1)),
        Parcel(weight=45_000, contents=inside(tank=1)),
    )


def test_a_bundle_weighs_as_one_and_is_packed_as_its_parts() -> None:
    assert packed([line("set", 2, 3_000, bowl=2, food=1)], ORIGIN) == (
        Parcel(weight=6_000, contents=inside(bowl=4, food=2)),
    )
    assert packed([line("gone", 0, 3_000), line("card", 1, ships=False)], ORIGIN) == ()


def test_what_goes_abroad_says_what_is_in_each_parcel_and_what_was_paid_for_it() -> None:
    tax = Tax(title="VAT", amount=Money(19, "EUR"), included=True)
    duty = Duty(amount=Money(5, "EUR"), tariff_code="2309.10", origin="FR")
    off = Discount(title="sale", amount=Money(80, "EUR"))
    food = replace(line("food", 3, 14_000), taxes=(tax,), discounts=(off,), duties=(duty,))  # 3.00 - 0.80 - 0.19
    toys = replace(line("toy", 2), duties=(duty, replace(duty, origin="CN")))
    parcels = packed([food, toys, line("card", 1, 5, ships=False), line("set", 1, bowl=2)], ORIGIN, abroad=True)
    assert [parcel.goods for parcel in parcels] == [
        (
            told("food", 2, 134, 28_000, tariff_code="2309.10", origin="FR"),
            told("toy", 2, 200, 2_000, tariff_code="2309.10"),
        ),
        (told("food", 1, 67, 14_000, tariff_code="2309.10", origin="FR"), told("set", 1, 100, 1_000)),
    ]  # fmt: skip
    assert [parcel.contents for parcel in parcels] == [inside(food=2, toy=2), inside(bowl=2, food=1)]


def test_more_units_than_were_bought_are_worth_no_more() -> None:
    assert declared(line("food", 2), [3], 10) == (told("food", 3, 200, 30),)
    assert declared(line("food", 2), [], 10) == ()


@given(
    st.lists(st.tuples(st.integers(0, 6), st.none() | st.integers(0, 40_000), st.booleans()), max_size=6),
    st.integers(1, 2_000),
)
def test_nothing_is_lost_or_doubled_and_no_parcel_of_several_is_too_heavy(
    given_: list[tuple[int, int | None, bool]], unit: int
) -> None:
    lines = [line(f"s{n}", quantity, weight, ships=ships) for n, (quantity, weight, ships) in enumerate(given_)]
    parcels = packed(lines, Origin(ship_from=HOME, unit_grams=unit, parcel_grams=30_000))
    found = [one for parcel in parcels for one in parcel.contents]
    for one in lines:
        units = sum(part.quantity for part in found if part.sku == one.sku)
        assert units == (one.quantity if one.ships else 0)
    for parcel in parcels:
        assert parcel.weight <= 30_000 or sum(part.quantity for part in parcel.contents) == 1
    weights = [(one.weight or unit) * one.quantity for one in lines if one.ships]
    assert sum(parcel.weight for parcel in parcels) == sum(weights)


def rate(price: int, day: int | None) -> Rate:
    return Rate(
        carrier="van", service=f"{price}", price=Money(price, "EUR"),
        delivers_on=None if day is None else date(2026, 6, day),
    )  # fmt: skip


SLOW, MIDDLE, FAST, SILENT = rate(390, 18), rate(490, 16), rate(900, 15), rate(290, None)


@pytest.mark.parametrize(
    ("rates", "by", "expected"),
    [
        ([SILENT, SLOW, MIDDLE, FAST], 16, MIDDLE),
        ([SILENT, SLOW, MIDDLE, FAST], 30, SLOW),
        ([SILENT, SLOW, MIDDLE, FAST], 14, FAST),
        ([SILENT, SLOW, MIDDLE, FAST], None, SILENT),
        ([SILENT], 14, SILENT),
        ([MIDDLE, rate(500, 16)], 15, MIDDLE),
        ([], 14, None),
        ([], None, None),
    ],
)
def test_the_cheapest_on_time_else_the_first_to_be_there(
    rates: list[Rate], by: int | None, expected: Rate | None
) -> None:
    assert chosen(rates, None if by is None else date(2026, 6, by)) == expected


def test_more_parcels_than_a_parcel_carrier_takes_are_refused() -> None:
    assert len(packed([line("bag", MOST, 30_000)], ORIGIN)) == MOST
    with pytest.raises(ValueError, match=r"^it makes more than 100 parcels: goods for a freight carrier$"):
        packed([line("bag", MOST + 1, 30_000)], ORIGIN)
