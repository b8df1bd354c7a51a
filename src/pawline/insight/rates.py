"""What a delivery costs and when it is there: by the shop's own table, its carrier's calendar, and what is in stock."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from pawline.insight.pickups import DAY, Calendar, next_coming
from pawline.model import Basket, DeliveryChoice, Destination, Money, SkuId

NOON: Final = time(12)
_APART: Final = re.compile(r"[\s-]")


class Tier(NamedTuple):
    """A price, of baskets up to so many grams and worth so much at `least`, both included; None: whatever it is."""

    price: Money
    up_to: int | None = None
    least: Money | None = None


class Service(NamedTuple):
    """A carrier's service: the first of its `tiers` that a basket fits is its price; where it fits none it is not had.

    `days` are the fewest and the most days of delivery after the pick-up, counted on weekdays `delivers` (Monday is 0);
    None: nothing is promised. `phone`: the carrier needs the shopper's number.
    """

    code: str
    title: str
    tiers: Sequence[Tier]
    days: tuple[int, int] | None = None
    delivers: frozenset[int] = frozenset(range(5))
    says: str = ""
    phone: bool = False


class Zone(NamedTuple):
    """Where services go: these countries (none named: every one), of them only what is named besides, if something is.

    `postcodes` are beginnings, as `bare_postcode` has them.
    """

    services: Sequence[Service]
    countries: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    postcodes: tuple[str, ...] = ()


class Tariff(NamedTuple):
    """A shop's table: of its zones the first that has a destination counts. All amounts are of one `currency`.

    A unit whose weight nobody said weighs `unit_grams`. What is not in stock is there again `restock` days from now at
    the latest; None: nobody knows when. `uncounted`: what nobody ever counted is in stock.
    """

    currency: str
    zones: Sequence[Zone]
    unit_grams: int
    calendar: Calendar | None = None
    restock: int | None = None
    uncounted: bool = False


class Standing(NamedTuple):
    """What may be sold of a SKU; `units` None: nobody ever counted it. What is `recalled` is not sent at all."""

    units: int | None
    recalled: bool = False


class Unpriced(StrEnum):
    """Why the table has no price for a basket."""

    CURRENCY = "its amounts are in another currency"
    ZONE = "no zone has its destination"
    TIER = "no service there takes it"


class NoPrice(Exception):
    """The table does not say what this costs."""

    def __init__(self, why: Unpriced) -> None:
        super().__init__(why.value)
        self.why: Final = why


class Supply(StrEnum):
    """Whether a basket's goods can leave with the next pick-up."""

    THERE = "there"
    LATER = "later"
    UNKNOWN = "unknown"


def choices(
    tariff: Tariff, basket: Basket, now: datetime, stock: Mapping[SkuId, Standing] | None, shown: timedelta
) -> tuple[DeliveryChoice, ...]:  # fmt: skip
    """Every service that takes the basket, in the table's order: at least one.

    `stock` has what is known of the basket's SKUs; None: nothing could be told in time. The answer may be shown for
    `shown` longer: what is promised is then still true. Raises NoPrice.
    """
    if basket.worth.currency != tariff.currency:
        raise NoPrice(Unpriced.CURRENCY)
    zone = next((one for one in tariff.zones if is_in(one, basket.destination)), None)
    if zone is None:
        raise NoPrice(Unpriced.ZONE)
    grams = sum(line.quantity * (tariff.unit_grams if line.grams is None else line.grams) for line in basket.lines)
    priced = [(one, price) for one in zone.services if (price := _price(one, grams, basket.worth)) is not None]
    if not priced:
        raise NoPrice(Unpriced.TIER)
    leaves = _leaves(tariff, supply(tariff, basket, stock), now, shown)
    return tuple(_choice(tariff, service, price, leaves) for service, price in priced)


def is_in(zone: Zone, to: Destination) -> bool:
    """Whether the zone has the destination. Spaces, hyphens and case are nothing in a postcode."""
    if zone.countries and to.country not in zone.countries:
        return False
    if zone.regions and (to.region or "").upper() not in zone.regions:
        return False
    return not zone.postcodes or bare_postcode(to.postcode or "").startswith(zone.postcodes)


def bare_postcode(said: str) -> str:
    """As zones have it: `sw1a 1aa` is `SW1A1AA`."""
    return _APART.sub("", said).upper()


def hides(one: Tier, other: Tier) -> bool:
    """Whether whatever fits the other fits this one, too."""
    heavier = one.up_to is None or (other.up_to is not None and one.up_to >= other.up_to)
    return heavier and (one.least is None or (other.least is not None and one.least <= other.least))


def supply(tariff: Tariff, basket: Basket, stock: Mapping[SkuId, Standing] | None) -> Supply:
    """The worst of what is wanted: nothing is promised for what is not known, or recalled."""
    if stock is None:
        return Supply.UNKNOWN
    wanted = Counter[SkuId]()
    for line in basket.lines:
        wanted[line.sku] += line.quantity
    found = [_supply(tariff, stock.get(sku), quantity) for sku, quantity in wanted.items()]
    return next((one for one in (Supply.UNKNOWN, Supply.LATER) if one in found), Supply.THERE)


def _supply(tariff: Tariff, standing: Standing | None, wanted: int) -> Supply:
    if standing is None or standing.recalled:
        return Supply.UNKNOWN
    if standing.units is None:
        return Supply.THERE if tariff.uncounted else Supply.UNKNOWN
    return Supply.THERE if standing.units >= wanted else Supply.LATER


def _price(service: Service, grams: int, worth: Money) -> Money | None:
    fitting = (
        tier.price for tier in service.tiers
        if (tier.up_to is None or grams <= tier.up_to) and (tier.least is None or worth >= tier.least)
    )  # fmt: skip
    return next(fitting, None)


def _leaves(tariff: Tariff, supply: Supply, now: datetime, shown: timedelta) -> tuple[date, date] | None:
    """The first pick-up that it may still make, and the one that it makes at the latest; None where nobody can say."""
    if tariff.calendar is None or supply is Supply.UNKNOWN or (supply is Supply.LATER and tariff.restock is None):
        return None
    late = timedelta(days=tariff.restock or 0) if supply is Supply.LATER else timedelta()
    return next_coming(tariff.calendar, now).day, next_coming(tariff.calendar, now + shown + late).day


def _choice(tariff: Tariff, service: Service, price: Money, leaves: tuple[date, date] | None) -> DeliveryChoice:
    earliest = latest = None
    if leaves is not None and service.days is not None and tariff.calendar is not None:
        zone, off = tariff.calendar.zone, tariff.calendar.holidays
        earliest, latest = (
            datetime.combine(_arrives(day, days, service.delivers, off), NOON, zone)
            for day, days in zip(leaves, service.days, strict=True)
        )
    return DeliveryChoice(
        code=service.code, title=service.title, price=price, says=service.says, phone=service.phone,
        earliest=earliest, latest=latest,
    )  # fmt: skip


def _arrives(leaves: date, days: int, delivers: frozenset[int], off: frozenset[date]) -> date:
    """So many days of delivery after it left; on its own day, or the next one of delivery, for none."""
    day, left = leaves, days
    while left > 0 or day.weekday() not in delivers or day in off:
        day += DAY
        left -= day.weekday() in delivers and day not in off
    return day
