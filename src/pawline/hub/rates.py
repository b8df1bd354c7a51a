"""`[[rates]]` in the settings: what a shop asks for its deliveries, and what it promises of them."""

from __future__ import annotations

import re
from itertools import combinations
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from pawline.hub.alarms.settings import DAYS, Day
from pawline.hub.per_shop import check_shops
from pawline.hub.pickups import PickupSettings, calendar_of
from pawline.insight.rates import Service, Tariff, Tier, Zone, bare_postcode, hides
from pawline.model import DeliveryChoice, Money, exponent

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST: Final = 365
"""Days: who promises a delivery in more than a year has mistyped."""
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_CODE: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,59}")
UNIT_GRAMS: Final = 1_000
"""What a unit weighs whose weight nobody said, in a shop without `[[pickups]]`; there it is theirs."""


class TierSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A price of baskets up to `up_to_grams`, and worth `from_value` at least; what is left out does not matter."""

    price: str
    up_to_grams: int | None = None
    from_value: str = ""


class ServiceSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A service: one `price`, or the first of `prices` that fits, and nothing at all from `free_from` on.

    `days` are one or two numbers: the fewest and the most days of delivery after the pick-up; none: no promise.
    """

    code: str
    title: str
    says: str = ""
    price: str = ""
    prices: list[TierSettings] = []
    free_from: str = ""
    days: list[int] = []
    delivers: list[Day] = msgspec.field(default_factory=lambda: list(DAYS[:5]))
    phone: bool = False


class ZoneSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where services go; see `Zone`."""

    services: list[ServiceSettings]
    countries: list[str] = []
    regions: list[str] = []
    postcodes: list[str] = []


class BackupSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is answered where the table has no price, or nothing could be told in time: a price, and no promise."""

    code: str
    title: str
    price: str
    says: str = ""
    phone: bool = False


class RateSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The deliveries of these `shops` (none named: all); a shop has one entry at most.

    `restock_days` from now at the latest what is not in stock is there again; left out: nothing is promised of it.
    `uncounted_in_stock`: what nobody ever counted is there.
    """

    shops: list[str] = []
    currency: str
    backup: BackupSettings
    zones: list[ZoneSettings]
    restock_days: int | None = None
    uncounted_in_stock: bool = False


KINDS: Final[dict[str, type[msgspec.Struct]]] = {
    "rates": RateSettings, "rates.backup": BackupSettings, "rates.zones": ZoneSettings,
    "rates.zones.services": ServiceSettings, "rates.zones.services.prices": TierSettings,
}  # fmt: skip
"""What each part of it is, by its key."""


class Rates(NamedTuple):
    """A shop's table, and what is answered without it."""

    tariff: Tariff
    backup: DeliveryChoice


def check(rates: Sequence[RateSettings], shops: Sequence[str]) -> None:
    """Raises ValueError with a sentence that names the key and what to do."""
    check_shops("rates", rates, shops, "put all its `zones` into one entry")
    for n, one in enumerate(rates):
        _rates(f"`rates[{n}]", one, None)


def rates_of(said: RateSettings, pickups: PickupSettings | None) -> Rates:
    """The same in the words of `insight`; `pickups` are the shop's, if it has some."""
    return _rates("`rates", said, pickups)


def _rates(where: str, said: RateSettings, pickups: PickupSettings | None) -> Rates:
    try:
        exponent(said.currency)
    except ValueError as problem:
        raise ValueError(f'{where}.currency`: {problem}: name one such as "EUR"') from None
    if said.restock_days is not None and not 0 < said.restock_days <= LONGEST:
        raise ValueError(f"{where}.restock_days` is {said.restock_days}: give days, 1 to {LONGEST}, or leave it out")
    if not said.zones:
        raise ValueError(f"{where}.zones` is empty: say what a delivery costs, and where to")
    zones = [_zone(f"{where}.zones[{n}]", one, said.currency) for n, one in enumerate(said.zones)]
    for (n, one), (m, other) in combinations(enumerate(zones), 2):
        if not (one.regions or one.postcodes) and (not one.countries or _within(other, one)):
            raise ValueError(f"{where}.zones[{m}]` is never reached: `zones[{n}]` has all of it; put the smaller first")
    backup = said.backup
    _named(f"{where}.backup", backup.code, backup.title)
    price = _money(f"{where}.backup.price", backup.price, said.currency)
    tariff = Tariff(
        said.currency, zones, UNIT_GRAMS if pickups is None else pickups.unit_grams,
        None if pickups is None else calendar_of(pickups), said.restock_days, said.uncounted_in_stock,
    )  # fmt: skip
    return Rates(
        tariff, DeliveryChoice(code=backup.code, title=backup.title, price=price, says=backup.says, phone=backup.phone)
    )


