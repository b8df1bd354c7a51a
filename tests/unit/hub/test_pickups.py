"""When the carrier comes, as the settings say it: read, refused with a sentence, and played for its shop only."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pawline.hub import Hub, HubRefused, load_settings
from pawline.hub.pickups import pickup_bindings
from pawline.hub.settings import Settings
from pawline.model import Address
from pawline.ports import Origin, Pickup, Pickups
from pawline.store import Keyring

HEAD = 'shops = ["eu", "us"]\n'
OFFICE = """\
[[pickups]]
shops = ["eu"]
zone = "Europe/Berlin"
told_within = 3
holidays = [2026-06-12, 2026-12-25]
[[pickups.times]]
days = ["mon", "tue", "wed", "thu", "fri"]
cut_off = "14:00"
comes = "17:30"
[[pickups.times]]
days = ["sat"]
cut_off = "09:00"
"""
SHIP_FROM = """\
[pickups.ship_from]
name = "Paws"
lines = ["Hafenstr. 1"]
city = "Hamburg"
postcode = "20457"
country = "DE"
"""


def loaded(folder: Path, text: str) -> Settings:
    file = folder / "pawline.toml"
    file.write_text(HEAD + text, "utf-8")
    return load_settings(file, {})


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(HubRefused) as refused:
        loaded(folder, text)
    return str(refused.value).removeprefix(f"{folder}/pawline.toml: ")


FIRST = "`pickups[0].times[0]"
KNOWN = "shops, zone, times, holidays, told_within, ship_from, unit_grams, parcel_grams, deliver_in, deliver_in_by"
HOURS = "give hours, more than 0 and at most 168"


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ('zone = "Europe/Berlin"\n', "", "`pickups[0].zone` is missing: add it"),
        ("Europe/Berlin", "Berlin", "`pickups[0].zone` is 'Berlin': name one such as \"Europe/Berlin\""),
        ('"14:00"', '"14"', f"{FIRST}.cut_off` is '14': write hours and minutes such as \"14:00\""),
        ('"17:30"', '"24:00"', f"{FIRST}.comes` is '24:00': write hours and minutes such as \"14:00\""),
        ('"17:30"', '"13:59"', f"{FIRST}`: the carrier comes at 13:59, before the cut-off of 14:00: correct it"),
        ('["sat"]', "[]", '`pickups[0].times[1].days` is empty: name days, such as ["mon", "fri"]'),
        ('["sat"]', '["son"]', "`pickups[0].times[1].days[0]` is wrong: invalid enum value 'son'; correct it"),
        ('["eu"]', '["uk"]', "`pickups[0].shops` names uk, which is not in `shops`: correct one of them"),
        ("told_within = 3", "told_within = 0", f"`pickups[0].told_within` is 0: {HOURS}"),
        ("told_within = 3", "told_within = nan", f"`pickups[0].told_within` is nan: {HOURS}"),
        ("told_within = 3", "told = 3", f"`pickups[0].told` is no setting: remove it, or correct it to one of {KNOWN}"),
        (
            'cut_off = "09:00"', 'cut = "09:00"',
            "`pickups[0].times[1].cut` is no setting: remove it, or correct it to one of days, cut_off, comes",
        ),
        ("2026-06-12", "2026", "`pickups[0].holidays[0]` is wrong: expected `date`, got `int`; correct it"),
        (
            "told_within = 3", "unit_grams = 40_000",
            "`pickups[0]`: `unit_grams` is above 0, and `parcel_grams` at least as much: correct them",
        ),
        (
            "told_within = 3", "deliver_in_by = { express = -1 }",
            "`pickups[0]`: what is promised is some days after the pick-up, not before: give 0 or more",
        ),
        (
            'country = "DE"', 'country = "de"',
            "`pickups[0].ship_from`: an address's country is two upper-case letters (ISO 3166-1); correct it",
        ),
        ('"Hafenstr. 1"', '" "', "`pickups[0].ship_from`: an address needs a line; correct it"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_by_its_key(tmp_path: Path, right: str, wrong: str, told: str) -> None:
    text = OFFICE + SHIP_FROM
    assert right in text
    assert refusal(tmp_path, text.replace(right, wrong)) == told


def test_a_shop_has_one_entry_and_an_entry_has_times(tmp_path: Path) -> None:
    twice = "`pickups[1]`: eu has `pickups[0]` already: put all its `times` into one entry"
    assert refusal(tmp_path, OFFICE + OFFICE.replace('shops = ["eu"]\n', "")) == twice
    none = "`pickups[0].times` is empty: say on which days the carrier comes, and until when it takes what"
    assert refusal(tmp_path, '[[pickups]]\nzone = "UTC"\ntimes = []') == none


async def test_it_is_played_for_its_shop_by_its_own_clock(tmp_path: Path) -> None:
    settings = loaded(tmp_path, OFFICE + SHIP_FROM)
    thursday = datetime(2026, 6, 11, 12, tzinfo=UTC)  # 14:00 in Berlin, and Friday is a holiday
    (one,) = pickup_bindings(settings.pickups, settings.shops, thursday.timestamp)
    assert (one.account, one.port, one.shops) == ("pawline/eu", Pickups, frozenset({"eu"}))
    assert await one.implementation.next() == Pickup(
        day=date(2026, 6, 13),
        cut_off=datetime(2026, 6, 13, 7, tzinfo=UTC),
        told_by=datetime(2026, 6, 13, 10, tzinfo=UTC),
    )
    home = Address(name="Paws", lines=("Hafenstr. 1",), city="Hamburg", postcode="20457", country="DE")
    assert await one.implementation.origin(None) == Origin(ship_from=home, unit_grams=1_000, parcel_grams=30_000)


async def test_what_was_promised_goes_by_the_chosen_delivery(tmp_path: Path) -> None:
    promised = "deliver_in = 4\ndeliver_in_by = { express = 1 }\n[[pickups.times]]"
    settings = loaded(tmp_path, OFFICE.replace("[[pickups.times]]", promised, 1) + SHIP_FROM)
    (one,) = pickup_bindings(settings.pickups, settings.shops, lambda: 0.0)
    found = [await one.implementation.origin(method) for method in ("express", "standard", None)]
    assert [origin.deliver_in for origin in found] == [1, 4, 4]


async def test_without_shops_it_is_for_all_and_without_an_address_nothing_is_shipped(tmp_path: Path) -> None:
    settings = loaded(tmp_path, OFFICE.replace('shops = ["eu"]\n', ""))
    made = pickup_bindings(settings.pickups, settings.shops, lambda: 0.0)
    assert [one.account for one in made] == ["pawline/eu", "pawline/us"]
    assert [await one.implementation.origin(None) for one in made] == [None, None]
    assert pickup_bindings([], settings.shops, lambda: 0.0) == []


async def test_a_running_hub_plays_it_for_the_shop_that_says_so(tmp_path: Path) -> None:
    settings = loaded(tmp_path, OFFICE)
    Keyring.generate().save(settings.key_path)
    async with await Hub.open(settings) as hub:
        assert hub.engine.bindings.accounts("eu", Pickups) == ("pawline/eu",)
        assert hub.engine.bindings.accounts("us", Pickups) == ()
