"""A checkout among other flows, and among other hubs over one database: what it waits for, and what it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from pawline.sandbox.trades import DECLINES
from pawline.testing import counts
from tests.unit.hub.shop import settled, until
from tests.unit.web.storefront.shop import town, two_hubs, write
from tests.unit.web.storefront.test_again import problem
from tests.unit.web.storefront.test_buying import PROFILES, holding

OURS = '"pawline.flows.fulfil_order"'


@pytest.mark.parametrize(
    ("profile", "heard"), [("hybrid", {"authorised", "confirmed"}), ("synchronous", {"confirmed"})]
)
async def test_other_flows_of_an_order_end_no_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, profile: str, heard: set[str]
) -> None:
    """They have nothing to do for an order of our own, and are over at once."""
    write(tmp_path, profile, deadline=30)
    text = (tmp_path / "pawline.toml").read_text("utf-8")
    text = text.replace(OURS, f'"pawline.flows.adopt_order", "pawline.flows.introduce_order", {OURS}')
    async with town(tmp_path, settings=text) as one:
        await one.sells("bowl", 9)
        ann = await one.key()
        async with holding(one, monkeypatch, "Payments.authorize") as opens:
            asking = asyncio.create_task(ann.ask("POST", "/v1/checkouts", await ann.form(("bowl", 1))))
            await until(lambda: [run.row.flow for run in one.hub.engine.live.values()] == ["fulfil_order"])
            await settled(one.hub)
            await asyncio.sleep(0.1)
            assert not asking.done()
            opens.set()
            said = await asking
        assert (said.status, said.body["status"] in heard) == (201, True)
        no = await ann.ask("POST", "/v1/checkouts", await ann.form(("bowl", 1), source=DECLINES))
        assert no.status == 402


@pytest.mark.parametrize("profile", PROFILES)
async def test_two_hubs_that_are_asked_the_same_at_once_make_one_order(
    tmp_path: Path, profile: str, new_database: Callable[[], str]
) -> None:
    """Of the last unit, by one quote under two names: one name has the order, the other is told, in both hubs."""
    async with two_hubs(tmp_path, new_database(), profile, 20) as (one, ann, bob):
        for n in range(4):
            await one.sells(f"last-{n}", 1)
            form = await ann.form((f"last-{n}", 1), source=f"card-{n}")
            asks = [(who, name) for who in (ann, bob) for name in (f"a{n}", f"b{n}")]
            said, again = [
                await asyncio.gather(
                    *(who.ask("POST", "/v1/checkouts", form, idempotency_key=name) for who, name in asks)
                )
                for _ in range(2)
            ]
            assert sorted(each.status < 300 for each in said) == [False, False, True, True]
            assert len({str(each.body) for each in [*said, *again] if each.status < 300}) == 1
            assert {problem(each) for each in [*said, *again] if each.status >= 300} == {(409, "quote-used")}
        await until(lambda: counts(one.vendors.effects()).get("Payments.capture") == 4, 60)
        assert counts(one.vendors.effects())["Payments.authorize"] == 4
