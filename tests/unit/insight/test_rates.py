"""What a delivery costs, to the minor unit, and when it is there: never sooner than it can be."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pawline.insight.pickups import Calendar, Times, next_coming
from pawline.insight.rates import (
    NoPrice,
    Service,
    Standing,
    Supply,
    Tariff,
    Tier,
    Unpriced,
    Zone,
    choices,
    hides,
    is_in,
    supply,
)
from pawline.model import Basket, BasketLine, DeliveryChoice, Destination, Money, SkuId

BERLIN = ZoneInfo("Europe/Berlin")
WORK = frozenset(range(5))
CALENDAR = Calendar(BERLIN, [Times(WORK, time(14), time(17, 30))], frozenset({date(2026, 12, 25), date(2026, 12, 26)}))
FOOD, TOY = SkuId("FOOD"), SkuId("TOY")
DE = Destination(country="DE", postcode="20457")
NOW = datetime(2026, 6, 11, 8, tzinfo=UTC)  # a Thursday, four hours before the cut-off
SHOWN = timedelta(minutes=15)
THERE = {FOOD: Standing(9), TOY: Standing(9)}


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def basket(*lines: tuple[SkuId, int, int | None], to: Destination = DE, worth: int = 3_000) -> Basket:
    made = tuple(BasketLine(sku=sku, quantity=count, grams=grams) for sku, count, grams in lines or ((FOOD, 1, 2_000),))
    return Basket(destination=to, lines=made, worth=eur(worth))


STANDARD = Service(
    "standard", "DHL", [Tier(eur(0), None, eur(4_900)), Tier(eur(490), 5_000), Tier(eur(990), 31_500)], (1, 2)
)
EXPRESS = Service("express", "By noon", [Tier(eur(1_290), 10_000)], (1, 1), frozenset(range(6)), "signed for", True)
ISLAND = Zone([STANDARD._replace(code="island", tiers=[Tier(eur(1_490))])], frozenset({"DE"}), postcodes=("18565",))
HOME = Zone([STANDARD, EXPRESS], frozenset({"DE"}))
TARIFF = Tariff("EUR", [ISLAND, HOME], 1_000, CALENDAR)


def told(*args: Any, tariff: Tariff = TARIFF, now: datetime = NOW, stock: Any = THERE) -> tuple[DeliveryChoice, ...]:
    return choices(tariff, args[0] if args else basket(), now, stock, SHOWN)


def prices(found: tuple[DeliveryChoice, ...]) -> list[tuple[str, int]]:
    return [(one.code, one.price.minor) for one in found]


def days(one: DeliveryChoice) -> tuple[date, date] | None:
    return None if one.earliest is None or one.latest is None else (one.earliest.date(), one.latest.date())


def test_a_choice_says_everything_that_a_shopper_chooses_by() -> None:
    noon = datetime(2026, 6, 12, 12, tzinfo=BERLIN)
    assert told() == (
        DeliveryChoice(code="standard", title="DHL", price=eur(490), earliest=noon, latest=noon + timedelta(days=3)),
        DeliveryChoice(
            code="express", title="By noon", price=eur(1_290), says="signed for", phone=True, earliest=noon, latest=noon
        ),
    )


@pytest.mark.parametrize(
    ("grams", "worth", "found"),
    [
        (5_000, 4_899, [("standard", 490), ("express", 1_290)]),
        (5_001, 4_899, [("standard", 990), ("express", 1_290)]),
        (5_001, 4_900, [("standard", 0), ("express", 1_290)]),
        (10_001, 4_899, [("standard", 990)]),
        (31_501, 4_900, [("standard", 0)]),
    ],
)
def test_the_first_tier_that_fits_is_the_price(grams: int, worth: int, found: list[tuple[str, int]]) -> None:
    assert prices(told(basket((FOOD, 1, grams), worth=worth))) == found


def test_units_are_weighed_and_those_nobody_weighed_by_the_shops_own_word() -> None:
    assert prices(told(basket((FOOD, 2, 2_000), (TOY, 1, None))))[0] == ("standard", 490)
    assert prices(told(basket((FOOD, 2, 2_000), (TOY, 2, None))))[0] == ("standard", 990)
    assert prices(told(basket((FOOD, 2, 2_500), (TOY, 9, 0))))[0] == ("standard", 490)


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (basket((FOOD, 1, 31_501)), Unpriced.TIER),
        (basket(to=Destination(country="AT", postcode="18565")), Unpriced.ZONE),
        (Basket(destination=DE, lines=(BasketLine(sku=FOOD, quantity=1),), worth=Money(1, "CHF")), Unpriced.CURRENCY),
    ],
)
def test_what_the_table_does_not_say_is_not_guessed(made: Basket, why: Unpriced) -> None:
    with pytest.raises(NoPrice) as none:
        told(made)
    assert none.value.why is why


def test_the_first_zone_that_has_the_destination_counts() -> None:
    assert prices(told(basket(to=Destination(country="DE", postcode="18 565")))) == [("island", 1_490)]
    west = Zone([EXPRESS], frozenset({"US"}), frozenset({"CA", "OR"}))
    assert is_in(west, Destination(country="US", region="ca"))
    assert not is_in(west, Destination(country="US", region="NY"))
    assert not is_in(west, Destination(country="US"))
    assert not is_in(ISLAND, DE)
    assert not is_in(ISLAND, Destination(country="DE"))
    assert is_in(Zone([EXPRESS]), Destination(country="NZ"))
    uk = Zone([EXPRESS], frozenset({"GB"}), postcodes=("BT", "SW1A"))
    assert is_in(uk, Destination(country="GB", postcode="bt1 5gs"))
    assert is_in(uk, Destination(country="GB", postcode="Sw 1-a 1aa"))
    assert not is_in(uk, Destination(country="GB", postcode="SW11"))


@given(st.lists(st.tuples(st.integers(1, 60), st.integers(1, 40_000)), min_size=1, max_size=6), st.integers(0, 20_000))
def test_the_price_is_one_of_the_tables_and_the_one_of_its_weight(lines: list[tuple[int, int]], worth: int) -> None:
    grams = sum(count * each for count, each in lines)
    wanted = 0 if worth >= 4_900 else 490 if grams <= 5_000 else 990 if grams <= 31_500 else None
    express = 1_290 if grams <= 10_000 else None
    right = [(code, minor) for code, minor in (("standard", wanted), ("express", express)) if minor is not None]
    made = basket(*((FOOD, count, each) for count, each in lines), worth=worth)
    if not right:
        with pytest.raises(NoPrice):
            told(made)
        return
    assert prices(told(made)) == right


tiers = st.builds(
    Tier, st.integers(0, 999).map(eur), st.none() | st.integers(1, 50), st.none() | st.integers(1, 50).map(eur)
)  # fmt: skip


@given(tiers, tiers, st.integers(1, 60), st.integers(0, 60))
def test_a_hidden_tier_is_never_the_price_and_one_that_is_not_may_be(
    one: Tier, other: Tier, grams: int, worth: int
) -> None:
    def fits(tier: Tier, grams: int, worth: int) -> bool:
        return (tier.up_to is None or grams <= tier.up_to) and (tier.least is None or eur(worth) >= tier.least)

    if hides(one, other):
        assert fits(one, grams, worth) or not fits(other, grams, worth)
    else:
        assert any(
            fits(other, weight, value) and not fits(one, weight, value)
            for weight in (1, other.up_to or 60)
            for value in (60, 0 if other.least is None else other.least.minor)
        )


# -- promises ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "promised"),
    [
        (datetime(2026, 6, 11, 11, 44, 59, tzinfo=UTC), (date(2026, 6, 12), date(2026, 6, 15))),
        # It may be shown until after the cut-off: who chooses it then goes with Friday's, and has it on Tuesday.
        (datetime(2026, 6, 11, 11, 45, tzinfo=UTC), (date(2026, 6, 12), date(2026, 6, 16))),
        (datetime(2026, 6, 11, 12, tzinfo=UTC), (date(2026, 6, 15), date(2026, 6, 16))),
        (datetime(2026, 6, 13, 9, tzinfo=UTC), (date(2026, 6, 16), date(2026, 6, 17))),  # a Saturday
        (datetime(2026, 12, 24, 9, tzinfo=UTC), (date(2026, 12, 28), date(2026, 12, 29))),  # delivered on no holiday
        (datetime(2026, 12, 24, 14, tzinfo=UTC), (date(2026, 12, 29), date(2026, 12, 30))),  # nor sent
    ],
)
def test_a_promise_counts_from_the_pick_up_and_by_days_of_delivery(now: datetime, promised: tuple[date, date]) -> None:
    assert days(told(now=now)[0]) == promised


def test_the_day_of_the_pick_up_is_one_where_it_is_delivered_then() -> None:
    today = STANDARD._replace(days=(0, 0))
    tariff = Tariff("EUR", [Zone([today])], 1_000, CALENDAR)
    assert days(told(tariff=tariff)[0]) == (date(2026, 6, 11), date(2026, 6, 11))
    saturdays = tariff._replace(zones=[Zone([today._replace(delivers=frozenset({5}))])])
    assert days(told(tariff=saturdays)[0]) == (date(2026, 6, 13), date(2026, 6, 13))


@pytest.mark.parametrize(
    ("stock", "wanted", "known"),
    [
        ({FOOD: Standing(2), TOY: Standing(3)}, Supply.THERE, True),
        ({FOOD: Standing(2), TOY: Standing(2)}, Supply.LATER, False),
        ({FOOD: Standing(2), TOY: Standing(None)}, Supply.UNKNOWN, False),
        ({FOOD: Standing(0), TOY: Standing(None)}, Supply.UNKNOWN, False),
        ({FOOD: Standing(2)}, Supply.UNKNOWN, False),
        ({FOOD: Standing(2), TOY: Standing(9, recalled=True)}, Supply.UNKNOWN, False),
        (None, Supply.UNKNOWN, False),
    ],
)
def test_nothing_is_promised_of_what_is_not_there_or_not_known(stock: Any, wanted: Supply, known: bool) -> None:
    made = basket((FOOD, 1, 100), (TOY, 2, 100), (FOOD, 1, 100), (TOY, 1, 100))
    assert supply(TARIFF, made, stock) is wanted
    found = told(made, stock=stock)
    assert prices(found) == [("standard", 490), ("express", 1_290)]
    assert [days(one) is not None for one in found] == [known, known]


def test_what_comes_again_is_promised_as_late_as_that() -> None:
    again = TARIFF._replace(restock=10)
    assert days(told(tariff=again, stock={FOOD: Standing(0)})[0]) == (date(2026, 6, 12), date(2026, 6, 24))
    assert days(told(tariff=again)[0]) == (date(2026, 6, 12), date(2026, 6, 15))
    assert days(told(tariff=again, stock={FOOD: Standing(None)})[0]) is None


def test_who_counts_nothing_may_say_that_it_is_there() -> None:
    trusting = TARIFF._replace(uncounted=True)
    assert days(told(tariff=trusting, stock={FOOD: Standing(None)})[0]) is not None
    assert days(told(tariff=trusting, stock={FOOD: Standing(None, recalled=True)})[0]) is None
    assert days(told(tariff=trusting, stock={})[0]) is None
    assert days(told(tariff=trusting, stock={FOOD: Standing(0)})[0]) is None


def test_without_a_carriers_week_or_its_days_nothing_is_promised() -> None:
    assert days(told(tariff=TARIFF._replace(calendar=None))[0]) is None
    some = Tariff("EUR", [Zone([STANDARD._replace(days=None), EXPRESS])], 1_000, CALENDAR)
    assert [days(one) is None for one in told(tariff=some)] == [True, False]


moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants them bare


@given(moments, st.integers(0, 4), st.integers(0, 9), st.sets(st.integers(0, 6), min_size=1), st.none() | st.just(7))
def test_a_promise_is_never_sooner_than_the_carrier(
    now: datetime, least: int, more: int, delivers: set[int], restock: int | None
) -> None:
    service = Service("a", "A", [Tier(eur(1))], (least, least + more), frozenset(delivers))
    tariff = Tariff("EUR", [Zone([service])], 1, CALENDAR, restock)
    lacking = restock is not None
    (one,) = told(tariff=tariff, now=now, stock={FOOD: Standing(0 if lacking else 5)})
    assert (one.earliest, one.latest) != (None, None)
    assert one.earliest is not None
    assert one.latest is not None
    first = next_coming(CALENDAR, now).day
    last = next_coming(CALENDAR, now + SHOWN + timedelta(days=restock or 0)).day
    for moment, leaves, wait in ((one.earliest, first, least), (one.latest, last, least + more)):
        passed = [leaves + timedelta(days=n) for n in range(1, (moment.date() - leaves).days + 1)]
        assert (moment.hour, moment.utcoffset()) == (12, moment.astimezone(BERLIN).utcoffset())
        assert moment.weekday() in delivers
        assert moment.date() not in CALENDAR.holidays
        delivered = [day for day in passed if day.weekday() in delivers and day not in CALENDAR.holidays]
        assert len(delivered) == wait or (wait == 0 and len(delivered) <= 1)
