"""Products, stock, lots and carts."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawline.model import (
    Basket,
    BasketLine,
    Cart,
    CartId,
    CartLine,
    DeliveryChoice,
    Destination,
    Food,
    HouseholdId,
    LineId,
    LocationId,
    LotId,
    MixedCurrencies,
    Money,
    Packed,
    PetId,
    Prescription,
    PrescriptionId,
    Product,
    ProductKind,
    Recall,
    RecallClass,
    RecallId,
    ReturnLine,
    SkuId,
    StockLevel,
    gtin,
    not_contained,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NAIVE = datetime(2026, 3, 1, 12)  # noqa: DTZ001
KIBBLE = SkuId("kibble")


@pytest.mark.parametrize(
    ("printed", "kept"),
    [
        ("4006381333931", "04006381333931"),
        ("036000291452", "00036000291452"),
        ("96385074", "00000096385074"),
        ("10012345678902", "10012345678902"),
    ],
)
def test_a_gtin_is_kept_with_14_digits(printed: str, kept: str) -> None:
    assert gtin(printed) == kept
    assert gtin(kept) == kept


@pytest.mark.parametrize(
    "text", ["", "4006381333932", "400638133393", "40063813339310", "4006381-33393", "\u0664006381333931"]
)
def test_another_number_is_no_gtin(text: str) -> None:
    with pytest.raises(ValueError, match="is no GTIN"):
        gtin(text)


@given(st.integers(0, 10**12 - 1), st.integers(0, 9))
def test_one_check_digit_in_ten_is_right(number: int, other: int) -> None:
    right = [digit for digit in range(10) if _is_gtin(f"{number:012}{digit}")]
    assert len(right) == 1
    assert _is_gtin(f"{number:012}{other}") is (other in right)


def _is_gtin(text: str) -> bool:
    try:
        return gtin(text) == "0" + text
    except ValueError:
        return False


@pytest.mark.parametrize(
    ("steps", "off"),
    [
        ([], 0),
        ([(10, 0)], 0),
        ([(10, 4)], 4),
        ([(10, 14)], 14),  # more than is there: oversold, whoever did it
        ([(10, 4), (20, 3)], 7),
        ([(5, 60), (100, 3)], 8),  # a place that nobody counted for weeks: its five are gone, no other's are
        ([(-2, 6), (10, 1)], 1),  # nothing was left there to take
        ([(5, 3), (5, 9), (5, 1)], 11),
    ],
)
def test_orders_that_no_count_contains_come_off_the_counts_before_them(steps: list[tuple[int, int]], off: int) -> None:
    assert not_contained(steps) == off


def recall(*lots: str) -> Recall:
    return Recall(
        id=RecallId("F-1"),
        severity=RecallClass.CLASS_I,
        skus=(KIBBLE,),
        reason="salmonella",
        source="maker",
        lots=tuple(map(LotId, lots)),
    )


def packed(lot: str | None, sku: SkuId = KIBBLE) -> Packed:
    return Packed(sku=sku, quantity=1, lot=None if lot is None else LotId(lot))


def test_an_unknown_lot_counts_as_affected() -> None:
    assert recall("A", "B").affects(packed("A"))
    assert not recall("A", "B").affects(packed("C"))
    assert recall("A").affects(packed(None))
    assert recall().affects(packed("C"))
    assert not recall().affects(packed("A", SkuId("bowl")))


def test_what_a_cart_is_worth() -> None:
    lines = (
        CartLine(sku=KIBBLE, quantity=2, price=Money(1999, "EUR")),
        CartLine(sku=SkuId("bowl"), quantity=1, price=Money(500, "EUR")),
    )
    assert Cart(id=CartId("c1"), currency="EUR", changed_at=NOON, lines=lines).worth() == Money(4498, "EUR")
    assert Cart(id=CartId("c1"), currency="EUR", changed_at=NOON).worth() == Money(0, "EUR")
    with pytest.raises(MixedCurrencies):
        Cart(id=CartId("c1"), currency="USD", changed_at=NOON, lines=lines)


def product(**known: Any) -> Product:
    return Product(sku=KIBBLE, title="Kibble", kind=ProductKind.FOOD, **known)


def choice(**known: Any) -> DeliveryChoice:
    given: dict[str, Any] = {"code": "a", "title": "A", "price": Money(1, "EUR")} | known
    return DeliveryChoice(**given)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: product(content=0), "kibble: content and weight are above zero grams"),
        (lambda: product(weight=-1), "kibble: content and weight are above zero grams"),
        (lambda: product(gtin="4006381333931"), "kibble: a GTIN is kept with 14 digits"),
        (lambda: product(gtin="04006381333932"), "'04006381333932' is no GTIN: its check digit is wrong"),
        (lambda: Food(kcal_per_kg=0), "0 kcal/kg is no food: pure fat has 9,000"),
        (lambda: Food(kcal_per_kg=9001), "9001 kcal/kg is no food: pure fat has 9,000"),
        (
            lambda: Prescription(
                id=PrescriptionId("rx1"),
                household=HouseholdId("h1"),
                pet=PetId("p1"),
                sku=KIBBLE,
                clinic="Vets",
                expires_on=NOON.date(),
                refills_left=-1,
            ),
            "prescription rx1: refills left are not negative",
        ),
        (
            lambda: StockLevel(sku=KIBBLE, location=LocationId("b"), on_hand=1, as_of=NOON, safety=-1),
            "safety stock is not negative",
        ),
        (
            lambda: StockLevel(sku=KIBBLE, location=LocationId("b"), on_hand=1, as_of=NAIVE),
            "a stock level's as-of time needs a time zone",
        ),
        (
            lambda: StockLevel(sku=KIBBLE, location=LocationId("b"), on_hand=1, as_of=NOON, contains_until=NAIVE),
            "a stock level's contains-until time needs a time zone",
        ),
        (lambda: Packed(sku=KIBBLE, quantity=0), "0 of kibble cannot be packed"),
        (lambda: ReturnLine(line=LineId("l1"), quantity=0), "0 units of line l1 cannot come back"),
        (
            lambda: Recall(id=RecallId("F-1"), severity=RecallClass.CLASS_I, skus=(), reason="", source=""),
            "recall F-1 names no SKU",
        ),
        (
            lambda: CartLine(sku=KIBBLE, quantity=0, price=Money(1, "EUR")),
            "a cart's line has at least one unit, and no negative price",
        ),
        (lambda: Cart(id=CartId("c"), currency="EUR", changed_at=NAIVE), "a cart's time needs a time zone"),
        (lambda: Destination(country="de"), "a destination's country is two upper-case letters (ISO 3166-1)"),
        (lambda: BasketLine(sku=KIBBLE, quantity=0), "a basket's line has at least one unit, and no negative weight"),
        (
            lambda: BasketLine(sku=KIBBLE, quantity=1, grams=-1),
            "a basket's line has at least one unit, and no negative weight",
        ),
        (
            lambda: Basket(destination=Destination(country="DE"), lines=(), worth=Money(1, "EUR")),
            "nothing is in the basket",
        ),
        (lambda: choice(price=Money(-1, "EUR")), "a delivery's price is not negative"),
        (lambda: choice(earliest=NOON), "a delivery is promised between two days, or not at all"),
        (lambda: choice(earliest=NAIVE, latest=NOON), "a delivery's day needs a time zone"),
        (
            lambda: choice(earliest=NOON, latest=NOON - timedelta(days=1)),
            "a delivery's earliest day is not after its latest",
        ),
    ],
    ids=count(),
)
def test_what_contradicts_itself_is_refused(make: Callable[[], object], told: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        make()
    assert str(caught.value) == told
