"""Twenty-four shoppers at once for four units: four are sold, twenty told at once, whatever the profile and database.

A hundred rounds of each: `pytest --run-attack tests/unit/web/storefront/test_last_unit.py`.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from pawline.testing import counts
from tests.unit.hub.shop import settled, until
from tests.unit.web.storefront.shop import Shopper, Town, town
from tests.unit.web.storefront.test_buying import PROFILES

SHOPPERS, UNITS = 24, 4
SOLD = "sold"


async def crowd(one: Town, ann: Shopper, sku: str) -> tuple[Counter[str], list[dict[str, str]]]:
    """What all of them are told, who press the button at once; and the orders that were taken."""
    await one.sells(sku, UNITS)
    forms = [await ann.form((sku, 1), source=f"card-{at}") for at in range(SHOPPERS)]
    said = await asyncio.gather(*(ann.ask("POST", "/v1/checkouts", form) for form in forms))
    told = Counter(SOLD if each.status < 300 else f"{each.status} {each.body['type']}" for each in said)
    gone = [each.body["left"] for each in said if each.status == 409]
    assert all(0 <= left[sku] <= UNITS for left in gone)
    return told, [each.body for each in said if each.status < 300]


async def sells_out(one: Town, rounds: int) -> None:
    ann = await one.key(secret=True)
    for n in range(rounds):
        told, orders = await crowd(one, ann, f"last{n}")
        assert told == {SOLD: UNITS, "409 /v1/problems/out-of-stock": SHOPPERS - UNITS}
        assert len({order["id"] for order in orders}) == UNITS

        async def all_confirmed(orders: list[dict[str, str]] = orders) -> bool:
            found = [(await ann.ask("GET", f"/v1/orders/{each['id']}")).body["status"] for each in orders]
            return found == ["confirmed"] * UNITS

        await until(all_confirmed, 60)
        await settled(one.hub)
        assert (await ann.ask("GET", f"/v1/products/last{n}")).body["stock"]["units"] == 0
    sold = UNITS * rounds
    names = Counter(await one.types())
    assert (names["order.placed@1"], names["order.confirmed@1"], names["order.refused@1"]) == (sold, sold, 0)
    await until(lambda: counts(one.vendors.effects()).get("Payments.capture") == sold)
    assert counts(one.vendors.effects())["Payments.authorize"] == sold


@pytest.mark.parametrize("profile", PROFILES)
async def test_the_last_units_are_sold_once(tmp_path: Path, profile: str) -> None:
    async with town(tmp_path, profile, deadline=10) as one:
        await sells_out(one, 3)


@pytest.mark.parametrize("profile", PROFILES)
async def test_the_last_units_are_sold_once_on_postgres(
    tmp_path: Path, profile: str, new_database: Callable[[], str]
) -> None:
    async with town(tmp_path, profile, deadline=10, store=new_database()) as one:
        await sells_out(one, 2)


@pytest.mark.attack
@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
async def test_the_last_units_are_sold_once_a_hundred_times(
    tmp_path: Path, profile: str, database: str, new_database: Callable[[], str]
) -> None:
    store = new_database() if database == "postgres" else ""
    async with town(tmp_path, profile, deadline=10, store=store, seconds=1_200) as one:
        await sells_out(one, 100)
