"""Money is exact: nothing is lost, nothing is rounded unasked, nothing mixes."""

from decimal import Decimal
from fractions import Fraction
from operator import add, lt, mul, sub
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawline.model import EXPONENTS, LARGEST, MixedCurrencies, Money, UnknownCurrency, exponent, total

currencies = st.sampled_from(sorted(EXPONENTS))
minors = st.integers(-(10**12), 10**12)
moneys = st.builds(Money, minors, currencies)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("19.99", "EUR", 1999),
        ("19.9", "EUR", 1990),
        ("19.9900", "EUR", 1999),
        ("-0.05", "EUR", -5),
        ("-0", "EUR", 0),
        ("1500", "JPY", 1500),
        ("1500.00", "JPY", 1500),
        ("0.005", "KWD", 5),
        ("1", "CLF", 10000),
        ("007", "USD", 700),
    ],
)
def test_reads_what_vendors_send(text: str, currency: str, minor: int) -> None:
    assert Money.parse(text, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    "text", ["", "1e3", "+1", "1,000", " 1", "1 ", ".5", "5.", "NaN", "1_000", "\u0661", "1\n", "--1"]
)
def test_reads_nothing_else(text: str) -> None:
    with pytest.raises(ValueError, match="is not a plain decimal number"):
        Money.parse(text, "EUR")


@pytest.mark.parametrize(("text", "currency"), [("0.001", "EUR"), ("0.5", "JPY"), ("1.0001", "KWD")])
def test_never_rounds_what_it_reads(text: str, currency: str) -> None:
    with pytest.raises(ValueError, match=f"has more than {currency}'s {exponent(currency)} decimals"):
        Money.parse(text, currency)


@given(moneys)
def test_text_and_decimal_come_back(money: Money) -> None:
    assert Money.parse(money.format(), money.currency) == money
    assert Money.rounded(money.decimal(), money.currency) == money
    assert msgspec.json.decode(msgspec.json.encode(money), type=Money) == money


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(1990, "EUR"), "19.90 EUR"),
        (Money(-5, "EUR"), "-0.05 EUR"),
        (Money(5, "JPY"), "5 JPY"),
        (Money(5, "KWD"), "0.005 KWD"),
    ],
)
def test_is_written_with_all_its_decimals(money: Money, text: str) -> None:
    assert str(money) == text


@pytest.mark.parametrize(
    ("amount", "minor"),
    [
        (Decimal("0.005"), 1),
        (Decimal("-0.005"), -1),
        (Decimal("0.00499"), 0),
        (Fraction(1, 3), 33),
        (Fraction(2, 3), 67),
        (7, 700),
        (Decimal("1E-500000"), 0),
    ],
)
def test_rounds_halves_away_from_zero_when_asked(amount: Decimal | Fraction | int, minor: int) -> None:
    assert Money.rounded(amount, "EUR") == Money(minor, "EUR")


@pytest.mark.parametrize("amount", [Decimal("NaN"), Decimal("Infinity")])
def test_no_amount_is_no_money(amount: Decimal) -> None:
    with pytest.raises(ValueError, match="is not an amount"):
        Money.rounded(amount, "EUR")
    with pytest.raises(ValueError, match="is not a factor"):
        Money(1, "EUR").scale(amount)


@pytest.mark.parametrize("amount", [Decimal("1E+500000"), 10**30])
def test_money_has_an_end(amount: Decimal | int) -> None:
    with pytest.raises(OverflowError, match="more than 9007199254740991 minor units of EUR"):
        Money.rounded(amount, "EUR")
    with pytest.raises(OverflowError, match="more than 9007199254740991 minor units of EUR"):
        Money(LARGEST, "EUR") + Money(1, "EUR")


@pytest.mark.parametrize("minor", [1.0, True, "1", Decimal(1), None])
def test_counts_whole_minor_units_only(minor: object) -> None:
    with pytest.raises(TypeError, match="money counts whole minor units"):
        Money(minor, "EUR")  # type: ignore[arg-type]


@pytest.mark.parametrize("currency", ["eur", "EURO", "", "XXX", "BTC"])
def test_needs_a_real_currency(currency: str) -> None:
    with pytest.raises(UnknownCurrency, match="is not a currency of ISO 4217"):
        Money(1, currency)


def test_a_currency_has_the_decimals_of_the_norm() -> None:
    assert {code: exponent(code) for code in ("EUR", "JPY", "ISK", "UGX", "KWD", "TND", "CLF", "HUF")} == {
        "EUR": 2,
        "JPY": 0,
        "ISK": 0,
        "UGX": 0,
        "KWD": 3,
        "TND": 3,
        "CLF": 4,
        "HUF": 2,
    }
    assert len(EXPONENTS) == 162


