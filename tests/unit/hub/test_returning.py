"""Where returns go is said in the settings, for each shop once; each mistake is told by its key."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from pawline.hub import HubRefused, load_settings
from pawline.hub.returning import return_bindings
from pawline.model import Address
from pawline.ports import ReturnRules
from pawline.sandbox.easypost.books import GIVES_BACK

SHOPS = 'shops = ["eu", "us"]\n'
TO = '[returns.to]\nname = "Paws"\nlines = ["Depot 1"]\ncity = "Erfurt"\ncountry = "DE"\n'


def given(folder: Path, text: str) -> Path:
    file = folder / "pawline.toml"
    file.write_text(text, "utf-8")
    return file


def test_what_is_left_out_has_a_default_and_each_shop_has_its_own(tmp_path: Path) -> None:
    more = '[[returns]]\nshops = ["us"]\ndays = 0\nnever = ["rx-1"]\nunused_days = 14\nunit_grams = 250\n'
    text = SHOPS + '[[returns]]\nshops = ["eu"]\n' + TO + more + TO.replace("DE", "US")
    settings = load_settings(given(tmp_path, text), {})
    made = return_bindings(settings.returns, settings.shops)
    rules = {one.account: asyncio.run(one.implementation.rules()) for one in made}
    depot = Address(name="Paws", lines=("Depot 1",), city="Erfurt", country="DE")
    assert rules["pawline/eu"] == ReturnRules(to=depot, days=30, never=(), unused_days=25, unit_grams=1_000)
    us = rules["pawline/us"]
    assert (us.to.country, us.days, us.never, us.unused_days, us.unit_grams) == ("US", None, ("rx-1",), 14, 250)


def test_an_unused_label_is_called_off_days_before_a_carrier_takes_it_back_no_more(tmp_path: Path) -> None:
    (one,) = load_settings(given(tmp_path, SHOPS + "[[returns]]\n" + TO), {}).returns
    weekend = timedelta(days=3)  # in which an account may be paused
    assert timedelta(days=one.unused_days) + weekend < GIVES_BACK


def test_nothing_said_is_no_account(tmp_path: Path) -> None:
    settings = load_settings(given(tmp_path, SHOPS), {})
    assert return_bindings(settings.returns, settings.shops) == []


ONE = SHOPS + "[[returns]]\n"
KNOWN = "remove it, or correct it to one of"
PARTS = "name, lines, city, country, postcode, region, company, phone"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (ONE, "`returns[0].to` is missing: add it"),
        (ONE + TO + "zip = 1", f"`returns[0].to.zip` is no setting: {KNOWN} {PARTS}"),
        (
            ONE + "day = 1\n" + TO,
            f"`returns[0].day` is no setting: {KNOWN} shops, to, days, never, unused_days, unit_grams",
        ),
        (ONE + TO.replace('city = "Erfurt"\n', ""), "`returns[0].to.city` is missing: add it"),
        (ONE + TO.replace("Erfurt", " "), "`returns[0].to.city` is empty: carriers make no label without it"),
        (ONE + TO.replace("Paws", ""), "`returns[0].to.name` is empty: carriers make no label without it"),
        (
            ONE + TO.replace('"DE"', '"Germany"'),
            "`returns[0].to`: an address's country is two upper-case letters (ISO 3166-1); correct it",
        ),
        (ONE + TO.replace('["Depot 1"]', "[]"), "`returns[0].to`: an address needs a line; correct it"),
        (ONE + "days = -1\n" + TO, "`returns[0].days` is -1: give 1 or more, or 0 for returns at any time"),
        (ONE + "unused_days = 0\n" + TO, "`returns[0].unused_days` is 0: give 1 or more"),
        (ONE + "unit_grams = -5\n" + TO, "`returns[0].unit_grams` is -5: give 1 or more"),
        (ONE + 'never = [""]\n' + TO, '`returns[0].never` names the SKU "": take it out'),
        (
            ONE + 'shops = ["uk"]\n' + TO,
            "`returns[0].shops` names uk, which is not in `shops`: correct one of them",
        ),
        (
            ONE + TO + '[[returns]]\nshops = ["us"]\n' + TO,
            "`returns[1]`: us has `returns[0]` already: leave one of them",
        ),
    ],
)
def test_a_mistake_is_told_by_its_key(tmp_path: Path, text: str, told: str) -> None:
    file = given(tmp_path, text)
    with pytest.raises(HubRefused) as refused:
        load_settings(file, {})
    assert str(refused.value).removeprefix(f"{file}: ") == told