def _within(other: Zone, one: Zone) -> bool:
    return bool(other.countries) and other.countries <= one.countries


def _zone(where: str, said: ZoneSettings, currency: str) -> Zone:
    for country in said.countries:
        if not _COUNTRY.fullmatch(country):
            raise ValueError(f'{where}.countries` has {country!r}: two upper-case letters, such as "DE"')
    for name in ("regions", "postcodes"):
        if getattr(said, name) and len(said.countries) != 1:
            raise ValueError(f"{where}.{name}` are those of one country: name it alone in `countries`")
        if not all(map(bare_postcode, getattr(said, name))):
            raise ValueError(f"{where}.{name}` has an empty one: take it out")
    if not said.services:
        raise ValueError(f"{where}.services` is empty: where nothing is sent the shop itself says so; take it out")
    services = [_service(f"{where}.services[{n}]", one, currency) for n, one in enumerate(said.services)]
    for (_, one), (n, other) in combinations(enumerate(services), 2):
        if one.code == other.code:
            raise ValueError(f"{where}.services[{n}].code`: {one.code} is there already: give each its own")
    regions = frozenset(one.strip().upper().removeprefix(f"{said.countries[0]}-") for one in said.regions)
    return Zone(services, frozenset(said.countries), regions, tuple(map(bare_postcode, said.postcodes)))


def _service(where: str, said: ServiceSettings, currency: str) -> Service:
    _named(where, said.code, said.title)
    tiers = []
    if said.free_from:
        tiers.append(Tier(Money.zero(currency), None, _least(f"{where}.free_from", said.free_from, currency)))
    if bool(said.price) == bool(said.prices):
        raise ValueError(f"{where}` has either a `price` or `prices`, not both and not neither")
    if said.price:
        tiers.append(Tier(_money(f"{where}.price", said.price, currency)))
    free = len(tiers)
    tiers += [_tier(f"{where}.prices[{n}]", one, currency) for n, one in enumerate(said.prices)]
    for (n, one), (m, other) in combinations(enumerate(tiers), 2):
        if hides(one, other):
            before = f"`prices[{n - free}]`" if n >= free else "`free_from`"
            raise ValueError(f"{where}.prices[{m - free}]` is never reached: whatever fits it fits {before} before it")
    if said.days and not (len(said.days) <= 2 and 0 <= said.days[0] <= said.days[-1] <= LONGEST):
        raise ValueError(f"{where}.days` is {said.days}: the fewest and the most days, such as [1, 2], or none")
    if not said.delivers:
        raise ValueError(f'{where}.delivers` is empty: name days, such as ["mon", "sat"]')
    days = (said.days[0], said.days[-1]) if said.days else None
    delivers = frozenset(map(DAYS.index, said.delivers))
    return Service(said.code, said.title, tiers, days, delivers, said.says, said.phone)


def _tier(where: str, said: TierSettings, currency: str) -> Tier:
    if said.up_to_grams is not None and said.up_to_grams < 1:
        raise ValueError(f"{where}.up_to_grams` is {said.up_to_grams}: give grams above 0, or leave it out")
    least = _least(f"{where}.from_value", said.from_value, currency) if said.from_value else None
    return Tier(_money(f"{where}.price", said.price, currency), said.up_to_grams, least)


def _least(where: str, said: str, currency: str) -> Money:
    found = _money(where, said, currency)
    if found.minor == 0:
        raise ValueError(f"{where}` is {said}: every basket is worth that; leave it out, or give more")
    return found


def _named(where: str, code: str, title: str) -> None:
    if not _CODE.fullmatch(code):
        raise ValueError(f'{where}.code` is {code!r}: lower case, digits and -, such as "standard"; it never changes')
    if not title.strip():
        raise ValueError(f"{where}.title` is empty: shoppers choose by it")


def _money(where: str, said: str, currency: str) -> Money:
    try:
        found = Money.parse(said, currency)
    except (ValueError, OverflowError) as problem:
        raise ValueError(f'{where}` is wrong: {problem}; write it such as "4.90"') from None
    if found.minor < 0:
        raise ValueError(f"{where}` is {said}: a price is not negative")
    return found