def test_currencies_do_not_mix() -> None:
    euro, yen = Money(1, "EUR"), Money(1, "JPY")
    for operation in (
        lambda: euro + yen,
        lambda: euro - yen,
        lambda: euro < yen,
        lambda: euro <= yen,
        lambda: euro > yen,
        lambda: euro >= yen,
        lambda: total([euro, yen], "EUR"),
        lambda: total([euro], "JPY"),
    ):
        with pytest.raises(MixedCurrencies, match="do not add up: convert first"):
            operation()
    assert euro != yen


def test_money_is_neither_a_number_nor_a_truth_value() -> None:
    euro = Money(1, "EUR")
    refused: tuple[tuple[Any, Any], ...] = ((add, 1), (add, None), (sub, 0.5), (lt, 0), (mul, 0.5), (mul, euro))
    for operation, other in refused:
        with pytest.raises(TypeError):
            operation(euro, other)
    with pytest.raises(TypeError, match="neither true nor false"):
        bool(euro)


@given(minors, minors, st.integers(-1000, 1000), currencies)
def test_arithmetic_is_that_of_whole_numbers(one: int, other: int, times: int, currency: str) -> None:
    a, b = Money(one, currency), Money(other, currency)
    assert (a + b).minor == one + other
    assert (a - b).minor == one - other
    assert (-a).minor == -one
    assert abs(a).minor == abs(one)
    assert (a * times).minor == (times * a).minor == one * times
    assert ((a < b), (a <= b), (a > b), (a >= b)) == ((one < other), (one <= other), (one > other), (one >= other))
    assert total([a, b, a], currency).minor == 2 * one + other
    assert total([], currency) == Money.zero(currency)


@given(moneys, st.lists(st.integers(0, 10**9), min_size=1, max_size=12).filter(any))
def test_allocating_loses_no_minor_unit(money: Money, weights: list[int]) -> None:
    parts = money.allocate(weights)

    assert len(parts) == len(weights)
    assert total(parts, money.currency) == money
    for part, weight in zip(parts, weights, strict=True):
        exact = Fraction(money.minor * weight, sum(weights))
        assert abs(part.minor - exact) < 1
        if weight == 0:
            assert part.minor == 0


@given(moneys, st.lists(st.integers(0, 100), min_size=1, max_size=8).filter(any))
def test_allocating_gives_the_rest_to_the_largest_remainders(money: Money, weights: list[int]) -> None:
    parts = money.allocate(weights)
    got_more: list[tuple[int, int]] = []
    got_less: list[tuple[int, int]] = []
    for place, (part, weight) in enumerate(zip(parts, weights, strict=True)):
        whole, remainder = divmod(abs(money.minor) * weight, sum(weights))
        (got_more if abs(part.minor) > whole else got_less).append((-remainder, place))
    assert not got_more or not got_less or max(got_more) < min(got_less)


def test_allocating_prefers_the_first_among_equals() -> None:
    assert Money(100, "EUR").allocate([1, 1, 1]) == (Money(34, "EUR"), Money(33, "EUR"), Money(33, "EUR"))
    assert Money(-100, "EUR").allocate([1, 1, 1]) == (Money(-34, "EUR"), Money(-33, "EUR"), Money(-33, "EUR"))
    assert Money(5, "EUR").allocate([3, 7]) == (Money(2, "EUR"), Money(3, "EUR"))
    assert Money(5, "EUR").allocate([0, 1]) == (Money(0, "EUR"), Money(5, "EUR"))


@pytest.mark.parametrize("weights", [[], [0], [0, 0], [1, -1], [2, -1]])
def test_allocating_needs_a_measure(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights that are not negative, and not all zero"):
        Money(1, "EUR").allocate(weights)


@given(moneys, st.fractions(-2, 2, max_denominator=1000))
def test_scaling_is_right_to_half_a_minor_unit(money: Money, factor: Fraction) -> None:
    exact = money.minor * factor
    scaled = money.scale(factor).minor
    assert abs(scaled - exact) <= Fraction(1, 2)
    if abs(scaled - exact) == Fraction(1, 2):
        assert abs(scaled) > abs(exact)


def test_five_percent_off() -> None:
    assert Money(1999, "EUR").scale(Decimal("0.05")) == Money(100, "EUR")
    assert Money(1000, "JPY").scale(Decimal("0.0005")) == Money(1, "JPY")
