"""What a shop asks for its deliveries, as the settings say it: read, and refused with a sentence that names the key."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pawline.hub import HubRefused, load_settings
from pawline.hub.rates import rates_of
from pawline.hub.settings import Settings
from pawline.insight.pickups import Calendar, Times
from pawline.insight.rates import Service, Tariff, Tier, Zone
from pawline.model import DeliveryChoice, Money

HEAD = 'shops = ["eu", "us"]\n'
TABLE = """\
[[rates]]
shops = ["eu"]
currency = "EUR"
restock_days = 14

[rates.backup]
code = "standard"
title = "Standard"
price = "6.90"

[[rates.zones]]
countries = ["US"]
regions = ["US-CA", "or"]
[[rates.zones.services]]
code = "air"
title = "By air"
price = "19"

[[rates.zones]]
countries = ["DE"]
postcodes = ["18 565"]
[[rates.zones.services]]
code = "island"
title = "By boat"
price = "14.90"

[[rates.zones]]
countries = ["DE", "AT"]
[[rates.zones.services]]
code = "standard"
title = "DHL"
says = "to your door"
free_from = "49"
days = [1, 2]
prices = [{ price = "4.90", up_to_grams = 5000 }, { price = "2.90", from_value = "30" }, { price = "9.90" }]
[[rates.zones.services]]
code = "express"
title = "By noon"
price = "12.90"
days = [1]
delivers = ["mon", "sat"]
phone = true
"""
PICKUPS = """\
[[pickups]]
zone = "Europe/Berlin"
holidays = [2026-12-25]
unit_grams = 500
times = [{ days = ["mon"], cut_off = "14:00", comes = "17:30" }]
"""


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


WORK = frozenset(range(5))
ZONES = [
    Zone([Service("air", "By air", [Tier(eur(1_900))])], frozenset({"US"}), frozenset({"CA", "OR"})),
    Zone([Service("island", "By boat", [Tier(eur(1_490))])], frozenset({"DE"}), postcodes=("18565",)),
    Zone(
        [
            Service(
                "standard", "DHL",
                [Tier(eur(0), None, eur(4_900)), Tier(eur(490), 5_000), Tier(eur(290), None, eur(3_000)),
                 Tier(eur(990))],
                (1, 2), WORK, "to your door",
            ),
            Service("express", "By noon", [Tier(eur(1_290))], (1, 1), frozenset({0, 5}), phone=True),
        ],
        frozenset({"DE", "AT"}),
    ),
]  # fmt: skip
BACKUP = DeliveryChoice(code="standard", title="Standard", price=eur(690))


def loaded(folder: Path, text: str) -> Settings:
    file = folder / "pawline.toml"
    file.write_text(HEAD + text, "utf-8")
    return load_settings(file, {})


def test_a_table_is_read_as_it_is_written(tmp_path: Path) -> None:
    settings = loaded(tmp_path, TABLE + PICKUPS)
    (said,), (pickups,) = settings.rates, settings.pickups
    calendar = Calendar(
        ZoneInfo("Europe/Berlin"), [Times(frozenset({0}), time(14), time(17, 30))], frozenset({date(2026, 12, 25)})
    )
    assert rates_of(said, pickups) == (Tariff("EUR", ZONES, 500, calendar, 14), BACKUP)
    assert rates_of(said, None) == (Tariff("EUR", ZONES, 1_000, None, 14), BACKUP)


LAST = "`rates[0].zones[2].services[0]"
KNOWN = "shops, currency, backup, zones, restock_days, uncounted_in_stock"
CODE = 'lower case, digits and -, such as "standard"; it never changes'
MONEY = 'write it such as "4.90"'


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ('"EUR"', '"EURO"', "`rates[0].currency`: 'EURO' is not a currency of ISO 4217: name one such as \"EUR\""),
        ("restock_days = 14", "restock_days = 0",
         "`rates[0].restock_days` is 0: give days, 1 to 365, or leave it out"),
        ("restock_days", "restock",
         f"`rates[0].restock` is no setting: remove it, or correct it to one of {KNOWN}"),
        ('"6.90"', '"6,90"', f"`rates[0].backup.price` is wrong: '6,90' is not a plain decimal number; {MONEY}"),
        ('"6.90"', "6.90", "`rates[0].backup.price` is wrong: expected `str`, got `float`; correct it"),
        ('"6.90"', '"6.905"', f"`rates[0].backup.price` is wrong: '6.905' has more than EUR's 2 decimals; {MONEY}"),
        ('"6.90"', '"-6.90"', "`rates[0].backup.price` is -6.90: a price is not negative"),
        ('title = "Standard"', 'title = " "', "`rates[0].backup.title` is empty: shoppers choose by it"),
        ('code = "air"', 'code = "Air"',
         f"`rates[0].zones[0].services[0].code` is 'Air': {CODE}"),
        ('["US"]', '["us"]', "`rates[0].zones[0].countries` has 'us': two upper-case letters, such as \"DE\""),
        ('["US"]', '["US", "CA"]',
         "`rates[0].zones[0].regions` are those of one country: name it alone in `countries`"),
        ('["18 565"]', '[""]', "`rates[0].zones[1].postcodes` has an empty one: take it out"),
        ('["18 565"]', '["- "]', "`rates[0].zones[1].postcodes` has an empty one: take it out"),
        ('from_value = "30"', 'from_value = "0.00"',
         f"{LAST}.prices[1].from_value` is 0.00: every basket is worth that; leave it out, or give more"),
        ('free_from = "49"', 'free_from = "0"',
         f"{LAST}.free_from` is 0: every basket is worth that; leave it out, or give more"),
        ('postcodes = ["18 565"]\n', "",
         None),
        ('code = "express"', 'code = "standard"',
         "`rates[0].zones[2].services[1].code`: standard is there already: give each its own"),
        ('price = "12.90"\n', "",
         "`rates[0].zones[2].services[1]` has either a `price` or `prices`, not both and not neither"),
        ('price = "19"', 'price = "19"\nprices = [{ price = "1" }]',
         "`rates[0].zones[0].services[0]` has either a `price` or `prices`, not both and not neither"),
        ('price = "4.90", up_to_grams = 5000', 'price = "4.90"',
         f"{LAST}.prices[1]` is never reached: whatever fits it fits `prices[0]` before it"),
        ('from_value = "30"', 'from_value = "49.00"',
         f"{LAST}.prices[1]` is never reached: whatever fits it fits `free_from` before it"),
        ("up_to_grams = 5000", "up_to_grams = 0",
         f"{LAST}.prices[0].up_to_grams` is 0: give grams above 0, or leave it out"),
        ('free_from = "49"', 'free_from = "many"',
         f"{LAST}.free_from` is wrong: 'many' is not a plain decimal number; {MONEY}"),
        ("days = [1, 2]", "days = [2, 1]",
         f"{LAST}.days` is [2, 1]: the fewest and the most days, such as [1, 2], or none"),
        ("days = [1, 2]", "days = [1, 2, 3]",
         f"{LAST}.days` is [1, 2, 3]: the fewest and the most days, such as [1, 2], or none"),
        ('["mon", "sat"]', "[]",
         '`rates[0].zones[2].services[1].delivers` is empty: name days, such as ["mon", "sat"]'),
        ("up_to_grams = 5000", "up_to = 5000",
         f"{LAST}.prices[0].up_to` is no setting: remove it, or correct it to one of price, up_to_grams, from_value"),
        ('["eu"]', '["uk"]', "`rates[0].shops` names uk, which is not in `shops`: correct one of them"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_by_its_key(tmp_path: Path, right: str, wrong: str, told: str | None) -> None:
    assert right in TABLE
    if told is None:
        assert loaded(tmp_path, TABLE.replace(right, wrong)).rates
        return
    with pytest.raises(HubRefused) as refused:
        loaded(tmp_path, TABLE.replace(right, wrong))
    assert str(refused.value).removeprefix(f"{tmp_path}/pawline.toml: ") == told


@pytest.mark.parametrize(
    ("first", "second", "hidden"),
    [
        ("", 'countries = ["DE"]', True),
        ('countries = ["DE", "AT"]', 'countries = ["DE"]', True),
        ('countries = ["DE"]', 'countries = ["DE"]\npostcodes = ["1"]', True),
        ('countries = ["DE"]', 'countries = ["DE", "AT"]', False),
        ('countries = ["DE"]', "", False),
        ('countries = ["DE"]\npostcodes = ["1"]', 'countries = ["DE"]', False),
    ],
)
def test_a_zone_that_is_never_reached_is_refused(tmp_path: Path, first: str, second: str, *, hidden: bool) -> None:
    services = '[[rates.zones.services]]\ncode = "a"\ntitle = "A"\nprice = "1"\n'
    head = TABLE.partition("[[rates.zones]]")[0]
    text = head + "".join(f"[[rates.zones]]\n{one}\n{services}" for one in (first, second))
    if not hidden:
        assert len(loaded(tmp_path, text).rates[0].zones) == 2
        return
    with pytest.raises(HubRefused) as refused:
        loaded(tmp_path, text)
    told = "`rates[0].zones[1]` is never reached: `zones[0]` has all of it; put the smaller first"
    assert str(refused.value).removeprefix(f"{tmp_path}/pawline.toml: ") == told


def test_a_shop_has_one_table_with_zones_in_it(tmp_path: Path) -> None:
    for text, told in (
        (TABLE + TABLE.replace('shops = ["eu"]\n', ""), "`rates[1]`: eu has `rates[0]` already: put all its `zones`"),
        (TABLE.partition("[rates.backup]")[0].replace("restock_days = 14", "zones = []")
         + TABLE.partition("restock_days = 14")[2].partition("[[rates.zones]]")[0],
         "`rates[0].zones` is empty: say what a delivery costs, and where to"),
    ):  # fmt: skip
        with pytest.raises(HubRefused) as refused:
            loaded(tmp_path, text)
        assert str(refused.value).removeprefix(f"{tmp_path}/pawline.toml: ").startswith(told)
